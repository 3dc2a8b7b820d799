# run: the assistant, for programs at http://127.0.0.1:4004 · test: everything · check: style, types, import rules, sizes. Each makes what it needs.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check clean

run: .venv/run
	@exec $(BIN)/duologue serve

test: .venv/test .venv/clients/installed
	@$(BIN)/pytest -q

check: .venv/test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_imports.py
	@find duologue -name '*.py' | xargs wc -l | awk '$$2 ~ /\.py$$/ { \
		n = split($$2, part, "/"); lines[n > 2 ? part[2] "/" : "(root)"] += $$1; all += $$1 } \
		END { for (room in lines) printf "%6d  duologue/%s\n", lines[room], room; printf "%6d  in all\n", all }' \
		| sort -k2

clean:
	rm -rf .venv tests/clients/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

# An empty file stands for "installed since pyproject.toml changed last"; after it nothing goes to the network.
.venv/run: pyproject.toml
	@$(PYTHON) -m venv .venv || { echo "Duologue needs Python 3.11 or newer with venv (Debian: python3-venv)"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/test: pyproject.toml .venv/run
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[lan,webrtc,train,test]"
	@touch $@

# The stock clients that the tests run: Python's in an environment of their own, which also brings Node.
CLIENTS := tests/clients
.venv/clients/installed: $(CLIENTS)/python/requirements.txt $(CLIENTS)/node/package-lock.json | .venv/run
	@$(PYTHON) -m venv .venv/clients
	@.venv/clients/bin/pip install --quiet --disable-pip-version-check --requirement $(CLIENTS)/python/requirements.txt
	@PATH="$$PWD/.venv/clients/bin:$$PATH" npm ci --prefix $(CLIENTS)/node --silent --ignore-scripts --no-audit --no-fund
	@touch $@
