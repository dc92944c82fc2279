# Every target makes its own virtual environment. Needs Python 3.11 or newer (with venv), g++ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n auto --dist loadfile

# Which board, and how to build it; tickgate board list has the names.
BOARD ?= colorlight_5a75b
BITSTREAM_ARGS ?= --seeds 1,2,3

.PHONY: demo test lint bench soak timing bitstream bitstream-all mutants formal formal-soak docs clean

demo: $(VENV)/demo.stamp
	mkdir -p build
	$(BIN)/tickgate demo --html build/demo.html --png build/demo.png

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp
	$(BIN)/python -m bench.sim
	$(BIN)/python -m bench.risk
	$(BIN)/python -m bench.fix
	$(BIN)/python -m bench.fix_link
	$(BIN)/python -m bench.exchange
	$(BIN)/python -m bench.venue
	$(BIN)/python -m bench.loop
	$(BIN)/python -m bench.day
	$(BIN)/python -m bench.journal
	$(BIN)/python -m bench.board

soak: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m 'soak and not formal' -s

mutants: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m mutants -v

formal: $(VENV)/formal.stamp
	$(BIN)/python -m pytest -m 'formal and not soak' -v

formal-soak: $(VENV)/formal.stamp
	$(BIN)/python -m pytest -m 'formal and soak' -v

timing: $(VENV)/fpga.stamp
	$(BIN)/python -m bench.timing

bitstream: $(VENV)/fpga.stamp
	$(BIN)/tickgate board build $(BOARD) $(BITSTREAM_ARGS)

bitstream-all: $(VENV)/fpga.stamp
	for board in colorlight_5a75b versa_ecp5_5g ecpix5; do $(BIN)/tickgate board build $$board $(BITSTREAM_ARGS) || exit; done

docs: $(VENV)/sim.stamp
	$(BIN)/python -m host.device.contract docs
	$(BIN)/python -m host.oms.document docs/oms.md
	$(BIN)/python -m tests.host.fix.items

clean:
	rm -rf $(VENV) build dist tickgate.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tickgate needs Python 3.11 or newer, not " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	touch $@

# One stamp for each extra: what demo needs is a small part of what the tests need.
$(VENV)/%.stamp: $(VENV)/pip.stamp pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[$*]'
	touch $@
