#!/usr/bin/env bash
# What a user of libantom installs: by `make install`, and as Debian packages.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
cargo build -p antom-cli
start_test_gateway
tests/install/run
