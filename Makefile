# Two commands do everything on a fresh machine: `make run` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: run test check lint types contracts core e2e bench fuzz diagrams fix install tools clean

run: install            ## a border, a call through it, and what happened to that call
	@$(BIN)/sbc demo

test: check tools e2e   ## everything, with real peers

check: lint types contracts core   ## the quick gate

install: $(INSTALLED)

$(INSTALLED): pyproject.toml tools/make_venv.sh
	@sh tools/make_venv.sh $(PYTHON)
	@touch $@

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports
	$(BIN)/python tools/check_layout.py

core: install           ## virtual time only: nothing here waits
	$(BIN)/pytest -q -n 2 --ignore tests/e2e

e2e: install            ## SIPp, baresip, network namespaces; the only place where time passes
	$(BIN)/pytest -q tests/e2e

tools: install          ## Debian and npm packages that the end-to-end tests need, if they may be installed
	@sh tools/debian_packages.sh
	@sh tools/node_packages.sh

bench: install tools    ## figures side by side with the peers; never a test
	$(BIN)/python -m tools.bench --with-sippy

fuzz: install           ## the random tests, for a night
	HYPOTHESIS_PROFILE=deep SBC_FUZZ_MESSAGES=1000000 $(BIN)/pytest -q tests/fuzz tests/simulation

diagrams: install       ## pages that are drawn from the code
	$(BIN)/python -m tools.draw_tables > docs/diagrams.md
	$(BIN)/python tools/rfc_index.py

fix: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
