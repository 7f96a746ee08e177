//! The demo as a person runs it: each row of `command.toml`, and its cold starts, each of which is a program of its own.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command as Process, ExitCode, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use command_line::trial;
use common::counts;
use origin::Origin;
use outcome::Outcome;

const PROGRAM: &str = env!("CARGO_BIN_EXE_blocking-client");
const COLD: [&str; 4] = ["threads", "tokio", "smol", "async_std"];

fn main() -> ExitCode {
    let cold_starts = vec![
        trial("a_cold_start_reports_its_own_figures", a_cold_start_reports_its_own_figures),
        trial("what_a_cold_start_has_started_ends_with_its_input", what_it_has_started_ends_with_its_input),
        trial("a_cold_start_without_its_program_is_an_error", one_without_its_program_is_an_error),
    ];
    command_line::test(PROGRAM, env!("CARGO_MANIFEST_DIR"), cold_starts)
}

fn cold(program: &Path, arguments: &[&str]) -> Command {
    let mut demo = Command::new(program);
    demo.env_remove("OUTCOME_FILE").timeout(Duration::from_secs(60)).arg("--cold").args(arguments);
    demo
}

fn a_cold_start_reports_its_own_figures() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    for variant in COLD {
        let origin = Origin::in_thread().unwrap();
        cold(PROGRAM.as_ref(), &[variant, "--origin", origin.url()])
            .env("OUTCOME_FILE", &file)
            .assert()
            .success();
        let outcome = Outcome::read(&file).unwrap();
        assert_eq!((outcome.work.expected, outcome.work.done), (20, 20));
        let counts = counts(&origin);
        assert_eq!((counts.finished, counts.connections, counts.bytes), (20, 20, 20 * 1024), "{counts:?}");
        let figure = |name| outcome.metrics[name];
        let program = Path::new(PROGRAM).with_file_name(format!("cold_{variant}"));
        assert!((figure("binary_bytes") - fs::metadata(program).unwrap().len() as f64).abs() < 0.5);
        assert!(figure("cold_s") > 0.0 && figure("cold_s") < outcome.elapsed_s);
        if cfg!(target_os = "linux") {
            assert!(figure("cold_hwm_bytes") > 100_000.0 && figure("cold_threads") > 0.5, "{outcome:?}");
        }
    }
}

fn what_it_has_started_ends_with_its_input() {
    let origin = Origin::in_thread().unwrap();
    for variant in COLD {
        let mut program = Process::new(Path::new(PROGRAM).with_file_name(format!("cold_{variant}")));
        program.arg(format!("{}/bytes/7", origin.url())).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "200 7\n", "{variant}");
        assert!(child.try_wait().unwrap().is_none(), "{variant} has not waited");
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success(), "{variant}");
    }
}

/// As if nothing but the demo had been built.
fn one_without_its_program_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("blocking-client");
    fs::copy(PROGRAM, &alone).unwrap();
    let run = cold(&alone, &["tokio"]).assert().code(1);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.contains("build it with `cargo build --release -p blocking-client`"), "{said}");
    assert!(said.contains(&*folder.path().join("cold_tokio").to_string_lossy()), "{said}");
}
