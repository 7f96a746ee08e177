//! The markdown that a run is read as.

mod figures;
mod guide;
mod ledger;
mod method;
mod over_n;

use serde_json::Value;

pub(crate) use self::ledger::headline;
use self::ledger::{EVIDENCE, ledger};
pub use self::ledger::{most_surprising, pairs};
use self::method::method;
pub(crate) use self::method::method_of_all;

use crate::markdown::{escape, list, table};
use crate::plot::Plot;
use bench::data::{Data, Row, Status};
use bench::experiment::{Case, Experiment};
use bench::text::Text;
use bench::units::{bytes, round, seconds, thousands, whole};
use judge::series::{whole_time, work_time};
use judge::statistics::{Interval, interval, median, outliers, ratio};
use judge::{Guideline, Judgement, Verdicts};

/// How much of an experiment its page shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every table of every case.
    Whole,
    /// Every table of the first case; of the others what was done, in what time, with how much memory.
    Short,
}

/// The page of one experiment on one machine; of `plots`, those of a case stand under it, and of `judgements` it shows its own.
pub fn experiment(
    experiment: &Experiment,
    data: &Data,
    plots: &[Plot],
    judgements: &[Judgement],
    extent: Extent,
) -> String {
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
        page += &format!("## What the article says\n\n{}\n{EVIDENCE}\n\n", ledger(&own));
    }
    page += &over_n::over_n(experiment, data);
    if extent == Extent::Short && cases(experiment, data).count() > 1 {
        page += "The first case has all of its tables. Those of the other cases are on the page that `cargo xtask report --open` shows.\n\n";
    }
    for (place, case) in cases(experiment, data).enumerate() {
        let is_whole = extent == Extent::Whole || place == 0;
        let arguments = escape(&case.args.join(" "));
        page += &format!("## {}\n\nArguments: <code>{arguments}</code>\n\n", case.name);
        page += &format!("{}\n", results(experiment, case, data));
        page += &pictures(plots.iter().filter(|plot| plot.case == case.name), "");
        if is_whole {
            page += &figures::figures(experiment, case, data).map_or(String::new(), |figures| figures + "\n");
        }
        if is_whole && measured_rows(case, data).next().is_some() {
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

/// The page of one machine: its ledger, the article's advice by these `verdicts`, and the list of what was measured.
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
        "## The ledger\n\n{}\n{EVIDENCE}\n\n{}## The experiments\n\n",
        ledger(&all),
        guide::guide(guidelines, verdicts)
    );
    let rows = data.iter().map(|data| {
        let title = data.experiment_of(experiments).map_or("", |experiment| &experiment.title);
        let failed = data.rows.iter().filter(|row| row.status == Status::Failed).count();
        vec![
            format!("[{}]({}.md)", data.experiment, data.experiment),
            escape(title),
            data.rows.len().to_string(),
            failed.to_string(),
            format!("{}, {}", data.started, if data.complete { data.size.name() } else { "interrupted" }),
            data.toolchain.md(),
        ]
    });
    page + &table("Experiment |  | Rows: | Failed: | Measured | With", rows)
}

/// The pictures in Markdown; `folder` leads from the page to the machine's folder, and ends with a slash unless it is empty.
pub(crate) fn pictures<'a>(plots: impl Iterator<Item = &'a Plot>, folder: &str) -> String {
    plots.fold(String::new(), |pictures, Plot { file, title, .. }| {
        pictures + &format!("![{}]({folder}{})\n\n", escape(title), file.display())
    })
}

/// What stands in an experiment's README: the tables of one case that it is about, and what the series says if
/// there is one.
pub(crate) fn in_short(experiment: &Experiment, case: &Case, data: &Data) -> String {
    let figures = figures::figures(experiment, case, data).map(|figures| format!("\n{figures}"));
    results(experiment, case, data) + &figures.unwrap_or_default() + &over_n::in_short(experiment, data)
}

/// The table of one case that answers the question: what was counted, what was lost, in what time; and what
/// the origin saw of it, where there was one.
fn results(experiment: &Experiment, case: &Case, data: &Data) -> String {
    let served = |row: &Row| row.figures(&["witness", "finished"]);
    let witnessed = measured_rows(case, data).any(|row| !served(row).is_empty());
    let rows = rows_of(case, data).map(|row| {
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
        cells
    });
    let seen = if witnessed { " | Served: | Peak in flight:" } else { "" };
    let names =
        format!("Variant | Model | Role | Done: | Lost:{seen} | Time: | Against its twin | Peak memory:");
    table(&names, rows)
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
        let cpu = |kind| middle(&row.figures(&["cpu", kind]), |time| seconds(time, None));
        vec![
            title(row),
            time(&work_time(row)),
            against_twin(experiment, row, data, work_time),
            cpu("user_s"),
            cpu("system_s"),
            count(row, &["switches", "voluntary"]),
            count(row, &["switches", "involuntary"]),
        ]
    });
    let names = "Variant | The work alone: | Against its twin | CPU, user: | CPU, system: | Switches, voluntary: | \
                 Switches, involuntary:";
    table(names, rows)
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
    let names =
        "Variant | Threads: | Resident: | Virtual: | Page tables: | Kernel stacks: | Runs: | Far off:";
    table(names, rows)
}

fn measured_rows<'a>(case: &'a Case, data: &'a Data) -> impl Iterator<Item = &'a Row> {
    rows_of(case, data).filter(|row| row.status == Status::Ok)
}

/// The median of a figure as it is written, unless the system does not tell it.
fn middle(values: &[f64], written: impl Fn(f64) -> String) -> String {
    let median = median(values);
    if median.is_nan() { "not told".to_owned() } else { written(median) }
}

fn count(row: &Row, path: &[&str]) -> String {
    middle(&row.figures(path), whole)
}

fn size(row: &Row, name: &str) -> String {
    middle(&row.figures(&["memory", name]), |size| bytes(round(size)))
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
    let own = if other.status == Status::Ok { own } else { Vec::new() };
    format!("{} (`{}`)", ratio(&own, &others).compared(), other.variant)
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
            let Interval { median, bounds } = interval(values);
            seconds(median, bounds)
        }
    }
}
