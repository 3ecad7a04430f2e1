# `make run` needs nothing but Python >= 3.11: uv, Node and the rest come from the lock file.
PYTHON ?= python3
UV := $(shell command -v uv || echo .tools/bin/uv)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Images often forbid it, and then each worker and child compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=
# Three on two cores: a test that waits leaves its core to another.
PARALLEL := -n 3 --dist worksteal
# What `make check NOUN=executions` runs: files in a folder of that name, or named after it.
TESTS = $(if $(NOUN),$(shell find tests/unit tests/integration \
	-path '*/$(NOUN)/*' -name 'test_*.py' -o -name 'test_*$(NOUN:%s=%)*.py'),tests/unit tests/infra)
HASHED := --require-hashes --only-binary :all: -r infra/uv.txt
.PHONY: run up down tenant test types suite proof soak smoke e2e check lint bench fmt synth
.DEFAULT_GOAL := run

run up down: .venv/ready
	@python -m infra.local $@

tenant: .venv/ready
	@python -m infra.tenants "$(NAME)" admin="$(TENANT_ADMIN)" target="$(TARGET)"

# mypy knows one core only; the tests take what it leaves.
test: lint synth
	@$(MAKE) --no-print-directory -j2 types suite

types: .venv/ready
	mypy
	lint-imports

suite: .venv/ready
	pytest $(PARALLEL) -m "not proof and not soak" --cov

proof: .venv/ready
	pytest $(PARALLEL) -m proof

soak: .venv/ready
	pytest $(PARALLEL) -m soak

smoke: .venv/ready
	pytest tests/e2e -m smoke --force-enable-socket

e2e: .venv/ready
	pytest tests/e2e --force-enable-socket

check: lint
	$(if $(TESTS),,$(error no test file is named after NOUN=$(NOUN)))
	pytest $(PARALLEL) -m "not proof and not soak" $(TESTS)

lint: .venv/ready
	ruff check .
	ruff format --check .

bench: .venv/ready
	python -m benchmarks

fmt: .venv/ready
	python -m functions.openapi
	python -m functions.guide
	python -m infra.guide
	ruff check --fix .
	ruff format .

synth: .venv/ready
	python -m infra.app outdir=cdk.out $(OPTIONS)

.venv/ready: uv.lock pyproject.toml $(filter .tools/%,$(UV))
	$(UV) sync --frozen --quiet
	@touch $@

# uv checks the hashes of all other packages; its own are checked here.
.tools/bin/uv: infra/uv.txt
	$(PYTHON) -m venv .tools && .tools/bin/pip install -qq --disable-pip-version-check $(HASHED) \
		|| $(PYTHON) -m pip install -qq --target .tools $(HASHED)
	@touch $@
