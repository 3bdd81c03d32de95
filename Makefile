# `make help` lists the targets. Everything a target needs is installed by `setup`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
PACKAGES := core cluster operator webhook workers console lab
NAME ?= all
PYTEST_ARGS ?=
# Tests in real regions take one process, whatever there is; all others are spread over the rest.
TEST_PROCESSES ?= 2

.PHONY: help setup setup-cluster setup-postgres15 demo dev test test-postgres15 test-keda lint reference docs bench images wheels lock hooks news clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with Acuse, its programs and every tool; install Tesseract (root) if it is missing
	@scripts/setup

setup-postgres15: setup ## Install Debian's PostgreSQL 15 for `make test-postgres15` (root)
	@scripts/setup postgres15

setup-cluster: setup ## Install what regions on this machine need (root; without it, nothing)
	@if [ "$$(id -u)" = 0 ]; then scripts/setup cluster; fi

demo: setup-cluster ## Run the main job once in a cluster of its own; RECEIPT=path takes your own file
	@$(BIN)/acuse lab demo $(if $(RECEIPT),--receipt "$(RECEIPT)")

dev: setup ## Keep everything running on this machine and say the addresses
	@$(BIN)/acuse lab dev

test: setup-cluster ## Run all tests on PostgreSQL 18 and real clusters; builds what they run once
	@$(BIN)/python -m acuse_lab.s3
	@$(BIN)/python -m acuse_lab.regions
	@if [ "$$(id -u)" = 0 ]; then $(BIN)/acuse lab images || echo "tests that need images will skip or say why"; fi
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) $(PYTEST_ARGS)

test-postgres15: setup-postgres15 ## Run the tests that use PostgreSQL on Debian's 15
	@ACUSE_TEST_POSTGRES=debian $(BIN)/python -m pytest -n $(TEST_PROCESSES) $(PYTEST_ARGS)

test-keda: setup-cluster ## Prove that KEDA scales a tenant's workers (builds KEDA once, about half an hour)
	@ACUSE_TEST_KEDA=1 $(BIN)/python -m pytest tests/keda $(PYTEST_ARGS)

lint: setup ## Check style, types, import contracts, dead code, docstrings, documents, hooks
	@scripts/lint

reference: setup ## Write docs/reference from the code
	@PYTHONPATH=tests $(BIN)/python -m support.reference

docs: setup ## Build the site into build/docs
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

bench: setup-cluster ## Measure; NAME=intake picks one. Writes build/bench/NAME.json and prints the table
	@$(BIN)/python tests/bench/run.py $(NAME)

images: setup ## Build the programs' images into ~/.cache/acuse (root, buildah, debootstrap)
	@$(BIN)/acuse lab images

wheels: setup ## Fill build/ for `docker build -f Containerfile --target acuse-webhook .`
	@$(BIN)/python -m acuse_lab.images

lock: setup ## Pin every dependency anew, with hashes, into requirements/
	@$(BIN)/uv pip compile -q pyproject.toml --all-extras --group dev --group bench --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --no-annotate -o requirements/dev.txt $(if $(UPGRADE),--upgrade)
	@scripts/lock-images

hooks: setup ## Install the local git hooks
	@$(BIN)/prek install

news: setup ## Show what the next CHANGELOG entry will say
	@$(BIN)/towncrier build --draft --version next

clean: ## Remove what make made here (not the cache under ~/.cache/acuse)
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
