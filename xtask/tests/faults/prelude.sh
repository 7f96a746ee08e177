# What the scripts of the table may call. XTASK, FIXTURE and HELPER are set.
bench() { "$XTASK" bench-all --machine box --quick --no-python "$@"; }
wait_for() { for _ in $(seq 3000); do "$@" >/dev/null 2>&1 && return 0; sleep 0.02; done; echo "never: $*" >&2; return 1; }
set_json() { HELP=set_json "$HELPER" "$@"; }
drop_json() { HELP=drop_json "$HELPER" "$@"; }
data=results/box/data/fixture.json
