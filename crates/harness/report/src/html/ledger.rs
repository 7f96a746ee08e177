//! Every claim with its verdicts, how many there are of each, and what they can be filtered by.

use std::collections::BTreeSet;

use super::{Machine, Shown, escape};
use bench::experiment::Model;
use judge::{Judgement, Verdict};

const LANGUAGES: [(&str, &str); 2] = [("rust", "Rust"), ("python", "CPython")];
const VERDICTS: [Verdict; 5] =
    [Verdict::Holds, Verdict::HoldsBut, Verdict::Fails, Verdict::Unsettled, Verdict::NotMeasured];

/// How many claims have which verdict, in a line for each language.
pub(super) fn tally(machines: &[Machine]) -> String {
    let mut text = String::from("<ul class=\"tally\">\n");
    for machine in machines {
        for (language, called) in LANGUAGES {
            let told = VERDICTS.map(|verdict| {
                let is_it = |one: &&Judgement| one.language == language && one.verdict == verdict;
                match machine.judgements.iter().filter(is_it).count() {
                    0 => String::new(),
                    count => format!(" {} {count}", shown(verdict)),
                }
            });
            let of = escape(&column(machines, machine, called));
            text += &format!("<li><b>{of}</b>{}</li>\n", told.concat());
        }
    }
    text + "</ul>\n"
}

/// Every claim with its verdicts and what was found; what it rests on is folded away.
pub(super) fn ledger(machines: &[Machine], experiments: &[Shown]) -> String {
    let mut text = String::from("<section aria-labelledby=\"ledger\">\n<h2 id=\"ledger\">The ledger</h2>\n");
    text += &filters(experiments);
    text += "<table class=\"ledger\">\n<thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">The article says</th>";
    for machine in machines {
        for (_, called) in LANGUAGES {
            text += &format!("<th scope=\"col\">{}</th>", escape(&column(machines, machine, called)));
        }
    }
    text += "</tr></thead>\n<tbody>\n";
    let first: &[Judgement] = machines.first().map_or(&[], |machine| machine.judgements);
    for claim in first.iter().filter(|judgement| judgement.language == "rust") {
        text += &row(claim, machines, experiments);
    }
    text + "</tbody>\n</table>\n</section>\n"
}

fn row(claim: &Judgement, machines: &[Machine], experiments: &[Shown]) -> String {
    let mut verdicts = BTreeSet::new();
    let mut cells = String::new();
    for machine in machines {
        for (language, called) in LANGUAGES {
            let of = escape(&column(machines, machine, called));
            let mut judgements = machine.judgements.iter();
            let judgement = judgements.find(|one| one.id == claim.id && one.language == language);
            verdicts.extend(judgement.map(|judgement| class(judgement.verdict)));
            cells += &format!("<td data-of=\"{of}\">{}</td>", judgement.map_or_else(String::new, cell));
        }
    }
    let judged_by = experiments.iter().find(|one| one.experiment.name == claim.experiment);
    let (group, link) = judged_by.map_or_else(Default::default, |Shown { experiment, .. }| {
        let name = escape(&experiment.name);
        (escape(&experiment.group), format!("<br><a href=\"#{name}\">{name}</a>"))
    });
    let id = escape(&claim.id);
    format!(
        "<tr id=\"{id}\" data-verdicts=\"{}\" data-models=\"{}\" data-group=\"{group}\"><th scope=\"row\">{id}</th>\
         <td>{}{link}</td>{cells}</tr>\n",
        verdicts.into_iter().collect::<Vec<_>>().join(" "),
        models(claim, experiments),
        escape(&claim.says),
    )
}

/// How a language is called at the head of its column.
fn column(machines: &[Machine], machine: &Machine, language: &str) -> String {
    if machines.len() > 1 { format!("{language}, {}", machine.label) } else { format!("In {language}") }
}

fn cell(judgement: &Judgement) -> String {
    let mut text = format!("{}<p>{}</p>", shown(judgement.verdict), judgement.finding.html());
    let (mut more, mut folded) = (Vec::new(), String::new());
    if judgement.verdict != Verdict::NotMeasured {
        more.push("the evidence");
        let clauses = judgement.evidence.clauses();
        folded = clauses.iter().fold(folded, |folded, clause| folded + "<p>" + &clause.html() + ".</p>");
    }
    if !judgement.threshold.is_empty() {
        more.push("the rule");
        folded += &format!("<p>The rule: {}.</p>", escape(&judgement.threshold));
    }
    if !more.is_empty() {
        text += &format!("<details><summary>{}</summary>{folded}</details>", more.join(" and "));
    }
    text
}

fn shown(verdict: Verdict) -> String {
    format!("<span class=\"verdict {}\">{}</span>", class(verdict), verdict.words())
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
fn models(claim: &Judgement, experiments: &[Shown]) -> String {
    let model = |(experiment, variant): &(String, String)| {
        let found = experiments.iter().find(|one| one.experiment.name == *experiment)?;
        Some(found.experiment.variant(variant)?.model.name())
    };
    let models: BTreeSet<_> = claim.variants.iter().filter_map(model).collect();
    models.into_iter().collect::<Vec<_>>().join(" ")
}

/// Shown by the script, which does the filtering.
fn filters(experiments: &[Shown]) -> String {
    let verdicts: Vec<_> = VERDICTS.map(|verdict| (class(verdict), verdict.words())).into();
    let models = [Model::Threads, Model::Async, Model::Processes, Model::Serial];
    let models: Vec<_> = models.map(|model| (model.name(), model.name())).into();
    let groups: BTreeSet<_> = experiments.iter().map(|one| one.experiment.group.as_str()).collect();
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
