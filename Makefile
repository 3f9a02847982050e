.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types contracts fix check bench client shots

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## install what the lock says, and the commit hooks
	uv sync --locked && uv run pre-commit install

demo: ## the whole shop on an embedded database
	uv run rynek demo

test: ## all tests; T=tests/kernel for some
	uv run pytest $(T)

lint: ## style and layout
	uv run ruff check && uv run ruff format --check

types: ## mypy --strict
	uv run mypy

contracts: ## who may import whom
	uv run lint-imports --no-cache --no-logo

fix: ## mend what ruff can mend
	uv run ruff check --fix && uv run ruff format

check: ## everything CI runs
	.ci/run

bench: ## one headline figure; B=hot for another
	uv run rynek bench $(or $(B),sale)

client: ## write the typed client anew from the registry
	uv run python -m rynek.client.generate

shots: ## take the screenshots anew; SHOTS="--email … --password … --channel …"
	uv run python docs/screenshots.py $(SHOTS)
