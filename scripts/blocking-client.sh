#!/bin/sh
# blocking-client: A blocking client in an async function
#
# Written by `cargo xtask scripts` from crates/mistakes/blocking-client/experiment.toml.
#
#     sh scripts/blocking-client.sh
#     ROUNDS=20 SIZE=full sh scripts/blocking-client.sh
#
# Times every variant with hyperfine, one process a run, in ROUNDS interleaved rounds, 5 if unset. SIZE says
# which cases: quick, default or full, default if unset. It needs cargo, and hyperfine 1.20 or newer.
#
# Results go to target/scripts/blocking-client/CASE, in place of an earlier run's: VARIANT-ROUND.json
# is what hyperfine measured, VARIANT-ROUND.outcome.json what the run tells of itself, such as its peak memory.
# CARGO_TARGET_DIR, if set, stands for target. What is run is what cargo says it has built, for the target and with
# the flags that are set.
#
# `cargo xtask bench-all` does more: it checks each answer, and ends a run that takes more than 60 s.
# It sets the origin's counters to zero before each run, and compares them with what the run tells.

set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

rounds=${ROUNDS:-5}
size=${SIZE:-default}
target=${CARGO_TARGET_DIR:-target}
results=$target/scripts/blocking-client
# What is not finished is here, and never in the place of results.
now=$target/scripts/.blocking-client-$$
# All runtimes and pools are to have as many threads.
unset ASYNC_STD_THREAD_COUNT BLOCKING_MAX_THREADS RAYON_NUM_THREADS RUST_MIN_STACK SMOL_THREADS TOKIO_WORKER_THREADS

usage() {
    echo "usage: [ROUNDS=5] [SIZE=quick|default|full] sh $0" >&2
    exit 2
}
case $#,$size in
0,quick | 0,default | 0,full) ;;
*) usage ;;
esac
case $rounds in
0* | *[!0-9]*) usage ;;
esac

hyperfine=
for candidate in "$target/tools/bin/hyperfine" hyperfine; do
    case $("$candidate" --version 2>&1) in
    "hyperfine 1."[2-9][0-9]* | "hyperfine "[2-9]*) hyperfine=$candidate ;;
    esac
done
if [ -z "$hyperfine" ]; then
    echo "error: hyperfine 1.20 or newer is not on PATH: install it from your package manager, or with" >&2
    echo "       cargo install hyperfine --locked --version 1.20.0" >&2
    exit 1
fi

python3=found
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
    python3=missing
    echo "python3, 3.9 or newer, is missing: the variants python_* are left out" >&2
fi

packages=found
if [ "$python3" = found ] && ! python3 -c 'import aiohttp' >/dev/null 2>&1; then
    packages=missing
    echo "python3 finds no aiohttp: the variants that import it are left out; to have them, in an environment of python3," >&2
    echo "       pip install -r crates/support/python/requirements.txt" >&2
fi

# Whatever ends this script ends what it has started, and all below that: hyperfine alone would leave its program behind.
child=
origin_process=
attend() {
    "$@" 9>&- &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}
