# `make run` is all it takes: it sets up what is missing and runs ACC in the foreground.
VENV ?= .venv
PYTHON3 ?= python3
PYTHON = "$(VENV)/bin/python"
install = @"$(PYTHON3)" requirements/install.py "$(VENV)"

.PHONY: run setup test bench lint

# exec: Ctrl-C reaches ACC alone, and its exit code is make's.
run:
	$(install) run.txt
	@exec $(PYTHON) manage.py up

setup:
	$(install) run.txt
	@echo "Ready. Start ACC with: make run"

# Everything on SQLite and the embedded Valkey; then what touches the database or the live
# messages once more, on PostgreSQL and Valkey over TCP.
test:
	$(install) dev.txt
	@$(PYTHON) -m pytest
	@$(PYTHON) -m tests.tools.throwaway_services $(PYTHON) -m pytest -m portable

bench:
	$(install) dev.txt
	@exec $(PYTHON) -m benchmarks

lint:
	$(install) dev.txt
	@VENV="$(VENV)" .ci/lint
