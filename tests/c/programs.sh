# shellcheck shell=bash
# How tests/c/run and tests/cpp/run count what their programs print. Source it
# after lib.sh.

# run NAME PROGRAM ARGUMENT...: runs it, through the command in $through, and
# counts the checks that it prints. That it ends as its checks say is one more.
# The caller sets programs, a folder for what is built.
through=()
run() {
  local name=$1 status=0 output=${programs:?}/output passed failed
  shift
  "${through[@]}" "$@" >"$output" 2>&1 || status=$?
  sed -E "s|^(ok\|FAIL) |\1 $name/|" "$output"
  passed=$(grep -c '^ok ' "$output" || true)
  failed=$(grep -c '^FAIL ' "$output" || true)
  if ((passed + failed > 0 && status == (failed > 0 ? 1 : 0))); then
    say "ok $name/$(basename "$1") ends as it should"
    passed=$((passed + 1))
  else
    say "FAIL $name/$(basename "$1") ended with status $status"
    failed=$((failed + 1))
  fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
}
