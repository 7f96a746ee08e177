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
    measure quick 1000-callers-10-a-second "tokio article python_asyncio python_article" --callers 1000 --amount 10 --burst 1 --for-ms 1000
    measure default 1000-callers-10-a-second "threads governor leaky_bucket" --callers 1000 --amount 10 --burst 1 --for-ms 1000
    measure full 1000-callers-10-a-second "smol async_std python_threads" --callers 1000 --amount 10 --burst 1 --for-ms 1000
    measure default 1-caller-10-a-second "article" --callers 1 --each 1000 --amount 10 --burst 1 --for-ms 1000
    measure full 1-caller-10-a-second "threads tokio smol async_std governor
        leaky_bucket python_threads python_asyncio python_article" --callers 1 --each 1000 --amount 10 --burst 1 --for-ms 1000
    measure full 10000-callers-10000-a-second "threads tokio smol async_std article
        governor leaky_bucket python_threads python_asyncio python_article" --callers 10000 --amount 10000 --burst 100 --runtime-threads 1
    measure full 10000-callers-half-give-up "threads tokio smol async_std governor
        leaky_bucket python_threads python_asyncio" --callers 10000 --amount 10000 --burst 100 --half-give-up --runtime-threads 1
    measure default 100-callers-100000-a-second "threads tokio article" --callers 100 --each 500 --amount 10000 --per-ms 100 --burst 1000 --runtime-threads 1
    measure full 100-callers-100000-a-second "smol async_std governor leaky_bucket python_threads
        python_asyncio python_article" --callers 100 --each 500 --amount 10000 --per-ms 100 --burst 1000 --runtime-threads 1
    measure default alone "threads tokio smol async_std governor
        leaky_bucket" --alone 1000000
    measure full alone "python_threads python_asyncio" --alone 1000000
    measure quick 300-requests-250-a-second "article" --requests 300 --amount 250 --burst 10
    measure default 300-requests-250-a-second "tokio" --requests 300 --amount 250 --burst 10
    measure full 300-requests-250-a-second "threads smol async_std governor leaky_bucket" --requests 300 --amount 250 --burst 10
done
