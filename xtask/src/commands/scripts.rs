//! One plain shell script per experiment: the hyperfine calls of bench-all, for whoever wants them without us.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::data;
use crate::experiment::{Case, Experiment, Size, Variant};
use crate::hyperfine::POOL_SIZES;
use crate::tell;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing; exit 1 if a script is stale, missing, or without its experiment
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    if options.check {
        let stale = stale(&workspace)?;
        for message in &stale {
            tell(message);
        }
        return Ok(ExitCode::from(u8::from(!stale.is_empty())));
    }
    let scripts = scripts(&workspace)?;
    // All of them before the first is written, so that an error leaves everything as it was.
    for Script { file, found, .. } in &scripts {
        let shown = workspace.shown(file);
        ensure!(
            *found != Found::NotOurs,
            "{shown} was not written by `cargo xtask scripts`, and an experiment's script belongs there: move it"
        );
    }
    for Script { file, text, .. } in &scripts {
        data::write(file, text)?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} executable", workspace.shown(file)))?;
    }
    for file in orphans(&workspace, &scripts)? {
        let shown = workspace.shown(&file);
        fs::remove_file(&file).with_context(|| format!("cannot remove {shown}"))?;
        tell(&format!("removed {shown}: its experiment is gone"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with the folder of scripts, a line each.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<String>> {
    let scripts = scripts(workspace)?;
    let wrong = |Script { file, found, .. }: &Script| {
        let what = match found {
            Found::Current => return None,
            Found::Nothing => "is missing; run `cargo xtask scripts`",
            Found::Stale => "is stale; run `cargo xtask scripts`",
            Found::NotOurs => {
                "was not written by `cargo xtask scripts`, and an experiment's script belongs there: move it"
            }
        };
        Some(format!("{}:1: {what}", workspace.shown(file)))
    };
    let gone = |file: PathBuf| {
        format!("{}:1: its experiment is gone; run `cargo xtask scripts`", workspace.shown(&file))
    };
    let mut messages: Vec<_> = scripts.iter().filter_map(wrong).collect();
    messages.extend(orphans(workspace, &scripts)?.into_iter().map(gone));
    Ok(messages)
}

/// An experiment's script as it ought to be, and what is in its place.
struct Script {
    file: PathBuf,
    text: String,
    found: Found,
}

#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Current,
    Stale,
    NotOurs,
}

fn scripts(workspace: &Workspace) -> Result<Vec<Script>> {
    let script = |experiment: &Experiment| {
        let file = workspace.root.join(format!("scripts/{}.sh", experiment.name));
        let text = text(experiment);
        // Of a folder or a dead link in its place too, the user is told.
        let found = if file.symlink_metadata().is_err() {
            Found::Nothing
        } else if !is_ours(&file) {
            Found::NotOurs
        } else if fs::read_to_string(&file).is_ok_and(|old| old == text) && is_executable(&file) {
            Found::Current
        } else {
            Found::Stale
        };
        Script { file, text, found }
    };
    Ok(workspace.experiments()?.iter().map(script).collect())
}

/// Scripts that we have written for experiments that are no more.
fn orphans(workspace: &Workspace, scripts: &[Script]) -> Result<Vec<PathBuf>> {
    let mut orphans = Vec::new();
    for entry in fs::read_dir(workspace.root.join("scripts")).into_iter().flatten() {
        let file = entry?.path();
        if is_ours(&file) && !scripts.iter().any(|script| script.file == file) {
            orphans.push(file);
        }
    }
    orphans.sort();
    Ok(orphans)
}

/// A file is ours if it says so, and for the experiment that it is named after: a copy under another name is its
/// owner's.
fn is_ours(file: &Path) -> bool {
    let Some(name) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".sh")) else {
        return false;
    };
    let written_for = format!("/{name}/experiment.toml.");
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| line.starts_with(MARK) && line.ends_with(&written_for))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 == 0o111)
}

