//! `cargo xtask`: measures every experiment on this machine, judges the claims, and writes the pages.

mod alone;
mod commands;
mod data;
mod experiment;
#[cfg(test)]
mod hostile;
mod html;
mod hyperfine;
mod interpreters;
mod ledger;
mod machine;
mod markdown;
mod measure;
mod origin;
mod page;
mod plot;
mod process;
mod series;
mod splice;
mod statistics;
mod text;
mod units;
mod workspace;

use std::io::{ErrorKind, Write, stdout};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use commands::{bench_all, copy, decide, diff, doctor, list, report, scripts, tidy};
use process::Interrupted;
use thiserror::Error;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Threads or async? Measures both on this machine",
    version
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure every experiment, judge the claims, write the pages
    BenchAll(bench_all::Options),
    /// Show the experiments, their variants and cases
    List(list::Options),
    /// Write the pages and the tables in the READMEs again, from the data
    Report(report::Options),
    /// Write a plain shell script per experiment: the same hyperfine calls, without xtask
    Scripts(scripts::Options),
    /// Put a pattern into another package, as one file with the crates that it needs
    Copy(copy::Options),
    /// Say what to take for one's own work: at most five questions, answered by what was measured
    Decide(decide::Options),
    /// Hold one run against another: what became faster, what slower, which verdicts changed
    Diff(diff::Options),
    /// Show what this machine has, what it lacks, and the mend
    Doctor,
    /// Check the rules of the house
    Tidy,
}

/// The caller asked for something that does not exist.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

/// Prints a result. A reader who has seen enough, `| head` say, is no error.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    match stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let result = process::watch_for_interrupts().and_then(|()| match command {
        Command::BenchAll(options) => bench_all::run(&options),
        Command::List(options) => list::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Scripts(options) => scripts::run(&options),
        Command::Copy(options) => copy::run(&options),
        Command::Decide(options) => decide::run(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Doctor => doctor::run(),
        Command::Tidy => tidy::run(),
    });
    match result {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            // It may quote a file, or what another program said.
            let lines: Vec<_> = format!("{error:#}").lines().map(text::clean).collect();
            eprintln!("error: {}", lines.join("\n"));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}
