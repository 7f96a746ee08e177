#!/bin/sh
# hybrid-pipeline: Fetch in coroutines, compute on every core
#
# Written by `cargo xtask scripts` from crates/patterns/hybrid-pipeline/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/hybrid-pipeline.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=hybrid-pipeline folder=crates/patterns/hybrid-pipeline needs='origin python' imports='python_asyncio_processes python_inline python_pool_per_call'
. scripts/shared/measure.sh

while next_round; do
    measure quick 40-items "procspawn pool_per_call" --items 40 --fetches 4 --delay-ms 10 --steps 2000000
    measure default 40-items "threads tokio_rayon tokio_spawn_blocking tokio_processes smol_unblock
        inline" --items 40 --fetches 4 --delay-ms 10 --steps 2000000
    measure quick 40-items-io-only "procspawn" --items 40 --fetches 4 --delay-ms 10 --steps 0
    measure default 40-items-io-only "pool_per_call" --items 40 --fetches 4 --delay-ms 10 --steps 0
    measure full 40-items-io-only "threads tokio_rayon tokio_spawn_blocking tokio_processes smol_unblock
        inline" --items 40 --fetches 4 --delay-ms 10 --steps 0
    measure quick 40-items-cpu-only "tokio_rayon tokio_processes procspawn pool_per_call" --items 40 --no-fetch --steps 2000000
    measure default 40-items-cpu-only "inline" --items 40 --no-fetch --steps 2000000
    measure full 40-items-cpu-only "threads tokio_spawn_blocking smol_unblock" --items 40 --no-fetch --steps 2000000
    measure quick 40-items-at-once "procspawn inline pool_per_call" --items 40 --fetches 40 --delay-ms 10 --steps 4000000
    measure default 40-items-at-once "threads tokio_rayon tokio_spawn_blocking tokio_processes smol_unblock" --items 40 --fetches 40 --delay-ms 10 --steps 4000000
    measure default jobs-of-0-steps "threads tokio_rayon tokio_spawn_blocking tokio_processes procspawn
        smol_unblock inline pool_per_call" --items 100 --no-fetch --steps 0
    measure default jobs-of-10000-steps "threads tokio_rayon tokio_spawn_blocking tokio_processes procspawn
        smol_unblock inline" --items 1000 --no-fetch --steps 10000
    measure default jobs-of-100000-steps "threads tokio_rayon tokio_spawn_blocking tokio_processes procspawn
        smol_unblock inline" --items 300 --no-fetch --steps 100000
    measure default jobs-of-1000000-steps "threads tokio_rayon tokio_spawn_blocking tokio_processes procspawn
        smol_unblock inline" --items 100 --no-fetch --steps 1000000
    measure full 1000-items-no-delay "threads tokio_rayon tokio_spawn_blocking tokio_processes procspawn
        smol_unblock inline" --items 1000 --delay-ms 0 --steps 0
    measure full 20000-items-no-delay "threads tokio_rayon tokio_spawn_blocking tokio_processes procspawn
        smol_unblock inline" --items 20000 --delay-ms 0 --steps 0
    measure default python-40-items "python_asyncio_processes python_inline python_pool_per_call" --items 40 --fetches 12 --delay-ms 10 --steps 50000
    measure full python-40-short-items "python_asyncio_processes python_inline python_pool_per_call" --items 40 --fetches 12 --delay-ms 10 --steps 20000
    measure default python-40-items-io-only "python_asyncio_processes python_pool_per_call" --items 40 --fetches 12 --delay-ms 10 --steps 0
    measure quick python-40-items-cpu-only "python_asyncio_processes python_inline" --items 40 --fetches 12 --no-fetch --steps 50000
    measure default python-40-items-cpu-only "python_pool_per_call" --items 40 --fetches 12 --no-fetch --steps 50000
done
