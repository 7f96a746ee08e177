//! Pages, ledger and the tables in the READMEs, from the data alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use glob::{Pattern, glob};

use crate::data::{self, Data, json};
use crate::experiment::Experiment;
use crate::ledger::{self, Judgement};
use crate::markdown::{escape, table};
use crate::page;
use crate::plot;
use crate::say;
use crate::splice::splice;
use crate::workspace::Workspace;

/// The experiment whose first case stands on the front page.
const HEADLINE: &str = "lost-updates";

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

/// The machine whose data are shown in the READMEs, and the data.
fn reference(workspace: &Workspace) -> Result<Option<(String, Vec<Data>)>> {
    let results = workspace.root.join("results");
    let Some(label) = reference_in(&results) else {
        return Ok(None);
    };
    let all = Data::read_all(&results.join(&label))?;
    ensure!(!all.is_empty(), "results/reference names {label}, and results/{label} holds no data");
    Ok(Some((label, all)))
}

/// Judges the data in a machine's folder and writes its pages; touches nothing outside that folder.
pub(crate) fn judge_and_write(workspace: &Workspace, folder: &Path) -> Result<Vec<Judgement>> {
    let experiments = workspace.experiments()?;
    let all = Data::read_all(folder)?;
    let judgements = ledger::judge(&all, &experiments);
    for (file, text) in machine(folder, &all, &experiments, &judgements)? {
        data::write(&file, &text)?;
    }
    Ok(judgements)
}

/// The verdicts, for the terminal, and where to read more.
pub(crate) fn print(workspace: &Workspace, folder: &Path, judgements: &[Judgement]) -> Result<()> {
    for judgement in judgements.iter().filter(|judgement| judgement.language == "rust") {
        say(&format!("{:4} {:13} {}\n", judgement.id, judgement.verdict.words(), judgement.evidence))?;
    }
    say(&format!("\n{}\n", workspace.shown(&folder.join("README.md"))))
}

fn machine(
    folder: &Path,
    all: &[Data],
    experiments: &[Experiment],
    judgements: &[Judgement],
) -> Result<Vec<Page>> {
    let mut pages = vec![
        (folder.join("data/claims.json"), json(&judgements)?),
        (folder.join("README.md"), page::machine(all, experiments, judgements)),
    ];
    for data in all {
        // Data may outlive their experiment; they are kept, but can no longer be explained.
        if let Some(experiment) = data.experiment_of(experiments) {
            let plots = plot::plots(experiment, data);
            let page = page::experiment(experiment, data, &plots, judgements);
            pages.push((folder.join(format!("{}.md", experiment.name)), page));
            pages.extend(plots.into_iter().map(|plot| (folder.join(plot.file), plot.svg)));
        }
    }
    Ok(pages)
}

/// Every generated file of the project: the pages of each machine, and the parts of the READMEs.
fn pages(workspace: &Workspace) -> Result<Vec<Page>> {
    let experiments = workspace.experiments()?;
    let results = workspace.root.join("results");
    let mut pages = Vec::new();
    for entry in fs::read_dir(&results).into_iter().flatten() {
        let folder = entry?.path();
        let all = Data::read_all(&folder)?;
        if !all.is_empty() {
            let judgements = ledger::judge(&all, &experiments);
            pages.extend(machine(&folder, &all, &experiments, &judgements)?);
        }
    }
    pages.sort();
    let reference = reference(workspace)?;
    pages.extend(front_page(workspace, &experiments, reference.as_ref())?);
    if let Some((label, all)) = &reference {
        for data in all {
            if let Some(experiment) = data.experiment_of(&experiments) {
                pages.push(experiment_readme(workspace, experiment, data, label)?);
            }
        }
    }
    Ok(pages)
}

fn front_page(
    workspace: &Workspace,
    experiments: &[Experiment],
    reference: Option<&(String, Vec<Data>)>,
) -> Result<Option<Page>> {
    let file = workspace.root.join("README.md");
    let Ok(text) = fs::read_to_string(&file) else {
        return Ok(None);
    };
    let text = spliced(&file, &text, "experiments", &index(experiments))?;
    let Some((label, all)) = reference else {
        return Ok(Some((file, text)));
    };
    let judgements = ledger::judge(all, experiments);
    let mut headline = ledger_of_reference(&judgements, label);
    if let Some(data) = all.iter().find(|data| data.experiment == HEADLINE)
        && let Some(experiment) = data.experiment_of(experiments)
        && let Some(case) = experiment.cases.first()
    {
        let page = format!("results/{label}/{HEADLINE}.md");
        headline += &format!("\nThe evidence, from [its page]({page}), case `{}`:\n\n", case.name);
        headline += &page::results(experiment, case, data);
    }
    Ok(Some((file.clone(), spliced(&file, &text, "headline", &headline)?)))
}

fn ledger_of_reference(judgements: &[Judgement], label: &str) -> String {
    let all: Vec<_> = judgements.iter().collect();
    format!("Measured on [{label}](results/{label}/README.md):\n\n{}", page::ledger(&all))
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
    label: &str,
) -> Result<Page> {
    let file = workspace.root.join(&experiment.folder).join("README.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let case = experiment.cases.first().context("an experiment has a case")?;
    let machine = format!("../../../results/{label}/");
    let mut part = page::pictures(plot::plots(experiment, data).iter(), &machine);
    part += &format!("From [the whole page]({machine}{}.md), case `{}`:\n\n", experiment.name, case.name);
    part += &page::in_short(experiment, case, data);
    let text = spliced(&file, &text, "results", &part)?;
    Ok((file, text))
}

fn spliced(file: &Path, text: &str, name: &str, part: &str) -> Result<String> {
    splice(text, name, part).with_context(|| file.display().to_string())
}
