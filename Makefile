# The way to work on this project; `make` alone lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= auto
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check lint types docs bench corpora soak pictures words lock release clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed  ## make the environment in .venv/ (so .venv/bin/digest)

demo: setup  ## run the whole job, offline and to completion; results in demo/
	@$(BIN)/digest demo demo

test: $(VENV)/.installed-dev  ## install what tests need and run them all
	@sh tests/helpers/install_programs.sh
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

quick: $(VENV)/.installed-dev  ## the tests that need no disk, network, database or other process: some seconds
	@PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(VENV)/pycache $(BIN)/python -m pytest -q --quick $(ARGS)

check: lint types  ## everything a change must pass, and how much of the code the tests reach
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term $(ARGS)"

lint: $(VENV)/.installed-dev  ## style and common mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.installed-dev  ## strict types
	@$(BIN)/mypy

docs: $(VENV)/.installed-dev  ## bring the reference up to date, build the documentation into site/, check every link
	@$(BIN)/python -m docs.make.site

corpora: $(VENV)/.installed-dev  ## tell how much of real feeds, pages and lists comes out right
	@$(BIN)/python -m pytest -q -s -m corpus tests/sources tests/gathering

bench: $(VENV)/.installed-dev  ## measure; figures and method: docs/performance.md
	@for bench in bench/[a-z]*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

soak: $(VENV)/.installed-dev  ## the long proofs: hundreds of kills, many processes
	@$(BIN)/python -m pytest -n $(JOBS) --soak $(ARGS)

pictures: $(VENV)/.installed-dev  ## take the gallery's reference pictures anew
	@$(BIN)/python -m tests.edition.gallery

words: $(VENV)/.installed  ## bring the translations up to digest/words/messages.pot, and tell what they lack
	@$(BIN)/python -m digest.words

lock:  ## pin the dependencies anew, with hashes and without a host's name
	@for set in "requirements.lock --group build --extra uvloop" \
	            "requirements-container.lock --group build --extra uvloop --extra postgres --extra telemetry" \
	            "requirements-dev.lock --group dev --extra uvloop --extra postgres --extra telemetry"; do \
	  $(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o $$set || exit 1; done

release: check  ## build and try the packages of a release, up to the upload (see CONTRIBUTING)
	@test -z "$$(git status --porcelain)" || { echo "Commit first: a release is made of what is committed."; exit 1; }
	@rm -rf dist && $(BIN)/python -m hatchling build
	@PACKAGES=dist $(BIN)/python -m pytest -q tests/test_package.py
	@version=$$($(BIN)/digest --version | sed 's/.* //'); grep -q "^## \[$$version\]" CHANGELOG.md || \
	  { echo "CHANGELOG.md has no part [$$version]: give its Unreleased part that name and the day."; exit 1; }
	@ls -l dist; echo "Now: git tag -s v$$($(BIN)/digest --version | sed 's/.* //'), push the tag, upload dist/*."

clean:  ## remove what the targets above made
	rm -rf $(VENV) demo dist site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "$(PYTHON) was not found: install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1): name another: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) ..."
	@$(BIN)/pip install -q --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --require-hashes -r requirements-dev.lock
	@touch $@
