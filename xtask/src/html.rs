//! The whole of it on one page that can be sent to a colleague: the ledger, and each experiment with its pictures, tables and files.
//!
//! It is made of the same markdown as the pages of a machine, so that it says what they say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use crate::data::Data;
use crate::experiment::{Experiment, Model, Variant};
use crate::ledger::{Judgement, Verdict, judged_by, says};
use crate::plot::{self, Plot};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// One machine's part of the page.
pub(crate) struct Machine<'a> {
    pub(crate) label: String,
    pub(crate) judgements: &'a [Judgement],
    pub(crate) data: &'a [Data],
    /// Its page in markdown: the ledger, and what follows from it.
    pub(crate) overview: &'a str,
}

/// An experiment of the machine that the page is about before all others.
pub(crate) struct Shown<'a> {
    pub(crate) experiment: &'a Experiment,
    /// Its page in markdown, and the pictures that it names.
    pub(crate) page: &'a str,
    pub(crate) plots: &'a [Plot],
}

/// The page; the first machine is the one whose experiments are shown.
pub(crate) fn html(root: &Path, machines: &[Machine], shown: &[Shown]) -> Result<String> {
    let mut text = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    text += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    text += "<title>Threads or async? Measured</title>\n";
    text += &format!("<style>\n{STYLE}{}</style>\n</head>\n<body>\n", plot::STYLE);
    text += "<a class=\"skip\" href=\"#ledger\">To the ledger</a>\n<header>\n<h1>Threads or async?</h1>\n";
    text += "<p class=\"lead\">What an article on Python's threads and asyncio says of the two, claim by claim, as it was measured in \
             Rust and in CPython.</p>\n";
    text +=
        &format!("<p>Measured on {}.</p>\n", machines.iter().map(of_machine).collect::<Vec<_>>().join("; "));
    text += &format!(
        "<nav aria-label=\"Sections\">\n<ul>\n{}</ul>\n</nav>\n</header>\n<main>\n",
        contents(shown)
    );
    text += &ledger(machines, shown);
    if let Some(machine) = machines.first() {
        text += &overview(machine);
        for one in shown {
            text += &section(root, &machine.label, one)?;
        }
    }
    text += "</main>\n<footer>\n<p>Written by <code>cargo xtask report</code>, from the data that stand beside it. How each \
             experiment was measured stands at its end.</p>\n</footer>\n";
    Ok(text + &format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n"))
}

fn of_machine(machine: &Machine) -> String {
    let told = machine.data.first().map_or((String::new(), String::new()), Data::provenance);
    format!("{} ({})", escape(&told.0), escape(&told.1))
}

fn contents(shown: &[Shown]) -> String {
    let link = |id: &str, words: &str| format!("<li><a href=\"#{id}\">{}</a></li>\n", escape(words));
    let experiments = shown.iter().map(|one| link(&one.experiment.name, &one.experiment.name));
    link("ledger", "The ledger") + &experiments.collect::<String>()
}

/// Every claim with its verdicts; what each rests on is folded away.
fn ledger(machines: &[Machine], shown: &[Shown]) -> String {
    let mut text = String::from("<section aria-labelledby=\"ledger\">\n<h2 id=\"ledger\">The ledger</h2>\n");
    text += &filters(shown);
    text += "<table class=\"ledger\">\n<thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">The article says</th>";
    let languages = [("rust", "Rust"), ("python", "CPython")];
    let several = machines.len() > 1;
    let column = |machine: &Machine, language: &str| {
        if several { format!("{language}, {}", machine.label) } else { format!("In {language}") }
    };
    for machine in machines {
        for (_, language) in languages {
            text += &format!("<th scope=\"col\">{}</th>", escape(&column(machine, language)));
        }
    }
    text += "</tr></thead>\n<tbody>\n";
    let first: &[Judgement] = machines.first().map_or(&[], |machine| machine.judgements);
    for claim in first.iter().filter(|judgement| judgement.language == "rust") {
        let group = shown.iter().find(|one| one.experiment.name == judged_by(&claim.id));
        let group = group.map_or("", |one| one.experiment.group.as_str());
        let mut verdicts = BTreeSet::new();
        let mut cells = String::new();
        for machine in machines {
            for (language, called) in languages {
                let found =
                    machine.judgements.iter().find(|one| one.id == claim.id && one.language == language);
                let of = escape(&column(machine, called));
                cells += &match found {
                    Some(judgement) => {
                        verdicts.insert(class(judgement.verdict));
                        cell(judgement, &of)
                    }
                    None => format!("<td data-of=\"{of}\"></td>"),
                };
            }
        }
        let verdicts: Vec<_> = verdicts.into_iter().collect();
        text += &format!(
            "<tr data-verdicts=\"{}\" data-models=\"{}\" data-group=\"{}\"><th scope=\"row\">{}</th><td>{}</td>{cells}</tr>\n",
            verdicts.join(" "),
            models(claim, shown),
            escape(group),
            escape(&claim.id),
            escape(says(&claim.id)),
        );
    }
    text + "</tbody>\n</table>\n</section>\n"
}

fn cell(judgement: &Judgement, of: &str) -> String {
    let (class, words) = (class(judgement.verdict), judgement.verdict.words());
    let rule = if judgement.threshold.is_empty() {
        String::new()
    } else {
        format!("<p>The rule: {}.</p>", escape(&judgement.threshold))
    };
    let verdict = format!("<span class=\"verdict {class}\">{words}</span>");
    let evidence = escape(&judgement.evidence);
    if judgement.verdict == Verdict::NotMeasured {
        return format!("<td data-of=\"{of}\">{verdict}<p>{evidence}</p></td>");
    }
    format!(
        "<td data-of=\"{of}\">{verdict}<details><summary>evidence and rule</summary><p>{evidence}.</p>{rule}</details></td>"
    )
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::HoldsBut => "holds-but",
        Verdict::Fails => "fails",
        Verdict::Unsettled => "unsettled",
        Verdict::NotMeasured => "not-measured",
    }
}

