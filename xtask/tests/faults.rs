//! What can go wrong around the harness, and what must come of it: the rows are in `faults/*.toml`.
//!
//! `cargo test -p xtask --test faults -- --table` prints the table.

mod fixture;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fixture::{EXPERIMENT, Ended, Fixture, heeding_signals, litter};
use serde::Deserialize;
use serde_json::Value;
use trials::{Failed, Trial};

const PRELUDE: &str = concat!(include_str!("faults/prelude.sh"), include_str!("faults/copy.sh"));

/// A row takes longer than this only if it hangs.
const HANGS: u64 = 180;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    fault: Vec<Fault>,
}

/// A row of the table; `faults/README.md` says what each key means.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Fault {
    name: String,
    how: String,
    #[serde(default)]
    variants: BTreeMap<String, String>,
    setup: Option<String>,
    #[serde(default = "bench")]
    run: String,
    exit: Codes,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    silent: Vec<String>,
    #[serde(default)]
    rows: BTreeMap<String, Row>,
    then: Option<String>,
    #[serde(default = "hangs")]
    within_s: u64,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    slow: bool,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Codes {
    One(i32),
    Any(Vec<i32>),
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Row {
    status: String,
    #[serde(default)]
    reason: Vec<String>,
}

fn bench() -> String {
    "bench".to_owned()
}

fn hangs() -> u64 {
    HANGS
}

fn main() -> ExitCode {
    if let Ok(help) = env::var("HELP") {
        change_json(&help, &env::args().skip(1).collect::<Vec<_>>());
        return ExitCode::SUCCESS;
    }
    let faults = faults();
    if env::args().any(|argument| argument == "--table") {
        for (file, fault) in &faults {
            let said = fault.says.iter().chain(fault.rows.values().flat_map(|row| &row.reason));
            let said = said.map(|words| format!("{words:?}")).collect::<Vec<_>>().join(", ");
            println!("{file}::{}\t{}\texit {}\t{said}", fault.name, fault.how, fault.exit);
        }
        println!("{} faults", faults.len());
        return ExitCode::SUCCESS;
    }
    let trials = faults.into_iter().map(|(file, fault)| {
        let lacks = fault.needs.iter().any(|need| !is_there(need));
        let ignored = fault.slow || lacks;
        Trial::test(format!("{file}::{}", fault.name), move || survive(&fault)).with_ignored_flag(ignored)
    });
    trials::run(trials.collect())
}

/// All rows, each with the name of its file.
fn faults() -> Vec<(String, Fault)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let table: Table =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        all.extend(table.fault.into_iter().map(|fault| (stem.clone(), fault)));
    }
    let names: BTreeSet<_> = all.iter().map(|(file, fault)| (file, &fault.name)).collect();
    assert_eq!(names.len(), all.len(), "two faults of one name");
    all
}

/// A program, or a command that succeeds.
fn is_there(need: &str) -> bool {
    if need.contains(' ') {
        let tried = Command::new("sh").args(["-c", need]).stdin(Stdio::null()).output();
        return tried.is_ok_and(|tried| tried.status.success());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(need).is_file())
}

/// Runs a row in a fixture of its own.
fn survive(fault: &Fault) -> Result<(), Failed> {
    let fixture = scripted(fault);
    if let Some(setup) = &fault.setup {
        let output = script(&fixture, setup, HANGS)?;
        check(output.status.success(), "the setup failed", &output)?;
    }
    let results = fixture.path("results");
    let before = litter(&results);
    let output = script(&fixture, &fault.run, fault.within_s)?;
    check(fault.exit.hold(output.status.code()), &format!("it must exit with {}", fault.exit), &output)?;
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    for words in &fault.says {
        check(said.contains(&**words), &format!("it does not say {words:?}"), &output)?;
    }
    for words in &fault.silent {
        check(!said.contains(&**words), &format!("it says {words:?}"), &output)?;
    }
    let panicked = said.lines().any(|line| line.starts_with("thread '") || line.contains("stack backtrace"));
    check(!panicked, "it panicked", &output)?;
    for (variant, expected) in &fault.rows {
        let row = fixture.row(variant);
        check(row["status"] == *expected.status, &format!("{variant} is {row}"), &output)?;
        let reason = row["reason"].as_str().unwrap_or_default();
        for words in &expected.reason {
            check(reason.contains(&**words), &format!("no {words:?} in {reason:?}"), &output)?;
        }
    }
    let left = || fixture.processes();
    check(fixture::eventually(|| left().is_empty()), &format!("it left {:?}", left()), &output)?;
    let mut litter = litter(&results);
    // What the setup has put there is no litter of the command.
    litter.retain(|file| !before.contains(file));
    check(litter.is_empty(), &format!("it left {litter:?}"), &output)?;
    if let Some(then) = &fault.then {
        let after = script(&fixture, then, HANGS)?;
        check(after.status.success(), &format!("`then` failed: {}", Ended::from(after)), &output)?;
    }
    Ok(())
}

