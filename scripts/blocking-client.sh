#!/bin/sh
# blocking-client: A blocking client in an async function
#
# Written by `cargo xtask scripts` from crates/mistakes/blocking-client/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/blocking-client.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=blocking-client folder=crates/mistakes/blocking-client needs='origin python' imports='python_aiohttp python_aiohttp_session_per_call'
. scripts/shared/measure.sh

while next_round; do
    measure quick 10-requests "threads tokio_inline tokio tokio_client_per_call tokio_spawn_blocking
        smol_inline smol smol_unblock async_std_inline async_std
        async_std_spawn_blocking python_threads python_asyncio_inline python_aiohttp python_aiohttp_session_per_call
        python_asyncio_to_thread" --requests 10 --users 2 --delay-ms 20 --period-ms 1
    measure full 10-requests "python_asyncio_executor_of_its_own" --requests 10 --users 2 --delay-ms 20 --period-ms 1
    measure quick 600-at-once "threads tokio_spawn_blocking" --requests 600 --users 600 --delay-ms 300
    measure default 600-at-once "smol_unblock async_std_spawn_blocking" --requests 600 --users 600 --delay-ms 300
    measure full 600-at-once "tokio smol async_std python_threads python_aiohttp
        python_asyncio_executor_of_its_own" --requests 600 --users 600 --delay-ms 300
    measure quick 128-at-once "python_threads python_asyncio_to_thread python_asyncio_executor_of_its_own" --requests 128 --users 128 --delay-ms 15 --period-ms 1
    measure default 128-at-once "python_aiohttp" --requests 128 --users 128 --delay-ms 15 --period-ms 1
    measure quick 400-at-once "threads tokio_spawn_blocking" --requests 400 --users 400 --delay-ms 100
    measure quick 1-request-cold "threads tokio smol async_std" --cold
    measure full 1-request-cold "python_threads python_aiohttp" --cold
done
