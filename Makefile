# Every verb of the house. `make` alone prints them.
#
# The environment is .venv, made from a hashed lock; a second run finds its stamp and
# starts in seconds. EXTRA=gpu takes the lock with the GPU build of ONNX Runtime.

EXTRA ?= cpu
PYTHON ?= python3
AVATAR := .venv/bin/avatar

.DEFAULT_GOAL := help
.PHONY: help demo test lint up down bench migrate lock clean runtime tools fonts models

help: ## print this list
	@echo "Avatar Streaming Service"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: runtime fonts models ## a Persian sentence becomes a talking face in var/demo
	@$(AVATAR) demo

up: runtime fonts models ## start the service in the background, print its address and a login link
	@$(AVATAR) up --detach

down: ## stop the service in the background
	@if [ -x $(AVATAR) ]; then $(AVATAR) down; else echo "nothing is installed, so nothing runs"; fi

test: ## install what the tests need, then run them all
	@scripts/test_needs.sh
	@PYTHON=$(PYTHON) scripts/install.sh dev
	@scripts/fonts.sh
	@scripts/compose_schema.sh
	@.venv/bin/python -m pytest

lint: tools ## style, types and layers
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

bench: tools ## measure every promised figure on a stack of its own, into docs/benchmarks.md (about 40 minutes)
	@$(AVATAR) bench all --write docs/benchmarks.md

migrate: runtime ## bring the database named by DATABASE_URL to the newest tables
	@$(AVATAR) migrate

lock: tools ## resolve the three hashed locks again
	@scripts/lock

clean: ## remove the environment and every cache; var/ stays
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@rm -rf avatar_streaming_service.egg-info node_modules web/studio/fonts
	@find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

runtime:
	@PYTHON=$(PYTHON) scripts/install.sh $(EXTRA)

tools:
	@PYTHON=$(PYTHON) scripts/install.sh dev

fonts:
	@scripts/fonts.sh

# Talking needs no models, registering a face does: what is missing is told and stops nothing.
models:
	@$(AVATAR) assets pull --needed >/dev/null || echo "models: until they are here, faces are set by hand" >&2
