//! All variants of a demo, each in a process of its own, as one table.

use std::env;
use std::io::{Write, stdout};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{Outcome, Work};

/// Runs this program once for each of `variants`, with the arguments it was given itself, and prints one
/// table; `done` names what the work counts. Each runs in a process of its own because a peak never falls.
///
/// # Errors
/// When a variant fails; the others are run and shown all the same.
pub fn compare(variants: &[&str], done: &str) -> Result<()> {
    let width = variants.iter().map(|name| name.len()).max().unwrap_or(0).max("variant".len());
    let memory = ["resident", "page tables", "kernel stacks", "virtual"];
    let heads = ["lost", "time", "CPU"].map(|head| format!("{head:>10}")).join(" ");
    let kinds = memory.map(|kind| format!("{kind:>13}")).join(" ");
    writeln!(stdout(), "{:width$} {done:>10} {heads} {kinds}", "variant")?;
    let mut failed = Vec::new();
    for variant in variants {
        match run(variant) {
            Ok(outcome) => writeln!(stdout(), "{variant:width$} {}", line(&outcome))?,
            Err(error) => {
                writeln!(stdout(), "{variant:width$} FAILED: {error:#}")?;
                failed.push(*variant);
            }
        }
    }
    ensure!(failed.is_empty(), "{} failed", failed.join(", "));
    Ok(())
}

fn line(outcome: &Outcome) -> String {
    if let Some(refused) = &outcome.refused {
        return refused.to_string();
    }
    let Outcome { work: Work { expected, done }, elapsed_s, cpu, memory, .. } = outcome;
    let memory =
        [memory.hwm_bytes, memory.page_table_bytes, memory.kernel_stack_bytes, memory.peak_virtual_bytes];
    let memory =
        memory.map(|bytes| format!("{:>13}", bytes.map_or("not told".to_owned(), megabytes))).join(" ");
    let lost = expected.saturating_sub(*done);
    let cpu = cpu.user_s + cpu.system_s;
    format!("{done:>10} {lost:>10} {elapsed_s:>8.3} s {cpu:>8.3} s {memory}")
}

/// One unit for the whole column, so that it can be read downwards.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
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
