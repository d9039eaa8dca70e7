# shellcheck shell=bash
# Which files lint and fmt look at. Source it after lib.sh.

# find_sources FOLDER... -- EXPRESSION...: finds files, and looks past what is
# built or downloaded. Folders that do not exist (yet) are left out.
find_sources() {
  local folders=()
  while [ "$1" != -- ]; do
    if [ -e "$ROOT/$1" ]; then folders+=("$1"); fi
    shift
  done
  shift
  if ((${#folders[@]} > 0)); then
    (cd "$ROOT" && find "${folders[@]}" \
      \( -name target -o -name .git -o -name vendor -o -name node_modules \) -prune -o \
      -type f \( "$@" \) -print | LC_ALL=C sort)
  fi
}

existing_folders() {
  local folder
  for folder in "$@"; do
    if [ -d "$ROOT/$folder" ]; then say "$folder"; fi
  done
}

python_folders() { existing_folders python cli/python tests/python tests/interop tests/install tests/wheel examples/python; }

# Not tests/interop: Antom's SDK has no types.

typed_python_folders() { existing_folders python/antom cli/python/antom_cli tests/install tests/python examples/python; }

# antom.h is generated, so only the headers written by hand are here.
c_and_cpp_files() {
  find_sources examples tests include/antom.hpp -- \
    -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.hpp'
}

php_files() { find_sources php tests/php examples/php -- -name '*.php'; }

# Programs by their first line, and everything under scripts/.
shell_files() {
  local file first
  find_sources .ci scripts tests examples -- -perm -u+x -o -name '*.sh' | while read -r file; do
    IFS= read -r first <"$ROOT/$file" || true
    case $file:$first in
      *.sh:* | *:'#!'*[/\ ]sh | *:'#!'*[/\ ]bash) say "$file" ;;
    esac
  done
}

# The settings of ruff and mypy are in python/pyproject.toml, also for the tests
# and examples, which are not below it.
ruff_settings() { settings_of ruff --config; }
mypy_settings() { settings_of mypy --config-file; }
settings_of() {
  if grep -qs "^\[tool\.$1[].]" "$ROOT/python/pyproject.toml"; then
    say "$2"
    say python/pyproject.toml
  fi
}
