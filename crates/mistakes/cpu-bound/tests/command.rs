//! The demo as a person runs it: each row of `command.toml`, and what depends on how many cores there are.

use std::process::ExitCode;
use std::thread::available_parallelism;

use assert_cmd::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cpu-bound");

fn main() -> ExitCode {
    let needs_none = command_line::trial(
        "a_pool_needs_no_descriptors_for_jobs_that_wait",
        a_pool_needs_no_descriptors_for_jobs_that_wait,
    );
    command_line::test(PROGRAM, env!("CARGO_MANIFEST_DIR"), vec![needs_none])
}

fn a_pool_needs_no_descriptors_for_jobs_that_wait() {
    // Enough for twice as many jobs as it has processes; all at once would take some thousand.
    let processes = available_parallelism().unwrap().get().max(4);
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -n {} && exec \"$0\" \"$@\"", 32 + 16 * processes));
    limited.arg(PROGRAM).args(["processes", "--jobs", "256", "--steps", "1000"]).env_remove("OUTCOME_FILE");
    let run = limited.assert().success();
    let told = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(told.starts_with("processes: 256 of 256 in "), "{told}");
}
