#!/usr/bin/env bash
# Format, lints, types, licences. One tool is one check.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=scripts/sources.sh
. "$ROOT/scripts/sources.sh"
cd "$ROOT"
PATH=$VENV/bin:$ROOT/target/tools/bin:$PATH

# check NAME COMMAND...: runs the command and counts it as one check.
check() {
  local name=$1
  shift
  say "-- $name: $*"
  if "$@"; then
    say "ok $name"
    PASSED=$((PASSED + 1))
  else
    say "FAIL $name"
    FAILED=$((FAILED + 1))
  fi
}

# check_files NAME COMMAND... -- FILE...: the same, and skipped without files.
check_files() {
  if [ "${*: -1}" = -- ]; then
    say "skip $1: there are no such files"
    SKIPPED=$((SKIPPED + 1))
  else
    check "$@"
  fi
}

php_syntax() {
  local file bad=0
  shift
  for file in "$@"; do
    php -d display_errors=1 -l "$file" >"$ROOT/target/php-syntax" 2>&1 || {
      cat "$ROOT/target/php-syntax"
      bad=1
    }
  done
  return "$bad"
}

mapfile -t python < <(python_folders)
mapfile -t typed < <(typed_python_folders)
mapfile -t c_and_cpp < <(c_and_cpp_files)
mapfile -t shell < <(shell_files)
mapfile -t php < <(php_files)
mapfile -t ruff_settings < <(ruff_settings)
mapfile -t mypy_settings < <(mypy_settings)

check rustfmt cargo fmt --all --check
check clippy cargo clippy --workspace --all-targets -- -D warnings
check rustdoc env RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --workspace
check_files ruff-check ruff check "${ruff_settings[@]}" -- "${python[@]}"
check_files ruff-format ruff format --check "${ruff_settings[@]}" -- "${python[@]}"
check_files mypy env MYPYPATH=python:cli/python python -m mypy --strict --cache-dir target/mypy "${mypy_settings[@]}" -- "${typed[@]}"
# By itself: two folders of tests with a conftest.py each are too much for one run of mypy.
check mypy-wheel env MYPYPATH=python:cli/python python -m mypy --strict --cache-dir target/mypy "${mypy_settings[@]}" tests/wheel
check pyright pyright --project python --pythonpath "$VENV/bin/python"
check_files clang-format clang-format --dry-run -Werror -- "${c_and_cpp[@]}"
check_files shellcheck shellcheck --external-sources -- "${shell[@]}"
check_files php-syntax php_syntax -- "${php[@]}"
check cargo-deny cargo-deny check --hide-inclusion-graph bans licenses sources

result "$PASSED" "$FAILED" "$SKIPPED"
