# What the comparisons of several servers share. To be sourced; expects $work, a folder for logs.
# shellcheck shell=bash

# The servers have the first processor, the load the last.
here() { exec taskset -c 0 "$@"; } # in the background: the process id is the server's
there() { taskset -c "$(($(nproc) - 1))" "$@"; }

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # PORT

# Not one of those that the system gives to connections.
free_port() {
    local port
    for port in $(shuf -i 20000-32000 -n 20); do
        listens "$port" || break
    done
    printf '%s' "$port"
}

wait_for() { # NAME PORT PID
    for _ in {1..200}; do
        if ! kill -0 "$3" 2>/dev/null; then
            break
        fi
        ! listens "$2" || return 0
        sleep 0.05
    done
    cat "$work/$1.log" >&2
    return 1
}

# Of a process with all its threads and the children it has waited for, in seconds: proc(5).
cpu_of() { # PID
    sed 's/.*) //' "/proc/$1/stat" |
        awk -v ticks="$(getconf CLK_TCK)" '{ print ($12 + $13 + $14 + $15) / ticks }'
}