const MARK: &str = "# Written by `cargo xtask scripts` from ";

/// The script, from its first line to its last.
fn text(experiment: &Experiment) -> String {
    let has_python = experiment.variants.iter().any(Variant::is_python);
    let mut text = head(experiment);
    text += CHECKS;
    if has_python {
        text += PYTHON;
    }
    if experiment.variants.iter().any(|variant| variant.needs_packages) {
        text += PACKAGES;
    }
    text += PROCESSES;
    text += &build(experiment);
    text += PREPARATION;
    if experiment.needs_origin {
        text += ORIGIN;
    }
    text += &measure(experiment, has_python);
    text += ROUNDS;
    for case in &experiment.cases {
        text += &rows(experiment, case);
    }
    text + END
}

fn head(experiment: &Experiment) -> String {
    let Experiment { name, folder, timeout, .. } = experiment;
    let (title, folder) = (one_line(&experiment.title), one_line(&folder.to_string_lossy()));
    let timeout = timeout.as_secs_f64();
    let pools = POOL_SIZES.join(" ");
    let origin = if experiment.needs_origin {
        "\n# It sets the origin's counters to zero before each run, and compares them with what the run tells."
    } else {
        ""
    };
    format!(
        r#"#!/bin/sh
# {name}: {title}
#
{MARK}{folder}/experiment.toml.
#
#     sh scripts/{name}.sh
#     ROUNDS=20 SIZE=full sh scripts/{name}.sh
#
# Times every variant with hyperfine, one process a run, in ROUNDS interleaved rounds, 5 if unset. SIZE says
# which cases: quick, default or full, default if unset. It needs cargo, and hyperfine 1.20 or newer.
#
# Results go to target/scripts/{name}/CASE, in place of an earlier run's: VARIANT-ROUND.json
# is what hyperfine measured, VARIANT-ROUND.outcome.json what the run tells of itself, such as its peak memory.
# CARGO_TARGET_DIR, if set, stands for target. What is run is what cargo says it has built, for the target and with
# the flags that are set.
#
# `cargo xtask bench-all` does more: it checks each answer, and ends a run that takes more than {timeout} s.{origin}

set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

rounds=${{ROUNDS:-5}}
size=${{SIZE:-default}}
target=${{CARGO_TARGET_DIR:-target}}
results=$target/scripts/{name}
# What is not finished is here, and never in the place of results.
now=$target/scripts/.{name}-$$
# All runtimes and pools are to have as many threads.
unset {pools}
"#
    )
}

const CHECKS: &str = r#"
usage() {
    echo "usage: [ROUNDS=5] [SIZE=quick|default|full] sh $0" >&2
    exit 2
}
case $#,$size in
0,quick | 0,default | 0,full) ;;
*) usage ;;
esac
case $rounds in
0* | *[!0-9]*) usage ;;
esac

hyperfine=
for candidate in "$target/tools/bin/hyperfine" hyperfine; do
    case $("$candidate" --version 2>&1) in
    "hyperfine 1."[2-9][0-9]* | "hyperfine "[2-9]*) hyperfine=$candidate ;;
    esac
done
if [ -z "$hyperfine" ]; then
    echo "error: hyperfine 1.20 or newer is not on PATH: install it from your package manager, or with" >&2
    echo "       cargo install hyperfine --locked --version 1.20.0" >&2
    exit 1
fi
"#;

const PYTHON: &str = r#"
python3=found
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
    python3=missing
    echo "python3, 3.9 or newer, is missing: the variants python_* are left out" >&2
fi
"#;

const PACKAGES: &str = r#"
packages=found
if [ "$python3" = found ] && ! python3 -c 'import aiohttp' >/dev/null 2>&1; then
    packages=missing
    echo "python3 finds no aiohttp: the variants that import it are left out; to have them, in an environment of python3," >&2
    echo "       pip install -r crates/support/python/requirements.txt" >&2
fi
"#;

