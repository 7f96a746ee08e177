#!/bin/sh
# gil: Under a lock like CPython's: who runs, who asks, who waits
#
# Written by `cargo xtask scripts` from crates/models/gil/experiment.toml.
#
#     sh scripts/gil.sh
#     ROUNDS=20 SIZE=full sh scripts/gil.sh
#
# Times every variant with hyperfine, one process a run, in ROUNDS interleaved rounds, 5 if unset. SIZE says
# which cases: quick, default or full, default if unset. It needs cargo, and hyperfine 1.20 or newer.
#
# Results go to target/scripts/gil/CASE, in place of an earlier run's: VARIANT-ROUND.json
# is what hyperfine measured, VARIANT-ROUND.outcome.json what the run tells of itself, such as its peak memory.
# CARGO_TARGET_DIR, if set, stands for target.
#
# `cargo xtask bench-all` does more: it checks each answer, and ends a run that takes more than 60 s.

set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

rounds=${ROUNDS:-5}
size=${SIZE:-default}
target=${CARGO_TARGET_DIR:-target}
results=$target/scripts/gil
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

cargo build --release -p gil --target-dir "$target"
rm -rf "$results"
mkdir -p "$results"

# As many open files as the system allows. POSIX does not know -n, but every sh does.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" || echo "at most $(ulimit -n) open files" >&2

# measure CASE VARIANT ARGUMENT...: one run. By hand: target/release/gil VARIANT ARGUMENT...
# hyperfine splits its command once more, so what is no plain word is quoted twice.
measure() {
    run="$1 $2"
    file=$results/$1/$2-$round
    mkdir -p "$results/$1"
    case $2 in
    python_*)
        [ "$python3" = found ] || return 0
        program="python3 -X pycache_prefix=$target/python/compiled crates/models/gil/python/main.py ${2#python_}"
        ;;
    *) program="'$target/release/gil' $2" ;;
    esac
    export OUTCOME_CASE="$1" OUTCOME_FILE="$file.outcome.json"
    shift 2
    program="$program $*"
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

    measure 4-compute serial --computing 4 --steps 40000000
    measure 4-compute threads --computing 4 --steps 40000000
    measure 4-compute threads_without --computing 4 --steps 40000000
    measure 4-compute tokio --computing 4 --steps 40000000
    measure 4-compute tokio_spawn_blocking --computing 4 --steps 40000000
    measure 4-compute serial_processes --computing 4 --steps 40000000

    measure 1-waits serial --computing 0 --waiting 1 --waits 10 --wait-ms 10
    measure 1-waits threads --computing 0 --waiting 1 --waits 10 --wait-ms 10
    measure 1-waits threads_without --computing 0 --waiting 1 --waits 10 --wait-ms 10
    measure 1-waits tokio --computing 0 --waiting 1 --waits 10 --wait-ms 10
    measure 1-waits tokio_spawn_blocking --computing 0 --waiting 1 --waits 10 --wait-ms 10

    if [ "$size" != quick ]; then
        measure 1-waits python_threads --computing 0 --waiting 1 --waits 10 --wait-ms 10
        measure 1-waits python_asyncio --computing 0 --waiting 1 --waits 10 --wait-ms 10
    fi

    measure 4-wait serial --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure 4-wait threads --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure 4-wait threads_without --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure 4-wait tokio --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure 4-wait tokio_spawn_blocking --computing 0 --waiting 4 --waits 10 --wait-ms 10

    if [ "$size" != quick ]; then
        measure 4-wait python_asyncio --computing 0 --waiting 4 --waits 10 --wait-ms 10
    fi

    if [ "$size" = full ]; then
        measure 4-wait python_threads --computing 0 --waiting 4 --waits 10 --wait-ms 10
    fi

    measure 50-wait threads --computing 0 --waiting 50 --waits 10 --wait-ms 10
    measure 50-wait threads_without --computing 0 --waiting 50 --waits 10 --wait-ms 10
    measure 50-wait tokio --computing 0 --waiting 50 --waits 10 --wait-ms 10
    measure 50-wait tokio_spawn_blocking --computing 0 --waiting 50 --waits 10 --wait-ms 10

    if [ "$size" != quick ]; then
        measure 50-wait python_threads --computing 0 --waiting 50 --waits 10 --wait-ms 10
    fi

    measure 3-wait-1-computes serial --computing 1 --steps 100000000 --waiting 3 --waits 5 --wait-ms 2
    measure 3-wait-1-computes threads --computing 1 --steps 100000000 --waiting 3 --waits 5 --wait-ms 2
    measure 3-wait-1-computes threads_without --computing 1 --steps 100000000 --waiting 3 --waits 5 --wait-ms 2
    measure 3-wait-1-computes tokio --computing 1 --steps 100000000 --waiting 3 --waits 5 --wait-ms 2
    measure 3-wait-1-computes tokio_spawn_blocking --computing 1 --steps 100000000 --waiting 3 --waits 5 --wait-ms 2

    if [ "$size" != quick ]; then
        measure 4-compute-500000-steps python_serial --computing 4 --steps 500000
        measure 4-compute-500000-steps python_threads --computing 4 --steps 500000
        measure 4-compute-500000-steps python_asyncio --computing 4 --steps 500000
        measure 4-compute-500000-steps python_serial_processes --computing 4 --steps 500000
    fi

    if [ "$size" != quick ]; then
        measure 3-wait python_threads --computing 0 --waiting 3 --waits 5 --wait-ms 2
        measure 3-wait python_asyncio --computing 0 --waiting 3 --waits 5 --wait-ms 2
    fi

    if [ "$size" != quick ]; then
        measure 3-wait-1-computes-1000000-steps python_threads --computing 1 --steps 1000000 --waiting 3 --waits 5 --wait-ms 2
        measure 3-wait-1-computes-1000000-steps python_asyncio --computing 1 --steps 1000000 --waiting 3 --waits 5 --wait-ms 2
        measure 3-wait-1-computes-1000000-steps python_asyncio_to_thread --computing 1 --steps 1000000 --waiting 3 --waits 5 --wait-ms 2
    fi
done

echo "Results are in $results"
if [ -n "$failed" ]; then
    echo "FAILED: ${failed#, }" >&2
    exit 1
fi
