//! Pages, ledger and the tables in the READMEs, from the data alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, ensure};
use clap::Args;
use glob::{Pattern, glob};

use crate::data::{self, Data, json};
use crate::experiment::Experiment;
use crate::ledger::{self, Judgement, Tree};
use crate::markdown::{escape, table};
use crate::page;
use crate::plot::{self, Plot};
use crate::say;
use crate::splice::splice;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing; exit 1 if a page is not what the data say
    #[arg(long)]
    check: bool,
}

/// A file and what it ought to hold.
type Page = (PathBuf, String);

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    if !options.check {
        for (file, text) in pages(&workspace)? {
            data::write(&file, &text)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let stale = stale(&workspace)?;
    for message in &stale {
        eprintln!("{message}");
    }
    Ok(ExitCode::from(u8::from(!stale.is_empty())))
}

/// The generated files that do not hold what the data say, and the pictures that nothing draws any more.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<String>> {
    let pages = pages(workspace)?;
    let drawn: BTreeSet<_> = pages.iter().map(|(file, _)| file.clone()).collect();
    let pattern = format!("{}/results/*/plots/*.svg", Pattern::escape(&workspace.root.to_string_lossy()));
    let pictures: Vec<_> = glob(&pattern)?.collect::<Result<_, _>>()?;
    let left = pictures.iter().filter(|file| !drawn.contains(*file));
    let left = left.map(|file| format!("{}:1: nothing draws it any more; delete it", workspace.shown(file)));
    let differs = |(file, text): &Page| fs::read_to_string(file).ok().as_ref() != Some(text);
    let message = |(file, _): Page| {
        format!("{}:1: is not what the data say; run `cargo xtask report`", workspace.shown(&file))
    };
    Ok(pages.into_iter().filter(differs).map(message).chain(left).collect())
}

/// The machine whose results are kept as the reference.
pub(crate) fn reference_in(results: &Path) -> Option<String> {
    let label = fs::read_to_string(results.join("reference")).ok()?;
    Some(label.trim().to_owned())
}

/// Judges the data in a machine's folder and writes its pages; touches nothing outside that folder.
pub(crate) fn judge_and_write(workspace: &Workspace, folder: &Path) -> Result<Vec<Judgement>> {
    let experiments = workspace.experiments()?;
    let machine = Machine::read(folder.to_owned(), &experiments)?;
    for (file, text) in machine.pages(&experiments, machine.drawn(&experiments))? {
        data::write(&file, &text)?;
    }
    Ok(machine.judgements)
}

/// The verdicts, for the terminal, and where to read more.
pub(crate) fn print(workspace: &Workspace, folder: &Path, judgements: &[Judgement]) -> Result<()> {
    for judgement in judgements.iter().filter(|judgement| judgement.language == "rust") {
        say(&format!("{:4} {:13} {}\n", judgement.id, judgement.verdict.words(), judgement.evidence))?;
    }
    say(&format!("\n{}\n", workspace.shown(&folder.join("README.md"))))
}

/// An experiment, what was measured of it, and the pictures of that.
type Drawn<'a> = (&'a Experiment, &'a Data, Vec<Plot>);

/// What was measured on one machine, and what it says.
struct Machine {
    folder: PathBuf,
    data: Vec<Data>,
    judgements: Vec<Judgement>,
    tree: Tree,
}

impl Machine {
    fn read(folder: PathBuf, experiments: &[Experiment]) -> Result<Self> {
        let data = Data::read_all(&folder)?;
        let (judgements, tree) = ledger::judge(&data, experiments);
        Ok(Self { folder, data, judgements, tree })
    }

