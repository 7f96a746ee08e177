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
# CARGO_TARGET_DIR, if set, stands for target.
#
# `cargo xtask bench-all` does more: it checks each answer, and ends a run that takes more than 120 s.
# It sets the origin's counters to zero before each run, and compares them with what the run tells.

set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

rounds=${ROUNDS:-5}
size=${SIZE:-default}
target=${CARGO_TARGET_DIR:-target}
results=$target/scripts/hybrid-pipeline
# All runtimes and pools are to have as many threads.
unset ASYNC_STD_THREAD_COUNT BLOCKING_MAX_THREADS RAYON_NUM_THREADS SMOL_THREADS TOKIO_WORKER_THREADS

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

cargo build --release -p hybrid-pipeline -p origin --target-dir "$target"
rm -rf "$results"
mkdir -p "$results"

# As many open files as the system allows. POSIX does not know -n, but every sh does.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" || echo "at most $(ulimit -n) open files" >&2

# The origin serves what the runs fetch, and prints its URL as its only line. What it counts is not read here.
mkfifo "$results/url" "$results/hold"
"$target/release/origin" --stop-with-stdin <"$results/hold" >"$results/url" &
origin_process=$!
trap 'kill "$origin_process" 2>/dev/null || :' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
exec 9>"$results/hold"
if ! read -r origin <"$results/url"; then
    echo "error: the origin did not start" >&2
    exit 1
fi
rm "$results/url" "$results/hold"

# measure CASE VARIANT ARGUMENT...: one run. By hand: target/release/hybrid-pipeline VARIANT ARGUMENT...
# hyperfine splits its command once more, so what is no plain word is quoted twice.
measure() {
    run="$1 $2"
    file=$results/$1/$2-$round
    mkdir -p "$results/$1"
    case $2 in
    python_asyncio_processes | python_inline | python_pool_per_call) [ "$packages" = found ] || return 0 ;;
    esac
    case $2 in
    python_*)
        [ "$python3" = found ] || return 0
        program="python3 -X pycache_prefix=$target/python/compiled crates/patterns/hybrid-pipeline/python/main.py ${2#python_}"
        ;;
    *) program="'$target/release/hybrid-pipeline' $2" ;;
    esac
    export OUTCOME_CASE="$1" OUTCOME_FILE="$file.outcome.json"
    shift 2
    program="$program $* --origin $origin"
    # In the basic style there is no bar, which would run beside what is measured.
    if "$hyperfine" --shell=none --warmup=0 --runs=1 --style=basic --command-name "$run" \
        --export-json "$file.json" "$program"; then
        if grep -qs '"refused": *{' "$file.outcome.json"; then
            echo "REFUSED: this is no time of the whole work; the limit is in $file.outcome.json" >&2
            return
        fi
        grep -qs '"errors": *{ *"' "$file.outcome.json" || return 0
    fi
    rm -f "$file.json"
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
