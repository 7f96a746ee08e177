//! The demo from the outside: its table, and what it says to wrong arguments.

use assert_cmd::Command;

const FEW: [&str; 4] = ["--beats", "5", "--steps", "1000000"];

fn demo(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("blocked-loop").unwrap().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_a_variant_it_prints_a_table_of_all() {
    let (code, table, said) = demo(&FEW);
    assert_eq!((code, said.as_str()), (0, ""));
    let mut lines = table.lines();
    let heads = ["answered", "lost", "late p50", "late p99", "late max", "handlers"];
    let head = lines.next().unwrap();
    assert!(heads.iter().all(|name| head.contains(name)), "{table}");
    assert_eq!(lines.count(), 12, "{table}");
}

#[test]
fn a_variant_alone_says_what_it_did() {
    let (code, line, said) = demo(&[&["tokio_rayon"], &FEW[..]].concat());
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(line.contains("tokio_rayon"), "{line}");
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in
        [["--clients", "0"], ["--beats", "0"], ["--period-ms", "0"], ["--steps", "many"], ["fibers", ""]]
    {
        let (code, _, said) = demo(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}
