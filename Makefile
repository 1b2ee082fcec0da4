# Every target leaves stamps keyed on what it was made from, so a second `make` only does what has changed.
# Python 3.11 or newer is looked for by name; PYTHON=/path/to/python chooses another.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export UV_PYTHON_DOWNLOADS := never

ARGS ?=
UV := .tools/uv/bin/uv
VENV := .venv/bin
BASE := .venv/.base
DEV := .venv/.dev
CONSOLE_DIR := src/loomwork/interface/http/console
CONSOLE := $(CONSOLE_DIR)/index.html
WEB_DEPS := web/node_modules/.installed
WEB_SOURCES = $(shell test -d web && find web -name node_modules -prune -o -name '*.tsbuildinfo' -o \( -type f -o -type d -path 'web/src*' \) -print)
CODE = $(wildcard src tests benchmarks scripts)

# "" where the console can be built from source, otherwise what is missing, as a sentence.
NO_CONSOLE := $(shell scripts/missing_for_console.sh)

##@ Run
.PHONY: up
up: $(BASE) compiled web ## Install what is locked, build the console, start everything on this machine. ARGS="--port 9000"
	@exec $(VENV)/loomwork up $(ARGS)

.PHONY: web
ifeq ($(NO_CONSOLE),)
web: $(CONSOLE) ## Build the console, if its sources changed.
else
web:
	@echo "$(NO_CONSOLE)" >&2
endif

# Once, and not by each process for itself where Python is told to write no bytecode: half of what a start takes.
.PHONY: compiled
compiled: $(BASE)
	@$(VENV)/python -m compileall -q -j 0 src

##@ Check
.PHONY: test
test: $(DEV) compiled ## Lint, then every test but the nightly ones, the slow ones on the real local model included.
	@$(MAKE) lint web
	@scripts/install_chromium.sh
	@scripts/install_bubblewrap.sh
	@$(VENV)/python scripts/run_tests.py "not nightly" $(ARGS)

.PHONY: nightly
nightly: $(DEV) compiled ## Larger counts of the same tests.
	@$(MAKE) web
	@scripts/install_chromium.sh
	@scripts/install_bubblewrap.sh
	@$(VENV)/python scripts/run_tests.py nightly $(ARGS)

.PHONY: lint
lint: $(DEV) ## ruff, mypy, import-linter; for the console its linter, type checker and unit tests.
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy $(CODE)
	@$(VENV)/lint-imports --no-cache
	@$(MAKE) lint-web

.PHONY: lint-web
ifeq ($(NO_CONSOLE),)
lint-web: $(WEB_DEPS)
	@cd web && npm run --silent lint && npm run --silent typecheck && npm test --silent
else
lint-web:
	@echo "$(NO_CONSOLE)" >&2
endif

.PHONY: corpus
corpus: $(DEV) compiled ## Read, write back and run a folder of real app files (CORPUS_DIR); fails below its bars.
	@$(VENV)/python -m tests.corpus $(ARGS)

.PHONY: bench
bench: $(DEV) compiled ## What we claim, measured beside the peers in one run.
	@UV=$(abspath $(UV)) $(VENV)/python -m benchmarks.run $(ARGS)

##@ Keep house
.PHONY: lock
lock: $(UV) ## Write the lock files anew from pyproject.toml. ARGS="--upgrade" takes newer versions.
	@scripts/lock.sh $(ARGS)

.PHONY: wheel
wheel: $(BASE) web ## Build dist/*.whl with the console and the catalog in it.
	@test -f $(CONSOLE) || { echo "A wheel must carry the console, and it is not built." >&2; exit 1; }
	@$(UV) build --quiet --wheel --no-build-isolation --python $(VENV)/python --out-dir dist
	@ls dist/*.whl

.PHONY: clean
clean: ## Remove all that make has made. The data folder and the model weights stay.
	@rm -rf .venv .tools dist web/node_modules $(CONSOLE_DIR) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: help
help: ## This list.
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

$(UV): requirements/uv.txt scripts/bootstrap_uv.sh
	@scripts/bootstrap_uv.sh
	@touch $@

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --python .tools/uv/bin/python .venv

# The build backend is locked too and no other build is allowed, so that nothing unpinned is ever fetched or run.
INSTALL_PROJECT = $(UV) pip install --quiet --python $(VENV)/python --no-deps --no-build-isolation --editable .

$(BASE): requirements/base.txt pyproject.toml $(UV) | .venv/bin/python
	@echo "Installing the locked dependencies into .venv"
	@$(UV) pip install --quiet --python $(VENV)/python --require-hashes --no-build --compile-bytecode -r requirements/base.txt
	@$(INSTALL_PROJECT)
	@touch $@

$(DEV): requirements/dev.txt $(BASE)
	@echo "Installing what the tests need into .venv"
	@$(UV) pip sync --quiet --python $(VENV)/python --require-hashes --no-build requirements/dev.txt
	@$(INSTALL_PROJECT)
	@touch $@

$(WEB_DEPS): web/package.json web/package-lock.json
	@echo "Installing what the console is built with into web/node_modules"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE): $(WEB_DEPS) $(WEB_SOURCES)
	@echo "Building the console"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@
