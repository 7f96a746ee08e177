//! What a test file with `harness = false` has in place of the usual harness: it lists its tests, heeds filters and
//! `RUST_TEST_THREADS`, and can run one in a process of its own.
//!
//! It is libtest-mimic and what that lacks, so that `cargo test` and `cargo nextest run` run the same tests.

use std::env;
use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
pub use libtest_mimic::{Failed, Trial};

/// Names the test that a process was started for.
const ALONE: &str = "TRIAL_ALONE";

/// Runs the trials as the command line and `RUST_TEST_THREADS` ask; the code is for the end of `main`.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = threads(arguments.test_threads, env::var("RUST_TEST_THREADS").ok().as_deref());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// libtest-mimic knows the argument alone. What is no number is ignored.
fn threads(argument: Option<usize>, variable: Option<&str>) -> Option<usize> {
    argument.or_else(|| variable?.parse().ok()).filter(|threads| *threads > 0)
}

/// A trial that passes unless `test` panics.
pub fn test(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// The same in a process of its own, for what looks at all children, threads or signals of its process. That is this program
/// again, from the start of its `main`.
pub fn alone(name: &str, test: fn()) -> Trial {
    let own = name.to_owned();
    Trial::test(name, move || {
        if env::var_os(ALONE).is_some_and(|alone| *alone == *own) {
            test();
            return Ok(());
        }
        let mut again = Command::new(env::current_exe()?);
        let ended = again.args(["--exact", "--test-threads=1", &own]).env(ALONE, &own).output()?;
        let said = [ended.stdout, ended.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        if ended.status.success() { Ok(()) } else { Err(format!("{}:\n{said}", ended.status).into()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_counts_before_the_variable() {
        assert_eq!(threads(Some(3), Some("8")), Some(3));
        assert_eq!(threads(None, Some("8")), Some(8));
        assert_eq!(
            [None, Some(""), Some("0"), Some("many")].map(|variable| threads(None, variable)),
            [None; 4]
        );
    }
}
