#!/usr/bin/env bash
# Antom's own SDK, unchanged, against the sandbox, and the programs that the
# sandbox's console offers to copy. The SDK needs port 443 on loopback; where
# that is not to be had, its tests are skipped, and the last lines say why.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
cargo build -p antom-cli --profile "$ANTOM_PROFILE"
build_libantom
install_python_package
export ANTOM_COMMAND=$PROFILE_DIR/antom
status=0

"$VENV/bin/python" -m pytest -ra --color=no -o cache_dir="$ROOT/target/pytest" tests/interop \
  2>&1 | tee "$LOGS/interop.pytest" || status=$?
count_pytest "$LOGS/interop.pytest"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
