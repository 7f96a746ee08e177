//! The demo from the outside: its table, and what it says to wrong arguments.

use assert_cmd::Command;

fn demo(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("waiting-tasks").unwrap().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_a_variant_it_prints_a_table_of_all() {
    let (code, table, said) = demo(&["--tasks", "10", "--wait-ms", "100"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let names: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    let all = ["threads", "threads_small_stack", "tokio", "tokio_joined", "smol", "async_std", "processes"];
    assert_eq!(names, all);
    let heads = ["waited", "lost", "time", "CPU", "resident", "kernel stacks", "virtual"];
    assert!(heads.iter().all(|head| table.lines().next().unwrap().contains(head)), "{table}");
}

#[test]
fn too_many_processes_are_left_out_of_the_table_and_refused_alone() {
    let (code, table, said) = demo(&["--tasks", "101", "--wait-ms", "100"]);
    assert_eq!(code, 0);
    assert!(!table.contains("processes"), "{table}");
    assert!(said.contains("processes are left out"), "{said}");
    let (code, _, said) = demo(&["processes", "--tasks", "101"]);
    assert_eq!(code, 1);
    assert!(said.starts_with("error: processes go up to 100 tasks"), "{said}");
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in [&["--tasks", "0"][..], &["--tasks", "many"], &["fibers"], &["--wait-ms", "0"]] {
        let (code, _, said) = demo(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}
