#!/bin/sh
# lost-updates: A shared counter: what a race costs, and what fixes it
#
# Written by `cargo xtask scripts` from crates/misconceptions/lost-updates/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/lost-updates.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=lost-updates folder=crates/misconceptions/lost-updates needs=python imports=''
. scripts/shared/measure.sh

while next_round; do
    measure quick 4-workers-1000000-each "threads_unsynchronized threads_mutex threads_atomic threads_local_sums rayon
        tokio tokio_await_inside tokio_multi_thread smol async_std" --workers 4 --additions 1000000
    measure default 4-workers-1000000-each "tokio_multi_thread_mutex tokio_mutex" --workers 4 --additions 1000000
    measure quick 4-workers-200000-each "python_threads_unsynchronized python_threads_call_inside python_threads_lock python_threads_local_sums python_asyncio" --workers 4 --additions 200000
    measure quick 4-workers-20000-each "tokio_await_inside python_asyncio_await_inside" --workers 4 --additions 20000
    measure default 1-worker-1000000 "threads_unsynchronized threads_mutex threads_atomic threads_local_sums rayon
        tokio tokio_await_inside tokio_multi_thread tokio_multi_thread_mutex tokio_mutex
        smol async_std" --workers 1 --additions 1000000
    measure full 1-worker-1000000 "python_threads_lock python_threads_local_sums python_asyncio" --workers 1 --additions 1000000
done