# The processes that $1 has started.
children() {
    if [ -r /proc/self/stat ]; then
        for file in /proc/[0-9]*/stat; do
            # Its number, its name in brackets, its state, and the number of its parent.
            { read -r fields <"$file"; } 2>/dev/null || continue
            fields=${fields##*) ? }
            file=${file%/stat}
            [ "${fields%% *}" != "$1" ] || echo "${file#/proc/}"
        done
    else
        ps -A -o ppid= -o pid= | while read -r parent process; do
            [ "$parent" != "$1" ] || echo "$process"
        done
    fi
}
# Each is stopped first, so that it starts no more.
end_all() {
    kill -STOP "$1" 2>/dev/null || return 0
    for below in $(children "$1"); do
        end_all "$below"
    done
    kill -KILL "$1" 2>/dev/null || :
}
finish() {
    for process in $child $origin_process; do
        end_all "$process"
        wait "$process" 2>/dev/null || :
    done
    rm -rf "$now"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 143' TERM

if ! mkdir -p "$now"; then
    echo "error: cannot write results to $results: set CARGO_TARGET_DIR to a folder of your own" >&2
    exit 1
fi

build() {
    cargo build --release -p blocking-client -p origin --target-dir "$target" --message-format=json-render-diagnostics >"$now/messages"
}
if ! attend build; then
    echo "error: the build failed: see cargo's messages above" >&2
    exit 1
fi
# The file of program $1, wherever the settings of the build have put it.
built() {
    file=$(grep '"reason":"compiler-artifact"' "$now/messages" | grep '"kind":\["bin"\]' | grep '"name":"'"$1"'"' |
        sed -n 's/.*"executable":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' | sed 's/\\\(.\)/\1/g')
    if [ ! -x "$file" ]; then
        echo "error: cargo has built no program $1" >&2
        exit 1
    fi
    printf '%s\n' "$file"
}
built=$(built blocking-client)
origin_built=$(built origin)

# Only what this script has made is replaced.
if [ -n "$(ls -A "$results" 2>/dev/null)" ] && ! grep -qs '^Written by scripts/blocking-client.sh' "$results/README"; then
    echo "error: $results is not what this script has made: move it" >&2
    exit 1
fi
if ! { rm -rf "$results" && mkdir -p "$results"; }; then
    echo "error: cannot write results to $results: set CARGO_TARGET_DIR to a folder of your own" >&2
    exit 1
fi
settings=$(env | grep -E '^(CARGO_(PROFILE_RELEASE|TARGET_.*_(LINKER|RUSTFLAGS)|BUILD_(RUST|TARGET=|INCREMENTAL=[1t])|ENCODED|INCREMENTAL=[1t])|RUSTFLAGS|RUSTC)' || :)
cat >"$results/README" <<END
Written by scripts/blocking-client.sh, which replaces all of this folder.
Timed: $built
Set for its build: ${settings:-nothing}
END
[ -z "$settings" ] || printf 'note: set for the build:\n%s\n' "$settings" >&2

# As many open files as the system allows. POSIX does not know -n, but every sh does.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" || echo "at most $(ulimit -n) open files" >&2

# The origin serves what the runs fetch, and prints its URL as its only line. What it counts is not read here.
mkfifo "$now/hold"
{
    "$origin_built" --stop-with-stdin <"$now/hold" || :
    echo ended
} >"$now/url" &
origin_process=$!
exec 9>"$now/hold"
origin=
tries=0
until read -r origin <"$now/url" || [ "$tries" = 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
case $origin in
http://*) ;;
*)
    echo "error: the origin did not start" >&2
    exit 1
    ;;
esac

# hyperfine splits its command once more, as a shell does: what is no plain word is quoted for it.
quote() {
    printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

# measure CASE VARIANT ARGUMENT...: one run. By hand: target/release/blocking-client VARIANT ARGUMENT...
# The arguments are quoted already.
measure() {
    run="$1 $2"
    file=$results/$1/$2-$round
    mkdir -p "$results/$1"
    rm -f "$now/outcome.json" "$now/time.json"
    case $2 in
    python_aiohttp | python_aiohttp_session_per_call) [ "$packages" = found ] || return 0 ;;
    esac
    case $2 in
    python_*)
        [ "$python3" = found ] || return 0
        program="python3 -X $(quote "pycache_prefix=$target/python/compiled") $(quote crates/mistakes/blocking-client/python/main.py) ${2#python_}"
        ;;
    *) program="$(quote "$built") $2" ;;
    esac
    export OUTCOME_CASE="$1" OUTCOME_FILE="$now/outcome.json"
    shift 2
    program="$program $* --origin $origin"
    failure=
    # In the basic style there is no bar, which would run beside what is measured.
    attend "$hyperfine" --shell=none --warmup=0 --runs=1 --style=basic --command-name "$run" \
        --export-json "$now/time.json" "$program" || failure=yes
    if [ ! -s "$now/time.json" ] || grep -qs '"errors": *{ *"' "$now/outcome.json"; then
        failure=yes
    fi
    if [ -e "$now/outcome.json" ]; then
        mv "$now/outcome.json" "$file.outcome.json"
    fi
    if [ -z "$failure" ]; then
        mv "$now/time.json" "$file.json"
        if grep -qs '"refused": *{' "$file.outcome.json"; then
            echo "REFUSED: this is no time of the whole work; the limit is in $file.outcome.json" >&2
        fi
        return
    fi
    failed="$failed, $run"
    echo "FAILED. To see why, run: $program" >&2
}

