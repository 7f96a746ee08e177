//! The demo from the outside: its table, its picture, and what it says to wrong arguments.

use assert_cmd::Command;

fn demo(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("switch-points").unwrap().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The lines that show when a worker was inside.
fn lanes(text: &str) -> usize {
    let is_lane = |line: &&str| line.trim_start().starts_with(char::is_numeric) && line.contains(['█', '▒']);
    text.lines().filter(is_lane).count()
}

#[test]
fn without_a_variant_it_prints_a_table_of_all_and_draws_each() {
    let (code, said, complaint) = demo(&["--steps", "1000"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    let (table, pictures) = said.split_once("\n\n").unwrap();
    assert!(table.lines().next().unwrap().contains("at awaits"), "{table}");
    assert_eq!(table.lines().count(), 12, "{table}");
    assert_eq!(lanes(pictures), 11 * 4, "{pictures}");
}

#[test]
fn a_variant_alone_draws_a_line_for_each_worker() {
    let (code, picture, said) = demo(&["tokio", "--steps", "1000", "--workers", "3"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(lanes(&picture), 3, "{picture}");
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in [["--workers", "1"], ["--sections", "0"], ["--steps", "many"], ["fibers", ""]] {
        let (code, _, said) = demo(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}
