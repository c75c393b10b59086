# make run and make test need make and Python 3.11 or newer with venv, nothing else: everything goes into .venv here.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

.PHONY: run test lint bench soak clean

run: $(VENV)/.run-installed
	$(BIN)/fakeldapd $(ARGS)

test: $(VENV)/.test-installed
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.run-installed
	$(BIN)/python scripts/bench.py $(ARGS)

# the tests that go on as long as they are let: make soak ROUNDS=10000000
ROUNDS ?= 1000000
soak: $(VENV)/.test-installed
	FAKELDAPD_FUZZ=$(ROUNDS) FAKELDAPD_DIFFERENTIAL=$(ROUNDS) $(BIN)/python -m pytest -n auto \
	  tests/protocol/test_fuzz.py tests/server/test_fuzz.py tests/clients/test_fuzz.py tests/differential $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "fakeldapd needs Python 3.11 or newer; say which with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# python-ldap compiles; where it can't, its tests say that it is missing
$(VENV)/.test-installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@if command -v cc >/dev/null && [ -e /usr/include/ldap.h ] && [ -e /usr/include/sasl/sasl.h ]; then \
	  echo "installing python-ldap" && $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test-python-ldap]'; \
	else \
	  echo "no compiler, ldap.h or sasl.h here: python-ldap is not installed and its tests will be skipped"; \
	  echo "(on Debian: apt-get install gcc libldap2-dev libsasl2-dev python3-dev)"; \
	fi
	@touch $@ $(VENV)/.run-installed
