//! The whole of it on one page that can be sent to a colleague: the ledger, and each experiment with its pictures, tables and files.
//!
//! It is made of the same markdown as the pages of a machine, so that it says what they say.

mod ledger;
mod markdown;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use self::markdown::{converted, scrolled, without_style};
use crate::markdown::list;
use crate::page::method_of_all;
use crate::plot::{self, Plot};
use bench::data::Data;
use bench::experiment::{Experiment, Variant};
use bench::text::escape::html as escape;
use bench::units::bytes;
use judge::Judgement;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// One machine's part of the page.
pub struct Machine<'a> {
    /// The name of the folder of its results.
    pub label: String,
    /// All of them, in the order of the ledger.
    pub judgements: &'a [Judgement],
    /// One for each experiment that was measured on it.
    pub data: &'a [Data],
    /// Its page in markdown: the ledger, and what follows from it.
    pub overview: &'a str,
    /// The one to begin with.
    pub picture: Option<&'a Plot>,
}

/// An experiment of the machine that the page is about before all others.
pub struct Shown<'a> {
    /// Its title, its claims and the first of its pairs of files are shown.
    pub experiment: &'a Experiment,
    /// Its page in markdown.
    pub page: &'a str,
    /// The pictures that the page names. One that is not here is left out.
    pub plots: &'a [Plot],
}

/// The page; the first machine is the one whose experiments are shown.
///
/// # Errors
/// If the file of a variant that is shown cannot be read, with its name.
pub fn html(root: &Path, machines: &[Machine], shown: &[Shown]) -> Result<String> {
    let (style, script) = (format!("\n{STYLE}{}", plot::STYLE), format!("\n{SCRIPT}"));
    let mut text = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    text +=
        &format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", policy(&style, &script));
    text += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    text += "<title>Threads or async? Measured</title>\n";
    text += &format!("<style>{style}</style>\n</head>\n<body>\n");
    text += "<a class=\"skip\" href=\"#ledger\">To the ledger</a>\n<header id=\"top\">\n<h1>Threads or async?</h1>\n";
    text += "<p class=\"lead\">What an article on Python's threads and asyncio says of the two, claim by claim, as it was measured in \
             Rust and in CPython.</p>\n";
    text += &ledger::tally(machines);
    text += &format!(
        "<nav aria-label=\"Sections\">\n<ul>\n{}</ul>\n</nav>\n</header>\n<main>\n",
        contents(shown)
    );
    if let Some(picture) = machines.first().and_then(|machine| machine.picture) {
        text += &figure(&picture.title, picture);
    }
    text += &ledger::ledger(machines, shown);
    if let Some(machine) = machines.first() {
        text += &section("advice", "The article's advice", &overview(machine));
        text += &section("method", "How it was measured", &method(machines));
        for one in shown {
            text += &experiment(root, &machine.label, one)?;
        }
    }
    text += "</main>\n<footer>\n<p>Written by <code>cargo xtask report</code>, from the data that stand beside it.</p>\n\
             <a class=\"top\" href=\"#top\">To the top</a>\n</footer>\n";
    Ok(text + &format!("<script>{script}</script>\n</body>\n</html>\n"))
}

