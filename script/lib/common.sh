# shellcheck shell=bash
# What the scripts share. Sourced, not run; leaves the shell in the project's root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1
mkdir -p build

jobs=$(nproc 2>/dev/null || echo 2)
section=''

# heading TEXT: a section begins, so long after the start; a failure from here on is reported
# under this name.
heading() {
    section=$1
    printf '\n== %s (%d:%02d)\n' "$section" $((SECONDS / 60)) $((SECONDS % 60))
}

# Undoes what a script leaves behind; a script may say what, in a function of its own.
clean_up() { true; }

# Cleans up, and says which section failed; installed with: trap report_failure EXIT
report_failure() {
    local status=$?
    clean_up || true
    [ "$status" -eq 0 ] || printf '\n== FAILED: %s\n' "$section" >&2
    exit "$status"
}

# quietly LOG COMMAND...: the command's output goes to build/LOG, and is shown if it fails.
quietly() {
    local log=build/$1
    shift
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 200 "$log" >&2
    printf '(the whole of it: %s)\n' "$log" >&2
    return 1
}

# build PRESET [OPTION...]: configures and builds a preset.
build() {
    local preset=$1
    shift
    quietly "$preset-configure.log" cmake --preset "$preset"
    quietly "$preset-build.log" cmake --build --preset "$preset" --parallel "$jobs" "$@"
}
