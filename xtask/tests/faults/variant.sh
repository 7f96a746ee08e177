# Before each variant's script: `outcome [SED..]` writes a right outcome, each argument a script for sed that changes it.
# `sleeps SECONDS` sleeps as a process that is known as this fixture's, and `naps` for longer than any test, with a sign that it does.
sleeps() { [ -e "$0/sleep" ] || ln -s "$(command -v sleep)" "$0/sleep"; "$0/sleep" "$@"; }
naps() { : >"$FIXTURE/target/napping"; sleeps 600; }
outcome() { right_outcome | changed "$@" >"$OUTCOME_FILE"; }
changed() { if [ $# = 0 ]; then cat; else expression=$1; shift; sed "$expression" | changed "$@"; fi; }
right_outcome() {
    cat <<JSON
{
"schema": 1,
"experiment": "fixture",
"variant": "$VARIANT",
"case": "$OUTCOME_CASE",
"elapsed_s": 0.0,
"work": {"expected": 42, "done": 42},
"metrics": {},
"series": {},
"cpu": {"user_s": 0.0, "system_s": 0.0},
"memory": {"hwm_bytes": 1000000, "peak_virtual_bytes": 2000000, "page_table_bytes": 4096, "kernel_stack_bytes": null},
"threads_peak": 1,
"switches": {"voluntary": 0, "involuntary": 0},
"refused": null,
"errors": {}
}
JSON
}
