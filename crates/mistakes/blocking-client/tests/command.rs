//! The demo as a person runs it.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use common::counts;
use origin::Origin;
use serde_json::{Value, json};

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

const VARIANTS: [&str; 11] = [
    "threads",
    "tokio_inline",
    "tokio",
    "tokio_client_per_call",
    "tokio_spawn_blocking",
    "smol_inline",
    "smol",
    "smol_unblock",
    "async_std_inline",
    "async_std",
    "async_std_spawn_blocking",
];
const COLD: [&str; 4] = ["threads", "tokio", "smol", "async_std"];

fn demo() -> Command {
    let mut demo = Command::cargo_bin("blocking-client").expect("cargo has built it");
    demo.env_remove("OUTCOME_FILE").env_remove("OUTCOME_CASE").timeout(PATIENCE);
    demo
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn outcome(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    demo().args(arguments).env("OUTCOME_FILE", &file).assert().success();
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

/// The first word of each row of a table.
fn names(table: &str) -> Vec<&str> {
    table.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect()
}

/// Where nobody listens: at a port that no system hands out by itself.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn with_a_name_it_runs_that_variant_against_an_origin_of_its_own() {
    for variant in VARIANTS {
        // The last user has nothing to do, and there are more of them than requests.
        for (requests, users) in [("20", "3"), ("2", "5")] {
            let arguments = [variant, "--requests", requests, "--users", users, "--delay-ms", "1"];
            let run = demo().args(arguments).assert().success();
            let said = text(&run.get_output().stdout);
            assert!(said.starts_with(&format!("{variant}: {requests} of {requests} in ")), "{said}");
        }
    }
}

#[test]
fn without_a_name_it_runs_all() {
    let run = demo().args(["--requests", "3", "--delay-ms", "1"]).assert().success();
    let table = text(&run.get_output().stdout);
    assert_eq!(names(&table), VARIANTS, "{table}");
    assert!(table.lines().next().unwrap().contains("late p99     late max"), "{table}");
}

#[test]
fn the_outcome_holds_how_late_the_heart_was() {
    let outcome = outcome(&["tokio", "--requests", "4", "--users", "2", "--delay-ms", "50"]);
    let metrics = outcome["metrics"].as_object().unwrap();
    let beats = metrics["beats"].as_f64().unwrap();
    // Two waits of 50 ms, with a beat every 2 ms.
    assert!(beats >= 49.0, "{metrics:?}");
    for figure in ["wakes", "late_p50_s", "late_p99_s", "late_max_s"] {
        assert!(metrics[figure].as_f64().unwrap() > 0.0, "{figure}: {metrics:?}");
    }
    let points = outcome["series"]["late_s"].as_array().unwrap();
    let counted: f64 = points.iter().map(|point| point[1].as_f64().unwrap()).sum();
    assert!((counted - beats).abs() < 0.5, "{counted} of {beats}");
}

#[test]
fn a_cold_start_is_told_by_its_own_figures() {
    for variant in COLD {
        let origin = Origin::in_thread().unwrap();
        let outcome = outcome(&[variant, "--cold", "--origin", origin.url()]);
        assert_eq!(outcome["work"], json!({"expected": 20, "done": 20}));
        let counts = counts(&origin);
        assert_eq!((counts.finished, counts.connections, counts.bytes), (20, 20, 20 * 1024), "{counts:?}");
        let figure = |name: &str| outcome["metrics"][name].as_f64().unwrap();
        let program = cargo_bin(format!("cold_{variant}"));
        assert!((figure("binary_bytes") - fs::metadata(program).unwrap().len() as f64).abs() < 0.5);
        assert!(figure("cold_s") > 0.0 && figure("cold_s") < outcome["elapsed_s"].as_f64().unwrap());
        if cfg!(target_os = "linux") {
            assert!(figure("cold_hwm_bytes") > 100_000.0 && figure("cold_threads") > 0.5, "{outcome}");
        }
    }
    let run = demo().arg("--cold").assert().success();
    let table = text(&run.get_output().stdout);
    assert_eq!(names(&table), COLD, "{table}");
}

#[test]
fn what_a_cold_start_has_started_ends_with_its_input() {
    let origin = Origin::in_thread().unwrap();
    for variant in COLD {
        let mut program = Process::new(cargo_bin(format!("cold_{variant}")));
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

#[test]
fn a_cold_start_that_cannot_be_had_is_refused() {
    let run = demo().args(["tokio_inline", "--cold"]).assert().code(1);
    let said = text(&run.get_output().stderr);
    assert!(said.contains("of threads, tokio, smol, async_std, none of tokio_inline"), "{said}");
    // As if nothing but the demo had been built.
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("blocking-client");
    fs::copy(demo().get_program(), &alone).unwrap();
    let run = Command::new(&alone).args(["tokio", "--cold"]).timeout(PATIENCE).assert().code(1);
    let said = text(&run.get_output().stderr);
    assert!(said.contains("build it with `cargo build --release -p blocking-client`"), "{said}");
    assert!(said.contains(&*Path::new(folder.path()).join("cold_tokio").to_string_lossy()), "{said}");
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        ["tokio", "--requests", "0"],
        ["tokio", "--users", "0"],
        ["tokio", "--users", "many"],
        ["tokio", "--delay-ms", "-1"],
        ["tokio", "--period-ms", "0"],
        ["hope", "--requests", "1"],
    ] {
        demo().args(arguments).assert().code(2);
    }
    demo().args(["tokio", "--cold", "--requests", "1"]).assert().code(2);
    let run = demo().args(["tokio", "--origin", "ftp://a"]).assert().code(1);
    assert!(text(&run.get_output().stderr).contains("`ftp://a` is not an origin's URL"));
}

#[test]
fn an_origin_that_does_not_answer_is_an_error_that_says_so() {
    for variant in VARIANTS {
        let run = demo().args([variant, "--origin", NOWHERE]).assert().code(1);
        let said = text(&run.get_output().stderr);
        assert!(said.contains("100 of 100 requests failed"), "{variant}: {said}");
        assert!(said.contains("Connection refused"), "{variant}: {said}");
    }
    for variant in COLD {
        let run = demo().args([variant, "--cold", "--origin", NOWHERE]).assert().code(1);
        let said = text(&run.get_output().stderr);
        assert!(said.contains("Connection refused"), "{variant}: {said}");
        assert!(said.contains(&format!("cold_{variant} has failed")), "{variant}: {said}");
    }
}

#[test]
fn a_limit_on_open_files_is_named_and_hangs_nobody() {
    let origin = Origin::in_thread().unwrap();
    for variant in VARIANTS.into_iter().filter(|variant| !variant.ends_with("inline")) {
        let mut limited = Process::new("sh");
        // So few, and so long a delay, that a busy machine reaches the limit too.
        limited.args(["-c", "ulimit -n 64; exec \"$@\"", "sh"]).arg(demo().get_program());
        limited.args([variant, "--requests", "400", "--users", "400", "--delay-ms", "2000"]);
        limited.args(["--origin", origin.url()]);
        let run = Command::from(limited).env_remove("OUTCOME_FILE").timeout(PATIENCE).assert().code(1);
        let said = text(&run.get_output().stderr);
        assert!(said.contains("RLIMIT_NOFILE") && !said.contains("panicked"), "{variant}: {said}");
    }
}
