//! The markdown that a run is read as.

mod figures;
mod guide;
mod over_n;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use serde_json::Value;

use crate::markdown::{escape, list, table};
use crate::plot::Plot;
use bench::data::{Data, Row, Status};
use bench::experiment::{Case, Experiment, Size};
use bench::text::Text;
use bench::text::escape;
use bench::units::{bytes, round, seconds, thousands, whole};
use judge::series::whole_time;
use judge::statistics::{ENOUGH_RUNS, Interval, interval, median, outliers, ratio};
use judge::{Guideline, Judgement, Verdict, Verdicts};

/// The page of one experiment on one machine.
pub fn experiment(experiment: &Experiment, data: &Data, plots: &[Plot], judgements: &[Judgement]) -> String {
    let mut page = format!("# {}\n\n", escape(&experiment.title));
    let Experiment { name, folder, .. } = experiment;
    let (machine, circumstances) = data.provenance();
    page += &format!("The experiment `{name}` in `{}`, measured on ", folder.display());
    page += &format!("{} at {}.\n\n", machine.md(), circumstances.md());
    if !data.complete {
        page += "**Interrupted: rows may be missing, or have fewer runs than others.**\n\n";
    }
    let own: Vec<_> =
        judgements.iter().filter(|judgement| experiment.claims.contains(&judgement.id)).collect();
    if !own.is_empty() {
        page += &format!("## What the article says\n\n{}\n{MEMORIES}\n\n", ledger(&own));
        page += &format!("The rules, written down before the run:\n\n{}\n", rules(&own));
    }
    page += &over_n::over_n(experiment, data);
    for case in cases(experiment, data) {
        let arguments = escape(&case.args.join(" "));
        page += &format!("## {}\n\nArguments: <code>{arguments}</code>\n\n", case.name);
        page += &format!("{}\n", results(experiment, case, data));
        page += &pictures(plots.iter().filter(|plot| plot.case == case.name), "");
        page += &figures::figures(experiment, case, data).map_or(String::new(), |figures| figures + "\n");
        if measured_rows(case, data).next().is_some() {
            page += &format!("The work by itself:\n\n{}\n", work(experiment, case, data));
            page += &format!("Memory at its peak:\n\n{}\n", memory(case, data));
        }
        page += &varying(case, data);
        page += &refused(case, data);
    }
    page += &format!("## What to look at\n\n{}\n\n", experiment.analysis.trim());
    page += &format!("## How it was measured\n\n{}\n", method(experiment, data));
    page
}

/// Both are called memory, and differ.
const MEMORIES: &str = "*Memory* in the evidence is all that is taken: resident, page tables and kernel stacks together. *Resident \
     memory* and *peak memory* are the first of these alone, so their ratios are other ones.";

/// The page of one machine.
pub fn machine(
    data: &[Data],
    experiments: &[Experiment],
    guidelines: &[Guideline],
    verdicts: &Verdicts,
) -> String {
    let mut page = String::from("# Threads and async on this machine\n\n");
    if let Some(first) = data.first() {
        let machine = &first.machine;
        let memory = machine.memory_bytes.map_or("an unknown amount".to_owned(), bytes);
        page += &format!(
            "{}, {} cores, {memory} of memory, {}.\n\n",
            machine.processor.md(),
            machine.cores,
            machine.system.md(),
        );
    }
    let all: Vec<_> = verdicts.judgements.iter().collect();
    page += &format!(
        "## The ledger\n\n{}\n{MEMORIES}\n\n{}## The experiments\n\n",
        ledger(&all),
        guide::guide(guidelines, verdicts)
    );
    let mut rows = Vec::new();
    for data in data {
        let title = data.experiment_of(experiments).map_or("", |experiment| &experiment.title);
        let failed = data.rows.iter().filter(|row| row.status == Status::Failed).count();
        rows.push(vec![
            format!("[{}]({}.md)", data.experiment, data.experiment),
            escape(title),
            data.rows.len().to_string(),
            failed.to_string(),
            format!("{}, {}", data.started, if data.complete { data.size.name() } else { "interrupted" }),
            data.toolchain.md(),
        ]);
    }
    let columns = [
        ("Experiment", false),
        ("", false),
        ("Rows", true),
        ("Failed", true),
        ("Measured", false),
        ("With", false),
    ];
    page + &table(&columns, &rows)
}