/// Children are waited for in the background, since a shell heeds no signal while one runs in the foreground; the group
/// that `set -m` would give them is not to be had without a terminal in every sh.
const PROCESSES: &str = r#"
# Whatever ends this script ends what it has started, and all below that: hyperfine alone would leave its program behind.
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

if ! mkdir -p "$now"; then
    echo "error: cannot write results to $results: set CARGO_TARGET_DIR to a folder of your own" >&2
    exit 1
fi
"#;

/// A program's file is in cargo's messages, each a line of JSON, in which only `"` and `\` of a path are escaped.
fn build(experiment: &Experiment) -> String {
    let Experiment { name, .. } = experiment;
    let mut text = format!(
        r#"
build() {{
    cargo build --release -p {name}{origin} --target-dir "$target" --message-format=json-render-diagnostics >"$now/messages"
}}
if ! attend build; then
    echo "error: the build failed: see cargo's messages above" >&2
    exit 1
fi
# The file of program $1, wherever the settings of the build have put it.
built() {{
    file=$(grep '"reason":"compiler-artifact"' "$now/messages" | grep '"kind":\["bin"\]' | grep '"name":"'"$1"'"' |
        sed -n 's/.*"executable":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' | sed 's/\\\(.\)/\1/g')
    if [ ! -x "$file" ]; then
        echo "error: cargo has built no program $1" >&2
        exit 1
    fi
    printf '%s\n' "$file"
}}
built=$(built {name})
"#,
        origin = if experiment.needs_origin { " -p origin" } else { "" }
    );
    if experiment.needs_origin {
        text += "origin_built=$(built origin)\n";
    }
    text + &format!(
        r#"
# Only what this script has made is replaced.
if [ -n "$(ls -A "$results" 2>/dev/null)" ] && ! grep -qs '^Written by scripts/{name}.sh' "$results/README"; then
    echo "error: $results is not what this script has made: move it" >&2
    exit 1
fi
if ! {{ rm -rf "$results" && mkdir -p "$results"; }}; then
    echo "error: cannot write results to $results: set CARGO_TARGET_DIR to a folder of your own" >&2
    exit 1
fi
settings=$(env | grep -E '^(CARGO_(PROFILE_RELEASE|TARGET_.*_(LINKER|RUSTFLAGS)|BUILD_(RUST|TARGET=|INCREMENTAL=[1t])|ENCODED|INCREMENTAL=[1t])|RUSTFLAGS|RUSTC)' || :)
cat >"$results/README" <<END
Written by scripts/{name}.sh, which replaces all of this folder.
Timed: $built
Set for its build: ${{settings:-nothing}}
END
[ -z "$settings" ] || printf 'note: set for the build:\n%s\n' "$settings" >&2
"#
    )
}

const PREPARATION: &str = r#"
# As many open files as the system allows. POSIX does not know -n, but every sh does.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" || echo "at most $(ulimit -n) open files" >&2
"#;

/// `hold` is a pipe that has a writer for as long as the script lives; the origin stops when it has none. Its URL is looked
/// for in a file, since a shell heeds no signal while it waits for a pipe.
const ORIGIN: &str = r#"
# The origin serves what the runs fetch, and prints its URL as its only line. What it counts is not read here.
mkfifo "$now/hold"
{
    "$origin_built" --stop-with-stdin <"$now/hold" || :
    echo ended
} >"$now/url" &
origin_process=$!
exec 9>"$now/hold"
origin=
tries=0
until read -r origin <"$now/url" || [ "$tries" = 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
case $origin in
http://*) ;;
*)
    echo "error: the origin did not start" >&2
    exit 1
    ;;
esac
"#;

