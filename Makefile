# Everything from nothing: needs Python 3.11 to 3.13 with pip, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
RELEASE := build/release-env
# Two processes, each with whole files of tests; `make test SIDE_BY_SIDE=` for one, which can be interrupted at once.
SIDE_BY_SIDE := -n 2 --dist loadfile

.PHONY: run test test-slow lint format bench speed quality screenshots translations app app-gpu test-app lock archive release install-desktop uninstall-desktop clean

run: $(VENV)/.run-ready
	$(BIN)/vae-desktop --sample fashion

test: lint
	$(BIN)/python -m pytest -m "not slow and not frozen" $(SIDE_BY_SIDE)

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

# Every figure that the README quotes: minutes of speed, then hours of quality.
bench: speed quality

speed: $(VENV)/.bench-ready
	@mkdir -p build
	$(BIN)/python -m benchmarks --json build/benchmarks.json

# How good the models are, against others'; most of an hour. In an environment of its own, because Keras starts more
# slowly where it finds the libraries that pythae needs.
QUALITY := --data fashion --data emoji --data units
quality: build/quality-env/.ready
	build/quality-env/bin/python -m benchmarks quality $(QUALITY) --json build/quality.json --plot build/quality.png

build/quality-env/.ready: pyproject.toml $(VENV)/.venv-ready
	$(BIN)/python -m venv build/quality-env
	$(BIN)/python -m pip --python build/quality-env install --quiet --editable . --group quality
	@touch $@

# The window in all its modes, light and dark, at 1x and 2x, in build/screenshots; the ones in docs/ were chosen from them.
screenshots: $(VENV)/.run-ready
	PYTHONPATH=. $(BIN)/python docs/take_screenshots.py build/screenshots

# After a change of the program's texts: takes the new ones into the catalogues, says which lack a translation.
translations: $(VENV)/.run-ready
	$(BIN)/python installer/translations.py

# Exact versions with their hashes, for every system: what the app is built from. Takes newer ones with UPGRADE=--upgrade.
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --quiet
lock: $(VENV)/.venv-ready
	$(PIP) --group lock
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --extra onnx requirements/tensorflow-cpu.in --override requirements/tensorflow-cpu.override -o requirements/app-cpu.txt
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --extra gpu --extra onnx -c requirements/app-cpu.txt -o requirements/app-gpu.txt
	$(UV_COMPILE) $(UPGRADE) --group build -c requirements/app-cpu.txt -o requirements/build.txt
	$(UV_COMPILE) $(UPGRADE) --group release -o requirements/release.txt

# The program as one folder that needs no Python: dist/vae-desktop, and with NVIDIA's libraries dist/vae-desktop-gpu.
APP_BIN := build/app-cpu-env/bin
APP_SOURCES := build.spec LICENSE $(wildcard installer/*.py) $(shell find training vae_desktop resources -type f ! -name '*.pyc')
app: dist/vae-desktop/vae-desktop
app-gpu: dist/vae-desktop-gpu/vae-desktop

dist/vae-desktop/vae-desktop: build/app-cpu-env/.ready $(APP_SOURCES)
	$(call FREEZE,cpu,vae-desktop)

dist/vae-desktop-gpu/vae-desktop: build/app-gpu-env/.ready $(APP_SOURCES)
	$(call FREEZE,gpu,vae-desktop-gpu)

# The package is installed for its metadata; its code comes from here.
define FREEZE
@for tool in $$([ "$$(uname)" != Linux ] || echo strip readelf objdump); do command -v $$tool >/dev/null || { echo "Building the program needs $$tool: install the package binutils." >&2; exit 2; }; done
build/app-$(1)-env/bin/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
PYTHONPATH=. VAE_APP_NAME=$(2) build/app-$(1)-env/bin/pyinstaller --noconfirm --log-level WARN --workpath build/pyinstaller-$(1) build.spec
endef

build/app-%-env/.ready: requirements/app-%.txt requirements/build.txt $(VENV)/.venv-ready
	$(BIN)/python -m venv build/app-$*-env
	build/app-$*-env/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/app-$*.txt -r requirements/build.txt
	@touch $@

test-app: app $(VENV)/.dev-ready
	$(BIN)/python -m pytest -m frozen tests/frozen

# What people download, in dist/. The program itself is made by `make app`.
archive: app
	$(APP_BIN)/python installer/archive.py

release: $(RELEASE)/.ready
	$(BIN)/python installer/release.py check
	$(MAKE) archive
	$(RELEASE)/bin/python -m build --no-isolation --outdir dist
	$(APP_BIN)/python installer/sbom.py --cyclonedx $(RELEASE)/bin/cyclonedx-py
	$(BIN)/python installer/release.py sums

$(RELEASE)/.ready: requirements/release.txt $(VENV)/.run-ready
	$(BIN)/python -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/release.txt
	@touch $@

# For this user, without root: a menu entry that starts this checkout, icons, and .vae files open with it.
install-desktop: $(VENV)/.run-ready
	$(BIN)/python installer/share.py build/share
	sh installer/linux/install-desktop.sh --program $(BIN)/vae-desktop --share build/share

uninstall-desktop:
	sh installer/linux/install-desktop.sh --remove

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
