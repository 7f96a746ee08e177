//! The demo as a person runs it.

use std::fs;
use std::time::Duration;

use assert_cmd::Command;
use origin::Origin;
use serde_json::Value;

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

const VARIANTS: [&str; 6] = [
    "threads",
    "tokio",
    "smol",
    "async_std",
    "buffer_unordered",
    "rayon",
];

/// Where nobody listens: at a port that no system hands out by itself.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The exit code, what it printed and what it said.
fn told(arguments: &[&str]) -> (i32, String, String) {
    let mut demo = Command::cargo_bin("bounded-pool").unwrap();
    demo.env_remove("OUTCOME_FILE")
        .env_remove("OUTCOME_CASE")
        .env_remove("SMOL_THREADS")
        .timeout(PATIENCE);
    let output = demo.args(arguments).output().unwrap();
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
            "--requests",
            "100",
            "--limit",
            "7",
            "--delay-ms",
            "1",
            "--bytes",
            "10000",
        ]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 100 of 100 in ")),
            "{printed}"
        );
    }
}

#[test]
fn with_hyper_it_fetches_the_same() {
    for variant in VARIANTS {
        let (code, printed, said) =
            told(&[variant, "--requests", "100", "--delay-ms", "1", "--hyper"]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(
            printed.starts_with(&format!("{variant}: 100 of 100 in ")),
            "{printed}"
        );
    }
}

#[test]
fn a_runtime_has_as_many_threads_as_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    let threads = |asked| {
        let mut demo = Command::cargo_bin("bounded-pool").unwrap();
        demo.env("OUTCOME_FILE", &file)
            .env("TOKIO_WORKER_THREADS", "9")
            .timeout(PATIENCE);
        // Long enough that whoever counts the threads sees all of them.
        demo.args([
            "tokio",
            "--requests",
            "9",
            "--delay-ms",
            "200",
            "--hyper",
            "--runtime-threads",
            asked,
        ]);
        demo.assert().success();
        let outcome: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        outcome["threads_peak"].as_u64().unwrap()
    };
    // One more waits for the runtime.
    assert_eq!((threads("1"), threads("3")), (2, 4));
}

#[test]
fn with_inputs_it_runs_the_pool_alone() {
    for variant in VARIANTS {
        for arguments in [
            &[variant, "--inputs", "1000"][..],
            &[variant, "--inputs", "1000", "--stream"],
        ] {
            let (code, printed, said) = told(arguments);
            assert_eq!((code, said.as_str()), (0, ""));
            assert!(
                printed.starts_with(&format!("{variant}: 1000 of 1000 in ")),
                "{printed}"
            );
        }
    }
}

#[test]
fn without_a_name_it_runs_all() {
    for (arguments, metric) in [
        (&["--requests", "3", "--delay-ms", "1"][..], "requests"),
        (&["--inputs", "3", "--stream"], "input"),
    ] {
        let (code, table, said) = told(arguments);
        assert_eq!((code, said.as_str()), (0, ""));
        let names: Vec<_> = table
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(names, VARIANTS, "{table}");
        assert!(table.lines().next().unwrap().contains(metric), "{table}");
    }
}

#[test]
fn a_list_is_fetched_and_told_line_by_line() {
    let origin = Origin::in_thread().unwrap();
    let (folder, url) = (tempfile::tempdir().unwrap(), origin.url());
    let list = folder.path().join("list.txt");
    let lines = [
        format!("# ours\n{url}/bytes/5?delay_ms=100\r\n\n  {url}/status/404"),
        format!("{NOWHERE}/\n{url}/redirect/1\nnonsense"),
    ];
    fs::write(&list, lines.join("\n")).unwrap();
    for variant in VARIANTS {
        let (code, printed, said) =
            told(&[variant, "--limit", "2", "--urls", list.to_str().unwrap()]);
        let rows: Vec<_> = printed.lines().map(str::trim_start).collect();
        assert_eq!(
            rows[0],
            format!("5 {url}/bytes/5?delay_ms=100"),
            "{printed}"
        );
        assert_eq!(
            rows[1],
            format!("failed {url}/status/404: status 404"),
            "{printed}"
        );
        assert_eq!(
            rows[2],
            format!("failed {NOWHERE}/: connection refused"),
            "{printed}"
        );
        assert_eq!(rows[3], format!("64 {url}/redirect/1"), "{printed}");
        assert!(rows[4].starts_with("failed nonsense: "), "{printed}");
        assert_eq!((code, rows.len()), (1, 5), "{printed}");
        assert!(said.contains(&format!("{variant}: 2 of 5 in ")), "{said}");
        assert!(said.contains("3 of 5 requests failed"), "{said}");
    }
}

#[test]
fn a_list_that_cannot_be_fetched_is_refused_before_anything_is() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.txt");
    for (lines, message) in [
        ("# nothing\n\n", "list.txt: there is no URL in it"),
        (
            "\nhttps://127.0.0.1:1/\n",
            "list.txt:2: https://127.0.0.1:1/ is https, which takes `--features tls`",
        ),
    ] {
        fs::write(&list, lines).unwrap();
        let (code, printed, said) = told(&["smol", "--urls", list.to_str().unwrap()]);
        assert!(
            (code, printed.as_str()) == (1, "") && said.contains(message),
            "{said}"
        );
    }
    let (code, printed, said) = told(&["--urls", "/no/such/list"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    assert!(
        said.contains("/no/such/list") && said.contains("No such file"),
        "{said}"
    );
}

#[test]
fn the_time_for_each_and_for_all_is_kept() {
    for variant in VARIANTS {
        let slow = [
            variant,
            "--requests",
            "10",
            "--limit",
            "5",
            "--delay-ms",
            "600000",
        ];
        let (code, _, said) = told(&[&slow[..], &["--timeout-ms", "50"]].concat());
        assert!(
            code == 1 && said.contains("10 of 10 requests failed, most of them with: timed out"),
            "{said}"
        );
        let (code, _, said) = told(&[&slow[..], &["--deadline-ms", "50"]].concat());
        assert!(
            code == 1 && said.contains("10 of 10 requests failed"),
            "{said}"
        );
    }
}

#[test]
fn an_origin_that_does_not_answer_is_an_error_that_says_so() {
    for variant in VARIANTS {
        let (code, _, said) = told(&[variant, "--requests", "10", "--origin", NOWHERE]);
        assert!(
            code == 1 && said.contains("10 of 10 requests failed"),
            "{variant}: {said}"
        );
        assert!(said.contains("connection refused"), "{variant}: {said}");
    }
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        &["tokio", "--requests", "0"][..],
        &["tokio", "--limit", "0"],
        &["tokio", "--timeout-ms", "0"],
        &["tokio", "--delay-ms", "-1"],
        &["tokio", "--stream"],
        &["tokio", "--inputs", "9", "--requests", "9"],
        &["tokio", "--urls", "list.txt", "--inputs", "9"],
        &["tokio", "--urls", "list.txt", "--origin", NOWHERE],
        &["hope"],
    ] {
        let (code, _, said) = told(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}

#[test]
fn a_limit_on_threads_is_a_refusal_that_names_it() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 1000000; exec \"$@\"", "sh"]);
    limited.arg(Command::cargo_bin("bounded-pool").unwrap().get_program());
    limited.args([
        "threads", "--limit", "5000", "--inputs", "1000000", "--stream",
    ]);
    let output = limited
        .env_remove("OUTCOME_FILE")
        .timeout(PATIENCE)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.starts_with("threads: refused at ") && printed.contains("RLIMIT_AS"),
        "{output:?}"
    );
}
