#!/usr/bin/env bash
# The wheels: built from their source distributions, and installed as a user
# does, for every interpreter on this machine.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
scripts/wheel
status=0

"$VENV/bin/python" -m pytest -ra --color=no -o cache_dir="$ROOT/target/pytest" tests/wheel \
  2>&1 | tee "$LOGS/wheel.pytest" || status=$?
count_pytest "$LOGS/wheel.pytest"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
