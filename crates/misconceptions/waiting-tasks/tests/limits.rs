//! What the machine refuses is a row with the limit that stopped it; nothing hangs, and no abort is seen.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use outcome::{Outcome, Refused};
use tempfile::TempDir;

/// A folder with the program that an ordinary user may run and write to.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::set_permissions(place.0.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_waiting-tasks"), place.program()).unwrap();
        place
    }

    fn program(&self) -> PathBuf {
        self.0.path().join("waiting-tasks")
    }

    fn outcome(&self) -> PathBuf {
        self.0.path().join("outcome.json")
    }

    /// The program under a limit that a shell sets.
    fn limited(&self, shell: &str, limit: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(shell);
        command.arg("-c").arg(format!("ulimit {limit} && exec \"$0\" \"$@\"")).arg(self.program());
        command.args(arguments).current_dir(self.0.path()).env("OUTCOME_FILE", self.outcome());
        command
    }

    fn refused(&self, mut command: Command) -> Refused {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(said(&output), "", "a refusal is a result, and no noise");
        Outcome::read(&self.outcome()).unwrap().refused.expect("it was refused")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn a_limit_of_address_space_is_named_and_moves_the_refusal() {
    let place = Place::new();
    let at = |kib: &str| {
        let refused =
            place.refused(place.limited("sh", kib, &["threads", "--tasks", "5000", "--wait-ms", "60000"]));
        assert_eq!(refused.limit, "RLIMIT_AS", "{refused}");
        refused.at
    };
    let (narrow, wide) = (at("-v 4000000"), at("-v 8000000"));
    assert!(narrow > 0 && narrow < wide && wide < 5_000, "{narrow} and {wide}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_limit_of_processes_is_named_for_threads_runtimes_and_processes() {
    let place = Place::new();
    for (variant, tasks, limit) in
        [("threads", "5000", "200"), ("processes", "100", "50"), ("tokio", "10", "2")]
    {
        let mut command =
            place.limited("bash", &format!("-u {limit}"), &[variant, "--tasks", tasks, "--wait-ms", "20000"]);
        if is_root(place.0.path()) {
            // The limit does not bind root; this is nobody.
            command.uid(65_534).gid(65_534);
        }
        match command.output() {
            Ok(output) if output.status.success() => {
                let refused = Outcome::read(&place.outcome()).unwrap().refused.expect("it was refused");
                assert_eq!(refused.limit, "RLIMIT_NPROC", "{variant}: {refused}");
                fs::remove_file(place.outcome()).unwrap();
            }
            // Where not even the run's own process could be started there is nobody to look.
            Ok(output) => {
                assert_eq!(output.status.code(), Some(1), "{variant}: {output:?}");
                assert!(said(&output).starts_with("error: "), "{variant}: {output:?}");
                assert!(!said(&output).contains("panicked"), "{variant}: {output:?}");
            }
            Err(error) => eprintln!("skipped: no bash, or no right to become an ordinary user: {error}"),
        }
    }
}

fn is_root(own: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(own).unwrap().uid() == 0
}

#[test]
fn few_open_files_are_a_clear_error() {
    let place = Place::new();
    let output = place.limited("sh", "-n 64", &["processes", "--tasks", "100"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).starts_with("error: cannot start a process: Too many open files"), "{output:?}");
}

#[test]
fn few_open_files_are_enough_for_tasks_that_open_none() {
    let place = Place::new();
    for variant in ["threads", "tokio", "smol", "async_std"] {
        let output =
            place.limited("sh", "-n 64", &[variant, "--tasks", "200", "--wait-ms", "100"]).output().unwrap();
        assert!(output.status.success(), "{variant}: {output:?}");
    }
}
