#!/usr/bin/env bash
# The PHP package over libantom, against the test gateway: PHPUnit, or
# tests/php/run where there is one.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
build_libantom
start_test_gateway
if [ -e tests/php/run ]; then
  tests/php/run
  exit
fi

status=0
phpunit -c tests/php/phpunit.xml --colors=never --no-interaction 2>&1 | tee "$LOGS/php.phpunit" || status=$?
count_phpunit "$LOGS/php.phpunit"
result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
