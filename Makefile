# Everything from nothing: needs Python 3.11 to 3.13 with pip, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test test-slow lint format bench clean

run: $(VENV)/.run-ready
	$(BIN)/vae-desktop --sample fashion

test: lint
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench-ready
	$(BIN)/python -m benchmarks --json build/benchmarks.json

clean:
	rm -rf $(VENV) build dist demo-output tests/artifacts .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.venv-ready:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python 3.11 to 3.13 is needed, this is %d.%d; name another with: make PYTHON=..." % v[:2])'
	@echo "Making the virtual environment $(VENV); the first time, about 700 MB are downloaded."
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade "pip>=25.1"
	@touch $@

$(VENV)/.run-ready: pyproject.toml $(VENV)/.venv-ready
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.run-ready
	$(PIP) --editable . --group dev
	@touch $@

$(VENV)/.bench-ready: $(VENV)/.dev-ready
	$(PIP) --group bench
	@touch $@