/// What the page may do, should something have got into it all the same: show itself, with this style and this script, and ask
/// nobody for anything.
pub fn policy(style: &str, script: &str) -> String {
    let [style, script] = [style, script].map(|text| BASE64_STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

fn contents(shown: &[Shown]) -> String {
    let link = |id: &str, words: &str| format!("<li><a href=\"#{id}\">{}</a></li>\n", escape(words));
    let sections =
        [("ledger", "The ledger"), ("advice", "The article's advice"), ("method", "How it was measured")];
    let experiments = shown.iter().map(|one| link(&one.experiment.name, &one.experiment.name));
    sections.into_iter().map(|(id, words)| link(id, words)).chain(experiments).collect()
}

fn section(id: &str, title: &str, content: &str) -> String {
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{content}</section>\n")
}

/// A picture that can be scrolled, with the keyboard too.
fn figure(label: &str, plot: &Plot) -> String {
    format!(
        "<span class=\"figure wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</span>\n",
        escape(label),
        without_style(&plot.svg)
    )
}

/// What follows the ledger on a machine's page, up to the list of its experiments, which the page has instead.
fn overview(machine: &Machine) -> String {
    let (_, rest) = parts(machine.overview, "The ledger");
    let (part, _) = parts(rest, "The experiments");
    converted(part, "The article's advice", &machine.label, &[])
}

/// What stands before the section of that title, and what follows it.
fn parts<'a>(markdown: &'a str, title: &str) -> (&'a str, &'a str) {
    let Some((before, section)) = markdown.split_once(&format!("## {title}\n")) else {
        return (markdown, "");
    };
    (before, section.find("\n## ").map_or("", |end| &section[end + 1..]))
}

/// The machines beside each other, and how all of their runs were made.
fn method(machines: &[Machine]) -> String {
    type Row = (&'static str, fn(&[Data]) -> String);
    const ROWS: [Row; 8] = [
        ("Processor", |data| told(data, |data| data.machine.processor.html())),
        ("Cores", |data| told(data, |data| data.machine.cores.to_string())),
        ("Memory", |data| told(data, |data| data.machine.memory_bytes.map_or_else(String::new, bytes))),
        ("System", |data| told(data, |data| data.machine.system.html())),
        ("Toolchain", |data| told(data, |data| data.toolchain.html())),
        ("Commit", |data| told(data, |data| data.short_commit().unwrap_or_default())),
        ("Size of the run", |data| told(data, |data| data.size.name().to_owned())),
        ("Started", |data| {
            let started = || data.iter().map(|data| &data.started);
            match (started().min(), started().max()) {
                (Some(first), Some(last)) if first < last => format!("{first} to {last}"),
                (first, _) => first.map_or_else(String::new, ToString::to_string),
            }
        }),
    ];
    let row = |name: &str, cells: &dyn Fn(&Machine) -> String| {
        let cells = machines.iter().map(|machine| format!("<td>{}</td>", cells(machine)));
        format!("<tr><th scope=\"row\">{name}</th>{}</tr>\n", cells.collect::<String>())
    };
    let built_with = |machine: &Machine| {
        told(machine.data, |data| {
            let settings = data.build.iter().map(|(name, value)| format!("{}={}", name.html(), value.html()));
            settings.collect::<Vec<_>>().join("; ")
        })
    };
    let mut text = scrolled("The machines") + "<table>\n";
    text += &row("Machine", &|machine| escape(&machine.label));
    text += &ROWS.map(|(name, cell)| row(name, &|machine| cell(machine.data))).concat();
    if machines.iter().any(|machine| !built_with(machine).is_empty()) {
        text += &row("Built with", &built_with);
    }
    text += "</table>\n</div>\n";
    let points = machines.first().map_or(Vec::new(), |machine| method_of_all(machine.data));
    text + &converted(&list(points), "", "", &[])
}

/// What the experiments of a machine say of it, for HTML; should they differ, each answer once.
fn told(data: &[Data], what: impl Fn(&Data) -> String) -> String {
    let answers: BTreeSet<_> = data.iter().map(what).collect();
    answers.into_iter().collect::<Vec<_>>().join("; ")
}

fn experiment(root: &Path, label: &str, Shown { experiment, page, plots }: &Shown) -> Result<String> {
    let name = escape(&experiment.name);
    // The ledger has each claim with its rule and all of its evidence.
    let (before, after) = parts(page, "What the article says");
    let (_, before) = before.split_once('\n').unwrap_or_default();
    let mut text = converted(before, &name, label, plots);
    if !experiment.claims.is_empty() {
        let claims = experiment.claims.iter().map(|claim| format!("<a href=\"#{0}\">{0}</a>", escape(claim)));
        text += &format!("<p>In the ledger: {}.</p>\n", claims.collect::<Vec<_>>().join(", "));
    }
    text += &converted(after, &name, label, plots);
    text += &pair(root, experiment)?;
    Ok(section(&name, &format!("{name}: {}", escape(&experiment.title)), &text))
}

/// The first variant and its twin side by side, with the lines that decide marked.
fn pair(root: &Path, experiment: &Experiment) -> Result<String> {
    let twins = experiment.variants.iter().find_map(|variant| {
        let twin = experiment.variant(variant.twin.as_deref()?)?;
        Some([variant, twin])
    });
    let Some(twins) = twins else { return Ok(String::new()) };
    let files: Result<Vec<_>> = twins.iter().map(|variant| file(root, variant)).collect();
    Ok(format!("<h3>Side by side</h3>\n<div class=\"pair\">\n{}</div>\n", files?.concat()))
}

fn file(root: &Path, variant: &Variant) -> Result<String> {
    let shown = variant.file.display().to_string();
    let code =
        fs::read_to_string(root.join(&variant.file)).with_context(|| format!("cannot read {shown}"))?;
    let mut lines = String::new();
    let mut decides = false;
    for line in code.lines() {
        let comment = line.trim_start();
        let begins = ["// Right: ", "// Wrong: "].iter().any(|mark| comment.starts_with(mark));
        // The sentence, however many lines it has, and the line that it is about.
        let is_marked = begins || decides;
        decides = begins || (decides && comment.starts_with("//"));
        let line = escape(line);
        lines += &if is_marked { format!("<mark>{line}</mark>\n") } else { format!("{line}\n") };
    }
    let shown = escape(&shown);
    Ok(format!(
        "<div><h4><code>{shown}</code></h4>\n<pre tabindex=\"0\" role=\"region\" aria-label=\"{shown}\"><code>{lines}</code></pre></div>\n"
    ))
}