/// The function that each row calls.
fn measure(experiment: &Experiment, has_python: bool) -> String {
    let Experiment { name, folder, .. } = experiment;
    let origin = if experiment.needs_origin { " --origin $origin" } else { "" };
    let rust = r#"program="$(quote "$built") $2""#;
    let importing: Vec<_> = experiment.variants.iter().filter(|variant| variant.needs_packages).collect();
    let importing: Vec<_> = importing.iter().map(|variant| variant.name.as_str()).collect();
    let packages = if importing.is_empty() {
        String::new()
    } else {
        format!(
            "    case $2 in\n    {}) [ \"$packages\" = found ] || return 0 ;;\n    esac\n",
            importing.join(" | ")
        )
    };
    let program = if has_python {
        let main = shell_words::quote(&folder.join("python/main.py").to_string_lossy()).into_owned();
        format!(
            r#"{packages}    case $2 in
    python_*)
        [ "$python3" = found ] || return 0
        program="python3 -X $(quote "pycache_prefix=$target/python/compiled") $(quote {main}) ${{2#python_}}"
        ;;
    *) {rust} ;;
    esac"#
        )
    } else {
        format!("    {rust}")
    };
    format!(
        r#"
# hyperfine splits its command once more, as a shell does: what is no plain word is quoted for it.
quote() {{
    printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}}

# measure CASE VARIANT ARGUMENT...: one run. By hand: target/release/{name} VARIANT ARGUMENT...
# The arguments are quoted already.
measure() {{
    run="$1 $2"
    file=$results/$1/$2-$round
    mkdir -p "$results/$1"
    rm -f "$now/outcome.json" "$now/time.json"
{program}
    export OUTCOME_CASE="$1" OUTCOME_FILE="$now/outcome.json"
    shift 2
    program="$program $*{origin}"
    failure=
    # In the basic style there is no bar, which would run beside what is measured.
    attend "$hyperfine" --shell=none --warmup=0 --runs=1 --style=basic --command-name "$run" \
        --export-json "$now/time.json" "$program" || failure=yes
    if [ ! -s "$now/time.json" ] || grep -qs '"errors": *{{ *"' "$now/outcome.json"; then
        failure=yes
    fi
    if [ -e "$now/outcome.json" ]; then
        mv "$now/outcome.json" "$file.outcome.json"
    fi
    if [ -z "$failure" ]; then
        mv "$now/time.json" "$file.json"
        if grep -qs '"refused": *{{' "$file.outcome.json"; then
            echo "REFUSED: this is no time of the whole work; the limit is in $file.outcome.json" >&2
        fi
        return
    fi
    failed="$failed, $run"
    echo "FAILED. To see why, run: $program" >&2
}}
"#
    )
}

const ROUNDS: &str = r#"
failed=
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    echo "Round $round of $rounds"
"#;

const END: &str = r#"done

echo "Results are in $results"
if [ -n "$failed" ]; then
    echo "FAILED: ${failed#, }" >&2
    exit 1
fi
"#;

/// A case's rows, a line each; what a smaller size leaves out stands apart.
fn rows(experiment: &Experiment, case: &Case) -> String {
    let tiers = [
        (Size::Quick, "", "    ", ""),
        (Size::Default, "    if [ \"$size\" != quick ]; then\n", "        ", "    fi\n"),
        (Size::Full, "    if [ \"$size\" = full ]; then\n", "        ", "    fi\n"),
    ];
    let mut text = String::new();
    for (tier, open, indent, close) in tiers {
        let mut lines = String::new();
        for variant in experiment.variants.iter().filter(|variant| variant.tier(&case.name) == Some(tier)) {
            lines += &format!("{indent}measure {} {}", case.name, variant.name);
            for argument in &case.args {
                // Once for this shell and once for hyperfine; a plain word stays as it is.
                lines += &format!(" {}", shell_words::quote(&shell_words::quote(argument)));
            }
            lines += "\n";
        }
        // sh knows no `if` with nothing in it.
        if !lines.is_empty() {
            text += &format!("\n{open}{lines}{close}");
        }
    }
    text
}

/// Text that is not ours, for a comment: its second line would be a command.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
