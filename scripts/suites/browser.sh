#!/usr/bin/env bash
# The pages of the sandbox, and of the example shop in PHP, in Chromium. Pictures of them are kept in target/browser.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
status=0
chromium=$(command -v chromium) || die "there is no Chromium: run scripts/setup test first"
[ -d "$BROWSER_TOOLS/node_modules" ] || die "there is no $BROWSER_TOOLS: run scripts/setup test first"

cargo build --profile "$ANTOM_PROFILE" -p antom-cli
build_libantom
rm -rf target/browser
export ANTOM_COMMAND=$PROFILE_DIR/antom ANTOM_CHROMIUM=$chromium
export ANTOM_BROWSER_TOOLS=$BROWSER_TOOLS ANTOM_BROWSER_OUTPUT=$ROOT/target/browser
node --test --test-reporter=tap --test-concurrency=1 tests/browser/*.test.mjs \
  2>&1 | tee "$LOGS/browser.tap" || status=$?
count_node "$LOGS/browser.tap"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
