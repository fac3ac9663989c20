# Every target sets up what it needs, once: see tools/setup.sh.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest
SOURCES := consent_desk tests tools
INNER := domain delivery engagement projects # what is covered by its own tests, every branch of it

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

demo: .venv/.ready-demo ## Open the window with a sandbox behind it; no account needed
	@$(BIN)/consent-desk --demo

test: .venv/.ready-test ## Run all tests, in parallel
	@sh tools/in_memory.sh $(PYTEST) -n 3 --dist worksteal

check: lint types contracts ## Run every gate: lint, types, import contracts, tests, coverage
	@sh tools/in_memory.sh $(BIN)/coverage run -m pytest $(INNER:%=tests/%) --ignore=tests/engagement/http
	@$(BIN)/coverage report --skip-covered --show-missing --fail-under=100 \
	  --include='consent_desk/domain/*,consent_desk/delivery/*,consent_desk/engagement/*,consent_desk/projects/projects.py' \
	  --omit='consent_desk/engagement/http/*'
	@$(MAKE) --no-print-directory test

lint: .venv/.ready-dev ## Lint, and check the format
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)

types: .venv/.ready-dev ## Check the types
	@$(BIN)/mypy

contracts: .venv/.ready-dev ## Check which layer imports which
	@$(BIN)/lint-imports --no-logo

bench: .venv/.ready-test ## Measure speed
	@$(BIN)/python tests/bench/run.py

trace: .venv/.ready-test ## Count what a key and a Send pass through
	@$(BIN)/python tools/trace.py

soak: .venv/.ready-test ## Kill, break and wear out the program for half an hour
	@sh tools/in_memory.sh $(PYTEST) -m hypothesis --hypothesis-profile=soak
	@$(BIN)/python -m tests.reliability.run

screenshots: .venv/.ready-test ## Take the pictures for the documentation
	@$(BIN)/python -m tests.screenshots

translations: .venv/.ready-test ## Collect the sentences for translators, in build/consent_desk.ts
	@mkdir -p build && $(BIN)/pyside6-lupdate -silent -tr-function-alias translate+=say,translate+=phrase \
	  -extensions py consent_desk -ts build/consent_desk.ts

constraints: ## Renew constraints.txt
	@$(PYTHON) tools/renew_constraints.py

clean: ## Remove what was made, .venv too
	rm -rf .venv build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find consent_desk tests tools -name __pycache__ -prune -exec rm -rf {} +

.venv/.ready-%: pyproject.toml constraints.txt
	@PYTHON='$(PYTHON)' sh tools/setup.sh $*

# A .venv that was copied or moved along with its folder, or whose Python has gone, is made anew.
ifneq "$(shell .venv/bin/python -c '' 2>/dev/null && cat .venv/.place 2>/dev/null)" "$(CURDIR)"
.venv/.ready-demo .venv/.ready-test .venv/.ready-dev: moved
endif

# Tests start the program again and again: compiled once, it starts in two thirds of the time.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: help demo test check lint types contracts bench trace soak screenshots translations constraints clean moved
moved:
