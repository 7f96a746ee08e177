//! The whole road: preflight, build, measure and verify, judge, write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::report;
use crate::Usage;
use crate::build::Built;
use crate::data::{Data, Setting, Status};
use crate::experiment::{Experiment, Size, is_name};
use crate::git::is_tracked;
use crate::hyperfine::Hyperfine;
use crate::interpreters::{self, Interpreter, Pythons};
use crate::machine;
use crate::measure::Bench;
use crate::process::{self, litter};
use crate::tell;
use crate::workspace::Workspace;

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
    /// A CPython to measure with, in place of those found here; may be given more than once, and all is judged by the first
    #[arg(long, value_name = "PATH", conflicts_with = "no_python")]
    python: Vec<PathBuf>,
    /// Leave out what runs in CPython
    #[arg(long)]
    no_python: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let experiments = workspace.select(&options.only)?;
    let (mut setting, folder) = choose_folder(&workspace, options, &experiments)?;

    let found = match &options.python[..] {
        _ if options.no_python => Vec::new(),
        [] => interpreters::find(),
        asked => interpreters::named(asked)?,
    };
    let hyperfine = preflight(&workspace, options, &found)?;
    let pythons = if options.no_python {
        Pythons::none("left out, by --no-python")
    } else {
        Pythons::provide(&workspace, found, &experiments)
    };
    let built = Built::build(&workspace)?;
    setting.build.clone_from(&built.settings);

    let mut bench = Bench::new(&workspace, &hyperfine, &built, pythons, options.size());
    let mut failed = Vec::new();
    let mut judgements = Vec::new();
    for (index, experiment) in experiments.iter().enumerate() {
        let interim = interim_folder(&folder, experiment);
        let mut data = Data::begin(&setting, experiment, &hyperfine, options.size());
        let to_come = experiments.len() - index;
        if let Err(error) = bench.measure(experiment, &mut data, &interim, to_come) {
            if data.has_outcomes() {
                data.save(&interim)?;
                report::judge_and_write(&workspace, &interim)?;
                tell(&format!("what was finished is in {}", workspace.shown(&interim)));
            }
            return Err(error);
        }
        data.save(&folder)?;
        if interim != folder {
            Data::discard(&interim, &experiment.name)?;
        }
        failed.extend(failures(&data));
        judgements = report::judge_and_write(&workspace, &folder)?;
    }
    let printed = report::print(&workspace, &folder, &judgements);
    for failure in &failed {
        tell(&format!("FAILED {failure}"));
    }
    printed.with_context(|| format!("the results are in {}", workspace.shown(&folder)))?;
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

/// Where this run's results go. It is never a folder that is someone else's to keep: the reference, or one that
/// git tracks, unless it was asked for by name; or one that holds a fuller run.
fn choose_folder(
    workspace: &Workspace,
    options: &Options,
    experiments: &[Experiment],
) -> Result<(Setting, PathBuf)> {
    let mut setting = Setting::here(workspace);
    let results = options.out.clone().unwrap_or_else(|| workspace.root.join("results"));
    let label = &mut setting.machine.label;
    if let Some(asked) = &options.machine {
        let rule = "use a-z, 0-9, _ and -, and begin with a letter or a digit";
        ensure!(is_name(asked), Usage(format!("--machine {asked}: {rule}")));
        label.clone_from(asked);
    } else if report::reference_in(&results).as_ref() == Some(label) || is_tracked(&results.join(&*label)) {
        *label += "-local";
    }
    let fuller = Data::read_all(&results.join(&*label))?.into_iter().any(|data| {
        let again = experiments.iter().any(|experiment| experiment.name == data.experiment);
        again && data.complete && data.size > options.size()
    });
    if fuller {
        let kept = results.join(&*label);
        *label += if options.quick { "-quick" } else { "-default" };
        let kept = workspace.shown(&kept);
        tell(&format!("{kept} holds a fuller run, which is kept; this one goes beside it"));
    }
    let folder = results.join(&*label);
    make_writable(&folder)?;
    Ok((setting, folder))
}

/// Where unfinished data go: beside an earlier finished run, which an interrupt must not replace.
fn interim_folder(folder: &Path, experiment: &Experiment) -> PathBuf {
    let earlier = Data::read(&Data::file(folder, &experiment.name));
    let mut interim = folder.as_os_str().to_owned();
    if earlier.is_ok_and(|earlier| earlier.complete) {
        interim.push("-interrupted");
    }
    interim.into()
}

/// Says before anything is measured, not after, that the results could not be kept.
fn make_writable(results: &Path) -> Result<()> {
    let probe = || fs::create_dir_all(results).and_then(|()| litter::unfinished_in(results));
    probe().with_context(|| {
        format!("cannot write results to {}: name another folder with --out DIR", results.display())
    })?;
    for page in ["README.md", "index.html"].map(|page| results.join(page)) {
        let shown = page.display();
        ensure!(!page.is_dir(), "{shown} is a folder: a file of that name belongs there, move it away");
    }
    Ok(())
}

/// Provides the tools, raises the limits, and names what is missing before anything is measured.
fn preflight(workspace: &Workspace, options: &Options, pythons: &[Interpreter]) -> Result<Hyperfine> {
    machine::raise_limits().context("cannot raise the limit of open files")?;
    let hyperfine = Hyperfine::provide(workspace)?;
    for check in machine::checks(workspace, pythons) {
        let is_left_out = options.no_python && check.name == machine::CPYTHON;
        if let Some(lack) = check.lack.filter(|_| !is_left_out) {
            tell(&format!("{}: {}; {lack}", check.name, check.found));
        }
    }
    for tool in ["rustc", "cc"] {
        ensure!(!process::never_answered(tool), "{tool} does not answer: nothing can be built with it");
    }
    Ok(hyperfine)
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
