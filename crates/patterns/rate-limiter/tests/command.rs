//! The demo as a person runs it.

use std::fs;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

const VARIANTS: [&str; 7] = [
    "threads",
    "tokio",
    "smol",
    "async_std",
    "article",
    "governor",
    "leaky_bucket",
];

fn demo() -> Command {
    let mut demo = Command::cargo_bin("rate-limiter").unwrap();
    demo.env_remove("OUTCOME_FILE")
        .env_remove("OUTCOME_CASE")
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

fn outcome(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    demo()
        .env("OUTCOME_FILE", &file)
        .args(arguments)
        .assert()
        .success();
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

#[test]
fn callers_are_let_in_and_counted() {
    for variant in VARIANTS {
        let (code, printed, said) = told(&[
            variant,
            "--callers",
            "30",
            "--each",
            "2",
            "--amount",
            "1000",
            "--burst",
            "9",
        ]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 60 of 60 in ")),
            "{printed}"
        );
    }
}

#[test]
fn callers_give_up_when_their_time_is_over() {
    for variant in VARIANTS.into_iter().filter(|variant| *variant != "article") {
        let outcome = outcome(&[
            variant,
            "--callers",
            "9",
            "--per-ms",
            "3600000",
            "--burst",
            "4",
            "--for-ms",
            "50",
        ]);
        assert_eq!(
            (&outcome["work"]["expected"], &outcome["work"]["done"]),
            (&4.into(), &4.into()),
            "{variant}"
        );
        assert_eq!(outcome["metrics"]["most_in_a_period"], 4.0, "{variant}");
    }
}

#[test]
fn the_articles_keeps_to_no_rate() {
    let outcome = outcome(&[
        "article",
        "--callers",
        "200",
        "--amount",
        "2",
        "--for-ms",
        "20000",
    ]);
    assert_eq!(outcome["work"]["done"], 200);
}

#[test]
fn half_give_up_and_the_others_are_let_in() {
    for variant in VARIANTS {
        let outcome = outcome(&[
            variant,
            "--callers",
            "41",
            "--amount",
            "1000",
            "--half-give-up",
        ]);
        assert_eq!(outcome["work"]["expected"], 21, "{variant}");
        assert!(outcome["work"]["done"].as_u64().unwrap() >= 21, "{variant}");
    }
}

#[test]
fn alone_a_caller_never_waits() {
    for variant in VARIANTS.into_iter().filter(|variant| *variant != "article") {
        let outcome = outcome(&[variant, "--alone", "1001"]);
        assert_eq!(outcome["work"]["done"], 1001, "{variant}");
    }
    let (code, _, said) = told(&["article", "--alone", "1001"]);
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "error: article knows no burst, so each but the first has to wait\n"
        )
    );
}

#[test]
fn requests_are_made_of_an_origin_of_its_own() {
    for variant in VARIANTS {
        let (code, printed, said) = told(&[
            variant,
            "--requests",
            "20",
            "--amount",
            "1000",
            "--burst",
            "5",
        ]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 20 of 20 in ")),
            "{printed}"
        );
    }
}

#[test]
fn what_was_seen_is_in_the_outcome() {
    let outcome = outcome(&[
        "tokio",
        "--callers",
        "50",
        "--amount",
        "1000",
        "--burst",
        "5",
    ]);
    let points: Vec<_> = outcome["series"]["let_in"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(points.last().unwrap()[1], 50.0);
    assert!(
        points
            .windows(2)
            .all(|two| two[0][0].as_f64() <= two[1][0].as_f64())
    );
    assert_eq!(outcome["metrics"]["most_in_a_period"], 50.0);
}

#[test]
fn without_a_name_it_runs_all() {
    let (code, table, said) = told(&["--callers", "3", "--amount", "1000"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let names: Vec<_> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, VARIANTS, "{table}");
    let (code, table, _) = told(&["--alone", "9"]);
    assert_eq!((code, table.contains("article")), (0, false), "{table}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for arguments in [
        &["nonsense"][..],
        &["tokio", "--amount", "0"],
        &["tokio", "--burst", "0"],
        &["tokio", "--per-ms", "0"],
        &["tokio", "--runtime-threads", "0"],
        &["tokio", "--alone", "9", "--callers", "9"],
        &["tokio", "--for-ms", "9", "--half-give-up"],
    ] {
        let (code, printed, said) = told(arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}");
        assert!(said.starts_with("error: "), "{said}");
    }
}
