# Every target sets up what it needs by itself. The first one takes about a minute for that, once.

# Python 3.11 to 3.13: the first of these that is one and runs (PYTHON=... asks for another).
override PYTHON := $(shell for p in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
# Where a user's settings send packages by default, they must not go here.
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PYTHONHOME
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
NOTEBOOK ?= notebooks/00_numpy_primer.ipynb
# One process a core, so BLAS gets one thread in each: its waiting threads would hold up the other processes.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 4
LAB_FLAGS ?=
NAMES ?=
PYTHON_CODE := src tests benchmarks conftest.py

.DEFAULT_GOAL := help
.PHONY: help lab test test-unit test-notebooks lint lint-notebooks test-oracles run data cifar10 bench refresh record lock clean

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found; install one or give PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON) (about a minute, only when requirements change) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install $$([ -t 1 ] || echo --quiet) --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lab: $(READY)  ## open the workbook in JupyterLab
	$(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" --FileContentsManager.preferred_dir="" $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_FLAGS) $(NOTEBOOK)

test: lint test-unit test-notebooks  ## check the library, run the notebooks again and compare

test-unit: $(READY)
	$(PYTEST) tests src

test-notebooks: $(READY)
	$(PYTEST) --dist loadfile --nbval notebooks

lint: $(READY)
	$(BIN)/ruff check $(PYTHON_CODE)
	$(BIN)/ruff format --check $(PYTHON_CODE)

lint-notebooks: $(READY)  ## before a commit: are the notebooks in their normal form, and recorded?
	$(BIN)/python -m pytest -q tests/notebook_run/house_rules.py

run: $(READY)  ## run all notebooks on CIFAR-10 or, without it, the built-in images; pages in build/run/
	$(BIN)/python -m tests.notebook_run.execute run --output build/run $(NAMES)

data: $(READY)  ## download and verify CIFAR-10 (170 MB) into data/
	$(BIN)/python -m cs231n_lib.datasets.cifar10

cifar10: $(READY)  ## run all notebooks on CIFAR-10; pages in build/cifar10/
	$(BIN)/python -m tests.notebook_run.execute run --dataset cifar10 --output build/cifar10 $(NAMES)

refresh: $(READY)  ## run all notebooks on the built-in images and store their outputs, and nothing else
	$(BIN)/python -m tests.notebook_run.execute refresh $(NAMES)

record: $(READY)  ## before a commit: the notebooks as they are now are the workbook, in normal form
	$(BIN)/python -m tests.notebook_run.execute record $(NAMES)

test-oracles: $(VENV)-bench/ready  ## compare with PyTorch and scikit-image (a large download, once)
	$(VENV)-bench/bin/python -m pytest -m oracle tests --ignore tests/notebook_run

bench: $(VENV)-bench/ready  ## measure speed against what you would use instead
	for script in benchmarks/bench_*.py; do $(VENV)-bench/bin/python $$script || exit 1; done

$(VENV)-bench/ready: benchmarks/requirements.lock benchmarks/torch.txt requirements.lock
	@$(PYTHON) -m venv --clear $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/torch.txt  # no hash: its wheels differ by processor
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --quiet --upgrade --group build --extra notebooks --extra tests --output-file requirements.lock $(LOCK_FLAGS)
	uv pip compile pyproject.toml --quiet --upgrade --group build --extra benchmarks --extra tests --constraint requirements.lock --output-file benchmarks/requirements.lock $(LOCK_FLAGS)

LOCK_FLAGS := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-header --no-annotate

clean:  ## remove the environments and everything built
	rm -rf $(VENV) $(VENV)-bench build .pytest_cache .ruff_cache .hypothesis
