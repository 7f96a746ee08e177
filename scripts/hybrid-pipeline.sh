#!/bin/sh
# hybrid-pipeline: Fetch in coroutines, compute on every core
#
# Written by `cargo xtask scripts` from crates/patterns/hybrid-pipeline/experiment.toml.
#
#     sh scripts/hybrid-pipeline.sh
#     ROUNDS=20 SIZE=full sh scripts/hybrid-pipeline.sh
#
# Times every variant with hyperfine, one process a run, in ROUNDS interleaved rounds, 5 if unset. SIZE says
# which cases: quick, default or full, default if unset. It needs cargo, and hyperfine 1.20 or newer.
#
# Results go to target/scripts/hybrid-pipeline/CASE, in place of an earlier run's: VARIANT-ROUND.json
# is what hyperfine measured, VARIANT-ROUND.outcome.json what the run tells of itself, such as its peak memory.
# CARGO_TARGET_DIR, if set, stands for target. What is run is what cargo says it has built, for the target and with
# the flags that are set.
#
# `cargo xtask bench-all` does more: it checks each answer, and ends a run that takes more than 120 s.
# It sets the origin's counters to zero before each run, and compares them with what the run tells.

set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

rounds=${ROUNDS:-5}
size=${SIZE:-default}
target=${CARGO_TARGET_DIR:-target}
results=$target/scripts/hybrid-pipeline
# What is not finished is here, and never in the place of results.
now=$target/scripts/.hybrid-pipeline-$$
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
    cargo build --release -p hybrid-pipeline -p origin --target-dir "$target" --message-format=json-render-diagnostics >"$now/messages"
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
built=$(built hybrid-pipeline)
origin_built=$(built origin)

# Only what this script has made is replaced.
if [ -n "$(ls -A "$results" 2>/dev/null)" ] && ! grep -qs '^Written by scripts/hybrid-pipeline.sh' "$results/README"; then
    echo "error: $results is not what this script has made: move it" >&2
    exit 1
fi
if ! { rm -rf "$results" && mkdir -p "$results"; }; then
    echo "error: cannot write results to $results: set CARGO_TARGET_DIR to a folder of your own" >&2
    exit 1
fi
settings=$(env | grep -E '^(CARGO_(PROFILE_RELEASE|TARGET_.*_(LINKER|RUSTFLAGS)|BUILD_(RUST|TARGET=|INCREMENTAL=[1t])|ENCODED|INCREMENTAL=[1t])|RUSTFLAGS|RUSTC)' || :)
cat >"$results/README" <<END
Written by scripts/hybrid-pipeline.sh, which replaces all of this folder.
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

