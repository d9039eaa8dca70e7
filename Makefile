# The commands of this project. The work is done in scripts/, this is the list.

# Only some suites: make test SUITES="rust c"
SUITES ?=

.DEFAULT_GOAL := help
.PHONY: help demo test sandbox lint fmt deny clean

# A shell that did not read the profile does not know where rustup put cargo.
export PATH := $(PATH):$(HOME)/.cargo/bin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## create a session from Rust, C, C++, Python and PHP against the sandbox
	@scripts/setup demo
	@scripts/demo

test: ## run all test suites, or some: make test SUITES="rust c"
	@scripts/setup test
	@scripts/test $(SUITES)

sandbox: ## start the local gateway that stands in for Antom
	@cargo run -p antom-cli -- sandbox

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
	  ! -name tools ! -name venv ! -name setup-logs -exec rm -rf {} +; fi
	@find python tests examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
