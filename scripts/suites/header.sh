#!/usr/bin/env bash
# antom.h and antom.hpp with every compiler and language standard that we promise.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
tests/header/run