/// The claims with their verdicts; a claim that was not measured in a language says so.
pub fn ledger(judgements: &[&Judgement]) -> String {
    let rows: Vec<_> = pairs(judgements)
        .map(|(rust, python)| {
            vec![
                rust.id.clone(),
                escape(&rust.says),
                format!("**{}**", rust.verdict.words()),
                python.map_or(String::new(), in_python),
                evidence(rust),
            ]
        })
        .collect();
    let columns = [
        ("Claim", false),
        ("The article says", false),
        ("In Rust", false),
        ("In CPython", false),
        ("Evidence (Rust)", false),
    ];
    table(&columns, &rows)
}

fn in_python(judgement: &Judgement) -> String {
    let verdict = judgement.verdict.words();
    let verdict =
        if judgement.verdict == Verdict::NotMeasured { verdict.to_owned() } else { format!("**{verdict}**") };
    format!("{verdict}: {}", evidence(judgement))
}

/// The finding, and what it rests on.
fn evidence(judgement: &Judgement) -> String {
    match judgement.verdict {
        Verdict::NotMeasured => judgement.evidence.text().md(),
        _ => format!("{} {}.", judgement.finding.md(), judgement.evidence.text().md()),
    }
}

/// A claim as it is judged in Rust, and as it is in CPython.
type Pair<'a> = (&'a Judgement, Option<&'a Judgement>);

/// All claims in both languages.
pub fn pairs<'a>(judgements: &[&'a Judgement]) -> impl Iterator<Item = Pair<'a>> {
    let rust = judgements.iter().filter(|judgement| judgement.language == "rust");
    rust.map(|rust| {
        let python = judgements.iter().find(|other| other.id == rust.id && other.language == "python");
        (*rust, python.copied())
    })
}

fn rules(judgements: &[&Judgement]) -> String {
    list(pairs(judgements).flat_map(|(rust, python)| {
        // Where CPython has no rule of its own, it stands under that of Rust.
        let python = python.filter(|python| python.threshold != rust.threshold);
        let rules = [Some((rust, "")), python.map(|python| (python, ", in CPython"))].into_iter().flatten();
        let told = rules.filter(|(judgement, _)| !judgement.threshold.is_empty());
        told.map(|(judgement, language)| {
            format!("{}{language}: {}", judgement.id, escape(&judgement.threshold))
        })
    }))
}

/// How many rows of the ledger the front page shows.
const HEADLINE: usize = 10;
/// Of these no more than so many rest on the same experiment, so that they do not all tell the same story.
const OF_ONE_EXPERIMENT: usize = 2;

/// A picture and the rows of the ledger that a reader of the article expects least, in one screen; and the way to the rest.
pub fn headline(judgements: &[Judgement], label: &str, picture: Option<&Plot>) -> String {
    let all: Vec<_> = judgements.iter().collect();
    let surprising = most_surprising(&all, HEADLINE);
    let verdict = |judgement: &Judgement| format!("**{}**", judgement.verdict.words());
    let rows = surprising.iter().map(|(rust, python)| {
        let python = python.map_or(String::new(), verdict);
        vec![rust.id.clone(), escape(&rust.says), verdict(rust), python]
    });
    let rows: Vec<_> = rows.collect();
    let columns = [("Claim", false), ("The article says", false), ("In Rust", false), ("In CPython", false)];
    let (shown, count) = (rows.len(), pairs(&all).count());
    // Smaller than on the other pages, so that what follows is in sight too.
    let picture = picture.map_or(String::new(), |Plot { file, title, .. }| {
        let (file, title) = (escape::html(&file.to_string_lossy()), escape::html(title));
        format!("<img src=\"results/{label}/{file}\" alt=\"{title}\" width=\"600\">\n\n")
    });
    format!(
        "{picture}Of {count} claims the {shown} that surprise most, as measured on one machine. \
         [Its page](results/{label}/README.md) has the evidence and the other {}; the page of each experiment has the rules.\n\n{}",
        count - shown,
        table(&columns, &rows)
    )
}

