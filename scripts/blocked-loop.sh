#!/bin/sh
# blocked-loop: A heart beside handlers that compute: what stops it, what frees it
#
# Written by `cargo xtask scripts` from crates/misconceptions/blocked-loop/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/blocked-loop.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=blocked-loop folder=crates/misconceptions/blocked-loop needs=python imports=''
. scripts/shared/measure.sh

while next_round; do
    measure quick 2-clients "threads tokio_inline tokio_spawn_blocking smol_inline smol_unblock
        async_std_inline async_std_spawn_blocking python_asyncio_inline python_asyncio_executor python_asyncio_processes" --clients 2 --beats 90 --period-ms 1
    measure default 2-clients "tokio_multi_thread_inline tokio_yielding tokio_block_in_place tokio_rayon tokio_second_runtime" --clients 2 --beats 90 --period-ms 1
    measure full 2-clients "python_threads python_asyncio_yielding" --clients 2 --beats 90 --period-ms 1
    measure quick 1-client "tokio_inline tokio_multi_thread_inline" --clients 1 --beats 85 --period-ms 4
    measure default 1-client "threads tokio_spawn_blocking" --clients 1 --beats 85 --period-ms 4
    measure full 2-clients-1000-beats "threads tokio_inline tokio_multi_thread_inline tokio_yielding tokio_spawn_blocking
        tokio_block_in_place tokio_rayon tokio_second_runtime smol_inline smol_unblock
        async_std_inline async_std_spawn_blocking" --clients 2 --beats 1000 --period-ms 1
done
