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

# What a user installs, and besides that our own tools.
environment=$ROOT/target/wheel-venv
rm -rf "$environment"
"$VENV/bin/python" -m venv --without-pip "$environment"
"$VENV/bin/python" -m pip --python "$environment/bin/python" install --disable-pip-version-check --quiet --no-index \
  target/dist/*.whl
"$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
  >"$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tools.pth"

"$environment/bin/python" -m pytest -ra --color=no -o cache_dir="$ROOT/target/pytest" tests/wheel \
  2>&1 | tee "$LOGS/wheel.pytest" || status=$?
count_pytest "$LOGS/wheel.pytest"

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
