//! The whole road: preflight, build, verify, measure, judge, write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;
use xshell::{Shell, cmd};

use super::report::{self, MachineReport};
use crate::Usage;
use crate::data::{Data, Status};
use crate::experiment::{Experiment, Size, is_name};
use crate::hyperfine::Hyperfine;
use crate::machine::{self, Machine};
use crate::measure::Bench;
use crate::process;
use crate::workspace::{Workspace, cargo};

#[derive(Args)]
pub(crate) struct Options {
    /// Two minutes: each variant once, no large cases
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// The million-sized cases too
    #[arg(long)]
    full: bool,
    /// Only the experiments that match; may be given more than once
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Where the results go [default: results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What this machine is called in the results [default: its processor and cores]
    #[arg(long, value_name = "LABEL")]
    machine: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let experiments = workspace.select(&options.only)?;
    let machine = name_machine(&workspace, options, &experiments)?;
    let folder = results(&workspace, options).join(&machine.label);
    make_writable(&folder)?;

    let (hyperfine, python) = preflight(&workspace)?;
    build(&workspace)?;

    let mut bench = Bench::new(&workspace, &hyperfine, python)?;
    let mut failed = Vec::new();
    for experiment in &experiments {
        let mut data = Data::begin(&workspace, experiment, machine.clone(), &hyperfine, options.size());
        let measured = bench.measure(experiment, &mut data, &folder);
        data.save(&folder)?;
        let report = report::write_machine(&workspace, &folder)?;
        failed.extend(failures(&data));
        if let Err(error) = measured {
            eprintln!("what was finished is in {}", workspace.shown(&folder));
            return Err(error);
        }
        if experiment.name == experiments[experiments.len() - 1].name {
            summarise(&workspace, &folder, &report);
        }
    }
    for failure in &failed {
        eprintln!("FAILED {failure}");
    }
    Ok(ExitCode::from(u8::from(!failed.is_empty())))
}

impl Options {
    fn size(&self) -> Size {
        match (self.quick, self.full) {
            (true, _) => Size::Quick,
            (_, true) => Size::Full,
            _ => Size::Default,
        }
    }
}

fn results(workspace: &Workspace, options: &Options) -> PathBuf {
    options.out.clone().unwrap_or_else(|| workspace.root.join("results"))
}

/// This machine under the label that its results go by. A label is never one whose files are someone
/// else's to keep: the committed reference, or a fuller run than this one.
fn name_machine(workspace: &Workspace, options: &Options, experiments: &[Experiment]) -> Result<Machine> {
    let mut machine = Machine::this();
    match &options.machine {
        Some(label) => {
            let message =
                format!("--machine {label}: use a-z, 0-9, _ and -, and begin with a letter or digit");
            ensure!(is_name(label), Usage(message));
            machine.label.clone_from(label);
        }
        None if options.out.is_none() && report::reference(workspace).as_ref() == Some(&machine.label) => {
            machine.label += "-local";
        }
        None => {}
    }
    let folder = results(workspace, options).join(&machine.label);
    let fuller = Data::read_all(&folder)?.into_iter().find(|data| {
        data.size > options.size() && experiments.iter().any(|experiment| experiment.name == data.experiment)
    });
    if fuller.is_some() {
        machine.label += if options.quick { "-quick" } else { "-default" };
        eprintln!("{} holds a fuller run, which is kept; this one goes beside it", workspace.shown(&folder));
    }
    Ok(machine)
}

/// Says before anything is measured, not after, that the results could not be kept.
fn make_writable(folder: &Path) -> Result<()> {
    let probe = folder.join("data/unfinished");
    fs::create_dir_all(folder.join("data"))
        .and_then(|()| fs::write(&probe, ""))
        .and_then(|()| fs::remove_file(&probe))
        .with_context(|| {
            format!("cannot write results to {}: name another folder with --out DIR", folder.display())
        })
}

/// Provides the tools, raises the limits, and names what is missing before anything is measured.
fn preflight(workspace: &Workspace) -> Result<(Hyperfine, bool)> {
    machine::raise_limits().context("cannot raise the limit of open files")?;
    let hyperfine = Hyperfine::provide(workspace)?;
    let mut python = true;
    for check in machine::checks(workspace) {
        if let Some(lack) = check.lack {
            eprintln!("{}: {}; {lack}", check.name, check.found);
            python &= check.name != "python3";
        }
    }
    Ok((hyperfine, python))
}

/// Builds everything once, ourselves left out.
fn build(workspace: &Workspace) -> Result<()> {
    let shell = Shell::new()?;
    shell.change_dir(&workspace.root);
    let exclude: &[&str] = if workspace.has_package("xtask") { &["--exclude", "xtask"] } else { &[] };
    let cargo = cargo();
    let build = cmd!(shell, "{cargo} build --release --workspace {exclude...}");
    let ended = process::run(&mut Command::from(build), None)?;
    ensure!(ended.is_some_and(|status| status.success()), "the build failed: see cargo's messages above");
    Ok(())
}

fn failures(data: &Data) -> Vec<String> {
    let failed = data.rows.iter().filter(|row| row.status == Status::Failed);
    failed
        .map(|row| {
            let reason = row.reason.as_deref().unwrap_or_default();
            format!("{}/{} in {}: {reason}", data.experiment, row.variant, row.case)
        })
        .collect()
}

fn summarise(workspace: &Workspace, folder: &Path, report: &MachineReport) {
    for judgement in report.judgements.iter().filter(|judgement| judgement.language == "rust") {
        println!("{:4} {:13} {}", judgement.id, judgement.verdict.words(), judgement.evidence);
    }
    println!("\n{}", workspace.shown(&folder.join("README.md")));
}
