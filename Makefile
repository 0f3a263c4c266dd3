# Everything that Ketnoi needs, from a clone with nothing but Python 3.11-3.14 and make. `make` alone shows what there is.
export PYTHON ?= python3
BIN := .venv/bin

PROOFS ?= 100000
TIPS ?= 1000000
EXAMPLES ?= 1000
# Two at a time, each on a PostgreSQL of its own.
TWO := --numprocesses=2 --dist=loadfile --no-loadscope-reorder

.PHONY: help run test check installations browser security proofs pages walk export benchmark mutants hostile fuzz clients setup lock clean
help:
	@echo "make run      set up and serve on http://127.0.0.1:8000 (PORT, HOST, KETNOI_DATA_DIR, DATABASE_URL)"
	@echo "make test     every check and every test (PYTEST_ARGS='-k tips' picks tests, --cov measures them)"
	@echo "make browser  every daily job in a Chromium, on a phone and at a desk, with and without scripts; axe-core"
	@echo "make security  hostile texts in every page, form and argument, as each role: none is markup, SQL, a header or an address"
	@echo "make check    only the checks: format, lint, spelling, terms, types, import rules, templates"
	@echo "make installations  tests that break a real installation, or put canaries into each of its inputs"
	@echo "make proofs   ask 100,000 times, in random lands, who sees what (PROOFS=1000 asks fewer)"
	@echo "make pages    looks at every page as every role in a browser: axe-core, widths, weight, complaints"
	@echo "make walk     page through a million tips: the last page costs what the first does (TIPS=100000 makes fewer)"
	@echo "make export   write a million tips into a file: the last rows take no more memory than the first (TIPS=100000 makes fewer)"
	@echo "make benchmark  times lists, inbox and searches of a large province until their first byte (DATA=folder keeps it)"
	@echo "make mutants  puts mistakes into the modules that guard privacy: a test has to notice each (MODULES=... picks some)"
	@echo "make fuzz     Schemathesis asks the running API 1,000 times for each operation (EXAMPLES=50 asks less)"
	@echo "make clients  Apollo, Relay, graphql-codegen, graphql-ws, graphql-sse and gql run one scenario: each has to meet the records"
	@echo "make hostile  sends what is meant to wear the service out: each has to be refused in under 100 ms"
	@echo "make setup    the environment with the development tools, without running anything"
	@echo "make lock     pin the dependencies again after a change of pyproject.toml (UPGRADE=1 takes the newest)"
	@echo "make clean    take away what the others set up; the data in var/ stays"

run: .venv/runtime.stamp static/vendor/stamp
	@exec $(BIN)/ketnoi run

test: check static/vendor/stamp .venv/node.stamp
	scripts/test.sh $(or $(PYTEST_ARGS),$(TWO))

check: .venv/dev.stamp
	scripts/check.sh

# A service and a PostgreSQL in processes of their own: too long for every run of the tests.
installations: .venv/dev.stamp static/vendor/stamp
	scripts/test.sh $(TWO) tests/canary tests/outage

# The daily jobs in a Chromium take half as long as all other tests.
browser: .venv/dev.stamp .venv/node.stamp static/vendor/stamp
	CHROMIUM=$$(scripts/chromium.sh) scripts/test.sh $(TWO) tests/browser

# Another seed each time: it is printed, and `--seed` gives the same lands again.
proofs: .venv/dev.stamp
	$(BIN)/python -m tests.scope.proofs --checks $(PROOFS)

# Every page, form and argument with hostile texts, as each role.
security: .venv/dev.stamp static/vendor/stamp
	scripts/test.sh $(TWO) tests/security

# Named, as it is no `test_` file: it takes some ten minutes.
pages: .venv/dev.stamp static/vendor/stamp
	CHROMIUM=$$(scripts/chromium.sh) scripts/test.sh --quiet tests/browser/every_page.py

walk: .venv/dev.stamp
	$(BIN)/python -m tests.walk --tips $(TIPS)

export: .venv/dev.stamp
	$(BIN)/python -m tests.export --tips $(TIPS)

# On a machine that does nothing else. The first run makes the province, which takes some ten minutes.
benchmark: .venv/dev.stamp static/vendor/stamp
	$(BIN)/python -m tests.benchmark $(if $(DATA),--data $(DATA))

mutants: .venv/dev.stamp
	$(BIN)/python -m scripts.mutants $(MODULES)

fuzz: .venv/dev.stamp .venv/fuzz.stamp
	$(BIN)/python -m tests.fuzz.run --examples $(EXAMPLES)

# Named, as it is no `test_` file: what it installs is too much for every run of the tests.
clients: .venv/dev.stamp .venv/clients.stamp
	$(BIN)/pytest --quiet $(PYTEST_ARGS) tests/api/clients/every_client.py

# Each is sent three times, without a key and without a database; counted is the slowest, in time of the processor.
hostile: .venv/dev.stamp
	$(BIN)/python -m tests.api.hostile

setup: .venv/dev.stamp static/vendor/stamp .venv/node.stamp

lock:
	scripts/lock.sh

clean:
	rm -rf .venv node_modules tests/node/node_modules tests/api/clients/node_modules tests/api/clients/generated static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

# Each step leaves a stamp, so that a second start has nothing to do.
.venv/runtime.stamp: requirements.lock
	scripts/environment.sh requirements.lock
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.lock
	scripts/environment.sh requirements-dev.lock
	@touch $@

# Apart from the rest: nothing that it needs may change what the service and its tests run with.
.venv/fuzz.stamp: requirements-fuzz.lock | .venv/runtime.stamp
	$(PYTHON) -m venv --clear .venv/fuzz
	.venv/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements-fuzz.lock
	@touch $@

static/vendor/stamp: package.json package-lock.json scripts/browser_assets.py | .venv/runtime.stamp
	$(BIN)/python scripts/browser_assets.py
	@touch $@

.venv/node.stamp: tests/node/package.json tests/node/package-lock.json scripts/node_packages.py | .venv/runtime.stamp
	$(BIN)/python -m scripts.node_packages tests/node
	@touch $@

.venv/clients.stamp: tests/api/clients/package.json tests/api/clients/package-lock.json scripts/node_packages.py | .venv/runtime.stamp
	$(BIN)/python -m scripts.node_packages tests/api/clients
	@touch $@

.PHONY: .venv
.venv: .venv/dev.stamp
