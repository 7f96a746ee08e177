//! What to take for one's own work: at most five questions, answered by what was measured.

mod advice;

use std::io::{BufRead, IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use outcome::read_text;
use serde::Serialize;
use serde::de::DeserializeOwned;

use ::report::site;
use advice::{Advice, advise};
use bench::Usage;
use bench::file::json;
use bench::machine::Machine;
use bench::terminal::{self, say, tell};
use bench::text::Text;
use bench::workspace::Workspace;
use judge::{Judgement, Ledger, Tree};

/// What is not said is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// What the work mostly does
    #[arg(long, value_enum)]
    work: Option<Work>,
    /// How many of it are to be under way at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    at_once: Option<u64>,
    /// What the library that it calls is like
    #[arg(long, value_enum)]
    library: Option<Library>,
    /// How much memory there is for it
    #[arg(long, value_enum)]
    memory: Option<Room>,
    /// Whether one that crashes must not take the others along
    #[arg(long, value_enum)]
    isolation: Option<Isolation>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
    /// Where the results are [default: results]
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Work {
    /// It computes
    Cpu,
    /// It waits: for the network, a disk, a database
    Io,
    /// It waits for something, and computes on it
    Both,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Library {
    /// Its functions are async
    Async,
    /// Its functions block
    Blocking,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Room {
    /// Every megabyte counts
    Tight,
    /// As much as it takes
    Plenty,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Isolation {
    /// A crash stays where it is
    Yes,
    /// They may share a process
    No,
}

/// What was asked for; what makes no difference is none.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Needs {
    pub(crate) work: Work,
    pub(crate) isolation: Isolation,
    pub(crate) at_once: Option<u64>,
    pub(crate) library: Option<Library>,
    pub(crate) memory: Option<Room>,
}

/// What a machine's results say, as far as it is needed here.
pub(crate) struct Results {
    pub(crate) claims: Vec<Judgement>,
    pub(crate) tree: Tree,
    pub(crate) ledger: Ledger,
}

#[derive(Serialize)]
struct Answer<'a> {
    asked: &'a Needs,
    #[serde(flatten)]
    advice: &'a Advice,
    results: &'a Source,
}

/// Whose results are looked at.
#[derive(Serialize)]
struct Source {
    machine: String,
    /// What has been measured here, and not what came with the project.
    of_this_machine: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let needs = options.needs()?;
    let folder = options.results.clone().unwrap_or_else(|| workspace.root.join("results"));
    let (source, results) = read(&workspace, &folder)?;
    let advice = advise(&needs, &results);
    if options.json {
        say(&json(&Answer { asked: &needs, advice: &advice, results: &source })?)?;
    } else {
        say(&told(&advice, &source))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Options {
    /// From the flags, and from whoever sits at the terminal; nothing is asked that would not change the answer.
    fn needs(&self) -> Result<Needs> {
        let work = answer(self.work, "work", "What does the work mostly do?")?;
        let isolation = answer(self.isolation, "isolation", "Must a crash of one leave the others alone?")?;
        let mut needs = Needs { work, isolation, at_once: None, library: None, memory: None };
        if work == Work::Cpu || isolation == Isolation::Yes {
            return Ok(Needs { at_once: self.at_once, library: self.library, memory: self.memory, ..needs });
        }
        let read = |text: &str| text.parse().ok().filter(|&n| n > 0);
        let a_number = [("N".to_owned(), "a number".to_owned())];
        let ask_how_many = || ask("at-once", "How many are to be under way at once?", &a_number, read);
        let at_once = self.at_once.map_or_else(ask_how_many, Ok)?;
        needs.at_once = Some(at_once);
        needs.library = Some(answer(self.library, "library", "What is the library like that it calls?")?);
        needs.memory = self.memory;
        if work == Work::Io && at_once > 1 {
            needs.memory = Some(answer(self.memory, "memory", "How much memory is there for it?")?);
        }
        Ok(needs)
    }
}

fn answer<T: ValueEnum>(given: Option<T>, flag: &str, question: &str) -> Result<T> {
    if let Some(given) = given {
        return Ok(given);
    }
    let choices = T::value_variants().iter().filter_map(ValueEnum::to_possible_value).map(|value| {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        (value.get_name().to_owned(), help)
    });
    let choices: Vec<_> = choices.collect();
    ask(flag, question, &choices, |text| T::from_str(text, true).ok())
}

/// Asks at the terminal until the answer is one; elsewhere says which flag is missing.
fn ask<T>(
    flag: &str,
    question: &str,
    choices: &[(String, String)],
    read: impl Fn(&str) -> Option<T>,
) -> Result<T> {
    let names: Vec<_> = choices.iter().map(|(name, _)| name.as_str()).collect();
    if !stdin().is_terminal() {
        bail!(Usage(format!(
            "--{flag} is missing, and there is no terminal to ask at: give {}",
            names.join(" or ")
        )));
    }
    tell(&format!("\n{question}"));
    for (name, help) in choices {
        tell(&format!("  {name:9} {help}"));
    }
    loop {
        terminal::ask("> ");
        let mut line = Vec::new();
        if stdin().lock().read_until(b'\n', &mut line)? == 0 {
            bail!(Usage(format!("--{flag} is missing: the question was not answered")));
        }
        // What is no text is no answer either.
        match read(String::from_utf8_lossy(&line).trim()) {
            Some(answer) => return Ok(answer),
            None => tell(&format!("{}?", names.join(" or "))),
        }
    }
}

/// The results of this machine, or else those that came with the project.
fn read(workspace: &Workspace, folder: &Path) -> Result<(Source, Results)> {
    let reference = site::reference_in(folder);
    let label = Machine::this().label.to_string();
    // The reference may be of a machine of this kind; what was measured on this one stands beside it.
    let own = [format!("{label}-local"), label].into_iter().find(|label| {
        reference.as_ref() != Some(label) && folder.join(label).join("data/tree.json").exists()
    });
    let of_this_machine = own.is_some();
    let Some(machine) = own.or(reference) else {
        bail!(
            "there are no results yet in {}: measure with `cargo xtask bench-all`",
            workspace.shown(folder)
        );
    };
    if !of_this_machine {
        tell(&format!(
            "nothing was measured on this machine yet (`cargo xtask bench-all` does it): this rests on {machine}"
        ));
    }
    let data = folder.join(&machine).join("data");
    let results = Results {
        claims: parse(workspace, &data.join("claims.json"))?,
        tree: parse(workspace, &data.join("tree.json"))?,
        ledger: Ledger::of(workspace)?.1,
    };
    ensure!(
        results.tree.leaves.len() == results.ledger.advice.leaves(),
        "{} is not of this version: run `cargo xtask report`",
        workspace.shown(&data.join("tree.json"))
    );
    Ok((Source { machine, of_this_machine }, results))
}

/// What `report` writes has some 100 kB.
const MOST_BYTES: u64 = 16 << 20;

fn parse<T: DeserializeOwned>(workspace: &Workspace, file: &Path) -> Result<T> {
    let shown = workspace.shown(file);
    let text = read_text(file, MOST_BYTES)
        .with_context(|| format!("cannot read {shown}: run `cargo xtask report`"))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{shown} is not what `report` writes: run `cargo xtask report`"))
}

/// The answer as it is read at a terminal.
fn told(advice: &Advice, source: &Source) -> String {
    let choice = &advice.choice;
    let mut text = format!("Take {}.\n\n  {}\n", choice.model, choice.how);
    if let Some(copy) = &choice.copy {
        text += &format!("  copy   cargo xtask copy {copy} DIR\n");
    }
    text += &format!("  read   {}\n", choice.file);
    text += &format!(
        "  path   {}\n\nWhat it rests on, measured on {}:\n\n",
        advice.path.join(" → "),
        source.machine
    );
    for ground in &advice.evidence {
        text += &format!("  {}\n{}", ground.what, rests_on(&ground.finding, &ground.evidence));
    }
    let article = &advice.article;
    let also = if article.leads_there_too { ", too" } else { "" };
    text += &format!(
        "\nThe article's tree leads to {}{also}: {}\n  {}\n{}",
        article.model.plain(),
        article.path.iter().map(Text::plain).collect::<Vec<_>>().join(" → "),
        article.agreement.words(),
        rests_on(&article.finding, &article.evidence)
    );
    text
}

/// What was found, and the figures behind it if they say more.
fn rests_on(finding: &Text, evidence: &Text) -> String {
    let more = (finding != evidence).then_some(evidence);
    [Some(finding), more]
        .into_iter()
        .flatten()
        .map(Text::plain)
        .fold(String::new(), |told, line| told + "    " + line + "\n")
}
