# shellcheck shell=bash
# Small functions shared by the scripts. It does nothing by itself: source it.
#
# After sourcing: ROOT, VENV, BROWSER_TOOLS, LOGS and PROFILE_DIR are set, and cargo builds
# into ROOT/target. What suites and examples may read from the environment:
#
#   ANTOM_PROFILE        cargo profile for everything built here (default: dev)
#   ANTOM_INCLUDE_DIR    directory with antom.h and antom.hpp
#   ANTOM_LIBRARY_DIR    directory with libantom.so and libantom.a (after build_libantom)
#   ANTOM_LIBRARY        full path of libantom.so                  (after build_libantom)
#   ANTOM_TEST_GATEWAY   file with the JSON line of the running test gateway

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/target/venv
# shellcheck disable=SC2034 # for scripts that source this one
BROWSER_TOOLS=$ROOT/target/browser-tools
LOGS=$ROOT/target/test-logs
# The oldest PHP that is supported and the newest that Debian has released, as VERSION RELEASE: the tests in PHP run
# with them, too.
# shellcheck disable=SC2034
OTHER_PHPS=("7.4 bullseye" "8.4 trixie")

export ANTOM_PROFILE=${ANTOM_PROFILE:-dev}
case $ANTOM_PROFILE in
  dev) PROFILE_DIR=$ROOT/target/debug ;;
  *) PROFILE_DIR=$ROOT/target/$ANTOM_PROFILE ;;
esac

export CARGO_TARGET_DIR=$ROOT/target
export ANTOM_INCLUDE_DIR=$ROOT/include

# A shell that did not read the profile does not know where rustup put cargo.
if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
  export PATH=$PATH:$HOME/.cargo/bin
fi

