//! `cargo xtask`: measures every experiment on this machine, judges the claims, and writes the pages.

// Programs are started in `process`, and streams written to in `terminal`: one place for each, where all that can go wrong is seen to.
#![warn(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout)]

mod commands;

use std::io::ErrorKind;
use std::process::ExitCode;

use anyhow::Result;
use bench::Usage;
use bench::interrupt::{INTERRUPTED, Interrupted};
use bench::terminal::tell;
use bench::{process, text};
use clap::{Parser, Subcommand};
use commands::{bench_all, copy, decide, diff, doctor, list, report, scripts, tidy};

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

fn main() -> ExitCode {
    // What ourselves start is not for a reader of the arguments below.
    if let Some(ended) = process::keeper::role() {
        return ended;
    }
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(answer) => return show(&answer),
    };
    match run(command) {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            tell("interrupted");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            // It may quote a file, or what another program said.
            let lines: Vec<_> = process::in_words(&error).lines().map(text::clean).collect();
            tell(&format!("error: {}", lines.join("\n")));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

/// Help and version are results; what is wrong with the arguments is not.
fn show(answer: &clap::Error) -> ExitCode {
    match answer.print() {
        Err(error) if !answer.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            tell(&format!("error: cannot write to the standard output: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2)),
    }
}

fn run(command: Command) -> Result<ExitCode> {
    process::watch_for_interrupts()?;
    process::check_room()?;
    match command {
        Command::BenchAll(options) => process::carefully(|| bench_all::run(&options)),
        Command::List(options) => list::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Scripts(options) => scripts::run(&options),
        Command::Copy(options) => process::carefully(|| copy::run(&options)),
        Command::Decide(options) => decide::run(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Doctor => doctor::run(),
        Command::Tidy => tidy::run(),
    }
}
