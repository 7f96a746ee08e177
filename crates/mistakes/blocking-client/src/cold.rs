//! One request from a cold start, many times over: a program that does nothing else is started, and watched from
//! outside.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use blocking_client::page::Page;

/// Those that have such a program.
pub(crate) const VARIANTS: [&str; 4] = ["threads", "tokio", "smol", "async_std"];
/// How many starts are one run; a single one is too noisy to decide anything.
pub(crate) const STARTS: u64 = 20;
/// The figures of them, as a demo shows them.
pub(crate) const COLUMNS: [&str; 3] = ["cold_s", "cold_hwm_bytes", "binary_bytes"];

/// The one of `variant`, which stands beside this one.
pub(crate) fn program(variant: &str) -> Result<PathBuf> {
    ensure!(
        VARIANTS.contains(&variant),
        "there is a cold start of {}, none of {variant}",
        VARIANTS.join(", ")
    );
    let program = env::current_exe()?.with_file_name(format!("cold_{variant}"));
    let program = program.with_extension(env::consts::EXE_EXTENSION);
    ensure!(
        program.is_file(),
        "there is no {}: build it with `cargo build --release -p blocking-client`",
        program.display()
    );
    Ok(program)
}

/// Starts `program` [`STARTS`] times, one after the other; returns all pages that it fetched from `url`, and of each
/// figure the median.
pub(crate) fn start_all(program: &Path, url: &str) -> Result<(Vec<Page>, BTreeMap<String, f64>)> {
    let mut pages = Vec::new();
    let mut figures: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..STARTS {
        let (page, told) = start(program, url)?;
        pages.push(page);
        for (name, figure) in told {
            figures.entry(name).or_default().push(figure);
        }
    }
    let medians = figures.into_iter().map(|(name, figures)| (name.to_owned(), median(figures)));
    Ok((pages, medians.collect()))
}

/// Of one figure at least.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let (low, high) = ((figures.len() - 1) / 2, figures.len() / 2);
    f64::midpoint(figures[low], figures[high])
}

/// Starts `program`, which fetches `url` and prints status and bytes; returns these, and what it took until then.
fn start(program: &Path, url: &str) -> Result<(Page, Vec<(&'static str, f64)>)> {
    let binary_bytes = fs::metadata(program)?.len();
    let started = Instant::now();
    let mut child = Command::new(program).arg(url).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its stdout is a pipe")?).read_line(&mut line)?;
    let cold_s = started.elapsed().as_secs_f64();
    let figures = [
        ("cold_s", Some(cold_s)),
        ("cold_hwm_bytes", status(&child, "VmHWM:").map(|kib| kib * 1024.0)),
        ("cold_threads", status(&child, "Threads:")),
        ("binary_bytes", Some(binary_bytes as f64)),
    ];
    end(child).with_context(|| format!("{} has failed", program.display()))?;
    let (status, bytes) = line.trim_end().split_once(' ').context("it printed no page")?;
    let page = Page { status: status.parse()?, bytes: bytes.parse()? };
    let told = figures.into_iter().filter_map(|(name, figure)| Some((name, figure?)));
    Ok((page, told.collect()))
}

/// It waits for the end of its input, which comes when this process ends too, however that dies.
fn end(mut child: Child) -> Result<()> {
    drop(child.stdin.take());
    let status = child.wait()?;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// A figure of its line in /proc; none where the system does not tell.
fn status(child: &Child, name: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_median_is_the_middle_one_or_between_the_two() {
        for (figures, median) in
            [(vec![4.0], 4.0), (vec![9.0, 1.0, 2.0], 2.0), (vec![9.0, 1.0, 4.0, 2.0], 3.0)]
        {
            assert!(super::median(figures.clone()).total_cmp(&median).is_eq(), "{figures:?}");
        }
    }
}
