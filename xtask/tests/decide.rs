//! `decide` says what to take, by this machine's results or by those that came with the project.

mod fixture;

use fixture::Fixture;
use serde_json::Value;

const ALL: [&str; 11] = [
    "decide",
    "--work",
    "io",
    "--at-once",
    "50",
    "--library",
    "async",
    "--memory",
    "plenty",
    "--isolation",
    "no",
];

/// A fixture with results of another machine, as a clone has them.
fn with_reference() -> Fixture {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture.write("results/reference", "box\n");
    fixture
}

#[test]
fn the_flags_are_answered_without_a_question() {
    let ended = with_reference().xtask(&ALL).exits(0);
    assert!(ended.stdout.starts_with("Take threads."), "{ended}");
    assert!(ended.stdout.contains("cargo xtask copy bounded-pool/threads DIR"), "{ended}");
    assert!(ended.stdout.contains("The article's tree leads to async: "), "{ended}");
    ended.says(&["nothing was measured on this machine yet", "this rests on box"]);
}

#[test]
fn json_has_the_whole_answer() {
    let mut arguments = ALL.to_vec();
    arguments.push("--json");
    let ended = with_reference().xtask(&arguments).exits(0);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["asked"]["at_once"], 50);
    assert_eq!((&answer["model"], &answer["crate"]), (&"threads".into(), &"bounded-pool".into()));
    assert_eq!(answer["file"], "crates/patterns/bounded-pool/src/threads.rs");
    assert_eq!(answer["article"]["model"], "async");
    assert_eq!(answer["article"]["agreement"], "not-measured");
    assert_eq!(answer["results"]["machine"], "box");
}

#[test]
fn a_flag_that_is_missing_is_wrong_use_where_there_is_no_terminal() {
    let fixture = with_reference();
    for (left_out, flag) in
        [(1, "--work"), (3, "--at-once"), (5, "--library"), (7, "--memory"), (9, "--isolation")]
    {
        let mut arguments = ALL.to_vec();
        arguments.drain(left_out..left_out + 2);
        fixture.xtask(&arguments).exits(2).says_one_error().says(&[flag]);
    }
}

#[test]
fn what_makes_no_difference_need_not_be_said() {
    with_reference().xtask(&["decide", "--work", "cpu", "--isolation", "no"]).exits(0);
}

#[test]
fn without_results_it_says_how_to_get_them() {
    let fixture = Fixture::new(&["good"]);
    fixture.xtask(&ALL).exits(1).says_one_error().says(&["no results yet", "cargo xtask bench-all"]);
}

#[test]
fn results_of_an_older_version_are_to_be_written_anew() {
    let fixture = with_reference();
    fixture.remove("results/box/data/tree.json");
    fixture.xtask(&ALL).exits(1).says_one_error().says(&["tree.json", "cargo xtask report"]);
}
