# `make chat` and `make test` do everything, from nothing: the first run sets up .venv, the next
# ones start at once. Needs Python 3.11+ with venv, gcc, g++, cmake and make.
#
# Yours to set, in the environment or on the command line:
#   PYTHON=python3.12     the Python to make the environment from
#   VENV=/somewhere/else  where the environment goes
#   ARGS='-k offsets'     more arguments for chat, test, bench or eval
#   PIP_ARGS=...          more arguments for every `pip install`
#   FAST=1                compile llama.cpp for this very processor (see setup/llama.py)
#   LLAMA_WHEEL=...       a compiled llama-cpp-python: a wheel, a folder of wheels, or an index
#   CMAKE_ARGS=...        your own flags for compiling it
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
ARGS ?=
PIP_ARGS ?=

PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.footnote-installed
DEV_INSTALLED := $(VENV)/.footnote-dev-installed

# Threads that wait must sleep after some microseconds: spinning ones make llama.cpp up to a hundred
# times slower as soon as anything else runs.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 300
export CONSTRAINTS PIP_ARGS

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: chat test check bench eval claims install lock clean help llama

chat: $(INSTALLED) ## set up what is missing, then open the chat in the browser
	@$(PY) app.py $(ARGS)

test: $(DEV_INSTALLED) ## set up what is missing, then run the tests
	@$(PY) -m pytest $(ARGS)

check: $(DEV_INSTALLED) ## style, types and the examples in the docstrings
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest --doctest-modules index assistant prompts setup training

bench: $(INSTALLED) ## measure speed (ARGS='search --rounds 5'); without ARGS a library of 10,000 articles too
	@$(PY) bench/run.py $(ARGS)
	$(if $(ARGS),,@$(PY) bench/library.py)

eval: $(INSTALLED) ## measure the answers on every set of questions (ARGS='news --html pages')
	@$(PY) bench/eval.py $(ARGS)

claims: $(INSTALLED) ## measure the check on claims made false and on faithful ones
	@$(PY) bench/claims.py $(ARGS)

install: $(INSTALLED) ## only set up

lock: ## write constraints.txt anew, from what pip chooses for pyproject.toml today
	rm -rf $(VENV)-lock
	$(MAKE) VENV=$(VENV)-lock CONSTRAINTS=/dev/null $(VENV)-lock/.footnote-dev-installed
	$(VENV)-lock/bin/python -m pip install --disable-pip-version-check $(PIP_ARGS) --editable '.[bench,training]'
	$(VENV)-lock/bin/python setup/lock.py
	rm -rf $(VENV)-lock

clean: ## remove the environment and all caches (not your libraries, not the compiled wheels)
	rm -rf $(VENV) $(VENV)-lock build *.egg-info .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(INSTALLED): pyproject.toml $(CONSTRAINTS) | llama
	@$(PY) setup/cpu_torch.py
	$(PY) -m pip install --disable-pip-version-check $(PIP_ARGS) --constraint $(CONSTRAINTS) --editable .
	@touch $@

$(DEV_INSTALLED): $(INSTALLED)
	$(PY) -m pip install --disable-pip-version-check $(PIP_ARGS) --constraint $(CONSTRAINTS) --editable '.[dev]'
	@touch $@

# Runs every time and takes a tenth of a second: only it can tell that the environment was carried
# to another processor.
llama: | $(VENV)/bin/pip
	@$(PY) setup/llama.py

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Footnote needs Python 3.11 or newer, and $(PYTHON) is not. Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make a virtual environment. On Debian: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
