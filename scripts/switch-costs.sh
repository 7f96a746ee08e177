#!/bin/sh
# switch-costs: What a switch costs: a byte that goes round, and workers that do nothing
#
# Written by `cargo xtask scripts` from crates/models/switch-costs/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/switch-costs.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment=switch-costs folder=crates/models/switch-costs needs='' imports=''
. scripts/shared/measure.sh

while next_round; do
    measure default 500-workers-by-channel "channel_threads channel_tokio channel_tokio_multi_thread channel_smol channel_async_std" --workers 500 --rounds 100
    measure default 500-workers-by-pipe "pipe_threads pipe_tokio pipe_tokio_multi_thread pipe_smol pipe_async_std" --workers 500 --rounds 100
    measure default spawn-and-join "spawn_threads spawn_tokio spawn_tokio_multi_thread spawn_smol spawn_async_std" --workers 500 --rounds 20
    measure default 2-workers-by-channel "channel_threads channel_tokio channel_tokio_multi_thread channel_smol channel_async_std" --workers 2 --rounds 5000
    measure default 2-workers-by-pipe "pipe_threads pipe_tokio pipe_tokio_multi_thread pipe_smol pipe_async_std" --workers 2 --rounds 5000
done
