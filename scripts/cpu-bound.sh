#!/bin/sh
# cpu-bound: Four computations, one after the other or at once
#
# Written by `cargo xtask scripts` from crates/mistakes/cpu-bound/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/cpu-bound.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=cpu-bound folder=crates/mistakes/cpu-bound needs=python imports=''
. scripts/shared/measure.sh

while next_round; do
    measure quick 4-computations "serial threads rayon tokio_yielding tokio_multi_thread
        processes serial_processes" --jobs 4 --steps 40000000
    measure default 4-computations "smol async_std" --jobs 4 --steps 40000000
    measure default 4-of-10000-steps "serial threads rayon processes python_serial
        python_processes" --jobs 4 --steps 10000
    measure default 4-of-100000-steps "serial threads rayon processes python_serial
        python_processes" --jobs 4 --steps 100000
    measure quick 4-of-250000-steps "python_serial python_threads python_asyncio_yielding python_processes python_serial_processes" --jobs 4 --steps 250000
    measure full 4-of-250000-steps "serial threads rayon processes" --jobs 4 --steps 250000
    measure default 4-of-1000000-steps "serial threads rayon processes python_serial
        python_processes" --jobs 4 --steps 1000000
    measure default 4-of-10000000-steps "serial threads rayon processes" --jobs 4 --steps 10000000
    measure full 4-of-10000000-steps "python_serial python_threads python_asyncio_yielding python_processes python_serial_processes" --jobs 4 --steps 10000000
done
