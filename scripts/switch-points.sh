#!/bin/sh
# switch-points: Where the switch happens: four workers in a critical section
#
# Written by `cargo xtask scripts` from crates/models/switch-points/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/switch-points.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=switch-points folder=crates/models/switch-points needs=python imports=''
. scripts/shared/measure.sh

while next_round; do
    measure quick 4-workers-5-sections "threads tokio tokio_await_inside tokio_yield_inside tokio_multi_thread
        smol smol_await_inside async_std async_std_await_inside python_threads
        python_asyncio python_asyncio_await_inside" --workers 4 --sections 5
    measure default 4-workers-5-sections "threads_mutex tokio_mutex python_threads_lock python_asyncio_lock" --workers 4 --sections 5
done
