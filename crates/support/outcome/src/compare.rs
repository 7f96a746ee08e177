//! All variants of a demo, each in a process of its own, as one table.

use std::env;
use std::io::{Write, stdout};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{Outcome, Work};

/// How wide a metric's column is, unless its head is wider.
const COLUMN: usize = 12;

/// Runs this program once for each of `variants`, with the arguments it was given itself, and prints one
/// table; `done` names what the work counts, and `metrics` which of its metrics get a column. Each runs in a process of its
/// own because a peak never falls. Returns what they reported, in their order.
///
/// # Errors
/// When a variant fails; the others are run and shown all the same.
pub fn compare(variants: &[&str], done: &str, metrics: &[&str]) -> Result<Vec<Outcome>> {
    let width = variants.iter().map(|name| name.len()).max().unwrap_or(0).max("variant".len());
    let memory = ["resident", "page tables", "kernel stacks", "virtual"];
    let heads = ["lost", "time", "CPU"].map(|head| format!("{head:>10}")).join(" ");
    let kinds = memory.map(|kind| format!("{kind:>13}")).join(" ");
    let own = row(metrics, head);
    writeln!(stdout(), "{:width$} {done:>10} {heads} {own}{kinds}", "variant")?;
    let (mut outcomes, mut failed) = (Vec::new(), Vec::new());
    for variant in variants {
        match run(variant) {
            Ok(outcome) => {
                writeln!(stdout(), "{variant:width$} {}", line(&outcome, metrics))?;
                outcomes.push(outcome);
            }
            Err(error) => {
                writeln!(stdout(), "{variant:width$} FAILED: {error:#}")?;
                failed.push(*variant);
            }
        }
    }
    ensure!(failed.is_empty(), "{} failed", failed.join(", "));
    Ok(outcomes)
}

fn line(outcome: &Outcome, metrics: &[&str]) -> String {
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
    let own = row(metrics, |metric| figure(metric, outcome.metrics.get(metric)));
    format!("{done:>10} {lost:>10} {elapsed_s:>8.3} s {cpu:>8.3} s {own}{memory}")
}

fn row(metrics: &[&str], cell: impl Fn(&str) -> String) -> String {
    let cells = metrics.iter().map(|metric| (cell(metric), head(metric).len().max(COLUMN)));
    cells.fold(String::new(), |row, (cell, width)| row + &format!("{cell:>width$} "))
}

/// `late_p99_s` is headed "late p99": its unit stands in each row.
fn head(metric: &str) -> String {
    let name =
        ["_bytes", "_per_s", "_s"].into_iter().find_map(|unit| metric.strip_suffix(unit)).unwrap_or(metric);
    name.replace('_', " ")
}

fn figure(metric: &str, figure: Option<&f64>) -> String {
    match figure {
        None => "-".to_owned(),
        Some(bytes) if metric.ends_with("_bytes") => format!("{:.1} MB", bytes / 1e6),
        Some(rate) if metric.ends_with("_per_s") => format!("{rate:.1} /s"),
        Some(time) if metric.ends_with("_s") => moment(*time),
        Some(quotient) if metric.contains("_per_") => format!("{quotient:.2}"),
        Some(number) => format!("{number}"),
    }
}

/// In milliseconds, unless only a smaller unit has digits to show.
fn moment(seconds: f64) -> String {
    match seconds {
        1e-4.. => format!("{:.1} ms", seconds * 1e3),
        1e-6.. => format!("{:.1} µs", seconds * 1e6),
        _ => format!("{:.0} ns", seconds * 1e9),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_head() {
        let metrics = ["hop_s", "switches_per_hop"];
        let cells = row(&metrics, |metric| figure(metric, Some(&1.784)));
        assert_eq!(row(&metrics, head), "         hop switches per hop ");
        assert_eq!(cells, "   1784.0 ms             1.78 ");
    }

    #[test]
    fn a_time_has_the_unit_that_shows_it() {
        let shown = |seconds| figure("late_p99_s", Some(&seconds));
        assert_eq!([1.5, 0.0012, 0.0004].map(shown), ["1500.0 ms", "1.2 ms", "0.4 ms"]);
        assert_eq!([51e-6, 5.12e-6, 93.4e-9, 0.0].map(shown), ["51.0 µs", "5.1 µs", "93 ns", "0 ns"]);
    }
}
