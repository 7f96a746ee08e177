#!/bin/sh
# waiting-tasks: Tasks that only wait: what does one more cost?
#
# Written by `cargo xtask scripts` from crates/misconceptions/waiting-tasks/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/waiting-tasks.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=waiting-tasks folder=crates/misconceptions/waiting-tasks needs=python imports=''
. scripts/shared/measure.sh

while next_round; do
    measure default 10000-tasks "threads tokio python_threads python_asyncio" --tasks 10000 --wait-ms 1000
    measure full 10000-tasks "threads_small_stack tokio_joined smol async_std" --tasks 10000 --wait-ms 1000
    measure quick 1-task "threads tokio smol async_std processes
        python_threads python_asyncio python_processes" --tasks 1 --wait-ms 50
    measure default 1-task "threads_small_stack tokio_joined" --tasks 1 --wait-ms 50
    measure quick 10-tasks "processes python_processes" --tasks 10 --wait-ms 50
    measure default 10-tasks "threads tokio" --tasks 10 --wait-ms 50
    measure full 10-tasks "threads_small_stack tokio_joined smol async_std python_threads
        python_asyncio" --tasks 10 --wait-ms 50
    measure quick 100-tasks "threads tokio smol async_std processes
        python_threads python_asyncio python_processes" --tasks 100 --wait-ms 80
    measure default 100-tasks "threads_small_stack tokio_joined" --tasks 100 --wait-ms 80
    measure quick 1000-tasks "threads tokio smol async_std python_threads
        python_asyncio" --tasks 1000 --wait-ms 150
    measure default 1000-tasks "threads_small_stack tokio_joined" --tasks 1000 --wait-ms 150
    measure default 100000-tasks "threads tokio" --tasks 100000 --wait-ms 600
    measure full 100000-tasks "threads_small_stack tokio_joined smol async_std python_threads
        python_asyncio" --tasks 100000 --wait-ms 600
    measure full 1000000-tasks "tokio tokio_joined smol async_std python_asyncio" --tasks 1000000 --wait-ms 4000
done
