# What the scripts of the table may call. XTASK, FIXTURE and HELPER are set.
bench() { "$XTASK" bench-all --machine box --quick --no-python "$@"; }
wait_for() { for _ in $(seq 3000); do "$@" >/dev/null 2>&1 && return 0; sleep 0.02; done; echo "never: $*" >&2; return 1; }
replace() { sed "$2" "$1" >"$1.new" && mv "$1.new" "$1"; }
script() { PATH="$FIXTURE/bin:$FIXTURE/target/tools/bin:$PATH" ROUNDS=1 exec "$@" scripts/fixture.sh; }
host() { rustc -vV | sed -n 's/^host: //p'; }
set_json() { HELP=set_json "$HELPER" "$@"; }
drop_json() { HELP=drop_json "$HELPER" "$@"; }
experiment=crates/misconceptions/fixture
data=results/box/data/fixture.json
