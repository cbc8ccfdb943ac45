"""Learned features against their plain definitions, ridge and L2-SVM against scikit-learn."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from cs231n_lib.classifiers import ridge
from cs231n_lib.features import learned as lf
from cs231n_lib.features.learned import (
    LearnedFeatures,
    all_patches,
    encode,
    normalize_contrast,
    pool_sums,
    sample_patches,
    spherical_kmeans,
    zca_whitening,
)

RNG = np.random.default_rng(0)
# Smooth, as photographs are: neighbors are correlated.
SMALL = RNG.integers(0, 256, (40, 6, 6, 3))
IMAGES = SMALL.repeat(3, axis=1).repeat(3, axis=2)[:, :17, :16] // 2 + RNG.integers(0, 99, (40, 17, 16, 3))
IMAGES = IMAGES.astype(np.uint8)


def white_patches(n=600, size=4):
    patches = normalize_contrast(sample_patches(IMAGES, n, size, rng=1))
    mean, W = zca_whitening(patches, 0.1)
    return (patches - mean) @ W


def test_all_patches_is_a_view_of_every_patch():
    windows = all_patches(IMAGES, 5, stride=3)
    assert np.shares_memory(windows, IMAGES) and not windows.flags.writeable
    assert windows.shape == (40, 5, 4, 5, 5, 3)
    for i, r, c in [(0, 0, 0), (7, 4, 3), (39, 2, 1)]:
        np.testing.assert_array_equal(windows[i, r, c], IMAGES[i, 3 * r : 3 * r + 5, 3 * c : 3 * c + 5])


def test_sampled_patches_are_patches_from_everywhere():
    marked = np.zeros((3, 7, 8, 1), dtype=np.uint8)
    marked[..., 0] = 100 * np.arange(3)[:, None, None] + 8 * np.arange(7)[:, None] + np.arange(8)
    patches = sample_patches(marked, 2000, 3, rng=0)
    assert patches.dtype == np.float64 and patches.shape == (2000, 9)
    expected = all_patches(marked, 3).reshape(-1, 9)
    assert {tuple(p) for p in patches} == {tuple(p) for p in expected}
    np.testing.assert_array_equal(patches, sample_patches(marked, 2000, 3, rng=0))


def test_contrast_normalization_by_hand():
    patches = np.array([[0, 0, 4, 4], [7, 7, 7, 7]], dtype=np.uint8)
    np.testing.assert_allclose(normalize_contrast(patches, 0), [[-1, -1, 1, 1], [0, 0, 0, 0]])
    np.testing.assert_allclose(normalize_contrast(patches, 12)[0], [-0.5, -0.5, 0.5, 0.5])
    kept = patches.astype(float)
    normalize_contrast(kept)
    np.testing.assert_array_equal(kept, patches)


def test_whitening_gives_the_identity_covariance():
    X = RNG.standard_normal((500, 8)) @ RNG.standard_normal((8, 8)) + 3
    mean, W = zca_whitening(X, 0)
    white = (X - mean) @ W
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(white.T @ white / len(X), np.eye(8), atol=1e-9)
    np.testing.assert_allclose(W, W.T, atol=1e-12)


def test_whitening_adds_epsilon_to_the_eigenvalue_before_the_root():
    X = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])  # variances 4.5 and 0.5
    np.testing.assert_allclose(zca_whitening(X, 0.5)[1], np.diag([1 / np.sqrt(5), 1]), atol=1e-12)


def test_zca_is_the_whitening_nearest_to_the_original():
    X = RNG.standard_normal((400, 5)) @ RNG.standard_normal((5, 5))
    mean, W = zca_whitening(X, 0)
    centered = X - mean
    distance = np.linalg.norm(centered @ W - centered)
    for seed in range(20):
        turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((5, 5)))[0]
        assert np.linalg.norm(centered @ W @ turn - centered) > distance


def plain_kmeans(X, D, num_iters):
    """Spherical k-means patch by patch, for dictionaries none of whose rows lose all patches."""
    objective = []
    for step in range(num_iters + 1):
        sums, error = np.zeros_like(D), 0.0
        for x in X:
            k = max(range(len(D)), key=lambda k: abs(D[k] @ x))
            s = D[k] @ x
            sums[k] += s * x
            error += ((x - s * D[k]) ** 2).sum()
        objective.append(error / len(X))
        if step < num_iters:
            D = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return D, objective


def test_kmeans_equals_the_plain_loop():
    X = white_patches(300)
    found = spherical_kmeans(X, 7, 4, rng=3)
    rows = np.random.default_rng(3).choice(300, 7, replace=False)
    start = X[rows] / np.linalg.norm(X[rows], axis=1, keepdims=True)
    D, objective = plain_kmeans(X, start, 4)
    assert found.n_redrawn == 0
    np.testing.assert_allclose(found.dictionary, D, atol=1e-10)
    np.testing.assert_allclose(found.objective, objective, rtol=1e-10)


def test_kmeans_objective_never_rises(monkeypatch):
    monkeypatch.setattr(lf, "PATCHES_AT_ONCE", 128)
    found = spherical_kmeans(white_patches(1000), 40, 12, rng=0)
    np.testing.assert_allclose(np.linalg.norm(found.dictionary, axis=1), 1, rtol=1e-12)
    assert (np.diff(found.objective) <= 1e-12 * found.objective[0]).all()
    assert found.objective[-1] < 0.95 * found.objective[0]


def test_kmeans_redraws_rows_without_patches():
    X = np.repeat(np.eye(4), 10, axis=0) * np.arange(1, 41)[:, None]  # four directions, ten rows each
    found = spherical_kmeans(X, 8, 30, rng=0)
    assert found.n_redrawn > 0
    assert (np.diff(found.objective) <= 1e-12).all() and found.objective[-1] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(np.linalg.norm(found.dictionary, axis=1), 1)


def test_kmeans_finds_directions_whatever_the_sign_and_length():
    truth = np.linalg.qr(RNG.standard_normal((6, 6)))[0][:3]
    X = truth[RNG.integers(3, size=200)] * RNG.normal(scale=5, size=(200, 1))
    X += 0.01 * RNG.standard_normal(X.shape)
    D = min((spherical_kmeans(X, 3, 20, rng=s) for s in range(9)), key=lambda f: f.objective[-1]).dictionary
    np.testing.assert_allclose(np.sort(np.abs(D @ truth.T).max(axis=0)), 1, atol=1e-4)


def test_codes_by_hand():
    D = np.array([[1.0, 0], [0, 1]])
    X = np.array([[2.0, -0.5], [0, 0.1]])
    np.testing.assert_allclose(encode(X, D, "soft_threshold", 0.25), [[1.75, 0, 0, 0.25], [0, 0, 0, 0]])
    np.testing.assert_allclose(encode(X, D, "hard"), [[1, 0], [0, 1]])
    near, far = np.hypot(1, 0.5), np.hypot(2, 1.5)
    np.testing.assert_allclose(encode(X, D, "triangle")[0], [(far - near) / 2, 0])


def test_pooling_adds_up_regions():
    codes = np.arange(2 * 5 * 4 * 3).reshape(2, 5, 4, 3)
    pooled = pool_sums(codes, 2)
    np.testing.assert_array_equal(pooled[:, :3], codes[:, :3, :2].sum(axis=(1, 2)))
    np.testing.assert_array_equal(pooled[:, 3:6], codes[:, :3, 2:].sum(axis=(1, 2)))
    np.testing.assert_array_equal(pooled[:, 9:], codes[:, 3:, 2:].sum(axis=(1, 2)))
    np.testing.assert_array_equal(pool_sums(codes, 1), codes.sum(axis=(1, 2)))


def plain_transform(model, images):
    """Every step of the definition in float64, on all patches at once."""
    windows = all_patches(images, model.patch, model.stride)
    patches = normalize_contrast(windows.reshape(-1, model.patch**2 * 3).astype(float), model.contrast)
    white = (patches - model.mean_) @ model.whitening_
    codes = encode(white, model.dictionary_.astype(float), model.encoding, model.threshold)
    return pool_sums(codes.reshape(*windows.shape[:3], -1), model.pool)


@pytest.mark.parametrize("encoding", lf.ENCODINGS)
@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2, "pool": 3, "patch": 5, "whiten": False, "mirror": True, "dtype": np.float64}],
)
def test_features_equal_the_plain_definition(encoding, options, monkeypatch):
    monkeypatch.setattr(lf, "CODES_AT_ONCE", 3 * 13 * 12)  # a few blocks a task, the last one smaller
    monkeypatch.setattr(lf, "IMAGES_A_TASK", 16)
    options = {"patch": 4, "n_patches": 2000, "num_iters": 3, "threshold": 0.4} | options
    model = LearnedFeatures(12, encoding=encoding, **options).fit(IMAGES, rng=0)
    features, expected = model.transform(IMAGES), plain_transform(model, IMAGES)
    if model.mirror:
        expected += plain_transform(model, IMAGES[:, :, ::-1])
    assert features.dtype == model.dtype and features.shape == expected.shape == (40, model.n_outputs_)
    assert np.abs(expected).max() > 1
    if encoding == "hard":
        assert (features == expected).mean() > 0.999  # a patch may lie as near to two rows, to round-off
    else:
        tolerance = {"float32": 1e-5, "float64": 1e-12}[str(model.dtype)]
        np.testing.assert_allclose(features, expected, atol=tolerance * np.abs(expected).max())


def test_fit_is_the_chain_of_its_steps():
    model = LearnedFeatures(9, 4, n_patches=700, num_iters=2, epsilon=0.2, contrast=5).fit(IMAGES, rng=4)
    rng = np.random.default_rng(4)
    patches = normalize_contrast(sample_patches(IMAGES, 700, 4, rng), 5)
    mean, W = zca_whitening(patches, 0.2)
    clusters = spherical_kmeans((patches - mean) @ W, 9, 2, rng)
    np.testing.assert_allclose(model.mean_, mean)
    np.testing.assert_allclose(model.whitening_, W)
    np.testing.assert_allclose(model.dictionary_, clusters.dictionary, atol=1e-12)
    np.testing.assert_allclose(model.objective_, clusters.objective, rtol=1e-12)
    np.testing.assert_array_equal(
        LearnedFeatures(9, 4, n_patches=700, whiten=False).fit(IMAGES, rng=4).whitening_, np.eye(48)
    )


def test_same_bits_on_one_and_two_threads(monkeypatch):
    monkeypatch.setattr(lf, "PATCHES_AT_ONCE", 256)
    monkeypatch.setattr(lf, "IMAGES_A_TASK", 8)
    monkeypatch.setattr(ridge, "ROWS_AT_ONCE", 8)
    monkeypatch.setattr(ridge, "COLUMNS_AT_ONCE", 20)
    y = np.arange(40) % 3
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            features = LearnedFeatures(20, n_patches=1500).fit(IMAGES, rng=0).transform(IMAGES)
            models = [ridge.RidgeClassifier().fit(features, y), ridge.L2SVM(num_iters=5).fit(features, y)]
            results.append([features, *(model.W for model in models)])
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


def test_images_of_any_dtype_and_layout_give_the_same_features():
    model = LearnedFeatures(8, 4, n_patches=500).fit(IMAGES, rng=0)
    expected = model.transform(IMAGES)
    np.testing.assert_array_equal(model.transform(IMAGES.astype(np.float64)), expected)
    np.testing.assert_array_equal(model.transform(IMAGES[:, :, ::-1][:, :, ::-1]), expected)
    np.testing.assert_array_equal(
        model.transform(IMAGES[:, :, ::-1]), model.transform(IMAGES[:, :, ::-1].copy())
    )


def test_a_progress_bar_is_drawn_when_asked_for(capsys):
    model = LearnedFeatures(8, 4, n_patches=500).fit(IMAGES, rng=0)
    model.transform(IMAGES)
    assert capsys.readouterr().err == ""
    model.transform(IMAGES, progress=True)
    assert "1/1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: all_patches(IMAGES, 18), ValueError, "at least .* pixels"),
        (lambda: all_patches(IMAGES[0], 3), ValueError, r"got shape \(17, 16, 3\)"),
        (lambda: all_patches(IMAGES.astype(complex), 3), TypeError, "complex"),
        (lambda: all_patches(IMAGES, 3, stride=0), ValueError, "stride must be an integer >= 1, got 0"),
        (lambda: sample_patches(IMAGES[:0], 3, 3), ValueError, "with at least one entry"),
        (lambda: sample_patches(IMAGES, 0, 3), ValueError, "n must be an integer >= 1"),
        (
            lambda: normalize_contrast(np.ones((2, 3)), -1),
            ValueError,
            "constant must be a finite",
        ),
        (lambda: zca_whitening(np.ones((3, 2)), -1), ValueError, "epsilon must be a finite number >= 0"),
        (lambda: zca_whitening(np.ones((3, 2)), 0), ValueError, "do not vary in some direction"),
        (lambda: spherical_kmeans(np.eye(3), 4), ValueError, "K must be at most 3, .* got 4"),
        (lambda: spherical_kmeans(np.eye(3), 2, 0), ValueError, "num_iters"),
        (lambda: encode(np.eye(3), np.eye(2)), ValueError, r"X has shape \(3, 3\) but the dictionary"),
        (lambda: encode(np.eye(3), np.eye(3), "soft"), ValueError, "encoding must be one of"),
        (lambda: encode(np.eye(3), np.eye(3), threshold=-1), ValueError, "threshold must be"),
        (lambda: pool_sums(np.ones((3, 4))), ValueError, "codes must have shape"),
        (lambda: pool_sums(np.ones((1, 3, 1, 1))), ValueError, "pool must be at most 1, .* got 2"),
        (lambda: LearnedFeatures(0), ValueError, "n_features must be an integer >= 1, got 0"),
        (lambda: LearnedFeatures(2.5), ValueError, "n_features must be an integer >= 1, got 2.5"),
        (lambda: LearnedFeatures(encoding="no"), ValueError, "encoding must be one of"),
        (lambda: LearnedFeatures(contrast=0), ValueError, "contrast must be a finite number > 0"),
        (lambda: LearnedFeatures(50, n_patches=49), ValueError, "n_patches must be an integer >= 50, got 49"),
        (lambda: LearnedFeatures(dtype=int), TypeError, "dtype must be float32 or float64, got int64"),
        (lambda: LearnedFeatures().transform(IMAGES), ValueError, "call fit"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_failed_fit_or_transform_leaves_the_object_as_it_was():
    model = LearnedFeatures(8, 4, n_patches=500).fit(IMAGES, rng=0)
    before = {name: np.array(value) for name, value in vars(model).items()}
    bad = IMAGES.astype(float)
    bad[3, 2, 1, 0] = np.nan
    flat = np.zeros_like(IMAGES)
    for call in (
        lambda: model.fit(IMAGES[:, :3]),
        lambda: model.fit(bad),
        lambda: model.fit(flat),
        lambda: model.transform(bad),
        lambda: model.transform(IMAGES[:, 1:]),
        lambda: model.transform(IMAGES[:0]),
    ):
        with pytest.raises(ValueError, match="images|rows"):
            call()
    for name, value in before.items():
        np.testing.assert_array_equal(vars(model)[name], value)


# Linear classifiers for them


def problem(n=300, d=20, classes=4, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    X = rng.standard_normal((n, d)) + 0.7 * rng.standard_normal((classes, d))[y]
    return (X * rng.uniform(0.1, 30, d) + rng.uniform(-20, 20, d)).astype(dtype), y


def standardized(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(ridge, "ROWS_AT_ONCE", 64)
    monkeypatch.setattr(ridge, "COLUMNS_AT_ONCE", 7)


@pytest.mark.parametrize("reg", [0.001, 0.5])
def test_ridge_equals_least_squares_with_rows_for_the_penalty(reg, small_blocks):
    X, y = problem()
    Z, (n, d) = standardized(X), X.shape
    Y = 2 * np.eye(4)[y] - 1
    A = np.vstack([Z, np.sqrt(reg * n) * np.eye(d)])
    weights = np.linalg.lstsq(A, np.vstack([Y - Y.mean(axis=0), np.zeros((d, 4))]))[0]
    model = ridge.RidgeClassifier(reg).fit(X, y)
    np.testing.assert_allclose(model.W * X.std(axis=0)[:, None], weights, atol=1e-10)
    np.testing.assert_allclose(model.scores(X), Z @ weights + Y.mean(axis=0), atol=1e-9)
    np.testing.assert_array_equal(model.predict(X), (Z @ weights + Y.mean(axis=0)).argmax(axis=1))


def test_ridge_equals_scikit_learn(small_blocks):
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    X, y = problem()
    regs = [0.01, 0.1]
    for reg, model in zip(regs, ridge.ridge_path(X, y, regs), strict=True):
        reference = Ridge(alpha=reg * len(X)).fit(standardized(X), 2 * np.eye(4)[y] - 1)
        np.testing.assert_allclose(model.scores(X), reference.predict(standardized(X)), atol=1e-9)
        assert model.reg == reg


def test_float32_rows_give_nearly_the_same_ridge(small_blocks):
    X, y = problem(n=500, d=90)
    exact = ridge.RidgeClassifier(0.01).fit(X, y).scores(X)
    model = ridge.RidgeClassifier(0.01).fit(X.astype(np.float32), y)
    scores = model.scores(X.astype(np.float32))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, exact, atol=1e-4)


def test_l2svm_gradient_agrees_with_finite_differences(small_blocks):
    X, y = problem(n=150, d=6)
    T, mean, deviation = ridge.one_against_all(y), X.mean(axis=0), X.std(axis=0)
    V = np.random.default_rng(1).standard_normal((7, 4))

    def loss(V):
        return ridge.squared_hinge_loss(V, X, T, 0.3, mean, deviation)[0]

    dV, numerical = ridge.squared_hinge_loss(V, X, T, 0.3, mean, deviation)[1], np.zeros_like(V)
    for i in np.ndindex(V.shape):
        step = np.zeros_like(V)
        step[i] = 1e-5
        numerical[i] = (loss(V + step) - loss(V - step)) / 2e-5
    np.testing.assert_allclose(dV, numerical, rtol=1e-6, atol=1e-6)
    scores = np.column_stack([standardized(X), np.ones(150)]) @ V
    hinge = np.maximum(0, 1 - T * scores) ** 2
    assert loss(V) == pytest.approx(hinge.sum(axis=1).mean() + 0.3 * (V**2).sum(), rel=1e-12)


def test_l2svm_reaches_the_optimum_of_scikit_learn(small_blocks):
    LinearSVC = pytest.importorskip("sklearn.svm").LinearSVC
    X, y = problem()
    reg = 0.02
    C = 1 / (2 * len(X) * reg)
    reference = LinearSVC(loss="squared_hinge", dual=False, C=C, tol=1e-10, max_iter=10_000)
    expected = reference.fit(standardized(X), y).decision_function(standardized(X))
    from_zero = ridge.L2SVM(reg, num_iters=1000, tolerance=1e-8).fit(X, y)
    np.testing.assert_allclose(from_zero.scores(X), expected, atol=1e-4)
    start = ridge.RidgeClassifier(0.1).fit(X, y)
    from_ridge = ridge.L2SVM(reg, num_iters=1000, tolerance=1e-8).fit(X, y, start=start)
    np.testing.assert_allclose(from_ridge.scores(X), expected, atol=1e-4)
    stay = ridge.L2SVM(reg, num_iters=1000, tolerance=1e3).fit(X, y, start=start)
    np.testing.assert_allclose(stay.scores(X), start.scores(X), atol=1e-9)


@pytest.mark.parametrize("model", [ridge.RidgeClassifier(0.01), ridge.L2SVM(0.01)])
def test_a_constant_feature_has_no_weight(model):
    X, y = problem()
    X[:, 3] = 0.1
    model.fit(X, y)
    np.testing.assert_allclose(model.W[3], 0, atol=1e-12)
    assert np.isfinite(model.scores(X)).all()


@pytest.mark.parametrize("kind", [ridge.RidgeClassifier, ridge.L2SVM])
def test_classifiers_refuse_bad_input(kind):
    X, y = problem(n=20, d=5)
    for reg in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="reg must be a finite number > 0"):
            kind(reg)
    model = kind(0.1)
    with pytest.raises(ValueError, match="call fit"):
        model.predict(X)
    model.fit(X, y)
    W = model.W
    with pytest.raises(ValueError, match=r"X has shape \(20, 4\) but the model was trained on 5 features"):
        model.scores(X[:, 1:])
    with pytest.raises(ValueError, match="y must have shape"):
        model.fit(X, y[1:])
    with pytest.raises(TypeError, match="must hold integers"):
        model.fit(X, y.astype(float))
    with pytest.raises(ValueError, match="at least two classes"):
        model.fit(X, 0 * y)
    with pytest.raises(ValueError, match="X must be finite"):
        model.fit(X * np.nan, y)
    assert model.W is W
