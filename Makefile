# make chapter      set up everything and run the chapter: every figure and out/chapter.html
# make test         set up everything and run the linter, the type checker and the tests
# make docs         the site of the documentation, build/docs/html/index.html: all tutorials are run, its links are checked
# make bench        the same training steps in minigen and in PyTorch, interleaved
# make notebooks    the tutorials as notebooks, in build/notebooks; INSTALL=... is what their first cell installs
# make wheelhouse   minigen and all that it needs as wheels, in build/wheelhouse, to install without a network
# make dpnp         all models, and the tests of the GPU path, on another array library, dpnp; half an hour on 2 cores
PYTHON ?= python3
INSTALL ?= minigen
BIN := .venv/bin
READY := .venv/.ready
# a process for each core, and one thread of BLAS in each: with more they wait for each other
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# as many as this process may use: pytest's own count is that of the machine where psutil is installed
CORES = $$($(BIN)/python -c "from minigen.cores import usable_cores; print(usable_cores())")
# compiled modules are kept, whatever the environment says: the tests start many interpreters
BYTECODE := PYTHONDONTWRITEBYTECODE=

.PHONY: chapter test docs bench notebooks wheelhouse dpnp clean

chapter: $(READY)
	$(BIN)/minigen chapter

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BYTECODE) $(BIN)/python -m pytest -q tests/kernels
	$(BYTECODE) $(ONE_THREAD) $(BIN)/python -m pytest -q -n $(CORES)

docs: $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	rm -rf build/docs/html
	$(ONE_THREAD) $(BIN)/python -m sphinx -W --keep-going -q -d build/docs/doctrees docs build/docs/html
	$(BIN)/python tools/check_links.py build/docs/html

bench: $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[bench]"
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/overhead.py

notebooks: $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[notebook]"
	$(BIN)/python tools/notebooks.py --install $(INSTALL)

# the last line only tries: it fails if a wheel is missing
wheelhouse: $(READY)
	$(BIN)/python -m pip wheel --quiet --constraint constraints.txt --wheel-dir build/wheelhouse .
	$(BIN)/python -m pip install --quiet --dry-run --ignore-installed --no-index --find-links build/wheelhouse minigen

$(READY): setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $(READY)

dpnp:
	$(PYTHON) -m venv .venv-dpnp
	.venv-dpnp/bin/python -m pip install --quiet --editable ".[dev]" "dpnp==0.20.*" intel-opencl-rt
	$(ONE_THREAD) .venv-dpnp/bin/python tools/dpnp_trial.py

clean:
	rm -rf .venv .venv-dpnp .venv-gpu out build docs/made dist *.egg-info
