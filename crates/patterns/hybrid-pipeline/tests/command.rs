//! The demo as a person runs it.

use std::fs;
use std::time::Duration;

use assert_cmd::Command;
use origin::Origin;
use serde_json::Value;

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

const VARIANTS: [&str; 8] = [
    "threads",
    "tokio_rayon",
    "tokio_spawn_blocking",
    "tokio_processes",
    "procspawn",
    "smol_unblock",
    "inline",
    "pool_per_call",
];

/// Where nobody listens: at a port that no system hands out by itself.
const NOWHERE: &str = "http://127.0.0.1:1";

fn demo() -> Command {
    let mut demo = Command::cargo_bin("hybrid-pipeline").unwrap();
    demo.env_remove("OUTCOME_FILE")
        .env_remove("OUTCOME_CASE")
        .env_remove("SMOL_THREADS")
        .timeout(PATIENCE);
    demo
}

/// The exit code, what it printed and what it said.
fn told(arguments: &[&str]) -> (i32, String, String) {
    let output = demo().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn with_a_name_it_runs_that_variant_against_an_origin_of_its_own() {
    for variant in VARIANTS {
        let (code, printed, said) = told(&[
            variant,
            "--items",
            "9",
            "--delay-ms",
            "1",
            "--steps",
            "1000",
        ]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 9 of 9 in ")),
            "{printed}"
        );
    }
}

#[test]
fn without_fetching_it_asks_nobody() {
    for variant in VARIANTS {
        let nobody = ["--no-fetch", "--origin", NOWHERE];
        let (code, printed, said) =
            told(&[&[variant, "--items", "9", "--steps", "0"], &nobody[..]].concat());
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 9 of 9 in ")),
            "{printed}"
        );
    }
}

#[test]
fn all_come_to_the_same_answer_and_the_heart_beats_beside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    let answers = VARIANTS.map(|variant| {
        let mut demo = demo();
        demo.env("OUTCOME_FILE", &file)
            .args([variant, "--items", "5", "--steps", "10000"])
            .assert()
            .success();
        let outcome: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(outcome["variant"], variant);
        for metric in ["item_s", "late_p99_s", "late_max_s"] {
            assert!(
                outcome["metrics"][metric].as_f64().unwrap() > 0.0,
                "{variant}: {metric}"
            );
        }
        assert!(
            !outcome["series"]["late_s"].as_array().unwrap().is_empty(),
            "{variant}"
        );
        outcome["metrics"]["answer"].to_string()
    });
    assert!(
        answers
            .iter()
            .all(|answer| *answer != "0.0" && *answer == answers[0]),
        "{answers:?}"
    );
}

#[test]
fn without_a_name_it_runs_all() {
    let (code, table, said) = told(&["--items", "3", "--delay-ms", "1", "--steps", "0"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let names: Vec<_> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, VARIANTS, "{table}");
    assert!(table.lines().next().unwrap().contains("late"), "{table}");
}

#[test]
fn an_origin_that_runs_already_is_asked() {
    let origin = Origin::in_thread().unwrap();
    for variant in VARIANTS {
        let (code, printed, said) = told(&[
            variant,
            "--items",
            "5",
            "--steps",
            "0",
            "--origin",
            origin.url(),
        ]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 5 of 5 in ")),
            "{printed}"
        );
    }
}

#[test]
fn an_origin_that_does_not_answer_is_an_error_that_says_so() {
    for variant in VARIANTS {
        let (code, printed, said) = told(&[variant, "--items", "5", "--origin", NOWHERE]);
        assert!(
            code == 1 && printed.starts_with(&format!("{variant}: 0 of 5 in ")),
            "{variant}: {printed}"
        );
        let message = "5 of 5 items failed, most of them with: connection refused";
        assert!(said.contains(message), "{variant}: {said}");
    }
    let (code, _, said) = told(&["tokio_rayon", "--origin", "nonsense"]);
    assert!(code == 1 && said.contains("nonsense"), "{said}");
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        &["tokio_rayon", "--items", "0"][..],
        &["tokio_rayon", "--fetches", "0"],
        &["tokio_rayon", "--jobs", "0"],
        &["tokio_rayon", "--jobs", "-1"],
        &["tokio_rayon", "--steps", "many"],
        &["tokio_rayon", "--delay-ms", "600001"],
        &["tokio_rayon", "--period-ms", "0"],
        &["tokio_rayon", "--on-ctrl-c", "stay"],
        &["hope"],
    ] {
        let (code, printed, said) = told(arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {said}");
    }
}