say() { printf '%s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# retry TIMES PAUSE COMMAND...: runs COMMAND until it succeeds, with PAUSE
# seconds between two tries.
retry() {
  local times=$1 pause=$2 try
  shift 2
  for ((try = 1; ; try++)); do
    if "$@"; then return 0; fi
    if ((try >= times)); then return 1; fi
    say "  try $try of $times failed, next one in $pause s: $*" >&2
    sleep "$pause"
  done
}

# at_exit FUNCTION: calls FUNCTION when this script ends, the last one first.
AT_EXIT=()
at_exit() {
  AT_EXIT+=("$1")
  trap run_at_exit EXIT
}
run_at_exit() {
  local i
  for ((i = ${#AT_EXIT[@]} - 1; i >= 0; i--)); do
    "${AT_EXIT[i]}" || true
  done
}

# kill_and_wait PID SECONDS: waits until PID has ended by itself, then ends it.
kill_and_wait() {
  local pid=$1 tenths=$(($2 * 10))
  while kill -0 "$pid" 2>/dev/null; do
    if ((tenths == 0)); then kill -TERM "$pid" 2>/dev/null || true; fi
    if ((tenths == -20)); then
      kill -KILL "$pid" 2>/dev/null || true
      break
    fi
    tenths=$((tenths - 1))
    sleep 0.1
  done
  wait "$pid" 2>/dev/null || true
}

# wait_for_line FILE PID SECONDS: true as soon as FILE has one complete line;
# false when process PID ends before, or when SECONDS have passed.
wait_for_line() {
  local file=$1 pid=$2 tenths=$(($3 * 10))
  while ((tenths-- > 0)); do
    if (($(wc -l <"$file") > 0)); then return 0; fi
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  (($(wc -l <"$file") > 0))
}

# ---- builds -----------------------------------------------------------------

# Builds libantom and says where it is. A program linked with it asks for the
# soname at run time, so that name must exist beside the file.
build_libantom() {
  local soname
  cargo build -p antom-ffi --profile "$ANTOM_PROFILE" || return 1
  export ANTOM_LIBRARY_DIR=$PROFILE_DIR
  export ANTOM_LIBRARY=$PROFILE_DIR/libantom.so
  if [ ! -f "$ANTOM_LIBRARY" ]; then
    say "error: cargo built antom-ffi but there is no $ANTOM_LIBRARY" >&2
    return 1
  fi
  soname=$(readelf -d "$ANTOM_LIBRARY" | sed -n 's/.*(SONAME).*\[\(.*\)\].*/\1/p')
  if [ -n "$soname" ] && [ "$soname" != libantom.so ]; then
    ln -sfn libantom.so "$PROFILE_DIR/$soname"
  fi
}

# Builds the Python package and installs it into the virtual environment, as a
# user would with `pip install ./python`, only with our cargo profile.
install_python_package() {
  [ -x "$VENV/bin/maturin" ] || die "there is no $VENV with maturin: run scripts/setup demo or scripts/setup test"
  PATH=$VENV/bin:$PATH MATURIN_PEP517_ARGS="--profile $ANTOM_PROFILE" \
    "$VENV/bin/python" -m pip install --no-build-isolation --disable-pip-version-check \
    --no-input --quiet "$ROOT/python"
}

# ---- test gateway -----------------------------------------------------------

# start_test_gateway: builds and starts antom-test-gateway, waits for the line
# of JSON which it prints when it is ready into a file of its own, and puts the
# path of that file into ANTOM_TEST_GATEWAY. The gateway ends when its standard
# input closes, so it cannot outlive us. Does nothing when ANTOM_TEST_GATEWAY is
# already set. Returns 1 and says why when the gateway cannot be started.
start_test_gateway() {
  local log=$LOGS/gateway.log output=$ROOT/target/test-gateway.$$.out line
  [ -z "${ANTOM_TEST_GATEWAY:-}" ] || return 0
  mkdir -p "$LOGS"
  if ! cargo build -p antom-test-gateway >"$log" 2>&1; then
    say "error: antom-test-gateway could not be built, the end of $log:" >&2
    tail -n 20 "$log" >&2
    return 1
  fi
  : >"$output"
  # A coprocess holds its standard input open without leaving the descriptor
  # to the other programs that we start.
  coproc GATEWAY { exec "$ROOT/target/debug/antom-test-gateway" >"$output" 2>>"$log"; }
  # shellcheck disable=SC2153 # bash sets GATEWAY_PID for the coprocess
  GATEWAY_PROCESS=$GATEWAY_PID
  GATEWAY_STDIN=${GATEWAY[1]}
  at_exit stop_test_gateway
  line=
  if wait_for_line "$output" "$GATEWAY_PROCESS" "${ANTOM_GATEWAY_START_SECONDS:-30}"; then
    line=$(head -n 1 "$output")
  fi
  case $line in
    '{'*'}') ;;
    *)
      say "error: antom-test-gateway did not print its line of JSON, the end of $log:" >&2
      tail -n 20 "$log" >&2
      stop_test_gateway
      return 1
      ;;
  esac
  export ANTOM_TEST_GATEWAY=$output
}

# True when the gateway that we started has ended by itself.
test_gateway_ended() {
  [ -n "${GATEWAY_PROCESS:-}" ] && ! kill -0 "$GATEWAY_PROCESS" 2>/dev/null
}

stop_test_gateway() {
  [ -n "${GATEWAY_PROCESS:-}" ] || return 0
  exec {GATEWAY_STDIN}>&-
  kill_and_wait "$GATEWAY_PROCESS" 3
  GATEWAY_PROCESS=
  rm -f "$ROOT/target/test-gateway.$$.out"
}

# ---- results ----------------------------------------------------------------
#
# A suite ends with one line: "== 12 passed, 0 failed", with ", 3 skipped" after
# it where something was skipped. The functions below make that line from what
# the test runners print themselves.

# result PASSED FAILED [SKIPPED]: prints the last line of a suite.
result() {
  if ((${3:-0} > 0)); then
    say "== $1 passed, $2 failed, $3 skipped"
  else
    say "== $1 passed, $2 failed"
  fi
  (($2 == 0))
}

# sum_of PATTERN TEXT: adds up the numbers in all matches of the extended
# regular expression PATTERN.
sum_of() {
  { grep -oE -e "$1" <<<"$2" || true; } | { grep -oE '[0-9]+' || true; } | awk '{ n += $1 } END { print n + 0 }'
}

# Each count_ function reads the output of one test runner from a file and adds
# to PASSED, FAILED and SKIPPED.
PASSED=0 FAILED=0 SKIPPED=0

count_nextest() {
  local summary
  # For example:      Summary [   3.210s] 212 tests run: 210 passed, 2 failed, 1 skipped
  summary=$(grep -E '^ +Summary \[' "$1" || true)
  PASSED=$((PASSED + $(sum_of '[0-9]+ passed' "$summary")))
  FAILED=$((FAILED + $(sum_of '[0-9]+ (failed|timed out|exec failed)' "$summary")))
  SKIPPED=$((SKIPPED + $(sum_of '[0-9]+ skipped' "$summary")))
}

count_libtest() {
  local summary
  # For example: test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; ...
  summary=$(grep -E '^test result: ' "$1" || true)
  PASSED=$((PASSED + $(sum_of '[0-9]+ passed' "$summary")))
  FAILED=$((FAILED + $(sum_of '[0-9]+ failed' "$summary")))
  SKIPPED=$((SKIPPED + $(sum_of '[0-9]+ ignored' "$summary")))
}

count_pytest() {
  local summary
  # For example: ==== 2 failed, 10 passed, 1 skipped, 1 error in 0.52s ====
  summary=$(grep -E '(passed|failed|errors?|skipped|no tests ran).* in [0-9.]+s' "$1" | tail -n 1 || true)
  PASSED=$((PASSED + $(sum_of '[0-9]+ (passed|xfailed)' "$summary")))
  FAILED=$((FAILED + $(sum_of '[0-9]+ (failed|xpassed|errors?)' "$summary")))
  SKIPPED=$((SKIPPED + $(sum_of '[0-9]+ skipped' "$summary")))
}

count_node() {
  local summary
  # For example: # pass 12
  # A test that is cancelled, because its preparation failed, has not passed.
  summary=$(grep -E '^# (pass|fail|cancelled|skipped|todo) [0-9]+$' "$1" || true)
  PASSED=$((PASSED + $(sum_of 'pass [0-9]+' "$summary")))
  FAILED=$((FAILED + $(sum_of '(fail|cancelled) [0-9]+' "$summary")))
  SKIPPED=$((SKIPPED + $(sum_of '(skipped|todo) [0-9]+' "$summary")))
}

count_phpunit() {
  local summary tests failed skipped
  # For example: OK (12 tests, 34 assertions)
  # or:          Tests: 12, Assertions: 30, Failures: 1, Skipped: 2.
  summary=$(grep -E '^(OK \([0-9]+ tests?,|Tests: [0-9]+,)' "$1" | tail -n 1 || true)
  tests=$(sum_of '([0-9]+ tests?,|Tests: [0-9]+)' "$summary")
  failed=$(sum_of '(Errors|Failures): [0-9]+' "$summary")
  skipped=$(sum_of '(Skipped|Incomplete): [0-9]+' "$summary")
  PASSED=$((PASSED + tests - failed - skipped))
  FAILED=$((FAILED + failed))
  SKIPPED=$((SKIPPED + skipped))
}
