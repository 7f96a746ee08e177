//! The demo from the outside: its table, and what it says to wrong arguments.

use std::process;
use std::thread::available_parallelism;

use assert_cmd::Command;

fn demo(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("cpu-bound").unwrap().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_a_variant_it_prints_a_table_of_all() {
    let (code, table, said) = demo(&["--jobs", "2", "--steps", "100000"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let names: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    let all = [
        "serial",
        "threads",
        "rayon",
        "tokio_yielding",
        "tokio_multi_thread",
        "smol",
        "async_std",
        "processes",
        "serial_processes",
    ];
    assert_eq!(names, all);
    let heads = ["answered", "lost", "time", "CPU", "late p99", "late max", "resident"];
    assert!(heads.iter().all(|head| table.lines().next().unwrap().contains(head)), "{table}");
}

#[test]
fn a_variant_alone_tells_its_answers() {
    let (code, told, said) = demo(&["processes", "--jobs", "3", "--steps", "1000"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(told.starts_with("processes: 3 of 3 in "), "{told}");
}

#[test]
fn a_pool_needs_no_descriptors_for_jobs_that_wait() {
    // Enough for twice as many jobs as it has processes; all at once would take some thousand.
    let processes = available_parallelism().unwrap().get().max(4);
    let mut limited = process::Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -n {} && exec \"$0\" \"$@\"", 32 + 16 * processes));
    limited.arg(env!("CARGO_BIN_EXE_cpu-bound")).args(["processes", "--jobs", "256", "--steps", "1000"]);
    let run = Command::from(limited).env_remove("OUTCOME_FILE").assert().success();
    let told = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(told.starts_with("processes: 256 of 256 in "), "{told}");
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in
        [&["--jobs", "0"][..], &["--jobs", "257"], &["fibers"], &["--steps", "many"], &["--period-ms", "0"]]
    {
        let (code, _, said) = demo(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}
