# What the script of each experiment does: it times every variant with hyperfine, one process a run, in ROUNDS interleaved rounds, 5 if
# unset. SIZE says which cases: quick, default or full, default if unset. It needs cargo, and hyperfine 1.20 or newer.
#
# Results go to target/scripts/EXPERIMENT/CASE, in place of an earlier run's: VARIANT-ROUND.json is what hyperfine measured,
# VARIANT-ROUND.outcome.json what the run reports, such as its peak memory. CARGO_TARGET_DIR, if set, stands for target. What is run is
# what cargo says it has built, for the target and with the flags that are set.
#
# `cargo xtask bench-all` does more: it checks each answer and what the origin counted, and ends a run that takes too long.
#
# The script sets `experiment`, its `folder`, `needs` (a list of origin, python), and `imports`, the variants that import packages.

usage() {
    echo "usage: [ROUNDS=5] [SIZE=quick|default|full] sh $0" >&2
    exit 2
}
rounds=${ROUNDS:-5}
size=${SIZE:-default}
case $arguments,$size in
0,quick | 0,default | 0,full) ;;
*) usage ;;
esac
case $rounds in
0* | *[!0-9]*) usage ;;
esac

target=${CARGO_TARGET_DIR:-target}
results=$target/scripts/$experiment
# What is not finished is here, and never in the place of results.
now=$target/scripts/.$experiment-$$
# All runtimes and pools are to have as many threads.
unset ASYNC_STD_THREAD_COUNT BLOCKING_MAX_THREADS RAYON_NUM_THREADS RUST_MIN_STACK SMOL_THREADS TOKIO_WORKER_THREADS

fail() {
    echo "error: $1" >&2
    exit 1
}

hyperfine=
for candidate in "$target/tools/bin/hyperfine" hyperfine; do
    case $("$candidate" --version 2>&1) in
    "hyperfine 1."[2-9][0-9]* | "hyperfine "[2-9]*) hyperfine=$candidate ;;
    esac
done
[ -n "$hyperfine" ] || fail "hyperfine 1.20 or newer is not on PATH: install it from your package manager, or with
       cargo install hyperfine --locked --version 1.20.0"

# As a list between commas: what may be left out.
missing=,
case $needs in
*python*)
    if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
        missing=,python,packages,
        echo "python3, 3.9 or newer, is missing: the variants python_* are left out" >&2
    elif [ -n "$imports" ] && ! python3 -c 'import aiohttp' >/dev/null 2>&1; then
        missing=,packages,
        echo "python3 finds no aiohttp: the variants that import it are left out; to have them, in an environment of python3," >&2
        echo "       pip install -r crates/support/python/requirements.txt" >&2
    fi
    ;;
esac

# Whatever ends this script ends what it has started, and all below that: hyperfine alone would leave its program behind.
# A shell heeds no signal while a program runs in the foreground, and `set -m` wants a terminal in some.
child=
origin_process=
attend() {
    "$@" 9>&- &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}