/// The models of the variants that the rule of a claim names.
fn models(claim: &Judgement, shown: &[Shown]) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: BTreeSet<_> = claim.threshold.split(|c| !is_word(c)).collect();
    let variants = shown.iter().flat_map(|one| &one.experiment.variants);
    let named = variants.filter(|variant| words.contains(variant.name.as_str()));
    let models: BTreeSet<_> = named.map(|variant| variant.model.name()).collect();
    models.into_iter().collect::<Vec<_>>().join(" ")
}

/// Shown by the script, which does the filtering.
fn filters(shown: &[Shown]) -> String {
    let verdicts =
        [Verdict::Holds, Verdict::HoldsBut, Verdict::Fails, Verdict::Unsettled, Verdict::NotMeasured];
    let verdicts: Vec<_> = verdicts.map(|verdict| (class(verdict), verdict.words())).into();
    let models = [Model::Threads, Model::Async, Model::Processes, Model::Serial];
    let models: Vec<_> = models.map(|model| (model.name(), model.name())).into();
    let groups: BTreeSet<_> = shown.iter().map(|one| one.experiment.group.as_str()).collect();
    let groups: Vec<_> = groups.into_iter().map(|group| (group, group)).collect();
    let select = |name: &str, what: &str, options: &[(&str, &str)]| {
        let options = options
            .iter()
            .map(|(value, words)| format!("<option value=\"{}\">{}</option>", escape(value), escape(words)));
        let options: String = options.collect();
        format!(
            "<label>{what} <select name=\"{name}\"><option value=\"\">any</option>{options}</select></label>\n"
        )
    };
    format!(
        "<form hidden>\n{}{}{}<span id=\"count\" role=\"status\"></span>\n</form>\n",
        select("verdict", "Verdict, in either language", &verdicts),
        select("model", "Model", &models),
        select("group", "Group", &groups),
    )
}

/// What follows the ledger on a machine's page, up to the list of its experiments, which the page has instead.
fn overview(machine: &Machine) -> String {
    let markdown = machine.overview;
    let from = markdown.find("\n## The ledger\n").map_or(0, |at| at + 1);
    let rest =
        markdown[from..].find("\n## ").filter(|_| from > 0).map_or("", |at| &markdown[from + at + 1..]);
    let part = rest.split("\n## The experiments\n").next().unwrap_or_default();
    converted(part, &machine.label, &[], 0)
}

fn section(root: &Path, label: &str, Shown { experiment, page, plots }: &Shown) -> Result<String> {
    let name = escape(&experiment.name);
    let page = page.replacen("# ", &format!("# {name}: "), 1);
    let mut text = format!("<section id=\"{name}\">\n");
    text += &converted(&page, label, plots, 1);
    text += &pair(root, experiment)?;
    Ok(text + "</section>\n")
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
    Ok(format!("<div><h4><code>{shown}</code></h4>\n<pre tabindex=\"0\"><code>{lines}</code></pre></div>\n"))
}

/// Markdown of a machine's pages as HTML: headings `deeper` by so much, tables that can be scrolled, pictures in their places, and
/// links to where things are here.
fn converted(markdown: &str, label: &str, plots: &[Plot], deeper: usize) -> String {
    let mut events = Vec::new();
    let (mut heading, mut is_picture) = (2, false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        let raw = |html: String| Event::Html(html.into());
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = (level as usize + deeper).min(6);
                events.push(raw(format!("<h{heading}>")));
            }
            Event::End(TagEnd::Heading(_)) => events.push(raw(format!("</h{heading}>\n"))),
            Event::Start(Tag::Table(alignments)) => {
                events
                    .push(raw("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">\n"
                        .to_owned()));
                events.push(Event::Start(Tag::Table(alignments)));
            }
            Event::End(TagEnd::Table) => {
                events.extend([Event::End(TagEnd::Table), raw("</div>\n".to_owned())]);
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                is_picture = true;
                let plot = plots.iter().find(|plot| Path::new(&*dest_url) == plot.file);
                let svg = plot.map_or(String::new(), |plot| without_style(&plot.svg));
                events.push(raw(format!("<span class=\"figure\">{svg}</span>")));
            }
            Event::End(TagEnd::Image) => is_picture = false,
            // The words that stand for a picture are its title, which it has.
            _ if is_picture => {}
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = match dest_url.strip_suffix(".md") {
                    Some(name) => format!("#{name}"),
                    None => format!("{label}/{dest_url}"),
                };
                events.push(Event::Start(Tag::Link { link_type, dest_url: dest_url.into(), title, id }));
            }
            other => events.push(other),
        }
    }
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    text
}

/// A picture without what all of them have, and the page too.
fn without_style(svg: &str) -> String {
    match (svg.find("<style>"), svg.find("</style>")) {
        (Some(from), Some(to)) => svg[..from].to_owned() + &svg[to + "</style>".len()..],
        _ => svg.to_owned(),
    }
}

/// Text that is not ours, so that it shows as it is, also within an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(c),
        }
    }
    escaped
}
