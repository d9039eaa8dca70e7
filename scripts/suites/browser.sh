#!/usr/bin/env bash
# The pages of the sandbox in Chromium. Pictures of them are kept in target/browser.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
status=0

cargo build --profile "$ANTOM_PROFILE" -p antom-cli
rm -rf target/browser
ANTOM_COMMAND=$PROFILE_DIR/antom ANTOM_BROWSER_TOOLS=$BROWSER_TOOLS ANTOM_BROWSER_OUTPUT=$ROOT/target/browser \
  node --test --test-reporter=tap --test-concurrency=1 tests/browser/*.test.mjs \
  2>&1 | tee "$LOGS/browser.tap" || status=$?
count_node "$LOGS/browser.tap"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