# The processes that $1 has started.
children() {
    if [ -r /proc/self/stat ]; then
        for file in /proc/[0-9]*/stat; do
            # Its number, its name in brackets, its state, and the number of its parent.
            { read -r fields <"$file"; } 2>/dev/null || continue
            fields=${fields##*) ? }
            file=${file%/stat}
            [ "${fields%% *}" != "$1" ] || echo "${file#/proc/}"
        done
    else
        ps -A -o ppid= -o pid= | while read -r parent process; do
            [ "$parent" != "$1" ] || echo "$process"
        done
    fi
}
# Each is stopped first, so that it starts no more.
end_all() {
    kill -STOP "$1" 2>/dev/null || return 0
    for below in $(children "$1"); do
        end_all "$below"
    done
    kill -KILL "$1" 2>/dev/null || :
}
finish() {
    for process in $child $origin_process; do
        end_all "$process"
        wait "$process" 2>/dev/null || :
    done
    rm -rf "$now"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 143' TERM

unwritten="cannot write results to $results: set CARGO_TARGET_DIR to a folder of your own"
mkdir -p "$now" || fail "$unwritten"

build() {
    case $needs in
    *origin*) set -- -p origin ;;
    esac
    cargo build --release -p "$experiment" "$@" --target-dir "$target" \
        --message-format=json-render-diagnostics >"$now/messages"
}
attend build || fail "the build failed: see cargo's messages above"
# The file of program $1, wherever the settings of the build have put it. Each message is a line of JSON, in which only `"` and `\`
# of a path are escaped.
built() {
    file=$(grep '"reason":"compiler-artifact"' "$now/messages" | grep '"kind":\["bin"\]' | grep '"name":"'"$1"'"' |
        sed -n 's/.*"executable":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' | sed 's/\\\(.\)/\1/g')
    [ -x "$file" ] || fail "cargo has built no program $1"
    printf '%s\n' "$file"
}
built=$(built "$experiment")

# Only what this script has made is replaced.
mark="Written by scripts/$experiment.sh, which replaces all of this folder."
if [ -n "$(ls -A "$results" 2>/dev/null)" ] && ! grep -qsxF "$mark" "$results/README"; then
    fail "$results is not what this script has made: move it"
fi
rm -rf "$results" && mkdir -p "$results" || fail "$unwritten"
settings=$(env | grep -E '^(CARGO_(PROFILE_RELEASE|TARGET_.*_(LINKER|RUSTFLAGS)|BUILD_(RUST|TARGET=|INCREMENTAL=[1t])|ENCODED|INCREMENTAL=[1t])|RUSTFLAGS|RUSTC)' || :)
printf '%s\nTimed: %s\nSet for its build: %s\n' "$mark" "$built" "${settings:-nothing}" >"$results/README"
[ -z "$settings" ] || printf 'note: set for the build:\n%s\n' "$settings" >&2

# As many open files as the system allows. POSIX does not know -n, but every sh does.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" || echo "at most $(ulimit -n) open files" >&2

# The origin serves what the runs fetch, and prints its URL as its only line. What it counts is not read here. It stops when nobody
# can write to `hold` any more. Its URL is looked for in a file, since a shell heeds no signal while it waits for a pipe.
start_origin() {
    served=$(built origin)
    mkfifo "$now/hold"
    {
        "$served" --stop-with-stdin <"$now/hold" || :
        echo ended
    } >"$now/url" &
    origin_process=$!
    exec 9>"$now/hold"
    url=
    tries=0
    until read -r url <"$now/url" || [ "$tries" = 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    case $url in
    http://*) ;;
    *) fail "the origin did not start" ;;
    esac
}
case $needs in
*origin*) start_origin ;;
esac

# hyperfine splits its command once more, as a shell does: what is no plain word is quoted for it.
quote() {
    printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

# measure TIER CASE VARIANTS ARGUMENT...: one run of each variant, if SIZE has this tier. The arguments are quoted already.
measure() {
    case $size,$1 in
    *,quick | default,default | full,*) ;;
    *) return 0 ;;
    esac
    case=$2
    variants=$3
    shift 3
    mkdir -p "$results/$case"
    for variant in $variants; do
        run "$@"
    done
}

run() {
    case " $imports ,$missing" in
    *" $variant "*,packages,*) return 0 ;;
    esac
    # With -S, what else is installed there, and may hook into every start, has no say.
    case " $imports " in
    *" $variant "*) options=-X ;;
    *) options=-SX ;;
    esac
    case $variant$missing in
    python_*,python,*) return 0 ;;
    python_*)
        program="python3 $options $(quote "pycache_prefix=$target/python/compiled") $(quote "$folder/python/main.py") ${variant#python_}"
        ;;
    *) program="$(quote "$built") $variant" ;;
    esac
    program="$program $*${url:+ --origin $url}"
    file=$results/$case/$variant-$round
    rm -f "$now/outcome.json" "$now/time.json"
    export OUTCOME_CASE="$case" OUTCOME_FILE="$now/outcome.json"
    failure=
    # In the basic style there is no bar, which would run beside what is measured.
    attend "$hyperfine" --shell=none --warmup=0 --runs=1 --style=basic --command-name "$case $variant" \
        --export-json "$now/time.json" "$program" || failure=yes
    if [ ! -s "$now/time.json" ] || grep -qs '"errors": *{ *"' "$now/outcome.json"; then
        failure=yes
    fi
    [ ! -e "$now/outcome.json" ] || mv "$now/outcome.json" "$file.outcome.json"
    if [ -n "$failure" ]; then
        failed="$failed, $case $variant"
        echo "FAILED. To see why, run: $program" >&2
        return
    fi
    mv "$now/time.json" "$file.json"
    if grep -qs '"refused": *{' "$file.outcome.json"; then
        echo "REFUSED: this is no time of the whole work; the limit is in $file.outcome.json" >&2
    fi
}

failed=
round=0
# Begins a round if there is one more; else says how it went, and ends.
next_round() {
    if [ "$round" = "$rounds" ]; then
        echo "Results are in $results"
        [ -z "$failed" ] || {
            echo "FAILED: ${failed#, }" >&2
            exit 1
        }
        return 1
    fi
    round=$((round + 1))
    echo "Round $round of $rounds"
}
