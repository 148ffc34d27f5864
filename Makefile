# Everything a developer runs. `make test` is what CI runs; it installs what it needs into .tools/.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

TOOLS := $(CURDIR)/.tools
VENVS := pytest hub036 hub16 hub1last hub2 oracle dsse scancorpus
NPM := sigstore
STAMPS := $(VENVS:%=$(TOOLS)/venv/%/.ready) $(NPM:%=$(TOOLS)/npm/%/.ready) $(TOOLS)/torch/.ready
# A temporary folder of each run's own: the tests leave gigabytes and must not meet another run's.
PYTEST := temporary=$$(mktemp -d) && trap 'rm -rf "$$temporary"' EXIT && \
	PYTHONDONTWRITEBYTECODE=1 PYTEST_DEBUG_TEMPROOT="$$temporary" $(TOOLS)/venv/pytest/bin/pytest
E2E_WORKERS ?= 2

# Pinned, like everything else: a newer tool may refuse code that passed yesterday.
# The advisory database is the one thing that has to be new: see `make advisories`.
CARGO_DENY := 0.20.2
CARGO_MACHETE := 0.9.2

.PHONY: help build test test-rust test-e2e test-scan streams kill-1000 bench bench-ledger bench-policy bench-scan check advisories fmt fuzz venvs payloads

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Together with the tests: alone, dependencies have other features and are compiled a second time.
build: ## the program and the fake hub that the end-to-end tests use
	cargo build --locked --workspace --bins --tests

test: venvs payloads ## every test: Rust on SQLite and PostgreSQL, then real clients end to end
	@url=$$(.ci/postgres start $(TOOLS)/postgres); \
	trap '.ci/postgres stop $(TOOLS)/postgres' EXIT; \
	WEIGHBRIDGE_TEST_POSTGRES="$$url" $(MAKE) --no-print-directory test-rust
	@$(MAKE) --no-print-directory test-scan test-e2e

test-rust: ## the Rust tests; PostgreSQL too where WEIGHBRIDGE_TEST_POSTGRES names one
	.ci/cargo-test

test-e2e: build venvs payloads ## real clients, each version in its own virtual environment
	$(PYTEST) tests/e2e -n $(E2E_WORKERS) $(E2E_ARGS)

test-scan: build venvs ## the scanner over a corpus made by the real frameworks
	$(PYTEST) tests/scan $(SCAN_ARGS)

streams: build venvs ## a million random pickles: what CPython's own readers call, the scanner has told
	export WEIGHBRIDGE_TEST_STREAMS=$(or $(STREAMS),1000000); $(PYTEST) tests/scan/test_streams.py --timeout 0 $(SCAN_ARGS)

kill-1000: build venvs payloads ## a thousand random kills of the server during cold pulls, and two hundred while it looks again
	export WEIGHBRIDGE_KILLS=1000; $(PYTEST) tests/e2e/test_kills.py tests/e2e/test_rescan.py --timeout 0 $(E2E_ARGS)

bench: $(TOOLS)/venv/hub2/.ready ## time, CPU and memory beside nginx and olah, which it installs; QUICK=1 for a short one
	cargo build --release --locked -p weighbridge -p weighbridge-testkit --bins
	python3 bench/run.py $(if $(QUICK),--quick)

bench-ledger: ## entries a second, proofs and verification of ledgers with millions of entries; QUICK=1 for a short one
	cargo build --release --locked -p weighbridge -p weighbridge-engine --bins --examples
	python3 bench/ledger.py $(if $(QUICK),--quick)

bench-policy: ## decisions, a simulation over 100,000 revisions, HEAD with and without rules; QUICK=1 for a short one
	cargo build --release --locked -p weighbridge -p weighbridge-testkit --bins
	cargo build --release --locked -p weighbridge-policy --example decide
	python3 bench/policy.py $(if $(QUICK),--quick)

PEERS := picklescan modelscan fickling modelaudit
bench-scan: venvs $(PEERS:%=$(TOOLS)/venv/%/.ready) ## the scanner and four peers over the corpus, and their times; writes docs/detection.md; QUICK=1 for a short one
	cargo build --release --locked -p weighbridge --bins
	python3 bench/scan.py $(if $(QUICK),--quick)

check: $(TOOLS)/cargo/cargo-deny-$(CARGO_DENY) $(TOOLS)/cargo/cargo-machete-$(CARGO_MACHETE) ## what a reviewer would say: format, lints, docs, licences, dead weight, layers, repetition
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
	$(TOOLS)/cargo/bin/cargo-deny --locked check bans licenses sources
	$(TOOLS)/cargo/bin/cargo-machete crates
	cargo test --locked -p weighbridge-testkit --test layering
	.ci/duplicates crates

advisories: $(TOOLS)/cargo/cargo-deny-$(CARGO_DENY) ## known vulnerabilities in what we link; fetches today's database
	$(TOOLS)/cargo/bin/cargo-deny --locked check advisories

fmt: ## format the Rust code
	cargo fmt --all

FUZZ_SECONDS ?= 60
FUZZ_RUNS ?= -1
fuzz: ## each fuzz target for FUZZ_SECONDS or FUZZ_RUNS; needs a nightly toolchain and cargo-fuzz
	cd fuzz && cargo +nightly run --quiet --locked --example seeds -- corpus
	cargo +nightly fuzz build --fuzz-dir fuzz --sanitizer none --no-trace-compares
	@for target in $$(cargo +nightly fuzz list --fuzz-dir fuzz); do \
		echo "== $$target"; \
		cargo +nightly fuzz run --fuzz-dir fuzz --sanitizer none --no-trace-compares "$$target" -- \
			-runs=$(FUZZ_RUNS) -max_total_time=$(FUZZ_SECONDS) -max_len=512 -len_control=0 -use_counters=0 \
			-timeout=10 -rss_limit_mb=2048 -dict=fuzz/dictionaries/$$target.dict; \
	done

venvs: $(STAMPS) ## the pinned clients

# The requirement files name the whole closure, so nothing is left for pip to resolve.
$(TOOLS)/venv/%/.ready: tests/e2e/requirements/%.txt
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-input --no-deps -r $<
	touch $@

# The wheels of PyTorch on the registry are gigabytes of code for graphics cards.
$(TOOLS)/torch/.ready: .ci/torch
	.ci/torch $(@D)
	touch $@

# The lock file names the whole closure with its hashes; nothing of it may run when it is installed.
$(TOOLS)/npm/%/.ready: tests/e2e/requirements/%/package.json tests/e2e/requirements/%/package-lock.json
	rm -rf $(@D)
	mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

payloads: $(TOOLS)/payloads/.ready ## a tiny real model and dataset for the clients to load

$(TOOLS)/payloads/.ready: tests/e2e/harness/make_payloads.py $(TOOLS)/venv/hub2/.ready
	rm -rf $(@D)
	$(TOOLS)/venv/hub2/bin/python $< $(@D)
	touch $@

$(TOOLS)/cargo/cargo-deny-%:
	cargo install --quiet --locked --root $(TOOLS)/cargo cargo-deny --version $*
	touch $@

$(TOOLS)/cargo/cargo-machete-%:
	cargo install --quiet --locked --root $(TOOLS)/cargo cargo-machete --version $*
	touch $@
