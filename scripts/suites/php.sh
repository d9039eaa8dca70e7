#!/usr/bin/env bash
# The PHP package over libantom: PHPUnit against the test gateway and the sandbox.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../../tests/php/run"
