#!/bin/sh
# gil: Under a lock like CPython's: who runs, who asks, who waits
#
# Written by `cargo xtask scripts` from crates/models/gil/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/gil.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=gil folder=crates/models/gil needs=python imports=''
. scripts/shared/measure.sh

while next_round; do
    measure quick 4-compute "serial threads threads_without tokio" --computing 4 --steps 20000000
    measure default 4-compute "tokio_spawn_blocking serial_processes" --computing 4 --steps 20000000
    measure quick 1-waits "threads python_threads python_asyncio" --computing 0 --waiting 1 --waits 10 --wait-ms 10
    measure default 1-waits "serial threads_without tokio tokio_spawn_blocking" --computing 0 --waiting 1 --waits 10 --wait-ms 10
    measure quick 4-wait "tokio python_asyncio" --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure default 4-wait "serial threads threads_without tokio_spawn_blocking" --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure full 4-wait "python_threads" --computing 0 --waiting 4 --waits 10 --wait-ms 10
    measure quick 50-wait "threads python_threads" --computing 0 --waiting 50 --waits 10 --wait-ms 10
    measure default 50-wait "threads_without tokio tokio_spawn_blocking" --computing 0 --waiting 50 --waits 10 --wait-ms 10
    measure quick 3-wait-1-computes "threads threads_without tokio tokio_spawn_blocking" --computing 1 --steps 60000000 --waiting 3 --waits 5 --wait-ms 2
    measure default 3-wait-1-computes "serial" --computing 1 --steps 60000000 --waiting 3 --waits 5 --wait-ms 2
    measure quick 4-compute-200000-steps "python_serial python_threads python_asyncio python_serial_processes" --computing 4 --steps 200000
    measure quick 3-wait "python_threads python_asyncio" --computing 0 --waiting 3 --waits 5 --wait-ms 2
    measure quick 3-wait-1-computes-300000-steps "python_threads python_asyncio_to_thread" --computing 1 --steps 300000 --waiting 3 --waits 5 --wait-ms 2
    measure default 3-wait-1-computes-300000-steps "python_asyncio" --computing 1 --steps 300000 --waiting 3 --waits 5 --wait-ms 2
done