# measure CASE VARIANT ARGUMENT...: one run. By hand: target/release/hybrid-pipeline VARIANT ARGUMENT...
# The arguments are quoted already.
measure() {
    run="$1 $2"
    file=$results/$1/$2-$round
    mkdir -p "$results/$1"
    rm -f "$now/outcome.json" "$now/time.json"
    case $2 in
    python_asyncio_processes | python_inline | python_pool_per_call) [ "$packages" = found ] || return 0 ;;
    esac
    case $2 in
    python_*)
        [ "$python3" = found ] || return 0
        program="python3 -X $(quote "pycache_prefix=$target/python/compiled") $(quote crates/patterns/hybrid-pipeline/python/main.py) ${2#python_}"
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

    if [ "$size" != quick ]; then
        measure 200-items threads --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items tokio_rayon --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items tokio_spawn_blocking --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items tokio_processes --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items procspawn --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items smol_unblock --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items inline --items 200 --fetches 12 --delay-ms 100 --steps 10000000
        measure 200-items pool_per_call --items 200 --fetches 12 --delay-ms 100 --steps 10000000
    fi

    if [ "$size" != quick ]; then
        measure 200-items-io-only threads --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only tokio_rayon --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only tokio_spawn_blocking --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only tokio_processes --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only procspawn --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only smol_unblock --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only inline --items 200 --fetches 12 --delay-ms 100 --steps 0
        measure 200-items-io-only pool_per_call --items 200 --fetches 12 --delay-ms 100 --steps 0
    fi

    if [ "$size" != quick ]; then
        measure 200-items-cpu-only threads --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only tokio_rayon --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only tokio_spawn_blocking --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only tokio_processes --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only procspawn --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only smol_unblock --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only inline --items 200 --no-fetch --steps 10000000
        measure 200-items-cpu-only pool_per_call --items 200 --no-fetch --steps 10000000
    fi

    measure 40-items threads --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items tokio_rayon --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items tokio_spawn_blocking --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items tokio_processes --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items procspawn --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items smol_unblock --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items inline --items 40 --fetches 12 --delay-ms 50 --steps 2000000
    measure 40-items pool_per_call --items 40 --fetches 12 --delay-ms 50 --steps 2000000

    if [ "$size" != quick ]; then
        measure jobs-of-0-steps threads --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps tokio_rayon --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps tokio_spawn_blocking --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps tokio_processes --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps procspawn --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps smol_unblock --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps inline --items 1000 --no-fetch --steps 0
        measure jobs-of-0-steps pool_per_call --items 1000 --no-fetch --steps 0
    fi

    if [ "$size" != quick ]; then
        measure jobs-of-10000-steps threads --items 1000 --no-fetch --steps 10000
        measure jobs-of-10000-steps tokio_rayon --items 1000 --no-fetch --steps 10000
        measure jobs-of-10000-steps tokio_spawn_blocking --items 1000 --no-fetch --steps 10000
        measure jobs-of-10000-steps tokio_processes --items 1000 --no-fetch --steps 10000
        measure jobs-of-10000-steps procspawn --items 1000 --no-fetch --steps 10000
        measure jobs-of-10000-steps smol_unblock --items 1000 --no-fetch --steps 10000
        measure jobs-of-10000-steps inline --items 1000 --no-fetch --steps 10000
    fi

    if [ "$size" != quick ]; then
        measure jobs-of-100000-steps threads --items 1000 --no-fetch --steps 100000
        measure jobs-of-100000-steps tokio_rayon --items 1000 --no-fetch --steps 100000
        measure jobs-of-100000-steps tokio_spawn_blocking --items 1000 --no-fetch --steps 100000
        measure jobs-of-100000-steps tokio_processes --items 1000 --no-fetch --steps 100000
        measure jobs-of-100000-steps procspawn --items 1000 --no-fetch --steps 100000
        measure jobs-of-100000-steps smol_unblock --items 1000 --no-fetch --steps 100000
        measure jobs-of-100000-steps inline --items 1000 --no-fetch --steps 100000
    fi

    if [ "$size" != quick ]; then
        measure jobs-of-1000000-steps threads --items 300 --no-fetch --steps 1000000
        measure jobs-of-1000000-steps tokio_rayon --items 300 --no-fetch --steps 1000000
        measure jobs-of-1000000-steps tokio_spawn_blocking --items 300 --no-fetch --steps 1000000
        measure jobs-of-1000000-steps tokio_processes --items 300 --no-fetch --steps 1000000
        measure jobs-of-1000000-steps procspawn --items 300 --no-fetch --steps 1000000
        measure jobs-of-1000000-steps smol_unblock --items 300 --no-fetch --steps 1000000
        measure jobs-of-1000000-steps inline --items 300 --no-fetch --steps 1000000
    fi

    if [ "$size" = full ]; then
        measure 1000-items-no-delay threads --items 1000 --delay-ms 0 --steps 0
        measure 1000-items-no-delay tokio_rayon --items 1000 --delay-ms 0 --steps 0
        measure 1000-items-no-delay tokio_spawn_blocking --items 1000 --delay-ms 0 --steps 0
        measure 1000-items-no-delay tokio_processes --items 1000 --delay-ms 0 --steps 0
        measure 1000-items-no-delay procspawn --items 1000 --delay-ms 0 --steps 0
        measure 1000-items-no-delay smol_unblock --items 1000 --delay-ms 0 --steps 0
        measure 1000-items-no-delay inline --items 1000 --delay-ms 0 --steps 0
    fi

    if [ "$size" = full ]; then
        measure 100000-items-no-delay threads --items 100000 --delay-ms 0 --steps 0
        measure 100000-items-no-delay tokio_rayon --items 100000 --delay-ms 0 --steps 0
        measure 100000-items-no-delay tokio_spawn_blocking --items 100000 --delay-ms 0 --steps 0
        measure 100000-items-no-delay tokio_processes --items 100000 --delay-ms 0 --steps 0
        measure 100000-items-no-delay procspawn --items 100000 --delay-ms 0 --steps 0
        measure 100000-items-no-delay smol_unblock --items 100000 --delay-ms 0 --steps 0
        measure 100000-items-no-delay inline --items 100000 --delay-ms 0 --steps 0
    fi

    if [ "$size" != quick ]; then
        measure python-40-items python_asyncio_processes --items 40 --fetches 12 --delay-ms 10 --steps 100000
        measure python-40-items python_inline --items 40 --fetches 12 --delay-ms 10 --steps 100000
        measure python-40-items python_pool_per_call --items 40 --fetches 12 --delay-ms 10 --steps 100000
    fi

    if [ "$size" = full ]; then
        measure python-40-short-items python_asyncio_processes --items 40 --fetches 12 --delay-ms 10 --steps 20000
        measure python-40-short-items python_inline --items 40 --fetches 12 --delay-ms 10 --steps 20000
        measure python-40-short-items python_pool_per_call --items 40 --fetches 12 --delay-ms 10 --steps 20000
    fi

    if [ "$size" != quick ]; then
        measure python-40-items-io-only python_asyncio_processes --items 40 --fetches 12 --delay-ms 10 --steps 0
        measure python-40-items-io-only python_pool_per_call --items 40 --fetches 12 --delay-ms 10 --steps 0
    fi

    if [ "$size" != quick ]; then
        measure python-40-items-cpu-only python_asyncio_processes --items 40 --fetches 12 --no-fetch --steps 100000
        measure python-40-items-cpu-only python_inline --items 40 --fetches 12 --no-fetch --steps 100000
        measure python-40-items-cpu-only python_pool_per_call --items 40 --fetches 12 --no-fetch --steps 100000
    fi
done

echo "Results are in $results"
if [ -n "$failed" ]; then
    echo "FAILED: ${failed#, }" >&2
    exit 1
fi