fn check(holds: bool, what: &str, output: &Output) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{what}\n{}", Ended::from(output.clone())).into()) }
}

/// A fixture with `good` and the variants of the fault, all of which are shell scripts.
fn scripted(fault: &Fault) -> Fixture {
    let names: Vec<&str> = std::iter::once("good").chain(fault.variants.keys().map(String::as_str)).collect();
    let fixture = Fixture::with_hyperfine(&names);
    let in_experiment = |path: &str| format!("{EXPERIMENT}/{path}");
    fixture.write(&in_experiment("src/main.rs"), include_str!("faults/scripted.rs"));
    fixture.write(&in_experiment("scripts/variant.sh"), include_str!("faults/variant.sh"));
    fixture.write(&in_experiment("scripts/good.sh"), "outcome\n");
    fixture.write("target/origin.rs", include_str!("fixture/origin.rs"));
    for (name, script) in &fault.variants {
        fixture.write(&in_experiment(&format!("scripts/{name}.sh")), script);
    }
    fixture
}

/// Runs a shell script in the fixture; an error if it hangs.
fn script(fixture: &Fixture, text: &str, within_s: u64) -> Result<Output, Failed> {
    let prelude = fixture.path("target/prelude.sh");
    fixture.write("target/prelude.sh", PRELUDE);
    let (out, err) = (fixture.path("target/stdout"), fixture.path("target/stderr"));
    let mut command = fixture.command(&[]);
    let mut shell = heeding_signals("sh");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    command = shell;
    command.current_dir(fixture.root());
    command.args(["-c", ". \"$0\"; eval \"$1\""]).arg(&prelude).arg(text);
    command.env("XTASK", env!("CARGO_BIN_EXE_xtask")).env("FIXTURE", fixture.root());
    command.env("HELPER", env::current_exe().unwrap());
    // Files, since a pipe would stay open as long as anything that was left behind.
    command
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if started.elapsed() > Duration::from_secs(within_s) {
            break None;
        }
        sleep(Duration::from_millis(10));
    };
    let (stdout, stderr) = (fs::read(out).unwrap(), fs::read(err).unwrap());
    if let Some(status) = status {
        return Ok(Output { status, stdout, stderr });
    }
    fixture.kill_all();
    child.wait().unwrap();
    let said = String::from_utf8_lossy(&stderr);
    Err(format!("it hangs: after {within_s} s it had not ended\n{said}").into())
}

/// What the scripts call to change a JSON file: `set_json FILE POINTER VALUE`, `drop_json FILE POINTER`.
fn change_json(help: &str, arguments: &[String]) {
    let [file, pointer, value @ ..] = arguments else { panic!("{help} FILE POINTER [VALUE]") };
    let mut json: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap_or_else(|| panic!("{file} has no {pointer}"));
    match (parent, value) {
        (Value::Object(object), [value]) => {
            drop(object.insert(key.to_owned(), serde_json::from_str(value).unwrap()));
        }
        (Value::Object(object), []) => drop(object.remove(key).unwrap()),
        (Value::Array(array), [value]) => {
            array[key.parse::<usize>().unwrap()] = serde_json::from_str(value).unwrap();
        }
        (Value::Array(array), []) => drop(array.remove(key.parse().unwrap())),
        _ => panic!("{file} has no {pointer}"),
    }
    fs::write(file, serde_json::to_string_pretty(&json).unwrap()).unwrap();
}

impl Codes {
    fn hold(&self, code: Option<i32>) -> bool {
        code.is_some_and(|code| match self {
            Self::One(right) => *right == code,
            Self::Any(right) => right.contains(&code),
        })
    }
}

impl std::fmt::Display for Codes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(code) => write!(f, "{code}"),
            Self::Any(codes) => {
                write!(f, "{}", codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "))
            }
        }
    }
}