/// The claims whose verdicts are least what the article says, in Rust and in CPython; none that holds or is open in both.
pub fn most_surprising<'a>(judgements: &[&'a Judgement], most: usize) -> Vec<Pair<'a>> {
    let mut surprising: Vec<_> =
        pairs(judgements).filter(|(rust, python)| surprise(rust, *python) > 0).collect();
    // Ties stay in the order of the ledger.
    surprising.sort_by_key(|(rust, python)| Reverse(surprise(rust, *python)));
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    surprising.retain(|(rust, _)| {
        let of_its_experiment = shown.entry(&rust.experiment).or_default();
        *of_its_experiment += 1;
        *of_its_experiment <= OF_ONE_EXPERIMENT
    });
    surprising.truncate(most);
    surprising
}

/// How little a verdict is what the article says: most where a claim fails in both languages, least where it holds in both.
fn surprise(rust: &Judgement, python: Option<&Judgement>) -> u32 {
    let of = |judgement: &Judgement| match judgement.verdict {
        Verdict::Fails => 4,
        Verdict::HoldsBut => 1,
        _ => 0,
    };
    of(rust) + python.map_or(0, of)
}

/// The pictures, from a folder that leads to that of the machine.
pub fn pictures<'a>(plots: impl Iterator<Item = &'a Plot>, folder: &str) -> String {
    plots.fold(String::new(), |pictures, Plot { file, title, .. }| {
        pictures + &format!("![{}]({folder}{})\n\n", escape(title), file.display())
    })
}

/// What stands in an experiment's README: the tables of one case that it is about, and what the series says if
/// there is one.
pub fn in_short(experiment: &Experiment, case: &Case, data: &Data) -> String {
    let figures = figures::figures(experiment, case, data).map(|figures| format!("\n{figures}"));
    results(experiment, case, data) + &figures.unwrap_or_default() + &over_n::in_short(experiment, data)
}

/// The table of one case that answers the question: what was counted, what was lost, in what time; and what
/// the origin saw of it, where there was one.
pub fn results(experiment: &Experiment, case: &Case, data: &Data) -> String {
    let served = |row: &Row| row.figures(&["witness", "finished"]);
    let witnessed = measured_rows(case, data).any(|row| !served(row).is_empty());
    let mut columns =
        vec![("Variant", false), ("Model", false), ("Role", false), ("Done", true), ("Lost", true)];
    if witnessed {
        columns.extend([("Served", true), ("Peak in flight", true)]);
    }
    columns.extend([("Time", true), ("Against its twin", false), ("Peak memory", true)]);

    let mut rows = Vec::new();
    for row in rows_of(case, data) {
        let variant = experiment.variant(&row.variant);
        let mut cells = vec![
            title(row),
            variant.map_or("", |variant| variant.model.name()).to_owned(),
            variant.map_or("", |variant| variant.role.name()).to_owned(),
        ];
        if row.status == Status::Ok {
            cells.extend([span(&done(row)), span(&lost(row))]);
            if witnessed {
                cells.extend([span(&served(row)), span(&row.figures(&["witness", "peak_in_flight"]))]);
            }
            cells.push(time(&row.times_s));
            cells.push(against_twin(experiment, row, data, whole_time));
            cells.push(size(row, "hwm_bytes"));
        } else {
            cells.push(status(row));
        }
        cells.resize(columns.len(), String::new());
        rows.push(cells);
    }
    table(&columns, &rows)
}

/// How a row is called in a table: by its variant, and where that is in CPython by the version.
pub(super) fn title(row: &Row) -> String {
    match &row.interpreter {
        Some(interpreter) => format!("`{}`, {}", row.variant, interpreter.md()),
        None => format!("`{}`", row.variant),
    }
}

/// What the work took by itself, and of which kind of time.
fn work(experiment: &Experiment, case: &Case, data: &Data) -> String {
    let rows = measured_rows(case, data).map(|row| {
        let cpu =
            |kind| middle(row, &["cpu", kind]).map_or("not told".to_owned(), |time| seconds(time, None));
        vec![
            title(row),
            time(&work_alone(row)),
            against_twin(experiment, row, data, work_alone),
            cpu("user_s"),
            cpu("system_s"),
            count(row, &["switches", "voluntary"]),
            count(row, &["switches", "involuntary"]),
        ]
    });
    let columns = [
        ("Variant", false),
        ("The work alone", true),
        ("Against its twin", false),
        ("CPU, user", true),
        ("CPU, system", true),
        ("Switches, voluntary", true),
        ("Switches, involuntary", true),
    ];
    table(&columns, &rows.collect::<Vec<_>>())
}

