//! The whole road: preflight, build, measure and verify, judge, write.

mod schedule;
mod screen;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Error, Result, bail, ensure};
use clap::Args;

use super::report;
use ::report::site;
use bench::Usage;
use bench::alone::Alone;
use bench::build::Built;
use bench::data::{Data, Setting, Status};
use bench::experiment::{Experiment, Size, Variant};
use bench::git::is_tracked;
use bench::hyperfine::Hyperfine;
use bench::interpreters::{self, Interpreter, Pythons};
use bench::machine::{self, Machine};
use bench::measure::Bench;
use bench::process::{self, litter};
use bench::terminal::tell;
use bench::text::is_name;
use bench::text::{LONGEST_LABEL, Name, clean};
use bench::workspace::Workspace;
use judge::Ledger;
use schedule::Schedule;
use screen::Screen;

#[derive(Args)]
pub(crate) struct Options {
    /// Three minutes: the smallest cases, and as many runs as most verdicts take
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
    let (all, ledger) = Ledger::of(&workspace)?;
    let experiments = workspace.select(workspace.experiments()?, &options.only)?;
    // Where nothing would run in it, no interpreter is asked what it is.
    let wants_python =
        !options.no_python && experiments.iter().flat_map(|one| &one.variants).any(Variant::is_python);
    let found = match &options.python[..] {
        [] if !wants_python => Vec::new(),
        [] => interpreters::find(),
        asked => interpreters::named(asked)?,
    };
    let (mut setting, folder) = choose_folder(&workspace, options, &experiments, !found.is_empty())?;
    let _alone = Alone::in_folder(&folder, &workspace.shown(&folder).to_string())?;
    let hyperfine = preflight(&workspace, wants_python, &found)?;
    let pythons = if options.no_python {
        Pythons::none("left out, by --no-python")
    } else {
        Pythons::provide(&workspace, found, &experiments)
    };
    let built = Built::build(&workspace)?;
    setting.build.clone_from(&built.settings);

    let mut bench = Bench::new(&workspace, &hyperfine, &built, pythons);
    let begin =
        |experiment| bench.begin(experiment, Data::begin(&setting, experiment, &hyperfine, options.size()));
    let mut running: Vec<_> = experiments.iter().map(begin).collect();
    let interim: BTreeMap<&str, PathBuf> =
        experiments.iter().map(|one| (one.name.as_str(), interim_folder(&folder, one))).collect();
    let is_measured = |data: &Data| experiments.iter().any(|one| data.experiment == one.name);
    let kept: Vec<_> = Data::read_all(&folder)?.into_iter().filter(|data| !is_measured(data)).collect();
    let measured = Schedule {
        ledger: &ledger,
        experiments: &all,
        kept: &kept,
        size: options.size(),
        running: &mut running,
        screen: Screen::new(),
        save: &|data| data.save(&interim[&*data.experiment]),
    }
    .run(&mut bench);
    let data: Vec<Data> = running.into_iter().map(|running| running.data).collect();
    if let Err(error) = measured {
        keep_unfinished(&workspace, &folder, &interim, &data)?;
        return Err(error);
    }
    for data in &data {
        data.save(&folder)?;
        let interim = &interim[&*data.experiment];
        if *interim != folder {
            Data::discard(interim, &data.experiment)?;
        }
        discard_what_is_covered(&folder, &folder, data)?;
    }
    let judgements = site::judge_and_write(&workspace, &folder)?;
    let printed = report::print(&workspace, &folder, &judgements);
    let failed: Vec<_> = data.iter().flat_map(failures).collect();
    for failure in &failed {
        tell(&format!("FAILED {failure}"));
    }
    printed.with_context(|| format!("the results are in {}", workspace.shown(&folder)))?;
    Ok(ExitCode::from(u8::from(!failed.is_empty())))
}

