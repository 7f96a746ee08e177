//! Every file that is written from data: the pages of each machine, the pictures, and the parts of the READMEs.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use anyhow::{Context, Result, ensure};
use bench::data::Data;
use bench::experiment::Experiment;
use bench::file::{json, write};
use bench::git::is_tracked;
use bench::process;
use bench::terminal::tell;
use bench::text::{Name, clean};
use bench::workspace::Workspace;
use glob::{Pattern, glob};
use judge::{Judgement, Ledger, Verdicts};
use outcome::read_text;

use crate::html;
use crate::markdown::{escape, table};
use crate::page::{self, Extent};
use crate::plot::{self, Plot};
use crate::splice::splice;

/// What has it all on one page, of the results that a folder holds. Git ignores it: it says no more than the data beside it.
pub const PAGE: &str = "index.html";

/// A file and what it ought to hold.
pub type Page = (PathBuf, String);

/// The machine whose results are kept as the reference.
pub fn reference_in(results: &Path) -> Option<String> {
    let label = read_text(&results.join("reference"), 1_000).ok()?;
    Some(label.trim().to_owned()).filter(|label| Name::new(label).is_ok())
}

/// Judges the data in a machine's folder and writes its pages; touches nothing outside that folder.
///
/// # Errors
/// If an experiment.toml, a claims.toml or a data file cannot be read or is wrong, or a page cannot be written.
pub fn judge_and_write(workspace: &Workspace, folder: &Path) -> Result<Vec<Judgement>> {
    let (experiments, ledger) = Ledger::of(workspace)?;
    let machine = Machine::read(folder.to_owned(), &ledger, &experiments)?;
    let pages = machine.pages(&ledger, &experiments)?;
    let html = Pages::html(workspace, slice::from_ref(&pages))?;
    write(&folder.join(PAGE), &html)?;
    for (file, text) in pages.files() {
        write(&file, &text)?;
    }
    Ok(machine.verdicts.judgements)
}

/// The generated files that do not hold what the data say, and the pictures that nothing draws any more.
///
/// # Errors
/// As [`pages`], and if a folder of pictures cannot be read.
pub fn stale(workspace: &Workspace) -> Result<Vec<String>> {
    let pages = pages(workspace)?;
    let drawn: BTreeSet<_> = pages.iter().map(|(file, _)| file.clone()).collect();
    let pictures = in_results(workspace, "*/plots/*.svg")?;
    let left = pictures.iter().filter(|file| !drawn.contains(*file));
    let left = left.map(|file| format!("{}:1: nothing draws it any more; delete it", workspace.shown(file)));
    // A clone does not have the page.
    let is_due = |file: &Path| !file.ends_with(PAGE) || file.exists();
    let differs = |(file, text): &Page| is_due(file) && fs::read_to_string(file).ok().as_ref() != Some(text);
    let message = |(file, _): Page| {
        format!("{}:1: is not what the data say; run `cargo xtask report`", workspace.shown(&file))
    };
    Ok(pages.into_iter().filter(differs).map(message).chain(left).collect())
}

/// The folders that may be a machine's: what is called otherwise is nobody's, or was not made by bench-all.
fn machines_in(results: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(results).into_iter().flatten() {
        let folder = entry?.path();
        let is_named =
            folder.file_name().and_then(|name| name.to_str()).is_some_and(|name| Name::new(name).is_ok());
        if is_named {
            folders.push(folder);
        } else if !Data::files(&folder)?.is_empty() {
            let shown = clean(&folder.to_string_lossy());
            tell(&format!("{shown} is passed over: a machine is called by a-z, 0-9, _ and -"));
        }
    }
    Ok(folders)
}

/// The files below `results` that match a glob.
///
/// # Errors
/// If the glob is malformed, or a folder cannot be read.
pub fn in_results(workspace: &Workspace, pattern: &str) -> Result<Vec<PathBuf>> {
    let results = Pattern::escape(&workspace.root.join("results").to_string_lossy());
    Ok(glob(&format!("{results}/{pattern}"))?.collect::<Result<_, _>>()?)
}

