#!/bin/sh
# mass-download: Ten thousand downloads: a thread for each, or a task
#
# Written by `cargo xtask scripts` from crates/mistakes/mass-download/experiment.toml.
#
#     sh scripts/mass-download.sh
#     ROUNDS=20 SIZE=full sh scripts/mass-download.sh
#
# Times every variant with hyperfine, one process a run, in ROUNDS interleaved rounds, 5 if unset. SIZE says
# which cases: quick, default or full, default if unset. It needs cargo, and hyperfine 1.20 or newer.
#
# Results go to target/scripts/mass-download/CASE, in place of an earlier run's: VARIANT-ROUND.json
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
results=$target/scripts/mass-download
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

cargo build --release -p mass-download -p origin --target-dir "$target"
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

# measure CASE VARIANT ARGUMENT...: one run. By hand: target/release/mass-download VARIANT ARGUMENT...
# hyperfine splits its command once more, so what is no plain word is quoted twice.
measure() {
    run="$1 $2"
    file=$results/$1/$2-$round
    mkdir -p "$results/$1"
    case $2 in
    python_aiohttp | python_aiohttp_unlimited) [ "$packages" = found ] || return 0 ;;
    esac
    case $2 in
    python_*)
        [ "$python3" = found ] || return 0
        program="python3 -X pycache_prefix=$target/python/compiled crates/mistakes/mass-download/python/main.py ${2#python_}"
        ;;
    *) program="'$target/release/mass-download' $2" ;;
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
        measure 10000-held-3-s threads --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s threads_small_buffers --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s tokio --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s hyper --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s smol --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s async_std --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s floor --requests 10000 --delay-ms 3000 --together
    fi

    if [ "$size" = full ]; then
        measure 10000-held-3-s python_aiohttp_unlimited --requests 10000 --delay-ms 3000 --together
        measure 10000-held-3-s python_asyncio --requests 10000 --delay-ms 3000 --together
    fi

    measure 1-after-100-ms threads --requests 1 --delay-ms 100
    measure 1-after-100-ms threads_small_buffers --requests 1 --delay-ms 100
    measure 1-after-100-ms tokio --requests 1 --delay-ms 100
    measure 1-after-100-ms hyper --requests 1 --delay-ms 100
    measure 1-after-100-ms smol --requests 1 --delay-ms 100
    measure 1-after-100-ms async_std --requests 1 --delay-ms 100
    measure 1-after-100-ms floor --requests 1 --delay-ms 100

    if [ "$size" != quick ]; then
        measure 1-after-100-ms python_threads --requests 1 --delay-ms 100
        measure 1-after-100-ms python_aiohttp --requests 1 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 1-after-100-ms python_asyncio --requests 1 --delay-ms 100
    fi

    if [ "$size" != quick ]; then
        measure 10-after-100-ms threads --requests 10 --delay-ms 100
        measure 10-after-100-ms threads_small_buffers --requests 10 --delay-ms 100
        measure 10-after-100-ms tokio --requests 10 --delay-ms 100
        measure 10-after-100-ms hyper --requests 10 --delay-ms 100
        measure 10-after-100-ms smol --requests 10 --delay-ms 100
        measure 10-after-100-ms async_std --requests 10 --delay-ms 100
        measure 10-after-100-ms floor --requests 10 --delay-ms 100
        measure 10-after-100-ms python_threads --requests 10 --delay-ms 100
        measure 10-after-100-ms python_aiohttp --requests 10 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 10-after-100-ms python_asyncio --requests 10 --delay-ms 100
    fi

    if [ "$size" != quick ]; then
        measure 30-after-100-ms threads --requests 30 --delay-ms 100
        measure 30-after-100-ms threads_small_buffers --requests 30 --delay-ms 100
        measure 30-after-100-ms tokio --requests 30 --delay-ms 100
        measure 30-after-100-ms hyper --requests 30 --delay-ms 100
        measure 30-after-100-ms smol --requests 30 --delay-ms 100
        measure 30-after-100-ms async_std --requests 30 --delay-ms 100
        measure 30-after-100-ms floor --requests 30 --delay-ms 100
        measure 30-after-100-ms python_threads --requests 30 --delay-ms 100
        measure 30-after-100-ms python_aiohttp --requests 30 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 30-after-100-ms python_asyncio --requests 30 --delay-ms 100
    fi

    measure 100-after-100-ms threads --requests 100 --delay-ms 100
    measure 100-after-100-ms threads_small_buffers --requests 100 --delay-ms 100
    measure 100-after-100-ms tokio --requests 100 --delay-ms 100
    measure 100-after-100-ms hyper --requests 100 --delay-ms 100
    measure 100-after-100-ms smol --requests 100 --delay-ms 100
    measure 100-after-100-ms async_std --requests 100 --delay-ms 100
    measure 100-after-100-ms floor --requests 100 --delay-ms 100

    if [ "$size" != quick ]; then
        measure 100-after-100-ms python_threads --requests 100 --delay-ms 100
        measure 100-after-100-ms python_aiohttp --requests 100 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 100-after-100-ms python_asyncio --requests 100 --delay-ms 100
    fi

    if [ "$size" != quick ]; then
        measure 300-after-100-ms threads --requests 300 --delay-ms 100
        measure 300-after-100-ms threads_small_buffers --requests 300 --delay-ms 100
        measure 300-after-100-ms tokio --requests 300 --delay-ms 100
        measure 300-after-100-ms hyper --requests 300 --delay-ms 100
        measure 300-after-100-ms smol --requests 300 --delay-ms 100
        measure 300-after-100-ms async_std --requests 300 --delay-ms 100
        measure 300-after-100-ms floor --requests 300 --delay-ms 100
        measure 300-after-100-ms python_threads --requests 300 --delay-ms 100
        measure 300-after-100-ms python_aiohttp --requests 300 --delay-ms 100
        measure 300-after-100-ms python_aiohttp_unlimited --requests 300 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 300-after-100-ms python_asyncio --requests 300 --delay-ms 100
    fi

    measure 1000-after-100-ms threads --requests 1000 --delay-ms 100
    measure 1000-after-100-ms threads_small_buffers --requests 1000 --delay-ms 100
    measure 1000-after-100-ms tokio --requests 1000 --delay-ms 100
    measure 1000-after-100-ms hyper --requests 1000 --delay-ms 100
    measure 1000-after-100-ms smol --requests 1000 --delay-ms 100
    measure 1000-after-100-ms async_std --requests 1000 --delay-ms 100
    measure 1000-after-100-ms floor --requests 1000 --delay-ms 100

    if [ "$size" != quick ]; then
        measure 1000-after-100-ms python_threads --requests 1000 --delay-ms 100
        measure 1000-after-100-ms python_aiohttp --requests 1000 --delay-ms 100
        measure 1000-after-100-ms python_aiohttp_unlimited --requests 1000 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 1000-after-100-ms python_asyncio --requests 1000 --delay-ms 100
    fi

    if [ "$size" != quick ]; then
        measure 10000-after-100-ms threads --requests 10000 --delay-ms 100
        measure 10000-after-100-ms threads_small_buffers --requests 10000 --delay-ms 100
        measure 10000-after-100-ms tokio --requests 10000 --delay-ms 100
        measure 10000-after-100-ms hyper --requests 10000 --delay-ms 100
        measure 10000-after-100-ms smol --requests 10000 --delay-ms 100
        measure 10000-after-100-ms async_std --requests 10000 --delay-ms 100
        measure 10000-after-100-ms floor --requests 10000 --delay-ms 100
        measure 10000-after-100-ms python_threads --requests 10000 --delay-ms 100
        measure 10000-after-100-ms python_aiohttp --requests 10000 --delay-ms 100
        measure 10000-after-100-ms python_aiohttp_unlimited --requests 10000 --delay-ms 100
    fi

    if [ "$size" = full ]; then
        measure 10000-after-100-ms python_asyncio --requests 10000 --delay-ms 100
    fi
done

echo "Results are in $results"
if [ -n "$failed" ]; then
    echo "FAILED: ${failed#, }" >&2
    exit 1
fi
