# `make demo` and `make test` are all there is to type on a fresh machine.
# PYTHON=/path/to/python chooses the interpreter of .venv (3.11 or newer).
.DEFAULT_GOAL := help
.PHONY: help bootstrap demo test check faults conformance bench requirements dist deb package-check pythons live-pbx

BIN := .venv/bin

help:
	@echo "make demo          a finished phone call on this machine, from nothing"
	@echo "make test          the whole test suite, real Asterisk included"
	@echo "make check         lint, types and the fast tests"
	@echo "make faults        a thousand bookings while everything fails"
	@echo "make live-pbx      every drill of the installer on machines that boot, Asterisk 20 too"
	@echo "make conformance   the clients and the simulated vendors against the vendors' own SDKs"
	@echo "make bench         the benchmark"
	@echo "make bootstrap     .venv and what it needs, nothing more"
	@echo "make dist          sdist and wheel, in dist/"
	@echo "make deb           the Debian package, in dist/; SUITE=trixie: for another Debian"
	@echo "make package-check install, upgrade, downgrade and remove the packages in a Debian"
	@echo "make pythons       the fast tests under Python 3.11 to 3.14"
	@echo "make requirements  pin the Python packages anew"

bootstrap:
	@PYTHON="$(PYTHON)" scripts/bootstrap.sh

# PROFILE=simulated or cloud chooses the engines; by itself it takes the cloud's if all keys are there.
demo: bootstrap
	@$(BIN)/python -m tests.demo $(if $(PROFILE),--profile $(PROFILE))

# Tests mostly wait, so two files run at a time; those with a PBX, each worker its own, come last.
MANY := $(BIN)/pytest -n 2 --dist loadfile

# Without root the sandbox's tests skip themselves; here that must not pass unnoticed.
test: bootstrap
	@failed=0; $(MANY) -m "not pbx" || failed=1; \
	SANDBOX_TESTS=required $(MANY) -m pbx || failed=1; exit $$failed

check: bootstrap
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(MANY) -m "not pbx and not live"

# 20 rounds of 52 calls; the suite holds 6.
faults: bootstrap
	@BOOKING_ROUNDS=20 $(BIN)/pytest tests/ari_app/diary/test_random_faults.py

# What takes long of tests/live_pbx, beside what `make test` runs of it.
live-pbx: bootstrap
	@SANDBOX_TESTS=required LIVE_PBX=all $(BIN)/pytest -rP tests/live_pbx

conformance: bootstrap
	@scripts/conformance.sh

bench: bootstrap
	@$(BIN)/python -m bench

# The second file holds the developers' tools on top of exactly the first one's versions.
PIN := $(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-emit-options --unsafe-package pip
requirements: bootstrap
	$(PIN) --output-file requirements.txt pyproject.toml
	$(PIN) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(PIN) --constraint requirements.txt --constraint requirements-dev.txt \
		--output-file requirements-conformance.txt tests/conformance/requirements.in

dist: bootstrap
	@$(BIN)/python -m build --no-isolation --outdir dist

# These three build a Debian in a folder where they need one: root, mmdebstrap, a network, minutes.
deb: bootstrap
	@packaging/deb/build.sh $(SUITE)

package-check: bootstrap
	@packaging/check.sh $(SUITE)

pythons: bootstrap
	@scripts/pythons.sh
