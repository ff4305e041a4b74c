# Every target sets up what it needs: system libraries, virtual environment, packages, fonts.
# make up PORT=8010 DATA=/srv/throughline DEMO=0; DATABASE_URL and REDIS_URL win over the built-in servers.

PYTHON ?= python3
DAY ?= 2026-11-23
SET_UP = @$(PYTHON) config/bootstrap.py

.PHONY: help up down reset check test bench faults samples words

help:
	@echo "make up      start everything; the address is printed when it is ready"
	@echo "make down    stop what runs in the background or in another terminal"
	@echo "make reset   delete all data, after asking (YES=1: without)"
	@echo "make check   format, lint, types, import directions, migrations, deployment"
	@echo "make test    all checks and all tests (ARGS=... for pytest)"
	@echo "make bench   measure speed"
	@echo "make samples write the demo's deliverables into docs/samples"
	@echo "make words   gather the words to translate into locale/ (needs gettext)"
	@echo "make faults  break things on purpose and look what survives"

up:
	$(SET_UP) up

down:
	$(SET_UP) down

reset:
	$(SET_UP) reset

check:
	$(SET_UP) check

test:
	$(SET_UP) test $(ARGS)

bench:
	$(SET_UP) python -m bench $(ARGS)

faults:
	$(SET_UP) python -m pytest -m heavy $(ARGS)

# On a database of its own that goes again; the day is given, so that the same demo gives the same documents.
samples:
	$(SET_UP) python -m config.launch run -- .venv/bin/python -m config.launch.prepare 'migrate --no-input --verbosity 0' 'demo --today $(DAY)' 'samples NBH-01 docs/samples --today $(DAY)'

words:
	$(SET_UP) python manage.py makemessages --all --no-location --no-wrap --ignore .venv --ignore node_modules --ignore tests --ignore static
