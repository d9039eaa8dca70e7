#!/usr/bin/env bash
# The C++ interface: every program in tests/cpp, against the test gateway.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
build_libantom
start_test_gateway
# shellcheck source=tests/c/programs.sh
. tests/c/programs.sh
run_both tests/cpp
