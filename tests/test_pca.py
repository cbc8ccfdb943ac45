"""Principal components against exact integers, hand-worked examples and scikit-learn."""

import numpy as np
import pytest

from cs231n_lib.pca import PrincipalComponents, mean_and_covariance


def rows(n=300, d=12, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + 5


@pytest.mark.parametrize("n", [1, 5, 1025])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_mean_and_covariance_of_whole_numbers(n, dtype):
    X = np.random.default_rng(0).integers(0, 256, (n, 9))
    X[:, 0], X[:, 1] = 0, 255
    mean, covariance = mean_and_covariance(X.astype(dtype))
    np.testing.assert_allclose(mean, X.sum(axis=0) / n, rtol=1e-15)
    exact = (n * (X.T @ X) - np.outer(X.sum(axis=0), X.sum(axis=0))) / n**2
    np.testing.assert_allclose(covariance, exact, atol=1e-10)
    assert covariance.dtype == np.float64


@pytest.mark.parametrize(("n", "d"), [(300, 12), (300, 301), (40, 200)])
def test_agrees_with_scikit_learn(n, d):
    reference = pytest.importorskip("sklearn.decomposition").PCA(5, svd_solver="full")
    X, Q = rows(n, d), rows(60, d, seed=1)
    expected = reference.fit(X).transform(Q)
    pca = PrincipalComponents(5).fit(X)
    np.testing.assert_allclose(pca.mean_, reference.mean_, atol=1e-12)
    np.testing.assert_allclose(pca.variances_, reference.explained_variance_ * (n - 1) / n, rtol=1e-10)
    signs = np.sign((pca.components_ * reference.components_).sum(axis=1))
    np.testing.assert_allclose(pca.components_, signs[:, None] * reference.components_, atol=1e-9)
    np.testing.assert_allclose(pca.transform(Q), expected * signs, atol=1e-9)


@pytest.mark.parametrize("power", [0.0, -0.25, -0.5, 0.5])
def test_each_component_is_scaled_by_a_power_of_its_variance(power):
    X = rows(2100)  # more rows than a block
    pca = PrincipalComponents(7, power).fit(X)
    scores = pca.transform(X)
    covariance = scores.T @ scores / len(X)
    np.testing.assert_allclose(covariance, np.diag(pca.variances_ ** (1 + 2 * power)), atol=1e-9)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-10)
    assert scores.shape == (2100, 7) and scores.dtype == np.float64


def test_components_are_orthonormal_sorted_and_signed():
    pca = PrincipalComponents(12).fit(rows())
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(12), atol=1e-12)
    assert (np.diff(pca.variances_) <= 0).all()
    largest = np.abs(pca.components_).argmax(axis=1)
    assert (pca.components_[np.arange(12), largest] > 0).all()


def test_few_rows_span_fewer_directions():
    X = np.repeat(np.random.default_rng(0).integers(0, 256, (5, 30), dtype=np.uint8), 2, axis=0)
    pca = PrincipalComponents(10).fit(X)  # 10 rows, but only 5 points: they vary along 4 directions
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(10), atol=1e-12)
    assert (pca.variances_[:4] > 1).all()
    np.testing.assert_allclose(pca.variances_[4:], 0, atol=1e-10)
    np.testing.assert_allclose(pca.variances_[:4].sum(), X.var(axis=0).sum())
    with pytest.raises(ValueError, match="varies along 4 directions only"):
        PrincipalComponents(5, -0.5).fit(X)


def test_by_hand():
    pca = PrincipalComponents(2).fit(np.array([[0.0, 3.0], [4.0, 3.0], [0.0, 5.0], [4.0, 5.0]]))
    assert pca.mean_.tolist() == [2, 4]
    np.testing.assert_allclose(pca.variances_, [4, 1])
    np.testing.assert_allclose(pca.components_, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(pca.transform(np.array([[3.0, 2.0]])), [[1, -2]])
    whitened = PrincipalComponents(2, -0.5).fit(np.array([[0.0, 3.0], [4.0, 3.0], [0.0, 5.0], [4.0, 5.0]]))
    np.testing.assert_allclose(whitened.transform(np.array([[3.0, 2.0]])), [[0.5, -2]])


def test_directions_without_variance():
    X = rows()[:, [0, 1, 1, 2]]
    assert PrincipalComponents(4).fit(X).variances_[3] == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="varies along 3 directions only"):
        PrincipalComponents(4, -0.5).fit(X)
    assert PrincipalComponents(3, -0.5).fit(X).variances_[2] > 0
    constant = np.full((5, 3), 7.0)
    assert PrincipalComponents(1).fit(constant).transform(constant).tolist() == [[0]] * 5
    with pytest.raises(ValueError, match="varies along 0 directions only"):
        PrincipalComponents(1, -0.25).fit(constant)


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e100])
def test_no_floating_point_error_on_finite_rows(size):
    with np.errstate(all="raise"):
        pca = PrincipalComponents(3, 0.5).fit(rows() * size)
        assert np.isfinite(pca.transform(rows() * size)).all()


NAN = np.where(np.arange(12) == 3, np.nan, np.ones((9, 1)))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        *[
            (lambda pca, n=n: PrincipalComponents(n), ValueError, "n_components must be an integer >= 1")
            for n in (0, -1, 1.5, "3", None)
        ],
        (lambda pca: PrincipalComponents(2, np.nan), ValueError, "power must be a finite number"),
        (lambda pca: PrincipalComponents(2).transform(rows()), ValueError, "call fit"),
        (
            lambda pca: pca.fit(np.zeros((2, 12))),
            ValueError,
            r"at least n_components = 3 rows .* \(2, 12\)",
        ),
        (lambda pca: pca.fit(np.zeros((12, 2))), ValueError, "at least n_components = 3 rows and columns"),
        (lambda pca: pca.fit(np.zeros(12)), ValueError, r"X must have shape \(N, D\)"),
        (lambda pca: pca.fit(np.zeros((0, 12))), ValueError, "at least one entry"),
        (lambda pca: pca.fit(NAN), ValueError, "X must be finite, got nan"),
        (lambda pca: pca.fit(rows() * 1e200), ValueError, "at most 1e140"),
        (lambda pca: pca.fit(np.full((9, 12), "a")), TypeError, "X must hold real numbers"),
        (
            lambda pca: pca.transform(np.zeros((4, 11))),
            ValueError,
            r"X has shape \(4, 11\) but the components were found for 12 features",
        ),
    ],
)
def test_bad_calls_leave_the_object_as_it_was(call, error, said):
    pca = PrincipalComponents(3).fit(rows())
    before = pca.components_
    with pytest.raises(error, match=said):
        call(pca)
    assert pca.components_ is before
