#!/usr/bin/env bash
# The Python package as pip installs it, against the test gateway.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
install_python_package
start_test_gateway
status=0

"$VENV/bin/python" -m pytest -ra --color=no -o cache_dir="$ROOT/target/pytest" tests/python \
  2>&1 | tee "$LOGS/python.pytest" || status=$?
count_pytest "$LOGS/python.pytest"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
