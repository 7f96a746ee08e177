//! The demo from the outside: its table, its pictures, its processes, and what it says to wrong arguments.

use assert_cmd::Command;
use outcome::Outcome;

fn demo(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("gil").unwrap().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The lines that show when a worker ran.
fn lanes(text: &str) -> usize {
    let is_lane =
        |line: &&str| line.trim_start().starts_with(char::is_numeric) && line.contains(['█', '▒', '░']);
    text.lines().filter(is_lane).count()
}

#[test]
fn without_a_variant_it_prints_a_table_of_all_and_draws_those_that_share_a_lock() {
    let (code, said, complaint) = demo(&["--steps", "1000000", "--computing", "2"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    let (table, pictures) = said.split_once("\n\n").unwrap();
    let heads = ["workers", "computing", "waiting", "asks", "idle", "handovers"];
    assert!(heads.iter().all(|head| table.lines().next().unwrap().contains(head)), "{table}");
    assert_eq!(table.lines().count(), 7, "{table}");
    assert_eq!(lanes(pictures), 5 * 2, "{pictures}");
    assert!(!pictures.contains("serial_processes"), "{pictures}");
}

#[test]
fn a_variant_alone_draws_a_line_for_each_worker() {
    let (code, picture, said) = demo(&["serial", "--steps", "1000000", "--computing", "3"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(picture.starts_with("serial: 3 of 3 in "), "{picture}");
    assert_eq!(lanes(&picture), 3, "{picture}");
}

#[test]
fn of_many_workers_the_first_are_drawn() {
    let (code, picture, said) = demo(&["threads", "--computing", "0", "--waiting", "20", "--waits", "1"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(picture.contains("\n     and 12 more\n"), "{picture}");
}

#[test]
fn processes_do_all_jobs_and_come_to_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    let mut command = Command::cargo_bin("gil").unwrap();
    command.args([
        "serial_processes",
        "--computing",
        "3",
        "--steps",
        "10000",
        "--waiting",
        "2",
        "--waits",
        "2",
    ]);
    command.env("OUTCOME_FILE", &file).assert().success();
    let outcome = Outcome::read(&file).unwrap();
    assert_eq!((outcome.work.expected, outcome.work.done), (5, 5));
    // Computed by another program.
    assert!((outcome.metrics["answer"] - 2_301_086_359.0).abs() < 0.5, "{:?}", outcome.metrics);
    assert!(outcome.series.is_empty());
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in
        [["--computing", "257"], ["--waiting", "-1"], ["--steps", "many"], ["fibers", "--help-me"]]
    {
        let (code, _, said) = demo(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}