/// What was measured on one machine, and what it says.
struct Machine {
    folder: PathBuf,
    data: Vec<Data>,
    verdicts: Verdicts,
}

impl Machine {
    fn read(folder: PathBuf, ledger: &Ledger, experiments: &[Experiment]) -> Result<Self> {
        let data = Data::read_all(&folder)?;
        let verdicts = ledger.judge(&data, experiments);
        Ok(Self { folder, data, verdicts })
    }

    fn label(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Every file that is written for it.
    fn pages<'a>(&'a self, ledger: &Ledger, experiments: &'a [Experiment]) -> Result<Pages<'a>> {
        let Self { folder, data, verdicts } = self;
        let Verdicts { judgements, tree, .. } = verdicts;
        let overview = page::machine(data, experiments, ledger.advice.guidelines(), verdicts);
        let judged = [("claims", json(judgements)?), ("tree", json(tree)?)];
        let judged = judged.map(|(name, text)| (folder.join(format!("data/{name}.json")), text));
        // Data may outlive their experiment; they are kept, but can no longer be explained.
        let explained: Vec<_> =
            data.iter().filter_map(|data| Some((data.experiment_of(experiments)?, data))).collect();
        let of_each = at_once(&explained, |&(experiment, data)| {
            let plots = plot::plots(experiment, data);
            let page = |extent| page::experiment(experiment, data, &plots, judgements, extent);
            let (whole, short) = (page(Extent::Whole), page(Extent::Short));
            Explained { experiment, data, whole, short, plots }
        });
        Ok(Pages { machine: self, judged, overview, of_each })
    }
}

/// An experiment and what was measured of it, on a page and in pictures.
struct Explained<'a> {
    experiment: &'a Experiment,
    data: &'a Data,
    /// For the page that has it all.
    whole: String,
    /// For the page of its own.
    short: String,
    plots: Vec<Plot>,
}

/// What was written of a machine, before it goes to its files.
struct Pages<'a> {
    machine: &'a Machine,
    judged: [Page; 2],
    overview: String,
    of_each: Vec<Explained<'a>>,
}

impl Pages<'_> {
    /// The page that has it all, these machines beside each other.
    fn html(workspace: &Workspace, all: &[Self]) -> Result<String> {
        let machines = all.iter().map(|pages| html::Machine {
            label: pages.machine.label(),
            judgements: &pages.machine.verdicts.judgements,
            data: &pages.machine.data,
            overview: &pages.overview,
            picture: pages.picture(),
        });
        let shown =
            all.first().into_iter().flat_map(|pages| &pages.of_each).map(
                |Explained { experiment, whole, plots, .. }| html::Shown { experiment, page: whole, plots },
            );
        html::html(&workspace.root, &machines.collect::<Vec<_>>(), &shown.collect::<Vec<_>>())
    }

    /// The one that stands on the front page.
    fn picture(&self) -> Option<&Plot> {
        self.of_each.iter().find_map(|Explained { experiment, plots, .. }| {
            let file = plot::file(experiment, experiment.front_picture.as_ref()?);
            plots.iter().find(|plot| plot.file == file)
        })
    }

    fn files(self) -> Vec<Page> {
        let folder = &self.machine.folder;
        let mut files = Vec::from(self.judged);
        files.push((folder.join("README.md"), self.overview));
        for Explained { experiment, short, plots, .. } in self.of_each {
            files.push((folder.join(format!("{}.md", experiment.name)), short));
            files.extend(plots.into_iter().map(|plot| (folder.join(plot.file), plot.svg)));
        }
        files
    }
}

