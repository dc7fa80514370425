# `make demo` and `make test` are all a fresh machine needs; both build .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH_INDEX ?=
PIP_TORCH := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX),)
# Two shared cores: threads that spin at barriers cost more than they give.
export OMP_WAIT_POLICY := PASSIVE
export OMP_NUM_THREADS := 1

.PHONY: demo test test-long bench check install install-peers install-rule-peers clean

# In the mode `compat` a path is all that is added; the finder of the other one takes each process
# 0.01 CPU s to load.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(PIP_TORCH) -c constraints.txt \
	    --config-settings editable_mode=compat -e '.[fast,learn,graph,prob,dev]'
	$(BIN)/python -m compileall -q planner
	touch $@

install: $(VENV)/installed

# The programs we compare with; GPL licensed ones are run as separate processes only.
$(VENV)/peers: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[peers]'
	touch $@

install-peers: $(VENV)/peers

# The rule engines that benchmarks/rules.py runs beside ours, 700 MB in an environment of their own:
# python -m benchmarks.rules --peers --peer-python .venv-rules/bin/python
.venv-rules/installed: pyproject.toml
	$(PYTHON) -m venv .venv-rules
	.venv-rules/bin/python -m pip install --quiet -c constraints.txt -e '.[rule-peers]'
	touch $@

install-rule-peers: .venv-rules/installed

demo: $(VENV)/installed
	$(BIN)/python examples/demo.py

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(VENV)/peers check
	$(BIN)/python -m pytest -n 2 -m "not slow and not crash and not gpu" --cov --cov-report=term:skip-covered

test-long: $(VENV)/peers
	$(BIN)/python -m pytest -n 2 -m "slow or crash"
	$(BIN)/python -m tests.crash.many --signals 300 --kills 500

bench: $(VENV)/peers
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist *.egg-info out
