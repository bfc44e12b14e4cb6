# Two commands do all the set-up: `make demo` and `make test`.
# uv is used where it is on the PATH; otherwise Python's own venv and pip.
PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)

ifdef UV
INSTALL = uv pip install -q --python $(BIN)/python
VENV = uv venv -q --allow-existing --python $(PYTHON) .venv
else
INSTALL = $(BIN)/python -m pip install -q --disable-pip-version-check
VENV = $(PYTHON) -m venv .venv
endif

.PHONY: demo test lint lock contract bench clean

demo: .venv/run.stamp
	$(BIN)/havik demo

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/basedpyright

contract: .venv/run.stamp  # the schemas under docs/, after a change of the messages
	$(BIN)/python -m havik.gateway.contract docs

bench: .venv/run.stamp
	$(BIN)/havik bench all --keep bench/results

.venv/run.stamp: requirements.lock pyproject.toml
	$(VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps -e .
	touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(INSTALL) --require-hashes -r requirements-dev.lock
	touch $@

lock:  # after a change of the dependencies; needs uv
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links -o requirements.lock
	uv pip compile -q pyproject.toml --extra dev -c requirements.lock --universal \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links -o requirements-dev.lock

clean:
	rm -rf .venv build dist *.egg-info
