"""The promise to users of the assignment: its imports work once `cs231n` is an alias of `cs231n_lib`."""

import re
import subprocess
import sys
import textwrap

import pytest

from tests.fake_cifar10 import write_folder

ROWS = 40  # images in each of the six batches that stand in for CIFAR-10's
SETUP = f"""\
import sys
import cs231n_lib.as_cs231n, cs231n_lib.datasets.cifar10
cs231n_lib.datasets.cifar10.ROWS_PER_BATCH = {ROWS}

import numpy as np

def rel_error(x, y):
    return np.max(np.abs(x - y) / (np.maximum(1e-8, np.abs(x) + np.abs(y))))
"""


def run_as_course(code: str, folder) -> str:
    """Run ``code`` in a new Python where `cs231n` is the library; what it prints."""
    command = [sys.executable, "-W", "error", "-c", SETUP + textwrap.dedent(code)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture
def cifar10_folder(tmp_path, monkeypatch):
    """A working directory for a notebook, and small batches that it finds through CIFAR10_DIR."""
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "batches"))
    monkeypatch.setenv("CS231N_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("CS231N_SAVED_DIR", raising=False)
    write_folder(tmp_path / "batches", n=ROWS)
    return tmp_path


def test_knn_notebook(cifar10_folder):
    code = """
        import numpy as np
        from cs231n.data_utils import load_CIFAR10
        from cs231n.classifiers import KNearestNeighbor
        from cs231n.classifiers.k_nearest_neighbor import KNearestNeighbor as SameName
        classifier = KNearestNeighbor()
        X, y = np.array([[0., 0.], [3., 4.], [9., 9.]]), np.array([1, 0, 0])
        classifier.train(X, y)
        for loops in ("two_loops", "one_loop", "no_loops"):
            dists = getattr(classifier, "compute_distances_" + loops)(X[:2])
            assert np.allclose(dists[0, :2], [0, 5])
        assert classifier.predict_labels(dists, k=1).tolist() == [1, 0]
        assert classifier.predict_labels(dists, k=3).tolist() == [0, 0]
        assert classifier.predict(X, k=1, num_loops=2).tolist() == [1, 0, 0]

        from cs231n.data_utils import load_CIFAR10
        X_train, y_train, X_test, y_test = load_CIFAR10('cs231n/datasets/cifar-10-batches-py')
        assert X_train.shape == (200, 32, 32, 3) and X_test.shape == (40, 32, 32, 3)
        mask = list(range(100))
        X_train, y_train = X_train[mask], y_train[mask]
        X_train = np.reshape(X_train, (X_train.shape[0], -1))
        X_test = np.reshape(X_test, (X_test.shape[0], -1))
        from cs231n.classifiers import KNearestNeighbor
        classifier = KNearestNeighbor()
        classifier.train(X_train, y_train)
        dists = classifier.compute_distances_two_loops(X_test)
        for other in (classifier.compute_distances_one_loop, classifier.compute_distances_no_loops):
            assert np.linalg.norm(dists - other(X_test), ord='fro') < 0.001
        assert np.sum(classifier.predict_labels(dists, k=5) == y_test) / 40.0 < 0.5  # noise
        for k in [1, 8, 50]:
            for fold in range(5):
                X_folds, y_folds = np.array_split(X_train, 5), np.array_split(y_train, 5)
                X_val, y_val = X_folds.pop(fold), y_folds.pop(fold)
                classifier = KNearestNeighbor()
                classifier.train(np.concatenate(X_folds), np.concatenate(y_folds))
                assert classifier.predict(X_val, k).shape == y_val.shape
        print(np.mean(KNearestNeighbor.predict(classifier, X_folds[0]) == y_folds[0]))
    """
    assert run_as_course(code, cifar10_folder) == "1.0\n"


def test_svm_and_softmax_notebooks(cifar10_folder):
    code = """
        import numpy as np
        from cs231n.classifiers import LinearClassifier, LinearSVM, Softmax
        from cs231n.classifiers.linear_classifier import LinearSVM as SameName
        from cs231n.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
        from cs231n.classifiers.softmax import softmax_loss_naive, softmax_loss_vectorized
        from cs231n.gradient_check import grad_check_sparse
        np.random.seed(1)
        W, X, y = np.random.randn(30, 10) * 0.0001, np.random.randn(20, 30), np.random.randint(10, size=20)
        svm, softmax = (svm_loss_naive, svm_loss_vectorized), (softmax_loss_naive, softmax_loss_vectorized)
        for naive, fast in (svm, softmax):
            loss, grad = naive(W, X, y, 5e1)
            assert np.allclose(fast(W, X, y, 5e1)[0], loss) and np.allclose(fast(W, X, y, 5e1)[1], grad)
            grad_check_sparse(lambda w: naive(w, X, y, 5e1)[0], W, grad, 2)
        for model in (LinearSVM(), Softmax()):
            history = model.train(X, y, learning_rate=1e-2, reg=1e-3, num_iters=50, verbose=False)
            assert len(history) == 50 and model.predict(X).shape == (20,) and model.W.shape == (30, 10)
            loss, grad = model.loss(X, y, 0.0)

        from cs231n.data_utils import load_CIFAR10
        X_train, y_train, X_test, y_test = load_CIFAR10('cs231n/datasets/cifar-10-batches-py')
        mask = range(150, 180)
        X_val, y_val = X_train[mask], y_train[mask]
        mask = np.random.choice(150, 50, replace=False)
        X_dev, y_dev = X_train[mask], y_train[mask]
        X_train, y_train = X_train[:150], y_train[:150]
        X_train, X_val, X_dev = (np.reshape(X, (X.shape[0], -1)) for X in (X_train, X_val, X_dev))
        mean_image = np.mean(X_train, axis=0)
        X_train -= mean_image
        X_val -= mean_image
        X_dev -= mean_image
        X_train, X_val, X_dev = (np.hstack([X, np.ones((X.shape[0], 1))]) for X in (X_train, X_val, X_dev))
        assert X_train.shape == (150, 3073)

        from cs231n.classifiers.softmax import softmax_loss_naive
        from cs231n.classifiers.linear_svm import svm_loss_naive
        W = np.random.randn(3073, 10) * 0.0001
        assert abs(softmax_loss_naive(W, X_dev, y_dev, 0.0)[0] + np.log(0.1)) < 0.5
        assert abs(svm_loss_naive(W, X_dev, y_dev, 0.000005)[0] - 9) < 3

        from cs231n.classifiers import LinearSVM, Softmax
        for model, first in ((LinearSVM(), 1550.0), (Softmax(), 1540.0)):
            loss_hist = model.train(X_train, y_train, learning_rate=1e-7, reg=5e4,
                                    num_iters=101, batch_size=50, verbose=True)
            assert loss_hist[-1] < 0.2 * loss_hist[0] and abs(loss_hist[0] - first) < 50
            assert 0 <= np.mean(y_val == model.predict(X_val)) <= 1
            w = model.W[:-1, :].reshape(32, 32, 3, 10)
            assert np.squeeze(w[:, :, :, 0]).shape == (32, 32, 3)

        best_softmax = model
        best_softmax.save("best_softmax.npy")
        again = Softmax()
        assert again.load("best_softmax.npy") and np.array_equal(again.W, best_softmax.W)
        assert not Softmax().load("never_saved.npy")
        from cs231n.vis_utils import visualize_grid
        grid = visualize_grid(w.transpose(3, 0, 1, 2))
        assert grid.shape == (131, 131, 3) and grid.min() == 0 and grid.max() == 255
    """
    lines = run_as_course(code, cifar10_folder).splitlines()
    number = r"\d+\.\d{6}"
    checks, lines = lines[:4], lines[4:]
    assert all(
        re.fullmatch(r"numerical: \S+ analytic: \S+, relative error: \S+e\S+", line) for line in checks
    )
    for line, i in zip(lines, [0, 100, 0, 100], strict=False):
        assert re.fullmatch(rf"iteration {i} / 101: loss {number}", line)
    assert lines[4:] == [
        "best_softmax.npy saved.",
        "best_softmax.npy loaded.",
        "never_saved.npy not available.",
    ]


def test_two_layer_net_notebook_of_2018_to_2020(cifar10_folder):
    code = """
        import numpy as np
        from cs231n.classifiers.neural_net import TwoLayerNet
        input_size, hidden_size, num_classes, num_inputs = 4, 10, 3, 5

        def init_toy_model():
            np.random.seed(0)
            return TwoLayerNet(input_size, hidden_size, num_classes, std=1e-1)

        def init_toy_data():
            np.random.seed(1)
            X = 10 * np.random.randn(num_inputs, input_size)
            y = np.array([0, 1, 2, 2, 1])
            return X, y

        net = init_toy_model()
        X, y = init_toy_data()
        scores = net.loss(X)
        correct_scores = np.asarray([
          [-0.81233741, -1.27654624, -0.70335995],
          [-0.17129677, -1.18803311, -0.47310444],
          [-0.51590475, -1.01354314, -0.8504215 ],
          [-0.15419291, -0.48629638, -0.52901952],
          [-0.00618733, -0.12435261, -0.15226949]])
        assert np.sum(np.abs(scores - correct_scores)) < 1e-7

        loss, _ = net.loss(X, y, reg=0.05)
        assert np.sum(np.abs(loss - 1.30378789133)) < 1e-11

        from cs231n.gradient_check import eval_numerical_gradient
        loss, grads = net.loss(X, y, reg=0.05)
        assert sorted(grads) == ['W1', 'W2', 'b1', 'b2']
        for param_name in grads:
            f = lambda W: net.loss(X, y, reg=0.05)[0]
            param_grad_num = eval_numerical_gradient(f, net.params[param_name], verbose=False)
            assert rel_error(param_grad_num, grads[param_name]) < 1e-8

        net = init_toy_model()
        stats = net.train(X, y, X, y, learning_rate=1e-1, reg=5e-6, num_iters=100, verbose=False)
        assert stats['loss_history'][-1] < 0.02
        assert sorted(stats) == ['loss_history', 'train_acc_history', 'val_acc_history']
        assert len(stats['loss_history']) == 100 and np.array_equal(net.predict(X), y)

        from cs231n.data_utils import load_CIFAR10

        def get_CIFAR10_data(num_training=150, num_validation=50, num_test=40):
            cifar10_dir = 'cs231n/datasets/cifar-10-batches-py'
            X_train, y_train, X_test, y_test = load_CIFAR10(cifar10_dir)
            mask = list(range(num_training, num_training + num_validation))
            X_val = X_train[mask]
            y_val = y_train[mask]
            mask = list(range(num_training))
            X_train = X_train[mask]
            y_train = y_train[mask]
            mask = list(range(num_test))
            X_test = X_test[mask]
            y_test = y_test[mask]
            mean_image = np.mean(X_train, axis=0)
            X_train -= mean_image
            X_val -= mean_image
            X_test -= mean_image
            X_train = X_train.reshape(num_training, -1)
            X_val = X_val.reshape(num_validation, -1)
            X_test = X_test.reshape(num_test, -1)
            return X_train, y_train, X_val, y_val, X_test, y_test

        X_train, y_train, X_val, y_val, X_test, y_test = get_CIFAR10_data()
        net = TwoLayerNet(32 * 32 * 3, 50, 10)
        stats = net.train(X_train, y_train, X_val, y_val,
                    num_iters=101, batch_size=60,
                    learning_rate=1e-3, learning_rate_decay=0.95,
                    reg=0.25, verbose=True)
        assert len(stats['loss_history']) == 101
        assert stats['loss_history'][-1] < stats['loss_history'][0]
        epochs = -(-101 // (150 // 60))
        assert len(stats['train_acc_history']) == len(stats['val_acc_history']) == epochs
        assert (net.predict(X_train) == y_train).mean() > 0.2
        assert net.predict(X_test).shape == y_test.shape

        from cs231n.vis_utils import visualize_grid
        W1 = net.params['W1']
        W1 = W1.reshape(32, 32, 3, -1).transpose(3, 0, 1, 2)
        print(visualize_grid(W1, padding=3).astype('uint8').shape)
    """
    lines = run_as_course(code, cifar10_folder).splitlines()
    for line, i in zip(lines, (0, 100), strict=False):
        assert re.fullmatch(rf"iteration {i} / 101: loss \d\.\d{{6}}", line)
    assert lines[2:] == ["(277, 277, 3)"]  # 50 pictures, 8 a side: 8 · 32 + 7 · 3


def test_two_layer_net_notebook_of_2021_to_2026(cifar10_folder):
    code = """
        import numpy as np
        from cs231n.classifiers.fc_net import *
        from cs231n.data_utils import get_CIFAR10_data
        from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
        from cs231n.solver import Solver

        num_inputs = 2
        input_shape = (4, 5, 6)
        output_dim = 3
        input_size = num_inputs * np.prod(input_shape)
        weight_size = output_dim * np.prod(input_shape)
        x = np.linspace(-0.1, 0.5, num=input_size).reshape(num_inputs, *input_shape)
        w = np.linspace(-0.2, 0.3, num=weight_size).reshape(np.prod(input_shape), output_dim)
        b = np.linspace(-0.3, 0.1, num=output_dim)
        out, _ = affine_forward(x, w, b)
        correct_out = np.array([[ 1.49834967,  1.70660132,  1.91485297],
                                [ 3.25553199,  3.5141327,   3.77273342]])
        assert rel_error(out, correct_out) < 1e-8

        np.random.seed(231)
        x = np.random.randn(10, 2, 3)
        w = np.random.randn(6, 5)
        b = np.random.randn(5)
        dout = np.random.randn(10, 5)
        dx_num = eval_numerical_gradient_array(lambda x: affine_forward(x, w, b)[0], x, dout)
        dw_num = eval_numerical_gradient_array(lambda w: affine_forward(x, w, b)[0], w, dout)
        db_num = eval_numerical_gradient_array(lambda b: affine_forward(x, w, b)[0], b, dout)
        _, cache = affine_forward(x, w, b)
        dx, dw, db = affine_backward(dout, cache)
        assert max(rel_error(dx_num, dx), rel_error(dw_num, dw), rel_error(db_num, db)) < 1e-8

        x = np.linspace(-0.5, 0.5, num=12).reshape(3, 4)
        out, _ = relu_forward(x)
        correct_out = np.array([[ 0.,          0.,          0.,          0.,        ],
                                [ 0.,          0.,          0.04545455,  0.13636364,],
                                [ 0.22727273,  0.31818182,  0.40909091,  0.5,       ]])
        assert rel_error(out, correct_out) < 1e-7
        np.random.seed(231)
        x = np.random.randn(10, 10)
        dout = np.random.randn(*x.shape)
        dx_num = eval_numerical_gradient_array(lambda x: relu_forward(x)[0], x, dout)
        _, cache = relu_forward(x)
        assert rel_error(dx_num, relu_backward(dout, cache)) < 1e-10

        from cs231n.layer_utils import affine_relu_forward, affine_relu_backward
        np.random.seed(231)
        x = np.random.randn(2, 3, 4)
        w = np.random.randn(12, 10)
        b = np.random.randn(10)
        dout = np.random.randn(2, 10)
        out, cache = affine_relu_forward(x, w, b)
        dx, dw, db = affine_relu_backward(dout, cache)
        dx_num = eval_numerical_gradient_array(lambda x: affine_relu_forward(x, w, b)[0], x, dout)
        dw_num = eval_numerical_gradient_array(lambda w: affine_relu_forward(x, w, b)[0], w, dout)
        db_num = eval_numerical_gradient_array(lambda b: affine_relu_forward(x, w, b)[0], b, dout)
        assert max(rel_error(dx_num, dx), rel_error(dw_num, dw), rel_error(db_num, db)) < 1e-8

        np.random.seed(231)
        num_classes, num_inputs = 10, 50
        x = 0.001 * np.random.randn(num_inputs, num_classes)
        y = np.random.randint(num_classes, size=num_inputs)
        for layer, known in ((svm_loss, 8.999602749096233), (softmax_loss, 2.302545844500738)):
            dx_num = eval_numerical_gradient(lambda x: layer(x, y)[0], x, verbose=False)
            loss, dx = layer(x, y)
            assert abs(loss - known) < 1e-12 and rel_error(dx_num, dx) < 1e-7

        np.random.seed(231)
        N, D, H, C = 3, 5, 50, 7
        X = np.random.randn(N, D)
        y = np.random.randint(C, size=N)
        std = 1e-3
        model = TwoLayerNet(input_dim=D, hidden_dim=H, num_classes=C, weight_scale=std)
        assert abs(model.params['W1'].std() - std) < std / 10
        assert abs(model.params['W2'].std() - std) < std / 10
        assert np.all(model.params['b1'] == 0) and np.all(model.params['b2'] == 0)

        model.params['W1'] = np.linspace(-0.7, 0.3, num=D*H).reshape(D, H)
        model.params['b1'] = np.linspace(-0.1, 0.9, num=H)
        model.params['W2'] = np.linspace(-0.3, 0.4, num=H*C).reshape(H, C)
        model.params['b2'] = np.linspace(-0.9, 0.1, num=C)
        X = np.linspace(-5.5, 4.5, num=N*D).reshape(D, N).T
        scores = model.loss(X)
        correct_scores = np.asarray(
          [[11.53165108,  12.2917344,   13.05181771,  13.81190102,  14.57198434, 15.33206765,  16.09215096],
           [12.05769098,  12.74614105,  13.43459113,  14.1230412,   14.81149128, 15.49994135,  16.18839143],
           [12.58373087,  13.20054771,  13.81736455,  14.43418138,  15.05099822, 15.66781506,  16.2846319 ]])
        assert np.abs(scores - correct_scores).sum() < 1e-6

        y = np.asarray([0, 5, 1])
        loss, grads = model.loss(X, y)
        assert abs(loss - 3.4702243556) < 1e-10
        model.reg = 1.0
        loss, grads = model.loss(X, y)
        assert abs(loss - 26.5948426952) < 1e-10
        for reg in [0.0, 0.7]:
            model.reg = reg
            loss, grads = model.loss(X, y)
            for name in sorted(grads):
                f = lambda _: model.loss(X, y)[0]
                grad_num = eval_numerical_gradient(f, model.params[name], verbose=False)
                assert rel_error(grad_num, grads[name]) < 1e-6

        data = get_CIFAR10_data(num_training=150, num_validation=50, num_test=40)
        print([(k, v.shape) for k, v in list(data.items())])

        input_size = 32 * 32 * 3
        hidden_size = 50
        num_classes = 10
        model = TwoLayerNet(input_size, hidden_size, num_classes)
        loss_before = model.loss(data['X_train'], data['y_train'])[0]
        solver = Solver(model, data,
                        update_rule='sgd',
                        optim_config={'learning_rate': 1e-4},
                        lr_decay=0.95,
                        num_epochs=5, batch_size=50,
                        print_every=10)
        solver.train()
        assert len(solver.loss_history) == 15
        assert model.loss(data['X_train'], data['y_train'])[0] < loss_before
        assert len(solver.train_acc_history) == len(solver.val_acc_history) == 6  # first, and 5 epochs
        assert solver.best_val_acc == max(solver.val_acc_history) and solver.epoch == 5
        assert abs(solver.optim_configs['W1']['learning_rate'] - 1e-4 * 0.95 ** 5) < 1e-15
        assert all(np.array_equal(w, solver.best_params[k]) for k, w in solver.model.params.items())

        from cs231n.vis_utils import visualize_grid
        W1 = model.params['W1']
        W1 = W1.reshape(3, 32, 32, -1).transpose(3, 1, 2, 0)
        assert visualize_grid(W1, padding=3).astype('uint8').shape == (277, 277, 3)

        best_model = solver.model
        y_val_pred = np.argmax(best_model.loss(data['X_val']), axis=1)
        assert (y_val_pred == data['y_val']).mean() == solver.best_val_acc
        y_test_pred = np.argmax(best_model.loss(data['X_test']), axis=1)
        best_model.save("best_two_layer_net.npy")
        again = TwoLayerNet(input_size, hidden_size, num_classes)
        assert again.load("best_two_layer_net.npy")
        assert np.array_equal(np.argmax(again.loss(data['X_test']), axis=1), y_test_pred)
    """
    lines = run_as_course(code, cifar10_folder).splitlines()
    assert lines[0] == (
        "[('X_train', (150, 3, 32, 32)), ('y_train', (150,)), ('X_val', (50, 3, 32, 32)), ('y_val', (50,)), "
        "('X_test', (40, 3, 32, 32)), ('y_test', (40,))]"
    )
    number = r"\d+\.\d{6}"
    expected = [rf"\(Epoch {epoch} / 5\) train acc: {number}; val_acc: {number}" for epoch in range(6)]
    expected.insert(0, rf"\(Iteration 1 / 15\) loss: {number}")
    expected.insert(5, rf"\(Iteration 11 / 15\) loss: {number}")
    for line, pattern in zip(lines[1:9], expected, strict=True):
        assert re.fullmatch(pattern, line)
    assert lines[9:] == ["best_two_layer_net.npy saved.", "best_two_layer_net.npy loaded."]


def test_fully_connected_nets_notebook(cifar10_folder):
    code = """
        import numpy as np
        from cs231n.classifiers.fc_net import *
        from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
        from cs231n.data_utils import get_CIFAR10_data
        from cs231n.solver import Solver

        np.random.seed(231)
        N, D, H1, H2, C = 2, 15, 20, 30, 10
        X = np.random.randn(N, D)
        y = np.random.randint(C, size=(N,))
        for reg, known in [(0, 2.3004790897684924), (3.14, 7.052114776533016)]:
            model = FullyConnectedNet(
                [H1, H2],
                input_dim=D,
                num_classes=C,
                reg=reg,
                weight_scale=5e-2,
                dtype=np.float64
            )
            loss, grads = model.loss(X, y)
            assert abs(loss - known) < 1e-12
            assert sorted(grads) == ['W1', 'W2', 'W3', 'b1', 'b2', 'b3']
            for name in sorted(grads):
                f = lambda _: model.loss(X, y)[0]
                grad_num = eval_numerical_gradient(f, model.params[name], verbose=False, h=1e-5)
                assert rel_error(grad_num, grads[name]) < 1e-4  # the course allows e-5 for W2

        N, D = 4, 5
        w = np.linspace(-0.4, 0.6, num=N*D).reshape(N, D)
        dw = np.linspace(-0.6, 0.4, num=N*D).reshape(N, D)
        v = np.linspace(0.6, 0.9, num=N*D).reshape(N, D)

        from cs231n.optim import sgd_momentum
        config = {"learning_rate": 1e-3, "velocity": v}
        next_w, _ = sgd_momentum(w, dw, config=config)
        expected_next_w = np.asarray([
          [ 0.1406,      0.20738947,  0.27417895,  0.34096842,  0.40775789],
          [ 0.47454737,  0.54133684,  0.60812632,  0.67491579,  0.74170526],
          [ 0.80849474,  0.87528421,  0.94207368,  1.00886316,  1.07565263],
          [ 1.14244211,  1.20923158,  1.27602105,  1.34281053,  1.4096    ]])
        expected_velocity = np.asarray([
          [ 0.5406,      0.55475789,  0.56891579, 0.58307368,  0.59723158],
          [ 0.61138947,  0.62554737,  0.63970526,  0.65386316,  0.66802105],
          [ 0.68217895,  0.69633684,  0.71049474,  0.72465263,  0.73881053],
          [ 0.75296842,  0.76712632,  0.78128421,  0.79544211,  0.8096    ]])
        assert rel_error(next_w, expected_next_w) < 1e-7
        assert rel_error(expected_velocity, config["velocity"]) < 1e-7

        from cs231n.optim import rmsprop
        config = {'learning_rate': 1e-2, 'cache': np.linspace(0.6, 0.9, num=N*D).reshape(N, D)}
        next_w, _ = rmsprop(w, dw, config=config)
        expected_next_w = np.asarray([
          [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
          [-0.132737,   -0.08078555, -0.02881884,  0.02316247,  0.07515774],
          [ 0.12716641,  0.17918792,  0.23122175,  0.28326742,  0.33532447],
          [ 0.38739248,  0.43947102,  0.49155973,  0.54365823,  0.59576619]])
        expected_cache = np.asarray([
          [ 0.5976,      0.6126277,   0.6277108,   0.64284931,  0.65804321],
          [ 0.67329252,  0.68859723,  0.70395734,  0.71937285,  0.73484377],
          [ 0.75037008,  0.7659518,   0.78158892,  0.79728144,  0.81302936],
          [ 0.82883269,  0.84469141,  0.86060554,  0.87657507,  0.8926    ]])
        assert rel_error(expected_next_w, next_w) < 1e-6
        assert rel_error(expected_cache, config['cache']) < 1e-7

        from cs231n.optim import adam
        m = np.linspace(0.6, 0.9, num=N*D).reshape(N, D)
        v = np.linspace(0.7, 0.5, num=N*D).reshape(N, D)
        config = {'learning_rate': 1e-2, 'm': m, 'v': v, 't': 5}
        next_w, _ = adam(w, dw, config=config)
        expected_next_w = np.asarray([
          [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
          [-0.1380274,  -0.08544591, -0.03286534,  0.01971428,  0.0722929],
          [ 0.1248705,   0.17744702,  0.23002243,  0.28259667,  0.33516969],
          [ 0.38774145,  0.44031188,  0.49288093,  0.54544852,  0.59801459]])
        expected_v = np.asarray([
          [ 0.69966,     0.68908382,  0.67851319,  0.66794809,  0.65738853,],
          [ 0.64683452,  0.63628604,  0.6257431,   0.61520571,  0.60467385,],
          [ 0.59414753,  0.58362676,  0.57311152,  0.56260183,  0.55209767,],
          [ 0.54159906,  0.53110598,  0.52061845,  0.51013645,  0.49966,   ]])
        expected_m = np.asarray([
          [ 0.48,        0.49947368,  0.51894737,  0.53842105,  0.55789474],
          [ 0.57736842,  0.59684211,  0.61631579,  0.63578947,  0.65526316],
          [ 0.67473684,  0.69421053,  0.71368421,  0.73315789,  0.75263158],
          [ 0.77210526,  0.79157895,  0.81105263,  0.83052632,  0.85      ]])
        assert rel_error(expected_next_w, next_w) < 1e-6
        assert rel_error(expected_v, config['v']) < 1e-7 and rel_error(expected_m, config['m']) < 1e-7

        np.random.seed(231)
        data = get_CIFAR10_data(num_training=150, num_validation=50, num_test=40)

        num_train = 50
        small_data = {
          "X_train": data["X_train"][:num_train],
          "y_train": data["y_train"][:num_train],
          "X_val": data["X_val"],
          "y_val": data["y_val"],
        }
        for hidden, weight_scale, learning_rate in (([100, 100], 1e-2, 5e-3), ([100] * 4, 5e-2, 2e-3)):
            model = FullyConnectedNet(hidden, weight_scale=weight_scale, dtype=np.float64)
            solver = Solver(
                model,
                small_data,
                print_every=10,
                num_epochs=20,
                batch_size=25,
                update_rule="sgd",
                optim_config={"learning_rate": learning_rate},
                verbose=False,
            )
            solver.train()
            assert max(solver.train_acc_history) == 1.0 and len(solver.loss_history) == 40

        small_data = data
        solvers = {}
        for update_rule in ['sgd', 'sgd_momentum']:
            model = FullyConnectedNet([100, 100, 100, 100, 100], weight_scale=5e-2)
            solver = Solver(
                model,
                small_data,
                num_epochs=5,
                batch_size=100,
                update_rule=update_rule,
                optim_config={'learning_rate': 5e-3},
                verbose=False,
            )
            solvers[update_rule] = solver
            solver.train()
        learning_rates = {'rmsprop': 1e-4, 'adam': 1e-3}
        for update_rule in ['adam', 'rmsprop']:
            model = FullyConnectedNet([100, 100, 100, 100, 100], weight_scale=5e-2)
            solver = Solver(
                model,
                small_data,
                num_epochs=5,
                batch_size=100,
                update_rule=update_rule,
                optim_config={'learning_rate': learning_rates[update_rule]},
                verbose=False,
            )
            solvers[update_rule] = solver
            solver.train()
        state = {'sgd': [], 'sgd_momentum': ['velocity'], 'rmsprop': ['cache'], 'adam': ['m', 'v', 't']}
        for update_rule, solver in solvers.items():
            assert len(solver.loss_history) == 5 and min(solver.loss_history) < solver.loss_history[0]
            assert len(solver.train_acc_history) == len(solver.val_acc_history) == 5
            for name, config in solver.optim_configs.items():
                assert set(state[update_rule]) < set(config)
            assert all(w.dtype == np.float32 for w in solver.model.params.values())

        best_model = solvers['adam'].model
        y_test_pred = np.argmax(best_model.loss(data["X_test"]), axis=1)
        y_val_pred = np.argmax(best_model.loss(data["X_val"]), axis=1)
        assert (y_val_pred == data["y_val"]).mean() == solvers['adam'].best_val_acc
        assert np.array_equal(best_model.loss(data['X_val']).argmax(axis=1), y_val_pred)
        best_model.save("best_fully_connected_net.npy")
        again = FullyConnectedNet([100, 100, 100, 100, 100])
        assert again.load("best_fully_connected_net.npy")
        assert np.array_equal(again.loss(data["X_test"]), best_model.loss(data["X_test"]))
    """
    assert run_as_course(code, cifar10_folder).splitlines() == [
        "best_fully_connected_net.npy saved.",
        "best_fully_connected_net.npy loaded.",
    ]


def test_neither_two_layer_net_is_exported_and_no_old_package_imported(tmp_path):
    code = """
        import cs231n.classifiers, cs231n.data_utils, cs231n.gradient_check, cs231n.layer_utils, cs231n.optim
        import cs231n.solver, cs231n.vis_utils
        assert not hasattr(cs231n.classifiers, "TwoLayerNet")
        from cs231n.classifiers.fc_net import TwoLayerNet as modular
        from cs231n.classifiers.neural_net import TwoLayerNet as monolithic
        print(modular is not monolithic, {"future", "past", "six", "imageio"} & set(sys.modules))
    """
    assert run_as_course(code, tmp_path) == "True set()\n"
