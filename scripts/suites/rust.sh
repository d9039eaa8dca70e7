#!/usr/bin/env bash
# The tests and documentation examples of every crate.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
status=0

if have cargo-nextest; then
  cargo nextest run --workspace --no-fail-fast 2>&1 | tee "$LOGS/rust.nextest" || status=$?
  count_nextest "$LOGS/rust.nextest"
  cargo test --workspace --doc --no-fail-fast 2>&1 | tee "$LOGS/rust.libtest" || status=$?
else
  cargo test --workspace --no-fail-fast 2>&1 | tee "$LOGS/rust.libtest" || status=$?
fi
count_libtest "$LOGS/rust.libtest"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