/// What was measured before an interrupt, with its pages.
fn keep_unfinished(
    workspace: &Workspace,
    folder: &Path,
    interim: &BTreeMap<&str, PathBuf>,
    data: &[Data],
) -> Result<()> {
    let mut written = BTreeSet::new();
    for data in data.iter().filter(|data| data.has_outcomes()) {
        let interim = &interim[&*data.experiment];
        data.save(interim)?;
        discard_what_is_covered(folder, interim, data)?;
        written.insert(interim);
    }
    for interim in written {
        site::judge_and_write(workspace, interim)?;
        tell(&format!("what was finished is in {}", workspace.shown(interim)));
    }
    Ok(())
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

/// What stands in `results`, or in a machine's folder, under a name of its own.
const RESERVED: [&str; 5] = ["reference", "index", "readme", "data", "plots"];

/// Where this run's results go. It is never a folder that is someone else's to keep: the reference, or one that
/// git tracks, unless it was asked for by name; one that holds what another machine measured; or one that holds more.
fn choose_folder(
    workspace: &Workspace,
    options: &Options,
    experiments: &[Experiment],
    has_python: bool,
) -> Result<(Setting, PathBuf)> {
    let mut setting = Setting::here(workspace);
    let results = options.out.clone().unwrap_or_else(|| workspace.root.join("results"));
    let machine = &setting.machine;
    let folder = |label: &str| results.join(label);
    let mut label = machine.label.to_string();
    if let Some(asked) = &options.machine {
        check_label(asked, &results)?;
        label.clone_from(asked);
        if let Some(other) = another_machine(&folder(&label), machine)? {
            bail!(Usage(format!(
                "--machine {label}: {} holds what was measured on {other}, and this is {}: give this machine a label of its own",
                workspace.shown(&folder(&label)),
                machine.shown()
            )));
        }
    } else {
        if site::reference_in(&results).as_ref() == Some(&label) || is_tracked(&folder(&label)) {
            label += "-local";
        }
        let of_its_own = label.clone();
        let mut number = 1;
        while let Some(other) = another_machine(&folder(&label), machine)? {
            tell(&format!(
                "{} holds what was measured on another machine, {other}, which is kept; this one goes beside it",
                workspace.shown(&folder(&label))
            ));
            number += 1;
            label = format!("{of_its_own}-{number}");
        }
    }
    let kept = folder(&label);
    let more = Data::read_all(&kept)?.iter().filter(|data| data.has_outcomes()).find_map(|data| {
        let again = experiments.iter().any(|experiment| data.experiment == experiment.name);
        let is_larger = again && data.size > options.size();
        let has_more = again && !has_python && data.has_python();
        match (is_larger, has_more) {
            (true, _) => Some(options.size().name()),
            (_, true) => Some("no-python"),
            _ => None,
        }
    });
    if let Some(suffix) = more {
        label = format!("{label}-{suffix}");
        let kept = workspace.shown(&kept);
        tell(&format!("{kept} holds a fuller run, which is kept; this one goes beside it"));
    }
    let folder = folder(&label);
    setting.machine.label = Name::new(&label).map_err(Error::msg)?;
    make_writable(&folder)?;
    Ok((setting, folder))
}

/// A label becomes a folder beside what the project keeps in `results`.
fn check_label(asked: &str, results: &Path) -> Result<()> {
    let shown: String = clean(asked).chars().take(LONGEST_LABEL).collect();
    let rule = "use a-z, 0-9, _ and -, and begin with a letter or a digit";
    ensure!(is_name(asked), Usage(format!("--machine {shown}: {rule}")));
    let is_short = asked.len() <= LONGEST_LABEL;
    ensure!(is_short, Usage(format!("--machine {shown}…: {LONGEST_LABEL} letters are the most")));
    let is_free = !RESERVED.contains(&asked);
    ensure!(is_free, Usage(format!("--machine {asked}: that is what a file of the results is called")));
    let folder = results.join(asked);
    let is_folder = folder.is_dir() || folder.symlink_metadata().is_err();
    ensure!(is_folder, "{} is no folder: move it away, or name another with --out DIR", folder.display());
    Ok(())
}

/// The machine that data in this folder are of, if that is not this one.
fn another_machine(folder: &Path, this: &Machine) -> Result<Option<String>> {
    let all = Data::read_all(folder)?;
    Ok(all.iter().find(|data| !data.machine.is_like(this)).map(|data| data.machine.shown()))
}

/// Where unfinished data go: beside what an earlier run has left, finished or not, which an interrupt must not replace.
fn interim_folder(folder: &Path, experiment: &Experiment) -> PathBuf {
    let is_free = |folder: &PathBuf| Data::file(folder, &experiment.name).symlink_metadata().is_err();
    let mut folders = interim_folders(folder);
    folders.find(is_free).expect("there is no end of them")
}

fn interim_folders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = |suffix: String| {
        let mut beside = folder.as_os_str().to_owned();
        beside.push(suffix);
        PathBuf::from(beside)
    };
    let others = (2..).map(move |number| beside(format!("-interrupted-{number}")));
    let first = [folder.to_owned(), beside("-interrupted".to_owned())];
    first.into_iter().chain(others)
}

/// Takes away what interrupted runs have left of this experiment and what these data have too.
fn discard_what_is_covered(folder: &Path, kept: &Path, data: &Data) -> Result<()> {
    for interim in interim_folders(folder).skip(1) {
        let file = Data::file(&interim, &data.experiment);
        if file.symlink_metadata().is_err() {
            return Ok(());
        }
        if interim != kept
            && Data::read(&file).is_ok_and(|earlier| !earlier.complete && data.covers(&earlier))
        {
            Data::discard(&interim, &data.experiment)?;
        }
    }
    Ok(())
}

/// Says before anything is measured, not after, that the results could not be kept.
fn make_writable(results: &Path) -> Result<()> {
    let probe = || fs::create_dir_all(results).and_then(|()| litter::unfinished_in(results));
    probe().with_context(|| {
        format!("cannot write results to {}: name another folder with --out DIR", results.display())
    })?;
    for page in ["README.md", site::PAGE].map(|page| results.join(page)) {
        let shown = page.display();
        ensure!(!page.is_dir(), "{shown} is a folder: a file of that name belongs there, move it away");
    }
    Ok(())
}

/// Provides the tools, raises the limits, and names what is missing before anything is measured.
fn preflight(workspace: &Workspace, wants_python: bool, pythons: &[Interpreter]) -> Result<Hyperfine> {
    machine::raise_limits().context("cannot raise the limit of open files")?;
    let hyperfine = Hyperfine::provide(workspace)?;
    for check in machine::checks(workspace, pythons) {
        let is_left_out = !wants_python && check.name == machine::CPYTHON;
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
            let reason = row.reason_or("no reason was kept");
            format!("{}/{} in {}: {reason}", data.experiment, row.variant, row.case)
        })
        .collect()
}
