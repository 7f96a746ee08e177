//! All variants of a demo, each in a process of its own, as one table.

use std::env;
use std::io::{Write, stdout};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::Outcome;

/// Runs this program once for each of `variants`, with the arguments it was given itself, and prints one
/// table; `done` names what the work counts. Each runs in a process of its own because a peak never falls.
///
/// # Errors
/// When a variant fails; the others are run and shown all the same.
pub fn compare(variants: &[&str], done: &str) -> Result<()> {
    let width = variants.iter().map(|name| name.len()).max().unwrap_or(0).max("variant".len());
    writeln!(stdout(), "{:width$} {done:>12} {:>12} {:>10}", "variant", "lost", "time")?;
    let mut failed = Vec::new();
    for variant in variants {
        match run(variant) {
            Ok(outcome) => {
                let work = outcome.work;
                let lost = work.expected.saturating_sub(work.done);
                writeln!(
                    stdout(),
                    "{variant:width$} {:>12} {lost:>12} {:>8.3} s",
                    work.done,
                    outcome.elapsed_s
                )?;
            }
            Err(error) => {
                writeln!(stdout(), "{variant:width$} FAILED: {error:#}")?;
                failed.push(*variant);
            }
        }
    }
    ensure!(failed.is_empty(), "{} failed", failed.join(", "));
    Ok(())
}

fn run(variant: &str) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("outcome.json");
    let status = Command::new(env::current_exe()?)
        .arg(variant)
        .args(env::args_os().skip(1))
        .env("OUTCOME_FILE", &file)
        .stdin(Stdio::null())
        .status()
        .context("cannot be started")?;
    ensure!(status.success(), "{status}");
    Outcome::read(&file)
}
