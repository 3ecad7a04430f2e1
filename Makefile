# `make run` needs nothing but Python >= 3.11: uv, Node and the rest come from the lock file.
PYTHON ?= python3
UV := $(shell command -v uv || echo .tools/bin/uv)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
.PHONY: run up down test e2e bench check fmt synth
.DEFAULT_GOAL := run

run up down: .venv/ready
	@python -m infra.local $@

test check: .venv/ready
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	pytest -n 3 --dist worksteal -m "not proof" --cov
	pytest -n 3 --dist worksteal -m proof

e2e: .venv/ready
	pytest tests/e2e --force-enable-socket

bench: .venv/ready
	python -m benchmarks

fmt: .venv/ready
	python -m functions.openapi
	ruff check --fix .
	ruff format .

synth: .venv/ready
	python -m infra.app outdir=cdk.out $(OPTIONS)

.venv/ready: uv.lock pyproject.toml $(filter .tools/%,$(UV))
	$(UV) sync --frozen --quiet
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m venv .tools && .tools/bin/pip install -qq --disable-pip-version-check uv || $(PYTHON) -m pip install -qq --target .tools uv
