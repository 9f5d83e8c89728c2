# Two commands do everything on a bare Debian or Ubuntu: `make run` and `make test`.
# docs/development.md says what each target does.

PORT ?= 8000
ARGS ?=

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help run test check format lock manage clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run:  ## Install what is missing and run Stipple with demo content (PORT=8000)
	@exec deploy/run.sh "$(PORT)"

test:  ## Run the test suite (ARGS="tests/courses -k exam")
	@deploy/bootstrap.sh
	@exec deploy/with_venv.sh python tests/run.py $(ARGS)

check:  ## Check style, types, layers, templates, migrations and production settings
	@deploy/bootstrap.sh
	@exec deploy/with_venv.sh deploy/check.sh

format:  ## Put code into the house's format
	@deploy/bootstrap.sh
	@deploy/with_venv.sh ruff check --fix --quiet .
	@deploy/with_venv.sh ruff format --quiet .

lock:  ## Resolve pyproject.toml into the lock files (ARGS=--upgrade for newer versions)
	@deploy/bootstrap.sh
	@exec deploy/with_venv.sh deploy/lock.sh $(ARGS)

manage:  ## Run a Django command in development (ARGS="shell")
	@deploy/bootstrap.sh
	@exec deploy/with_venv.sh python manage.py $(ARGS)

clean:  ## Remove caches and test output; keeps .venv, the database and media
	@rm -rf var/test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.native/*' -prune -exec rm -rf {} +
