# The commands of this project. The work is done in scripts/, this is the list.

# Only some suites: make test SUITES="rust c"
SUITES ?=
# Options of the sandbox.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test bench bench-c bench-python bench-sandbox bench-php library install uninstall deb wheel php-dist sandbox lint fmt deny clean

# A shell that did not read the profile does not know where rustup put cargo.
export PATH := $(PATH):$(HOME)/.cargo/bin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## create sessions from Rust, C, C++, Python and PHP against the sandbox, vault a card, receive the notification
	@scripts/setup demo
	@scripts/demo

test: ## run all test suites, or some: make test SUITES="rust c"
	@scripts/setup test
	@scripts/test $(SUITES)

bench: ## measure what a call costs, step by step (takes minutes; leave the machine alone meanwhile)
	@scripts/setup demo
	@cargo bench -p antom-core

bench-c: ## measure what the C interface adds to a call (takes minutes, likewise)
	@scripts/setup demo
	@cargo bench -p antom-ffi --bench door

bench-python: ## measure what the Python door adds to a call (builds the package for production, which takes minutes)
	@scripts/setup test
	@ANTOM_PROFILE=release bash -c '. scripts/lib.sh && install_python_package && start_test_gateway && \
	  "$$VENV/bin/python" tests/python/bench.py "$$ANTOM_TEST_GATEWAY"'

bench-sandbox: ## measure how fast the sandbox answers, and that its memory stays flat (takes minutes, likewise)
	@scripts/setup demo
	@cargo bench -p antom-sandbox --bench throughput

bench-php: ## measure a call in a page of PHP-FPM beside a C program with libcurl (takes minutes, likewise)
	@scripts/setup test
	@scripts/bench-php

library: ## build libantom for production, in target/release (takes minutes)
	@scripts/setup demo
	@ANTOM_PROFILE=release bash -c '. scripts/lib.sh && build_libantom && scripts/notices antom-ffi "$$PROFILE_DIR/THIRD-PARTY-NOTICES" && echo "it is $$ANTOM_LIBRARY"'

install: ## install libantom for C and C++: make install PREFIX=/usr/local (DESTDIR= and LIBDIR= as usual)
	@scripts/install

uninstall: ## remove what make install with the same settings installed
	@scripts/install --remove

deb: ## build the Debian packages libantom1 and libantom-dev, in target/deb
	@scripts/deb

wheel: ## build the wheels for production into target/dist, and check them as a user meets them (takes minutes)
	@scripts/setup test
	@ANTOM_PROFILE=release scripts/test wheel
	@ls -l target/dist

php-dist: ## pack the PHP package with libantom for this platform, in target/php-dist (takes minutes)
	@scripts/setup demo
	@ANTOM_PROFILE=release scripts/php-dist

sandbox: ## start the local gateway that stands in for Antom, with options: make sandbox ARGS="--http 127.0.0.1:9000"
	@cargo run -q -p antom-cli -- sandbox --data target/sandbox $(ARGS)

lint: ## check formats, lints, types and licences
	@scripts/setup test
	@scripts/test lint

fmt: ## format all source files
	@scripts/setup test
	@scripts/fmt

deny: ## look for security advisories on the crates we use (needs the network)
	@scripts/setup test
	@PATH="target/tools/bin:$$PATH" cargo-deny check

clean: ## remove what was built; downloaded tools and logs of the setup stay
	@if [ -d target ]; then find target -mindepth 1 -maxdepth 1 \
	  ! -name tools ! -name php ! -name venv ! -name browser-tools ! -name setup-logs -exec rm -rf {} +; fi
	@find python cli tests examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
