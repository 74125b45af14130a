# `make run` is all it takes: it sets up what is missing and runs ACC in the foreground.
VENV ?= .venv
PYTHON3 ?= python3
PYTHON = "$(VENV)/bin/python"
install = @"$(PYTHON3)" requirements/install.py "$(VENV)"

.PHONY: run setup test coverage bench lint docs

# exec: Ctrl-C reaches ACC alone, and its exit code is make's.
run:
	$(install) run.txt
	@exec $(PYTHON) manage.py up

setup:
	$(install) run.txt
	@echo "Ready. Start ACC with: make run"

# Everything on SQLite and the embedded Valkey, several at a time, since most wait for a browser or a
# process; fewer of those that start and kill whole systems. Then what touches the database or the
# live messages once more, on PostgreSQL and Valkey over TCP. Nine processes read the same tests: what
# one has compiled, the others need not.
test: export PYTHONDONTWRITEBYTECODE =
test:
	$(install) dev.txt
	@$(PYTHON) -m pytest -m "not faults" -n 4 --dist loadfile --no-loadscope-reorder
	@$(PYTHON) -m pytest -m faults -n 2 --dist loadfile --no-loadscope-reorder
	@$(PYTHON) -m tests.tools.throwaway_services --valkeys 3 $(PYTHON) -m pytest -m portable -n 3 --dist loadfile --no-loadscope-reorder

# Which lines no test reaches, of those that need no killed processes.
coverage:
	$(install) dev.txt
	@$(PYTHON) -m pytest -m "not faults" -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered

# ARGS="--json FILE" for machines.
bench:
	$(install) dev.txt
	@exec $(PYTHON) -m benchmarks $(ARGS)

# In an environment of its own: nothing that trains needs it.
docs:
	@"$(PYTHON3)" requirements/install.py "$(VENV)-docs" docs.txt
	@NO_MKDOCS_2_WARNING=1 "$(VENV)-docs/bin/python" -m mkdocs build --quiet --clean
	@echo "Ready in var/site. To read and search it: python3 -m http.server -d var/site 8001"

lint:
	$(install) dev.txt
	@VENV="$(VENV)" .ci/lint
