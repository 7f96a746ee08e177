# What the scripts of the table may call. XTASK, FIXTURE and HELPER are set.
bench() { "$XTASK" bench-all --machine box --quick --no-python "$@"; }
wait_for() { for _ in $(seq 3000); do "$@" >/dev/null 2>&1 && return 0; sleep 0.02; done; echo "never: $*" >&2; return 1; }
replace() { sed "$2" "$1" >"$1.new" && mv "$1.new" "$1"; }
xtask() { "$XTASK" "$@"; }
script() { PATH="$FIXTURE/bin:$FIXTURE/target/tools/bin:$PATH" ROUNDS=1 exec "$@" scripts/fixture.sh; }
host() { rustc -vV | sed -n 's/^host: //p'; }
set_json() { HELP=set_json "$HELPER" "$@"; }
drop_json() { HELP=drop_json "$HELPER" "$@"; }
experiment=crates/misconceptions/fixture
toml=$experiment/experiment.toml
data=results/box/data/fixture.json
# What waits for a measured program that naps.
napping() { wait_for test -e "$FIXTURE/target/napping"; }
# tool NAME SCRIPT..: a program of that name, found before all others by who says PATH=$first.
first=$FIXTURE/bin:$PATH
tool() { mkdir -p "$FIXTURE/bin"; name=$1; shift; printf '#!/bin/sh\n%s\n' "$*" >"$FIXTURE/bin/$name"; chmod +x "$FIXTURE/bin/$name"; }
# hanging NAME: one that never answers.
hanging() { ln -sf "$(command -v sleep)" "$FIXTURE/target/sleep"; tool "$1" ": >'$FIXTURE/target/napping'; exec '$FIXTURE/target/sleep' 600"; }
# limits the time of a run, in seconds
timeout_s() { sed -i.old "s/^timeout_s = .*/timeout_s = $1/" "$experiment/experiment.toml" && rm "$experiment/experiment.toml.old"; }
# A build that never ends, if it is not ended.
endless_build() {
    ln -s "$(command -v sleep)" "$FIXTURE/target/sleep"
    printf 'fn main() { std::fs::write("%s", "").unwrap(); std::process::Command::new("%s").arg("600").status().unwrap(); }' \
        "$FIXTURE/target/napping" "$FIXTURE/target/sleep" >"$experiment/build.rs"
}
# An experiment that needs the origin, and one that answers nothing.
stalling_origin() {
    sed -i.old 's/^title/needs = ["origin"]\ntitle/' "$experiment/experiment.toml" && rm "$experiment/experiment.toml.old"
    mkdir -p crates/support/origin/src
    printf '[package]\nname = "origin"\nedition = "2024"\n' >crates/support/origin/Cargo.toml
    cat >crates/support/origin/src/main.rs <<'RUST'
fn main() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let held: Vec<_> = listener.incoming().inspect(|_| std::fs::write("target/napping", "").unwrap()).collect();
    drop(held);
}
RUST
}
# interrupt SIGNAL: sends it to the command that was started last, alone, and waits for its end.
interrupt() { napping && kill "-$1" $! && wait $!; }
# The same as bench, in the background, so that $! is the command itself.
start() { "$XTASK" bench-all --machine box --quick --no-python "$@" & }
# in_terminal COMMAND: in the background, with a terminal of its own. What is written to fd 3 is typed; target/pid is the command's.
in_terminal() {
    mkfifo target/keys
    env script -qec "echo \$\$ >target/pid; exec $1" /dev/null <target/keys >target/said &
    exec 3>target/keys
}
# python3 PLACE [SCRIPT]: one that says that it lies there, makes environments, and does SCRIPT to run a file; without, what a variant does.
python3() {
    mkdir -p "$experiment/python"; : >"$experiment/python/main.py"; : >"$experiment/python/x.py"
    mkdir -p bin; cat >bin/python3 <<SH
#!/bin/sh
FIXTURE='$FIXTURE'
place='$1'
SH
    cat >>bin/python3 <<'SH'
here=$(dirname "$(dirname "$0")")
case "$1 $2 $3" in
    "-I -m venv") [ ! -e "$FIXTURE/target/no-venv" ] && mkdir "$4" "$4/bin" "$4/lib" && cp "$FIXTURE/bin/python3" "$4/bin" ;;
    "-I -m pip")
        [ ! -e "$FIXTURE/target/no-pip" ] || exit 1
        [ ! -e "$FIXTURE/target/endless" ] || { : >"$FIXTURE/target/napping"; "$FIXTURE/target/sleep" 600; }
        [ ! -e "$FIXTURE/target/slow" ] || sleep 1
        echo made >>"$FIXTURE/target/made"; : >"$here/lib/one" ;;
    "-I -c import json"*)
        echo '{"executable": "'"$place"'", "implementation": "CPython", "version": "3.99.0", "free_threaded": false}' ;;
    "-I -c "*) ls "$here/lib" ;;
    *)
SH
    printf '%s\n;;\nesac\n' "${2-exec \"\$FIXTURE/target/release/fixture\" python_x}" >>bin/python3
    chmod +x bin/python3
}
# Interpreters are asked what they are, since there is a variant in Python, and none runs it in a quick run.
python_in_larger_runs() {
    mkdir -p "$experiment/python"; : >"$experiment/python/main.py"; : >"$experiment/python/x.py"
    echo 'tier = { "*" = "default" }' >>"$toml"
}
# Makes the variant in Python one that imports a package.
needs_packages() {
    mkdir -p crates/support/python; echo 'one==1' >crates/support/python/requirements.txt
    sed -i.old 's|^members = .*|&\nexclude = ["crates/support/python"]|' Cargo.toml && rm Cargo.toml.old
    sed -i.old 's/^name = "python_x"/name = "python_x"\nneeds_packages = true/' "$experiment/experiment.toml" && rm "$experiment/experiment.toml.old"
}
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
    { echo 'needs = ["origin"]'; cat $toml; } >changed && mv changed $toml
}
