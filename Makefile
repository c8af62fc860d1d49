# Everything one types. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run install test check lint format bench gates manual lock keys

PYTHON ?= python3
PORT ?= 8000
DEMO ?= 1
ARGS ?=
PY := .venv/bin/python
PYTEST := .venv/bin/python -m pytest
ON_SQLITE := env -u TEST_DATABASE_URL -u TEST_REDIS_URL
# Commands that look at the code need settings, but no one's data.
LOOKING := env DJANGO_SETTINGS_MODULE=tests.settings $(ON_SQLITE)
export PORT
# Where it is set pytest rewrites the assertions of every file anew in each process: seconds each time.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

install:
	@$(PYTHON) scripts/install.py

run: install ## the whole system on http://127.0.0.1:8000 (PORT=…, DATA_DIR=…, DEMO=0: without the demo town)
	@$(PYTHON) scripts/install.py --front --runtime
	@exec $(PY) manage.py serve --port $(PORT) --migrate $(if $(filter 0,$(DEMO)),,--demo)

# Django makes databases test_<name>_gw0 … beside the one that TEST_DATABASE_URL names, and drops them again; no other
# database is opened. Without the two names everything runs on SQLite, the browser included. Three at once on
# PostgreSQL: a test there often waits, for its browser or for the database.
test: install ## every test on SQLite; again on PostgreSQL and Redis if TEST_DATABASE_URL and TEST_REDIS_URL name them
	@$(PYTHON) scripts/install.py --front || [ "$${CI:-}" != true ]
	@scripts/browser.sh
ifeq ($(TEST_DATABASE_URL)$(TEST_REDIS_URL),)
	$(PYTEST) -n 2 $(ARGS)
else
	$(ON_SQLITE) $(PYTEST) -n 2 -m "not browser" $(ARGS)
	$(PYTEST) -n 3 -m "not no_database" $(ARGS)
endif

check: lint ## quick: lint, types, unit tests on SQLite
	$(ON_SQLITE) $(PYTEST) -n 2 -q -m "not browser and not slow" $(ARGS)

lint: install ## style, types, templates, migrations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	git ls-files -z '*.html' | xargs -0 -r .venv/bin/djlint --lint --quiet
	git ls-files -z '*.html' | xargs -0 -r .venv/bin/djade --check --target-version 5.2
	$(LOOKING) $(PY) manage.py check --fail-level WARNING
	$(LOOKING) $(PY) manage.py makemigrations --check --dry-run
	.venv/bin/mypy

format: install ## puts the code into shape
	.venv/bin/ruff check --fix --exit-zero .
	.venv/bin/ruff format .
	git ls-files -z '*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2 || true

bench: install ## the speed table (ARGS="--rows 20000" to shrink it)
	@$(PY) manage.py bench $(ARGS)

GATES ?= quick
gates: install ## faults and attacks made for real, each proved by a planted one (GATES=full: an hour; ARGS="--only R5")
	@$(PYTHON) scripts/install.py --front
	@scripts/browser.sh
	@$(PY) -m tests.gates $(GATES) $(ARGS)

manual: install ## the pictures of the manual, taken from the demo town
	@$(PYTHON) scripts/install.py --front
	@scripts/browser.sh
	@$(PY) scripts/manual.py $(ARGS)

keys: ## fresh keys for production (ARGS=k2: one more field key, named k2)
	@$(PYTHON) scripts/new_keys.py $(ARGS)

# Keeps what is locked where it still fits; ARGS=--upgrade takes the newest.
lock: install ## writes the lock files anew from requirements.in and package.json
	@for name in requirements requirements-node; do \
	  .venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make lock" $(ARGS) $$name.in -o $$name.txt; done
	@npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
