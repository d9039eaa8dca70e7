# shellcheck shell=bash
# How tests/c/run and tests/cpp/run count what their programs print, and how
# their suites run them. Source it after lib.sh.

# run_both FOLDER: all of a folder's tests, with half of them, the cases, at the
# same time as the others. Each has a gateway of its own, because some of the
# others play cases, too, and the gateway counts the attempts of a case.
run_both() {
  local log=$LOGS/${1##*/}-cases.log output=$LOGS/${1##*/}-others.log status=0
  mkdir -p "$LOGS"
  env -u ANTOM_TEST_GATEWAY "$1/run" --cases >"$log" 2>&1 &
  the_cases=$!
  at_exit end_the_cases
  "$1/run" 2>&1 | tee "$output" || status=1
  wait "$the_cases" || status=1
  the_cases=
  cat "$log"
  count_checks "$log" "$output"
  result "$PASSED" "$FAILED" && return "$status"
}

the_cases=
end_the_cases() { if [ -n "$the_cases" ]; then kill "$the_cases" 2>/dev/null || true; fi; }

# count_checks LOG...: adds to PASSED and FAILED.
count_checks() {
  local log
  for log in "$@"; do
    if grep -q '^== [0-9]* passed, [0-9]* failed$' "$log"; then
      PASSED=$((PASSED + $(grep -c '^ok ' "$log" || true)))
      FAILED=$((FAILED + $(grep -c '^FAIL ' "$log" || true)))
    else
      say "FAIL $log has no end"
      FAILED=$((FAILED + 1))
    fi
  done
}

# run NAME PROGRAM ARGUMENT...: runs it, through the command in $through, and
# counts the checks that it prints. That it ends as its checks say is one more.
# The caller sets programs, a folder for what is built.
through=()
run() {
  local name=$1 status=0 output=${programs:?}/output.$$ passed failed
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
  rm "$output"
}

every_program=() arguments=()
# compile_and_run_all NAME COMPILER FLAG...: what the caller lists in
# every_program, with its own compile and arguments_of.
compile_and_run_all() {
  local name=$1 program
  for program in "${every_program[@]}"; do
    if compile "$name" "$2" "$program" "${@:3}"; then
      arguments_of "$program"
      run "$name" "$programs/$name-$program" "${arguments[@]}"
    else
      say "FAIL $name/$program does not compile"
      FAILED=$((FAILED + 1))
    fi
  done
}

# expect_sanitizers PROGRAM: without them, running it would prove nothing.
expect_sanitizers() {
  if [ "$(nm "${programs:?}/$1" | grep -cE '__(asan_init|ubsan_handle_[a-z_]*_abort)$')" -gt 1 ]; then
    say "ok sanitizers/both sanitizers are in $1"
    PASSED=$((PASSED + 1))
  else
    say "FAIL sanitizers/the sanitizers are not in $1"
    FAILED=$((FAILED + 1))
  fi
}
