# Recueil: install it, run it, test it. `make` alone lists what can be asked.

PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
# Only errors are shown, nothing is asked, and the index is the one that the machine is set to.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq

# The interpreter is looked for only where there is no virtual environment that works.
ifeq ($(shell $(BIN)/python -c 'import pip; print("there")' 2>/dev/null),)
VENV_MISSING := yes
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.version_info < (3, 11) or print("$(name)")' 2>/dev/null)))
PYTHON := $(PYTHON)
endif

# What is set for the site is not for the tests; and what the first pass has compiled the second need not compile again.
TEST_ENVIRONMENT := env -u PYTHONDONTWRITEBYTECODE $(foreach name,$(filter-out RECUEIL_TEST_%,$(filter RECUEIL_%,$(.VARIABLES))),-u $(name))
PYTEST := $(TEST_ENVIRONMENT) $(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

# What the site holds, and the sign, with its accounts, that the demonstration is among it.
FOLDER := $(or $(RECUEIL_FOLDER),var)
DEMONSTRATION := $(FOLDER)/demonstration.txt

.DEFAULT_GOAL := help
.PHONY: help run install install-tests test test-machines lint bench pictures lock system-run system-tests system-pictures system-machines

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 22

run: export RECUEIL_BASE_URL ?= http://127.0.0.1:$(PORT)
run: install ## install what is missing, then serve the demonstration on http://127.0.0.1:8000 (PORT=… for another port)
	@test -e $(FOLDER)/recueil.sqlite || rm -f $(DEMONSTRATION)
	@$(BIN)/recueil migrate >/dev/null
ifndef RECUEIL_DATABASE_URL # a database that was set elsewhere gets no demonstration
	@test -e $(DEMONSTRATION) || { $(BIN)/recueil demo >$(DEMONSTRATION).part && mv $(DEMONSTRATION).part $(DEMONSTRATION); }
	@grep -v :// $(DEMONSTRATION) # the address is for the server to say
endif
	@exec $(BIN)/recueil serve --port $(PORT)

install: system-run ## install what running needs
ifdef VENV_MISSING
	@$(PYTHON) -m venv --clear $(VENV)
endif
	@$(call locked,run,requirements.txt)
	@$(editable)

install-tests: install system-tests ## install what tests need besides
	@$(call locked,tests,tests/requirements.txt)

test: install-tests lint ## check and test everything, on SQLite, then on PostgreSQL and Redis
	@echo '— SQLite'
	@RECUEIL_TEST_ENGINE=sqlite $(PYTEST)
	@echo '— PostgreSQL, Redis'
	@RECUEIL_TEST_ENGINE=postgresql sh tests/servers.sh $(PYTEST)

test-machines: install-tests system-machines ## the same behind a proxy: two web processes, two workers, PostgreSQL, Redis, S3; one dies now and then
	@RECUEIL_TEST_MACHINES=yes RECUEIL_TEST_ENGINE=postgresql sh tests/servers.sh $(PYTEST)

lint: install-tests ## check style and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

bench: install-tests ## measure, one line a figure
	@$(TEST_ENVIRONMENT) $(BIN)/pytest -q -s -p no:randomly -p no:xdist --no-header --tb=short tests/benchmarks

pictures: install-tests system-pictures ## take the pictures of the help and of the README again, on the demonstration
	@$(TEST_ENVIRONMENT) $(BIN)/python -m tests.take_pictures

lock: ## choose versions again (needs uv)
	@$(call compile,pyproject.toml --group build,requirements.txt)
	@$(call compile,--group lint --group test -c requirements.txt,tests/requirements.txt)

# --- What each of these needs from the system, named as Debian and Ubuntu name it

system-run:
ifdef VENV_MISSING
	@test -n '$(PYTHON)' || { echo 'Python 3.11 ou plus récent est nécessaire (paquet python3).' >&2; exit 1; }
endif
	@missing=''; \
	need() { package=$$1; shift; "$$@" >/dev/null 2>&1 || missing="$$missing $$package"; }; \
	library() { PATH="$$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q "$$1"; }; \
	font() { find /usr/share/fonts /usr/local/share/fonts -name "$$1" | grep -q .; }; \
	$(if $(VENV_MISSING),need "$$($(PYTHON) -c 'import sys; print("python3.%d-venv" % sys.version_info.minor)')" \
		$(PYTHON) -c 'import ensurepip';) \
	need libpango-1.0-0 library libpango-1.0.so.0; \
	need libpangoft2-1.0-0 library libpangoft2-1.0.so.0; \
	need libharfbuzz-subset0 library libharfbuzz-subset.so.0; \
	need fonts-inter font 'Inter*'; \
	need fonts-dejavu-core font 'DejaVuSans.ttf'; \
	need fonts-noto-color-emoji font 'NotoColorEmoji*'; \
	$(install_missing)

system-tests:
	@missing=''; \
	need() { package=$$1; shift; "$$@" >/dev/null 2>&1 || missing="$$missing $$package"; }; \
	$(BIN)/python -m tests.browsers >/dev/null 2>&1 || \
		missing=" $$(apt-cache show chromium-headless-shell >/dev/null 2>&1 && echo chromium-headless-shell || echo chromium)"; \
	need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/postgres'; \
	need redis-server command -v redis-server; \
	need poppler-utils command -v pdftoppm; \
	$(install_missing)
	@# Ubuntu's package is an empty one where there are no snaps.
	@$(BIN)/python -m tests.browsers >/dev/null

system-pictures:
	@missing=''; \
	$(BIN)/python -m tests.browsers whole >/dev/null 2>&1 || missing=' chromium'; \
	$(install_missing)

system-machines:
	@missing=''; \
	PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || missing="$$missing nginx-light"; \
	$(install_missing)

# Installs the packages of $$missing with apt as root or by sudo without a password; otherwise names them and stops.
# Package lists may be absent or too old: they are read again only where installing fails.
define install_missing
	test -z "$$missing" && exit 0; \
	if ! command -v apt-get >/dev/null; then as_root=none; \
	elif [ "$$(id -u)" = 0 ]; then as_root=''; \
	elif sudo -n true 2>/dev/null; then as_root='sudo -n'; \
	else as_root=none; fi; \
	if [ "$$as_root" = none ]; then \
		echo "Il manque des paquets. Faites-les installer, puis relancez : sudo apt-get install$$missing" >&2; exit 1; \
	fi; \
	echo "Installation des paquets :$$missing"; \
	apt() { $$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$$@" </dev/null; }; \
	log=$$(mktemp); \
	for attempt in 1 2; do \
		apt install -y --no-install-recommends $$missing >"$$log" 2>&1 && { rm -f "$$log"; exit 0; }; \
		[ $$attempt = 1 ] && apt update >"$$log" 2>&1; \
	done; \
	cat "$$log" >&2; rm -f "$$log"; \
	echo "Ces paquets n’ont pas pu être installés :$$missing" >&2; exit 1
endef

# $(call locked,name,lock): installs a lock into the virtual environment unless it is already what is there.
define locked
	stamp="$(CURDIR) $$(sha256sum <$(2))"; \
	test "$$(cat $(VENV)/.$(1) 2>/dev/null)" = "$$stamp" && exit 0; \
	echo 'Installation des bibliothèques de $(2)…'; \
	$(PIP) install --require-hashes -r $(2) || exit 1; \
	echo "$$stamp" >$(VENV)/.$(1)
endef

# The checkout itself, as a package: the command `recueil`.
define editable
	stamp="$(CURDIR) $$(sha256sum <pyproject.toml)"; \
	test "$$(cat $(VENV)/.recueil 2>/dev/null)" = "$$stamp" && exit 0; \
	$(PIP) install --no-deps --no-build-isolation --editable . || exit 1; \
	echo "$$stamp" >$(VENV)/.recueil
endef

define compile
	UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate $(1) -o $(2)
endef
