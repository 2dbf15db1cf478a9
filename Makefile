# Everything runs from .venv in this directory, which may lie under a path with spaces.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?=
RUN := .venv/bin/python
STAMP := .venv/.complete
BENCH := .venv-bench/bin/python
BENCH_STAMP := .venv-bench/.complete
SDK_STAMP := .venv-sdk/.complete

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-header --no-annotate

##@ Begin

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: $(STAMP) ## Make .venv with every package of requirements.lock (quick when nothing changed)

.PHONY: demo
demo: setup ## Play two matters through the public APIs, print a timeline, leave nothing running
	@$(RUN) -m rongcuo demo

##@ Check

.PHONY: test
test: setup ## All tests on a real PostgreSQL and a real Kafka; the SQL tests on every other PostgreSQL found, too
	@$(RUN) -m pytest
	@$(RUN) -m tests.support.other_postgres

.PHONY: test-oidc
test-oidc: setup ## Login, systems' tokens and change of keys against a real Keycloak (a minute or two)
	@$(RUN) -m pytest -q tests/oidc

.PHONY: check
check: setup ## Style, types, layers, documents and the files of the deployment
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	@$(RUN) -m tests.deploy.validate
	@$(RUN) -m pytest -q tests/docs tests/api tests/deploy --ignore=tests/deploy/test_shape.py

.PHONY: fuzz
fuzz: setup ## Call every operation of all services with what its document allows and forbids, 10,000 times (SEED=1)
	@$(RUN) -m tests.fuzz --seed $(or $(SEED),1)

.PHONY: planted
planted: setup ## Plant each known mistake in a copy of the tree and see that its test turns red
	@$(RUN) -m tests.planted

.PHONY: faults
faults: setup ## Kill, freeze and cut parts at random for SECONDS (600) and see that nothing is lost or doubled
	@$(RUN) -m tests.faults --seconds $(or $(SECONDS),600)

##@ Clients

.PHONY: sdk
sdk: setup $(SDK_STAMP) ## Generate the Python and the Kotlin client from docs/api into sdk/build
	@$(RUN) -m sdk

.PHONY: test-sdk
test-sdk: setup $(SDK_STAMP) ## Generate both clients, play the story with the Python one, compile the Kotlin one
	@$(RUN) -m pytest -q sdk/tests

##@ Measure

.PHONY: bench-store
bench-store: $(BENCH_STAMP) ## The log beside other event stores on one PostgreSQL: speed, cost, what each misses
	@$(BENCH) -m bench store

.PHONY: bench-bus
bench-bus: $(BENCH_STAMP) ## The relay beside raw Kafka and an outbox library; from commit to another service's read model
	@$(BENCH) -m bench bus

.PHONY: bench-http
bench-http: $(BENCH_STAMP) ## Commands over HTTP beside a bare endpoint that does one INSERT
	@$(BENCH) -m bench http

##@ Maintain

.PHONY: lock
lock: ## Write the lock files anew from pyproject.toml (needs uv)
	@$(COMPILE) pyproject.toml --extra embedded --group dev -o requirements.lock
	@$(COMPILE) pyproject.toml --extra embedded --group bench -o bench/requirements.lock
	@$(COMPILE) --group sdk -o sdk/requirements.lock
	@$(COMPILE) pyproject.toml --constraint requirements.lock -o deploy/image/runtime.lock
	@$(COMPILE) --group build --constraint requirements.lock -o deploy/image/build.lock

.PHONY: api-documents
api-documents: setup ## Release the OpenAPI and AsyncAPI documents into docs/api; refused if they break clients and nobody was told
	@$(RUN) -m tests.api
	@$(RUN) -m rongcuo asyncapi > docs/api/asyncapi.json

.PHONY: clean
clean: ## Remove .venv and every cache; data directories stay
	@rm -rf .venv .venv-bench .venv-sdk sdk/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call environment,<directory>,<lock>): a virtual environment with exactly the packages of the lock.
define environment
@python=; for each in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11); do \
	if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; \
done; \
[ -n "$$python" ] || { echo 'make setup: no Python >= 3.11 found; install one, or name it: make setup PYTHON=…' >&2; exit 1; }; \
"$$python" -c 'import venv, ensurepip' 2>/dev/null || \
	{ echo "make setup: $$python has no venv; install it (Debian, Ubuntu: python3-venv)" >&2; exit 1; }; \
echo "make setup: packages for $$("$$python" --version)"; \
[ -x $(1)/bin/python ] && $(1)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ rm -rf $(1); "$$python" -m venv $(1); }
@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)
@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
@touch $(1)/.complete
endef

$(STAMP): requirements.lock pyproject.toml
	$(call environment,.venv,requirements.lock)

$(BENCH_STAMP): bench/requirements.lock pyproject.toml
	$(call environment,.venv-bench,bench/requirements.lock)

$(SDK_STAMP): sdk/requirements.lock pyproject.toml
	$(call environment,.venv-sdk,sdk/requirements.lock)