    fn label(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Its experiments with their pictures. Data may outlive their experiment; they are kept, but can no longer be explained.
    fn drawn<'a>(&'a self, experiments: &'a [Experiment]) -> Vec<Drawn<'a>> {
        let explained =
            self.data.iter().filter_map(|data| Some((data.experiment_of(experiments)?, data))).collect();
        at_once(explained, |(experiment, data)| (experiment, data, plot::plots(experiment, data)))
    }

    /// Every file that is written for it.
    fn pages(&self, experiments: &[Experiment], drawn: Vec<Drawn>) -> Result<Vec<Page>> {
        let Self { folder, data, judgements, tree } = self;
        let mut pages = vec![
            (folder.join("data/claims.json"), json(judgements)?),
            (folder.join("data/tree.json"), json(tree)?),
            (folder.join("README.md"), page::machine(data, experiments, judgements, tree)),
        ];
        let of_each = at_once(drawn, |(experiment, data, plots)| {
            let page = page::experiment(experiment, data, &plots, judgements);
            let page = (folder.join(format!("{}.md", experiment.name)), page);
            [page]
                .into_iter()
                .chain(plots.into_iter().map(|plot| (folder.join(plot.file), plot.svg)))
                .collect::<Vec<_>>()
        });
        pages.extend(of_each.into_iter().flatten());
        Ok(pages)
    }
}

/// Each of them in a thread of its own: they draw thousands of samples.
fn at_once<T: Send, R: Send>(all: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> = all.into_iter().map(|one| scope.spawn(move || work(one))).collect();
        running
            .into_iter()
            .map(|one| one.join().expect("what draws and writes a page does not panic"))
            .collect()
    })
}

/// Every generated file of the project: the pages of each machine, and the parts of the READMEs.
fn pages(workspace: &Workspace) -> Result<Vec<Page>> {
    let experiments = workspace.experiments()?;
    let results = workspace.root.join("results");
    let label = reference_in(&results);
    let mut reference = None;
    let mut readmes = Vec::new();
    let mut pages = Vec::new();
    for entry in fs::read_dir(&results).into_iter().flatten() {
        let machine = Machine::read(entry?.path(), &experiments)?;
        if machine.data.is_empty() {
            continue;
        }
        let drawn = machine.drawn(&experiments);
        let is_reference = Some(machine.label()) == label;
        if is_reference {
            for (experiment, data, plots) in &drawn {
                readmes.push(experiment_readme(workspace, experiment, data, plots, &machine.label())?);
            }
        }
        pages.extend(machine.pages(&experiments, drawn)?);
        reference = if is_reference { Some(machine) } else { reference };
    }
    pages.sort();
    if let Some(label) = label {
        ensure!(reference.is_some(), "results/reference names {label}, and results/{label} holds no data");
    }
    pages.extend(front_page(workspace, &experiments, reference.as_ref())?);
    pages.extend(readmes);
    Ok(pages)
}

/// The project's README: its index, and the most surprising of what the reference says.
fn front_page(
    workspace: &Workspace,
    experiments: &[Experiment],
    reference: Option<&Machine>,
) -> Result<Option<Page>> {
    let file = workspace.root.join("README.md");
    let Ok(text) = fs::read_to_string(&file) else {
        return Ok(None);
    };
    let text = spliced(&file, &text, "experiments", &index(experiments))?;
    let Some(machine) = reference else {
        return Ok(Some((file, text)));
    };
    let headline = page::headline(&machine.judgements, &machine.label());
    Ok(Some((file.clone(), spliced(&file, &text, "headline", &headline)?)))
}

fn index(experiments: &[Experiment]) -> String {
    let rows: Vec<_> = experiments
        .iter()
        .map(|experiment| {
            let folder = experiment.folder.display();
            vec![
                experiment.group.clone(),
                format!("[{}]({folder}/README.md)", experiment.name),
                escape(&experiment.title),
                experiment.claims.join(", "),
            ]
        })
        .collect();
    table(&[("Group", false), ("Experiment", false), ("", false), ("Claims", false)], &rows)
}

fn experiment_readme(
    workspace: &Workspace,
    experiment: &Experiment,
    data: &Data,
    plots: &[Plot],
    label: &str,
) -> Result<Page> {
    let file = workspace.root.join(&experiment.folder).join("README.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let case = experiment.cases.first().context("an experiment has a case")?;
    let machine = format!("../../../results/{label}/");
    let mut part = page::pictures(plots.iter(), &machine);
    part += &format!("From [the whole page]({machine}{}.md), case `{}`:\n\n", experiment.name, case.name);
    part += &page::in_short(experiment, case, data);
    let text = spliced(&file, &text, "results", &part)?;
    Ok((file, text))
}

fn spliced(file: &Path, text: &str, name: &str, part: &str) -> Result<String> {
    splice(text, name, part).with_context(|| file.display().to_string())
}
