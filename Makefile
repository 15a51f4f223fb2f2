# The front desk. `make demo` and `make test` need nothing but Python 3.11, zstd and a network for packages.
PYTHON ?= python3
VENV ?= .venv
DEMO_ARGS ?=
# A test file at a time in as many processes as there are cores; empty for one.
WORKERS ?= -n auto --dist loadfile
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-long check fix docs bench screenshots reference lock clean

demo: $(VENV)/run.ready ## take a real model through what Emeritus does, then serve the site
	@EMERITUS_HOME="$${EMERITUS_HOME:-$(CURDIR)/demo-home}" $(BIN)/emeritus demo $(DEMO_ARGS)

test: $(VENV)/dev.ready check ## lint, types, floors and the tests
	$(BIN)/python -m pytest $(WORKERS)

test-long: $(VENV)/dev.ready $(VENV)/azurite.ready ## the longer suites: kill storms, exhaustive bit flips, fuzzing, the browser
	$(BIN)/python -m pytest $(WORKERS) -m long --timeout 1800 -p no:randomly

check: $(VENV)/dev.ready ## lint, types and floors alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .import_linter_cache
	$(BIN)/deptry src
	$(BIN)/codespell src tests docs README.md ARCHITECTURE.md

fix: $(VENV)/dev.ready ## format, and mend what can be mended by itself
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: $(VENV)/dev.ready ## the documentation site, in build/docs
	$(BIN)/sphinx-build -W -q -b html docs build/docs

reference: $(VENV)/dev.ready ## write the generated reference pages anew
	$(BIN)/python -m docs.generate

bench: $(VENV)/dev.ready ## measure, beside the peers; results in benchmarks/results
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/dev.ready ## run the demonstration for the README and draw its pages, with Chromium
	$(BIN)/python -m docs.illustrate

lock: ## choose the newest versions again
	uv pip compile pyproject.toml requirements/build.in --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --universal -q -U -o requirements/run.lock
	uv pip compile pyproject.toml requirements/build.in --extra postgres --extra s3 --group dev -c requirements/run.lock --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --universal -q -o requirements/dev.lock

clean: ## forget the environment and what was built; never a home
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.ready: requirements/run.lock pyproject.toml hatch_build.py src/emeritus/vault/codec/kernels.c | $(BIN)/python
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements/run.lock
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.ready: requirements/dev.lock $(VENV)/run.ready
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/azurite.ready: requirements/azurite/package-lock.json | $(BIN)/python
	mkdir -p $(VENV)/azurite
	cp requirements/azurite/package.json requirements/azurite/package-lock.json $(VENV)/azurite/
	npm ci --prefix $(VENV)/azurite --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