/// On as many threads as there are cores, or as the system lets us start: they draw thousands of samples.
fn at_once<T: Sync, R: Send + Sync>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Vec<_> = all.iter().map(|_| OnceLock::new()).collect();
    let take_turns = || {
        while let Some((one, done)) =
            Some(next.fetch_add(1, Relaxed)).and_then(|at| all.get(at).zip(done.get(at)))
        {
            done.get_or_init(|| work(one));
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 1..if process::has_room_for_threads() { cores } else { 1 } {
            // Who cannot be started leaves more to the others.
            thread::Builder::new().spawn_scoped(scope, take_turns).ok();
        }
        take_turns();
    });
    done.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// Every generated file of the project: the pages of each machine, and the parts of the READMEs.
///
/// # Errors
/// If an experiment.toml, a claims.toml, a data file or a README cannot be read or is wrong, or if results/reference names no
/// machine with data.
pub fn pages(workspace: &Workspace) -> Result<Vec<Page>> {
    let (experiments, ledger) = Ledger::of(workspace)?;
    let results = workspace.root.join("results");
    let label = reference_in(&results);
    ensure!(label.is_some() || !results.join("reference").exists(), "results/reference names no machine");
    let mut machines = Vec::new();
    for folder in machines_in(&results)? {
        let machine = Machine::read(folder, &ledger, &experiments)?;
        if !machine.data.is_empty() {
            machines.push(machine);
        }
    }
    // The reference first.
    machines.sort_by_cached_key(|machine| {
        (Some(machine.label()) != label, !is_tracked(&machine.folder), machine.label())
    });
    let written: Vec<_> =
        machines.iter().map(|machine| machine.pages(&ledger, &experiments)).collect::<Result<_>>()?;
    let reference = written.first().filter(|pages| Some(pages.machine.label()) == label);
    if let Some(label) = &label {
        ensure!(reference.is_some(), "results/reference names {label}, and results/{label} holds no data");
    }
    let mut parts = Vec::from_iter(front_page(workspace, &experiments, reference)?);
    for one in reference.into_iter().flat_map(|pages| &pages.of_each) {
        parts.push(experiment_readme(workspace, one, &written[0].machine.label())?);
    }
    // The machines that the project keeps share a page. What somebody measured here has a page of its own.
    let is_kept = |pages: &&Pages| Some(pages.machine.label()) == label || is_tracked(&pages.machine.folder);
    let kept = reference.map_or(0, |_| written.iter().take_while(is_kept).count());
    let mut pages = Vec::new();
    if kept > 0 {
        pages.push((results.join(PAGE), Pages::html(workspace, &written[..kept])?));
    }
    for own in written[kept..].chunks(1) {
        pages.push((own[0].machine.folder.join(PAGE), Pages::html(workspace, own)?));
    }
    pages.extend(written.into_iter().flat_map(Pages::files));
    pages.sort();
    pages.extend(parts);
    Ok(pages)
}

/// The project's README: its index, and the most surprising of what the reference says.
fn front_page(
    workspace: &Workspace,
    experiments: &[Experiment],
    reference: Option<&Pages>,
) -> Result<Option<Page>> {
    let file = workspace.root.join("README.md");
    let Ok(text) = fs::read_to_string(&file) else {
        return Ok(None);
    };
    let text = spliced(&file, &text, "experiments", &index(experiments))?;
    let Some(pages) = reference else {
        return Ok(Some((file, text)));
    };
    let headline =
        page::headline(&pages.machine.verdicts.judgements, &pages.machine.label(), pages.picture());
    Ok(Some((file.clone(), spliced(&file, &text, "headline", &headline)?)))
}

fn index(experiments: &[Experiment]) -> String {
    let rows = experiments.iter().map(|experiment| {
        let folder = experiment.folder.display();
        vec![
            experiment.group.clone(),
            format!("[{}]({folder}/README.md)", experiment.name),
            escape(&experiment.title),
            experiment.claims.join(", "),
        ]
    });
    table("Group | Experiment |  | Claims", rows)
}

fn experiment_readme(workspace: &Workspace, explained: &Explained, label: &str) -> Result<Page> {
    let Explained { experiment, data, plots, .. } = explained;
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
