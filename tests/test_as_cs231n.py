"""The course's name for this library: one object per module, and nobody's own code kept silently."""

import os
import pkgutil
import subprocess
import sys
import textwrap

import pytest

import cs231n_lib


def run(code, folder, *options, **environment):
    command = [sys.executable, "-W", "error", *options] + (["-c", textwrap.dedent(code)] if code else [])
    environment = {
        name: value for name, value in os.environ.items() if name != "CS231N_REPLACE"
    } | environment
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    "alias", ["import cs231n_lib.as_cs231n", "import sys, cs231n_lib; sys.modules['cs231n'] = cs231n_lib"]
)
def test_every_module_is_the_same_object_under_both_names(alias, tmp_path):
    found = pkgutil.walk_packages(cs231n_lib.__path__, "cs231n_lib.")
    names = [name for _, name, _ in found if not name.endswith("as_cs231n")]
    assert len(names) > 50
    done = run(
        f"""
        {alias}
        import importlib, sys
        for name in {names}:
            course = "cs231n" + name.removeprefix("cs231n_lib")
            first, second = (name, course) if len(name) % 2 else (course, name)  # in either order
            one, other = importlib.import_module(first), importlib.import_module(second)
            assert one is other is sys.modules[course], name
            assert one.__name__ == one.__spec__.name == name
        import cs231n.layers as by_course, cs231n_lib.layers as own
        assert by_course is own is importlib.reload(by_course)
        try:
            import cs231n.nothing
        except ModuleNotFoundError as error:
            print(error)
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "No module named 'cs231n.nothing'\n"


def test_objects_keep_their_class_through_pickles_and_workers(tmp_path):
    done = run(
        """
        import cs231n_lib.as_cs231n
        import pickle, numpy as np, cs231n_lib.classifiers
        from joblib import Parallel, delayed
        from cs231n.classifiers import Softmax
        from cs231n.classifiers.linear_classifier import *
        svm_loss_vectorized, softmax_loss_vectorized  # the course's module hands them on
        assert Softmax is cs231n_lib.classifiers.Softmax and Softmax.__module__.startswith("cs231n_lib.")
        X, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3

        def trained(rate):
            model = Softmax()
            model.train(X, y, learning_rate=rate, num_iters=5)
            return model

        models = Parallel(n_jobs=2)(delayed(trained)(rate) for rate in (1e-3, 1e-2))
        assert all(isinstance(model, Softmax) for model in models)
        pickle.dump(models[0], open("model.pickle", "wb"))
        """,
        tmp_path,
        "-W", "ignore::ResourceWarning",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    opened = run("import pickle; print(type(pickle.load(open('model.pickle', 'rb'))))", tmp_path, "-Wi")
    assert "cs231n_lib.classifiers" in opened.stdout


@pytest.fixture
def own_cs231n(tmp_path):
    (tmp_path / "cs231n").mkdir()
    (tmp_path / "cs231n" / "__init__.py").touch()
    (tmp_path / "cs231n" / "layers.py").write_text("mine = True\n")
    return tmp_path


def test_ones_own_modules_are_never_kept_silently(own_cs231n):
    before = "import cs231n.layers, cs231n_lib.as_cs231n, cs231n.layers; print(cs231n.layers.__name__)"
    refused = run(before, own_cs231n)
    assert refused.returncode == 1
    assert f"cs231n is imported already, from {own_cs231n / 'cs231n' / '__init__.py'}" in refused.stderr
    assert "restart the kernel" in refused.stderr
    replaced = run(before, own_cs231n, CS231N_REPLACE="1")
    assert replaced.stdout == "cs231n_lib.layers\n"
    first = run("import cs231n_lib.as_cs231n, cs231n.layers; print(cs231n.layers.__name__)", own_cs231n)
    assert first.stdout == "cs231n_lib.layers\n"
    without = run("import cs231n_lib, cs231n.layers; print(cs231n.layers.mine)", own_cs231n)
    assert without.stdout == "True\n"


def test_a_script_runs_under_the_courses_name(own_cs231n):
    folder = own_cs231n / "scripts"
    folder.mkdir()
    (folder / "beside.py").write_text("word = 'beside'\n")
    (folder / "script.py").write_text(
        "import sys, beside\nfrom cs231n.layers import relu_forward\n"
        "print(relu_forward.__module__, beside.word, __name__, sys.argv)\n"
    )
    done = run("", own_cs231n, "-m", "cs231n_lib.as_cs231n", "scripts/script.py", "an argument")
    assert done.stdout == "cs231n_lib.layers beside __main__ ['scripts/script.py', 'an argument']\n", (
        done.stderr
    )
    assert "usage" in run("", own_cs231n, "-m", "cs231n_lib.as_cs231n").stderr
