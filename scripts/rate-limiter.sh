#!/bin/sh
# rate-limiter: Ten a second
#
# Written by `cargo xtask scripts` from crates/patterns/rate-limiter/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/rate-limiter.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=rate-limiter folder=crates/patterns/rate-limiter needs='origin python' imports=''
. scripts/shared/measure.sh

while next_round; do
    measure quick 1000-callers-10-a-second "threads tokio smol async_std article
        governor leaky_bucket" --callers 1000 --amount 10 --burst 1 --for-ms 2000
    measure default 1000-callers-10-a-second "python_article" --callers 1000 --amount 10 --burst 1 --for-ms 2000
    measure full 1000-callers-10-a-second "python_threads python_asyncio" --callers 1000 --amount 10 --burst 1 --for-ms 2000
    measure default 1-caller-10-a-second "threads tokio smol async_std article
        governor leaky_bucket" --callers 1 --each 1000 --amount 10 --burst 1 --for-ms 1000
    measure full 1-caller-10-a-second "python_threads python_asyncio python_article" --callers 1 --each 1000 --amount 10 --burst 1 --for-ms 1000
    measure full 10000-callers-1000-a-second "threads tokio smol async_std article
        governor leaky_bucket python_threads python_asyncio python_article" --callers 10000 --amount 1000 --burst 10 --runtime-threads 1
    measure full 10000-callers-half-give-up "threads tokio smol async_std governor
        leaky_bucket python_threads python_asyncio" --callers 10000 --amount 1000 --burst 10 --half-give-up --runtime-threads 1
    measure default 100-callers-100000-a-second "threads tokio smol async_std article
        governor leaky_bucket" --callers 100 --each 1000 --amount 100000 --burst 1000 --runtime-threads 1
    measure full 100-callers-100000-a-second "python_threads python_asyncio python_article" --callers 100 --each 1000 --amount 100000 --burst 1000 --runtime-threads 1
    measure quick alone "threads tokio smol async_std governor
        leaky_bucket" --alone 1000000
    measure full alone "python_threads python_asyncio" --alone 1000000
    measure default 500-requests-250-a-second "threads tokio smol async_std article
        governor leaky_bucket" --requests 500 --amount 250 --burst 10
done
