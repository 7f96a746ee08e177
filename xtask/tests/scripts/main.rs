//! The plain scripts: when they are written, what is left alone, and that they run.

#[path = "../fixture/mod.rs"]
mod fixture;
mod running;
mod with_an_origin;
mod writing;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use fixture::{Ended, Fixture, TOML, heeding_signals, path_after, shared_tools};

const SCRIPT: &str = "scripts/fixture.sh";

/// A fixture with its script.
fn scripted(variants: &[&str]) -> Fixture {
    let fixture = Fixture::with_hyperfine(variants);
    fixture.xtask(&["scripts"]).exits(0);
    fixture
}

/// The script as a person runs it, one round.
fn sh(fixture: &Fixture) -> Command {
    let mut sh = heeding_signals("sh");
    sh.arg(fixture.path(SCRIPT)).current_dir(fixture.root()).env("ROUNDS", "1");
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "SIZE"] {
        sh.env_remove(name);
    }
    sh
}

fn run(fixture: &Fixture, environment: &[(&str, &OsStr)]) -> Ended {
    let mut sh = sh(fixture);
    sh.envs(environment.iter().copied());
    sh.into()
}

/// The rows as hyperfine names them, in the order in which it timed them.
fn timed(ended: &Ended) -> Vec<&str> {
    let name = |line: &'_ str| line.starts_with("Benchmark 1: ");
    let names = ended.stdout.lines().filter(|line| name(line)).map(|line| &line["Benchmark 1: ".len()..]);
    names.map(|name| name.trim_end_matches(" (1 run)")).collect()
}

/// Adds cases of the other sizes after the quick one.
fn add_cases(fixture: &Fixture) {
    let cases = "\n[[case]]\nname = \"longer\"\n\n[[case]]\nname = \"longest\"\ntier = \"full\"\n";
    let text = fixture.read(TOML);
    let (head, variants) = text.split_once("\n[[variant]]").unwrap();
    fixture.write(TOML, &format!("{head}{cases}\n[[variant]]{variants}"));
}

/// Expects `--check` to find this, and to change nothing.
#[track_caller]
fn found(fixture: &Fixture, parts: &[&str]) {
    let before = fixture.files();
    let ended = fixture.xtask(&["scripts", "--check"]).exits(1).says(parts);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    assert!(before == fixture.files(), "it has written");
}
