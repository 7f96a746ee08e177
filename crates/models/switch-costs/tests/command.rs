//! The demo from the outside: its table, and what it says to wrong arguments and to a limit that is too low.

use std::process::Command as Process;

use assert_cmd::Command;

const VARIANTS: [&str; 15] = [
    "channel_threads",
    "channel_tokio",
    "channel_tokio_multi_thread",
    "channel_smol",
    "channel_async_std",
    "pipe_threads",
    "pipe_tokio",
    "pipe_tokio_multi_thread",
    "pipe_smol",
    "pipe_async_std",
    "spawn_threads",
    "spawn_tokio",
    "spawn_tokio_multi_thread",
    "spawn_smol",
    "spawn_async_std",
];

fn told(mut demo: Command) -> (i32, String, String) {
    let output = demo.env_remove("OUTCOME_FILE").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn demo(arguments: &[&str]) -> (i32, String, String) {
    let mut demo = Command::cargo_bin("switch-costs").unwrap();
    demo.args(arguments);
    told(demo)
}

#[test]
fn without_a_variant_it_prints_a_table_of_all() {
    let (code, table, said) = demo(&["--workers", "5", "--rounds", "2"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let names: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, VARIANTS);
    let heads = ["done", "lost", "time", "CPU", "hop", "switches per hop", "spawn", "join"];
    assert!(heads.iter().all(|head| table.lines().next().unwrap().contains(head)), "{table}");
}

#[test]
fn a_variant_alone_tells_what_it_has_done() {
    for variant in ["channel_threads", "pipe_smol", "spawn_tokio"] {
        let (code, told, said) = demo(&[variant, "--workers", "5", "--rounds", "2"]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(told.starts_with(&format!("{variant}: 10 of 10 in ")), "{told}");
    }
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in [["--workers", "0"], ["--rounds", "0"], ["--workers", "many"], ["fibers", ""]] {
        let (code, _, said) = demo(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}

#[test]
fn a_limit_on_open_files_is_named() {
    for variant in VARIANTS.into_iter().filter(|variant| variant.starts_with("pipe_")) {
        let mut limited = Process::new("sh");
        limited.args(["-c", "ulimit -n 64; exec \"$@\"", "sh"]);
        limited.arg(Command::cargo_bin("switch-costs").unwrap().get_program());
        limited.args([variant, "--workers", "500"]);
        let (code, told, said) = told(Command::from(limited));
        assert_eq!((code, told.as_str()), (1, ""), "{variant}: {said}");
        assert!(said.starts_with("error: ") && said.contains("RLIMIT_NOFILE"), "{variant}: {said}");
        assert!(!said.contains("panicked"), "{variant}: {said}");
    }
}