failed=
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    echo "Round $round of $rounds"

    measure 100-requests threads --requests 100 --users 10 --delay-ms 50
    measure 100-requests tokio_inline --requests 100 --users 10 --delay-ms 50
    measure 100-requests tokio --requests 100 --users 10 --delay-ms 50
    measure 100-requests tokio_client_per_call --requests 100 --users 10 --delay-ms 50
    measure 100-requests tokio_spawn_blocking --requests 100 --users 10 --delay-ms 50
    measure 100-requests smol_inline --requests 100 --users 10 --delay-ms 50
    measure 100-requests smol --requests 100 --users 10 --delay-ms 50
    measure 100-requests smol_unblock --requests 100 --users 10 --delay-ms 50
    measure 100-requests async_std_inline --requests 100 --users 10 --delay-ms 50
    measure 100-requests async_std --requests 100 --users 10 --delay-ms 50
    measure 100-requests async_std_spawn_blocking --requests 100 --users 10 --delay-ms 50

    if [ "$size" = full ]; then
        measure 100-requests python_threads --requests 100 --users 10 --delay-ms 50
        measure 100-requests python_asyncio_inline --requests 100 --users 10 --delay-ms 50
        measure 100-requests python_aiohttp --requests 100 --users 10 --delay-ms 50
        measure 100-requests python_aiohttp_session_per_call --requests 100 --users 10 --delay-ms 50
        measure 100-requests python_asyncio_to_thread --requests 100 --users 10 --delay-ms 50
        measure 100-requests python_asyncio_executor_of_its_own --requests 100 --users 10 --delay-ms 50
    fi

    if [ "$size" != quick ]; then
        measure 600-at-once threads --requests 600 --users 600 --delay-ms 400
        measure 600-at-once tokio --requests 600 --users 600 --delay-ms 400
        measure 600-at-once tokio_spawn_blocking --requests 600 --users 600 --delay-ms 400
        measure 600-at-once smol --requests 600 --users 600 --delay-ms 400
        measure 600-at-once smol_unblock --requests 600 --users 600 --delay-ms 400
        measure 600-at-once async_std --requests 600 --users 600 --delay-ms 400
        measure 600-at-once async_std_spawn_blocking --requests 600 --users 600 --delay-ms 400
    fi

    if [ "$size" = full ]; then
        measure 600-at-once python_threads --requests 600 --users 600 --delay-ms 400
        measure 600-at-once python_aiohttp --requests 600 --users 600 --delay-ms 400
        measure 600-at-once python_asyncio_executor_of_its_own --requests 600 --users 600 --delay-ms 400
    fi

    if [ "$size" != quick ]; then
        measure 20-requests python_threads --requests 20 --users 4 --delay-ms 50 --period-ms 1
        measure 20-requests python_asyncio_inline --requests 20 --users 4 --delay-ms 50 --period-ms 1
        measure 20-requests python_aiohttp --requests 20 --users 4 --delay-ms 50 --period-ms 1
        measure 20-requests python_aiohttp_session_per_call --requests 20 --users 4 --delay-ms 50 --period-ms 1
        measure 20-requests python_asyncio_to_thread --requests 20 --users 4 --delay-ms 50 --period-ms 1
    fi

    if [ "$size" = full ]; then
        measure 20-requests python_asyncio_executor_of_its_own --requests 20 --users 4 --delay-ms 50 --period-ms 1
    fi

    if [ "$size" != quick ]; then
        measure 128-at-once python_threads --requests 128 --users 128 --delay-ms 40 --period-ms 1
        measure 128-at-once python_aiohttp --requests 128 --users 128 --delay-ms 40 --period-ms 1
        measure 128-at-once python_asyncio_to_thread --requests 128 --users 128 --delay-ms 40 --period-ms 1
        measure 128-at-once python_asyncio_executor_of_its_own --requests 128 --users 128 --delay-ms 40 --period-ms 1
    fi

    if [ "$size" != quick ]; then
        measure 400-at-once threads --requests 400 --users 400 --delay-ms 400
        measure 400-at-once tokio_spawn_blocking --requests 400 --users 400 --delay-ms 400
    fi

    if [ "$size" != quick ]; then
        measure 1-request-cold threads --cold
        measure 1-request-cold tokio --cold
        measure 1-request-cold smol --cold
        measure 1-request-cold async_std --cold
    fi

    if [ "$size" = full ]; then
        measure 1-request-cold python_threads --cold
        measure 1-request-cold python_aiohttp --cold
    fi
done

echo "Results are in $results"
if [ -n "$failed" ]; then
    echo "FAILED: ${failed#, }" >&2
    exit 1
fi
