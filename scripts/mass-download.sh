#!/bin/sh
# mass-download: Ten thousand downloads: a thread for each, or a task
#
# Written by `cargo xtask scripts` from crates/mistakes/mass-download/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/mass-download.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=mass-download folder=crates/mistakes/mass-download needs='origin python' imports='python_aiohttp python_aiohttp_unlimited'
. scripts/shared/measure.sh

while next_round; do
    measure default 10000-held-1-s "threads threads_small_buffers tokio hyper smol
        async_std" --requests 10000 --delay-ms 1000 --together
    measure full 10000-held-1-s "floor python_aiohttp_unlimited python_asyncio" --requests 10000 --delay-ms 1000 --together
    measure quick 1-after-100-ms "threads tokio python_threads python_aiohttp" --requests 1 --delay-ms 100
    measure default 1-after-100-ms "threads_small_buffers hyper floor" --requests 1 --delay-ms 100
    measure full 1-after-100-ms "smol async_std python_asyncio" --requests 1 --delay-ms 100
    measure default 10-after-100-ms "threads threads_small_buffers tokio" --requests 10 --delay-ms 100
    measure full 10-after-100-ms "hyper smol async_std floor python_threads
        python_aiohttp python_asyncio" --requests 10 --delay-ms 100
    measure quick 30-after-100-ms "threads tokio python_threads python_aiohttp" --requests 30 --delay-ms 100
    measure default 30-after-100-ms "threads_small_buffers" --requests 30 --delay-ms 100
    measure full 30-after-100-ms "hyper smol async_std floor python_asyncio" --requests 30 --delay-ms 100
    measure default 100-after-100-ms "threads threads_small_buffers tokio hyper floor" --requests 100 --delay-ms 100
    measure full 100-after-100-ms "smol async_std python_threads python_aiohttp python_asyncio" --requests 100 --delay-ms 100
    measure default 300-after-100-ms "threads threads_small_buffers tokio python_threads python_aiohttp
        python_aiohttp_unlimited" --requests 300 --delay-ms 100
    measure full 300-after-100-ms "hyper smol async_std floor python_asyncio" --requests 300 --delay-ms 100
    measure default 1000-after-100-ms "threads threads_small_buffers tokio hyper floor
        python_threads python_aiohttp python_aiohttp_unlimited" --requests 1000 --delay-ms 100
    measure full 1000-after-100-ms "smol async_std python_asyncio" --requests 1000 --delay-ms 100
    measure default 10000-after-100-ms "threads threads_small_buffers tokio python_threads" --requests 10000 --delay-ms 100
    measure full 10000-after-100-ms "hyper smol async_std floor python_aiohttp
        python_aiohttp_unlimited python_asyncio" --requests 10000 --delay-ms 100
done
