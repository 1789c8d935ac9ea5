# Two commands need to be known: `make demo` and `make test`. Both do all their own setting up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
DEMO_VENV ?= .venv-demo
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check --no-input
DEMO_OUT ?= demo-out

.PHONY: demo test lint unit soak bench docs lock clean

demo: $(DEMO_VENV)/.done  ## screen the bundled sample with the core install only
	$(DEMO_VENV)/bin/entente demo --out $(DEMO_OUT)

test: lint unit docs  ## everything that must hold before a change lands

lint: $(VENV)/.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.done
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not soak"

soak: $(VENV)/.done  ## minutes long: fuzzing of the readers, growth
	$(BIN)/python -m pytest -m soak

bench: $(VENV)/.done  ## prints tables and writes JSON beside them
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/.done
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

$(DEMO_VENV)/.done: requirements/core.txt requirements/build.txt pyproject.toml
	@echo "Setting up $(DEMO_VENV) (core install, once) ..."
	$(PYTHON) tools/need_python.py
	$(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_VENV)/bin/python $(PIP) --require-hashes -r requirements/core.txt -r requirements/build.txt
	$(DEMO_VENV)/bin/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.done: requirements/dev.txt requirements/build.txt pyproject.toml
	@echo "Setting up $(VENV) (everything the tests need, once) ..."
	$(PYTHON) tools/need_python.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --require-hashes -r requirements/dev.txt -r requirements/build.txt
	$(BIN)/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

lock:  ## needs uv; writes the hash-locked requirements
	tools/lock.sh

clean:
	rm -rf $(VENV) $(DEMO_VENV) $(DEMO_OUT) site build dist
