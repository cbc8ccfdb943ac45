"""The promise to users of the assignment: its imports work once `cs231n` is an alias of `cs231n_lib`."""

import subprocess
import sys
import textwrap


def run_as_course(code: str, folder) -> str:
    """Run ``code`` in a new Python where `cs231n` is the library; what it prints."""
    alias = "import sys, cs231n_lib; sys.modules['cs231n'] = cs231n_lib\n"
    command = [sys.executable, "-W", "error", "-c", alias + textwrap.dedent(code)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_knn_notebook(tmp_path):
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
        print(classifier.predict(X, k=1, num_loops=2))
    """
    assert run_as_course(code, tmp_path) == "[1 0 0]\n"


def test_svm_and_softmax_notebooks(tmp_path):
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
    """
    lines = run_as_course(code, tmp_path).splitlines()
    assert len(lines) == 4 and all("numerical: " in line and "relative error: " in line for line in lines)
