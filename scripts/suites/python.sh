#!/usr/bin/env bash
# The Python package as pip installs it, against the test gateway.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
mkdir -p "$LOGS"
install_python_package
start_test_gateway
status=0

coverage=(-m coverage run --data-file="$ROOT/target/coverage" --branch --source=antom)
"$VENV/bin/python" "${coverage[@]}" -m pytest -ra --color=no -o cache_dir="$ROOT/target/pytest" tests/python \
  2>&1 | tee "$LOGS/python.pytest" || status=$?
count_pytest "$LOGS/python.pytest"

# The examples in the docstrings of the installed package.
package=$("$VENV/bin/python" -c 'import antom, pathlib; print(pathlib.Path(antom.__file__).parent)')
"$VENV/bin/python" "${coverage[@]}" --append -m pytest --color=no -c tests/python/pytest.ini --rootdir "$package" \
  -p no:cacheprovider --doctest-modules "$package" 2>&1 | tee "$LOGS/python.doctest" || status=$?
count_pytest "$LOGS/python.doctest"

say "-- every line of the package has run"
if "$VENV/bin/python" -m coverage report --data-file="$ROOT/target/coverage" --show-missing --fail-under=100; then
  PASSED=$((PASSED + 1))
else
  FAILED=$((FAILED + 1))
fi

result "$PASSED" "$FAILED" "$SKIPPED" || status=1
exit "$status"