/// Every kind of memory apart, since each has been called "the memory of a thread".
fn memory(case: &Case, data: &Data) -> String {
    let rows = measured_rows(case, data).map(|row| {
        vec![
            title(row),
            count(row, &["threads_peak"]),
            size(row, "hwm_bytes"),
            size(row, "peak_virtual_bytes"),
            size(row, "page_table_bytes"),
            size(row, "kernel_stack_bytes"),
            row.times_s.len().to_string(),
            outliers(&row.times_s).to_string(),
        ]
    });
    let columns = [
        ("Variant", false),
        ("Threads", true),
        ("Resident", true),
        ("Virtual", true),
        ("Page tables", true),
        ("Kernel stacks", true),
        ("Runs", true),
        ("Far off", true),
    ];
    table(&columns, &rows.collect::<Vec<_>>())
}

fn measured_rows<'a>(case: &'a Case, data: &'a Data) -> impl Iterator<Item = &'a Row> {
    rows_of(case, data).filter(|row| row.status == Status::Ok)
}

/// The median of a figure; none where the system does not tell it.
fn middle(row: &Row, path: &[&str]) -> Option<f64> {
    Some(median(&row.figures(path))).filter(|median| !median.is_nan())
}

fn count(row: &Row, path: &[&str]) -> String {
    middle(row, path).map_or("not told".to_owned(), whole)
}

fn size(row: &Row, name: &str) -> String {
    middle(row, &["memory", name]).map_or("not told".to_owned(), |size| bytes(round(size)))
}

/// The counts of the variants whose runs did not all count the same.
fn varying(case: &Case, data: &Data) -> String {
    let varies = |done: &[f64]| done.windows(2).any(|pair| pair[0].total_cmp(&pair[1]).is_ne());
    let rows = rows_of(case, data).map(|row| (row, done(row))).filter(|(_, done)| varies(done));
    let points = list(rows.map(|(row, done)| {
        let counts: Vec<_> = done.into_iter().map(whole).collect();
        format!("{}, run by run: {}", title(row), counts.join(" · "))
    }));
    if points.is_empty() { points } else { format!("Not the same in each run:\n\n{points}\n") }
}

/// What the machine said when it refused a variant.
fn refused(case: &Case, data: &Data) -> String {
    let points = list(rows_of(case, data).filter(|row| row.status == Status::Refused).filter_map(|row| {
        let refused = row.outcomes.last()?.get("refused")?;
        let text =
            |name| refused.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(Text::from);
        let (at, limit, detail) = (refused.get("at")?.as_u64()?, text("limit")?, text("detail")?);
        Some(format!("{}: refused at {} by {}: {}", title(row), thousands(at), limit.md(), detail.md()))
    }));
    if points.is_empty() { points } else { format!("What the machine refused:\n\n{points}\n") }
}

fn method(experiment: &Experiment, data: &Data) -> String {
    let mut points = method_of_all(slice::from_ref(data));
    if points.is_empty() {
        return "No run came to an end that could be timed.\n".to_owned();
    }
    if let Some(own) = figures::method(experiment, data) {
        points.insert(2, own);
    }
    let (name, (begin, end)) = (&experiment.name, sequence(data));
    points.push(format!(
        "The data, with the place of each run in the whole, {begin} to {end}: [data/{name}.json](data/{name}.json). To measure it again: `cargo xtask bench-all --only {name}`."
    ));
    list(points)
}

/// How all of these were measured, point by point; nothing if no run was timed.
pub fn method_of_all(data: &[Data]) -> Vec<String> {
    let rows = data.iter().flat_map(|data| &data.rows);
    let timed: Vec<&Row> = rows.filter(|row| !row.times_s.is_empty()).collect();
    let Some(first) = data.first().filter(|_| !timed.is_empty()) else {
        return Vec::new();
    };
    let total = seconds(timed.iter().flat_map(|row| &row.times_s).sum(), None);
    let measuring = seconds(data.iter().map(|data| data.measuring_s).sum(), None);
    let runs = if data.iter().any(|data| data.size == Size::Quick) {
        "This was a quick run: one run of each row, and no interval".to_owned()
    } else {
        let runs: Vec<f64> = timed.iter().map(|row| row.times_s.len() as f64).collect();
        format!(
            "The rows were run in interleaved rounds, A B C, A B C; one that fails is not run again; runs of a row: \
             {}. Medians, with a bootstrapped 95 % interval in brackets; *far off* are the runs that something else must have disturbed, kept in all \
             figures",
            span(&runs)
        )
    };
    vec![
        format!(
            "*Time* is that of the whole process, by hyperfine {}. *The work alone* is what the process measured \
             itself, without its own start, and can be no more than that.",
            first.hyperfine.md()
        ),
        format!("{runs}. Each run is a process of its own."),
        format!(
            "*Against its twin* is the ratio to the same figure of the variant in brackets, drawn round by round. An \
             interval that holds 1, or lies within 5 % of it, reads \"no difference\"; fewer than {ENOUGH_RUNS} runs \
             decide nothing."
        ),
        format!("Every run was verified.{}", built_with(data)),
        "Memory, CPU and switches are the system's own account of the process. The share of the thread that reads it \
         every millisecond is taken out, but for a few pages of resident memory. Threads that lived shorter than \
         that may be missing from the count."
            .to_owned(),
        format!("{total} of the {measuring} of measuring were spent in the measured processes."),
    ]
}

