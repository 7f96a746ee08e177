//! The demo as a person runs it.

use assert_cmd::Command;

fn demo() -> Command {
    let mut demo = Command::cargo_bin("lost-updates").expect("cargo has built it");
    demo.env_remove("OUTCOME_FILE").env_remove("OUTCOME_CASE");
    demo
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn with_a_name_it_runs_that_variant() {
    let run = demo().args(["threads_mutex", "--workers", "2", "--additions", "5"]).assert().success();
    assert!(text(&run.get_output().stdout).starts_with("threads_mutex: 10 of 10 in "));
}

#[test]
fn without_a_name_it_runs_all_and_shows_what_each_lost() {
    let run = demo().args(["--workers", "3", "--additions", "10"]).assert().success();
    let table = text(&run.get_output().stdout);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["variant", "counted", "lost", "time"]);
    assert_eq!(lines.len(), 13, "{table}");
    let row = |name| lines.iter().find(|line| line[0] == name).map(|line| (line[1], line[2]));
    assert_eq!(row("tokio_mutex"), Some(("30", "0")));
    assert_eq!(row("tokio_await_inside"), Some(("10", "20")));
}

#[test]
fn an_unknown_variant_is_refused_with_the_names_there_are() {
    let run = demo().arg("threads_hope").assert().code(2);
    let message = text(&run.get_output().stderr);
    assert!(message.contains("threads_hope") && message.contains("threads_mutex"), "{message}");
}

#[test]
fn an_unknown_flag_and_numbers_out_of_range_are_refused() {
    for arguments in [["tokio", "--speed", "9"], ["tokio", "--workers", "0"], ["tokio", "--additions", "-1"]]
    {
        demo().args(arguments).assert().code(2);
    }
}

#[test]
fn an_outcome_that_cannot_be_written_is_an_error_that_names_the_file() {
    let run = demo()
        .args(["tokio", "--additions", "1"])
        .env("OUTCOME_FILE", "/no/such/folder/outcome.json")
        .assert()
        .code(1);
    let message = text(&run.get_output().stderr);
    assert!(message.contains("/no/such/folder/outcome.json"), "{message}");
}
