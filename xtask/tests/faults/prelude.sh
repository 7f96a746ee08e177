# What the scripts of the table may call. XTASK, FIXTURE and HELPER are set.
bench() { "$XTASK" bench-all --machine box --quick --no-python "$@"; }
wait_for() { for _ in $(seq 3000); do "$@" >/dev/null 2>&1 && return 0; sleep 0.02; done; echo "never: $*" >&2; return 1; }
set_json() { HELP=set_json "$HELPER" "$@"; }
drop_json() { HELP=drop_json "$HELPER" "$@"; }
data=results/box/data/fixture.json
experiment=crates/misconceptions/fixture/experiment.toml
# right_data LABEL [NUMBER]: sound data of `good`, so many runs of it, 5 if left out, as bench-all would write them.
right_data() {
    mkdir -p "results/$1/data"
    times= outcomes= comma=
    for run in $(seq "${2:-5}"); do
        times="$times${comma}0.5" outcomes="$outcomes$comma$(right_run "$run" | tr "\n" " ")" comma=,
    done
    cat >"results/$1/data/fixture.json" <<JSON
{
"schema": 1,
"experiment": "fixture",
"machine": {"label": "$1", "processor": "Pentium III", "cores": 2, "memory_bytes": 1000000000, "system": "linux 1.0 x86"},
"toolchain": "rustc 1.88.0",
"hyperfine": "1.20.0",
"commit": "0123456789abcdef0123456789abcdef01234567",
"dirty": false,
"started": "2026-11-25 14:43:33 UTC",
"size": "default",
"complete": true,
"measuring_s": 9.5,
"rows": [
{"case": "only", "args": [], "variant": "good", "status": "ok", "reason": null, "times_s": [$times], "outcomes": [$outcomes]}
]
}
JSON
}
right_run() {
    cat <<JSON
{"schema": 1, "experiment": "fixture", "variant": "good", "case": "only", "elapsed_s": 0.25, "work": {"expected": 42, "done": 42},
"metrics": {}, "series": {}, "cpu": {"user_s": 0.25, "system_s": 0.0}, "memory": {"hwm_bytes": 1000000, "peak_virtual_bytes": null,
"page_table_bytes": null, "kernel_stack_bytes": null}, "threads_peak": 1, "switches": {"voluntary": 0, "involuntary": 0},
"refused": null, "errors": {}, "sequence": $1}
JSON
}
# fake_hyperfine JSON: one that runs what it is given and writes this; `bench_with_fake` takes it.
fake_hyperfine() {
    mkdir -p bin
    printf '%s' "$1" >bin/export.json
    cat >bin/hyperfine <<'SH'
#!/bin/sh
[ "$1" != --version ] || { echo "hyperfine 1.20.0"; exit; }
while [ $# -gt 1 ]; do [ "$1" != --export-json ] || export=$2; shift; done
sh -c "$1"
cp "${0%/*}/export.json" "$export"
SH
    chmod +x bin/hyperfine
}
bench_with_fake() { PATH="$FIXTURE/bin:$PATH" bench "$@"; }
# add_origin [JSON]: an origin, which counts, or answers with this whatever it is asked for.
add_origin() {
    mkdir -p crates/support/origin/src
    printf '[package]\nname = "origin"\nedition = "2024"\n' >crates/support/origin/Cargo.toml
    cp target/origin.rs crates/support/origin/src/main.rs
    [ $# = 0 ] || printf '%s' "$1" >counters.json
    { echo 'needs = ["origin"]'; cat $experiment; } >changed && mv changed $experiment
}
