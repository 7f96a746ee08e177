#!/bin/sh
# bounded-pool: Fifty at a time
#
# Written by `cargo xtask scripts` from crates/patterns/bounded-pool/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/bounded-pool.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=bounded-pool folder=crates/patterns/bounded-pool needs='origin python' imports='python_asyncio python_asyncio_workers'
. scripts/shared/measure.sh

while next_round; do
    measure quick 1000-urls-50-at-once "threads python_threads" --requests 1000 --limit 50 --delay-ms 10
    measure default 1000-urls-50-at-once "tokio smol async_std buffer_unordered rayon" --requests 1000 --limit 50 --delay-ms 10
    measure full 1000-urls-50-at-once "python_asyncio python_asyncio_workers" --requests 1000 --limit 50 --delay-ms 10
    measure default 10-at-a-time "threads tokio" --requests 100 --limit 10 --delay-ms 20
    measure full 10-at-a-time "python_threads python_asyncio" --requests 100 --limit 10 --delay-ms 20
    measure default 100-at-a-time "threads tokio" --requests 1000 --limit 100 --delay-ms 20
    measure full 100-at-a-time "python_threads python_asyncio" --requests 1000 --limit 100 --delay-ms 20
    measure default 300-at-a-time "threads tokio" --requests 3000 --limit 300 --delay-ms 20
    measure full 300-at-a-time "python_threads python_asyncio" --requests 3000 --limit 300 --delay-ms 20
    measure default 1000-at-a-time "threads tokio" --requests 10000 --limit 1000 --delay-ms 20
    measure full 1000-at-a-time "python_threads python_asyncio" --requests 10000 --limit 1000 --delay-ms 20
    measure default 5000-urls-50-at-once "threads tokio smol async_std buffer_unordered
        rayon" --requests 5000 --limit 50 --delay-ms 0 --bytes 1024
    measure full 5000-urls-50-at-once "python_threads python_asyncio python_asyncio_workers" --requests 5000 --limit 50 --delay-ms 0 --bytes 1024
    measure default 5000-urls-by-hyper "tokio smol async_std buffer_unordered" --requests 5000 --limit 50 --delay-ms 0 --bytes 1024 --hyper
    measure default 5000-urls-by-hyper-on-one-thread "tokio smol async_std buffer_unordered" --requests 5000 --limit 50 --delay-ms 0 --bytes 1024 --hyper --runtime-threads 1
    measure default pool-alone "threads tokio smol async_std buffer_unordered
        rayon" --inputs 100000 --limit 50
    measure full pool-alone "python_threads python_asyncio python_asyncio_workers" --inputs 100000 --limit 50
    measure default stream-1000 "threads tokio smol async_std buffer_unordered
        rayon" --inputs 1000 --limit 50 --stream
    measure default stream-100000 "threads tokio smol async_std buffer_unordered
        rayon" --inputs 100000 --limit 50 --stream
done
