#!/usr/bin/env bash
# Programs that were compiled with an earlier antom.h go on working.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
tests/abi/run