/// What beside the commit had a say in the programs.
fn built_with(data: &[Data]) -> String {
    let settings: BTreeSet<_> = data.iter().flat_map(|data| &data.build).collect();
    if settings.is_empty() {
        return String::new();
    }
    let settings: Vec<_> =
        settings.iter().map(|(name, value)| format!("{}={}", name.md(), value.md())).collect();
    format!(" The programs were built with {}.", settings.join("; "))
}

fn sequence(data: &Data) -> (u64, u64) {
    let places: Vec<f64> = data.rows.iter().flat_map(|row| row.figures(&["sequence"])).collect();
    let first = places.iter().copied().fold(f64::INFINITY, f64::min);
    let last = places.iter().copied().fold(0.0, f64::max);
    (round(first), round(last))
}

fn cases<'a>(experiment: &'a Experiment, data: &'a Data) -> impl Iterator<Item = &'a Case> {
    experiment.cases.iter().filter(|case| data.rows.iter().any(|row| row.case == case.name))
}

fn rows_of<'a>(case: &'a Case, data: &'a Data) -> impl Iterator<Item = &'a Row> {
    data.rows.iter().filter(|row| row.case == case.name)
}

fn done(row: &Row) -> Vec<f64> {
    row.figures(&["work", "done"])
}

fn lost(row: &Row) -> Vec<f64> {
    let expected = row.figures(&["work", "expected"]);
    expected.into_iter().zip(done(row)).map(|(expected, done)| (expected - done).max(0.0)).collect()
}

fn status(row: &Row) -> String {
    let reason = row.reason.as_ref().map_or_else(|| "no reason was kept".to_owned(), Text::md);
    match row.status {
        Status::Ok => String::new(),
        Status::Failed => format!("**FAILED**: {reason}"),
        Status::Refused => reason,
        Status::Skipped => format!("not measured: {reason}"),
    }
}

/// A row's figure against the same figure of its twin.
fn against_twin(
    experiment: &Experiment,
    row: &Row,
    data: &Data,
    figure: impl Fn(&Row) -> Vec<f64>,
) -> String {
    let twin = experiment.variant(&row.variant).and_then(|variant| variant.twin.as_deref());
    let Some(other) = twin.and_then(|twin| data.row_beside(row, twin)) else {
        return String::new();
    };
    let (own, others) = (figure(row), figure(other));
    if own.is_empty() || (others.is_empty() && other.status == Status::Ok) {
        return String::new();
    }
    if others.contains(&0.0) {
        return format!("no ratio to 0 (`{}`)", other.variant);
    }
    let decides = own.len().min(others.len()) >= ENOUGH_RUNS && other.status == Status::Ok;
    let compared = if decides { ratio(&own, &others).compared() } else { "too few runs".to_owned() };
    format!("{compared} (`{}`)", other.variant)
}

fn work_alone(row: &Row) -> Vec<f64> {
    row.figures(&["elapsed_s"])
}

/// A median, and the span of the values where they differ.
fn span(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    if values.is_empty() || least >= most {
        whole(median(values))
    } else {
        format!("{} ({} to {})", whole(median(values)), whole(least), whole(most))
    }
}

fn time(values: &[f64]) -> String {
    match values {
        [] => String::new(),
        [only] => seconds(*only, None),
        _ => {
            let Interval { median, low, high } = interval(values);
            seconds(median, Some((low, high)))
        }
    }
}
