//! The article's advice with what was measured beside it: its guidelines, its summary, its tree, and where threads cease to win.

use crate::data::{Data, Row, Status};
use crate::experiment::{Experiment, Model};
use crate::ledger::{Crossing, JudgedLeaf, Judgement, Tree, Verdict};
use crate::markdown::table;
use crate::series::{Figure, Series, memory, proportional, scale};
use crate::statistics::median;
use crate::text::Text;
use crate::units::{size, whole};

/// The sections of a machine's page.
pub(super) fn guide(
    data: &[Data],
    experiments: &[Experiment],
    judgements: &[Judgement],
    tree: &Tree,
) -> String {
    let mut text = String::new();
    if !tree.crossings.is_empty() {
        text += &format!(
            "## From which n on async takes less\n\nThe article says: from 100 on. Here it is the least n from which on, at each that was \
             measured, threads surely take more than tasks do, by more than 5 %; in figures, what threads take divided by what tasks take, there and \
             just below.\n\n{}\n",
            crossings(&tree.crossings)
        );
    }
    text += &format!("## The article's decision tree\n\n{}\n", leaves(&tree.leaves));
    text += "`cargo xtask decide` leads through it, and says what to take by these results.\n\n";
    text += &format!("## The article's guidelines\n\n{}\n", guidelines(judgements));
    text += &format!(
        "## The summary\n\nThe words in quotation marks are the article's; what stands in brackets is whether that was seen. All else was \
         measured.\n\n{}\n",
        summary(data, experiments, judgements)
    );
    text
}

fn crossings(crossings: &[Crossing]) -> String {
    let rows: Vec<_> = crossings
        .iter()
        .map(|crossing| {
            let language = if crossing.language == "rust" { "Rust" } else { "CPython" };
            vec![
                language.to_owned(),
                format!("[{0}]({0}.md)", crossing.experiment),
                format!("`{}` against `{}`", crossing.threads, crossing.tasks),
                crossing.figure.md(),
                crossing.words.md(),
            ]
        })
        .collect();
    table(
        &[("", false), ("Experiment", false), ("", false), ("Of", false), ("Async takes less", false)],
        &rows,
    )
}

fn leaves(leaves: &[JudgedLeaf]) -> String {
    let rows: Vec<_> = leaves
        .iter()
        .map(|leaf| {
            let path = leaf.path.iter().map(Text::md).collect::<Vec<_>>().join(" → ");
            let agreement = format!("**{}**", leaf.agreement.words());
            vec![path, leaf.model.md(), agreement, leaf.evidence.md(), leaf.rule.md()]
        })
        .collect();
    table(
        &[("Path", false), ("It says", false), ("In Rust", false), ("Evidence", false), ("Rule", false)],
        &rows,
    )
}

/// What the article recommends each model for, and the claims that say so; nothing here measures those without.
const GUIDELINES: [(&str, &str, &[&str]); 14] = [
    ("threads", "fewer than 100 concurrent I/O operations", &["N1"]),
    ("threads", "blocking libraries", &["N4", "N5"]),
    ("threads", "synchronous code bases", &["N5"]),
    ("threads", "simple scripts", &["N5"]),
    ("threads", "SQLite", &[]),
    ("async", "more than 100 connections", &["N2", "M7"]),
    ("async", "HTTP APIs, with an async library at hand", &["K2", "D3"]),
    ("async", "websockets, chat servers", &[]),
    ("async", "predictable races wanted", &["S3", "S2"]),
    ("async", "memory is tight", &["M2", "M7"]),
    ("processes", "calculation", &["N3", "C2"]),
    ("processes", "image work", &[]),
    ("processes", "true parallelism", &["C2"]),
    ("processes", "independent tasks", &["C2"]),
];

fn guidelines(judgements: &[Judgement]) -> String {
    let rows: Vec<_> = GUIDELINES
        .iter()
        .map(|(model, what, claims)| {
            let told = |language: &str| {
                let words = claims
                    .iter()
                    .map(|claim| format!("{claim} {}", verdict(judgements, claim, language).words()));
                let words = words.collect::<Vec<_>>().join(", ");
                if words.is_empty() { "not measured anywhere here".to_owned() } else { words }
            };
            vec![(*model).to_owned(), (*what).to_owned(), told("rust"), told("python")]
        })
        .collect();
    table(&[("Take", false), ("for", false), ("In Rust", false), ("In CPython", false)], &rows)
}

fn verdict(judgements: &[Judgement], claim: &str, language: &str) -> Verdict {
    let found = judgements.iter().find(|judgement| judgement.id == claim && judgement.language == language);
    found.map_or(Verdict::NotMeasured, |judgement| judgement.verdict)
}

/// The case of cpu-bound that the models are compared in.
const COMPUTATIONS: &str = "4-computations";

/// A model in the summary: how it is called, and the variants that stand for it.
struct Column {
    name: &'static str,
    model: Model,
    waiting: &'static str,
    computing: &'static str,
}

const COLUMNS: [Column; 4] = [
    Column { name: "threads", model: Model::Threads, waiting: "threads", computing: "threads" },
    Column { name: "async (tokio)", model: Model::Async, waiting: "tokio", computing: "tokio_yielding" },
    Column { name: "processes", model: Model::Processes, waiting: "processes", computing: "processes" },
    Column { name: "rayon", model: Model::Threads, waiting: "", computing: "rayon" },
];

/// The article's last table: its words with the verdicts on them, and its numbers as they were measured here, in Rust.
fn summary(data: &[Data], experiments: &[Experiment], judgements: &[Judgement]) -> String {
    let of = |name: &str| {
        let data = data.iter().find(|data| data.experiment == name)?;
        Some(Series::of(data.experiment_of(experiments)?, data))
    };
    let (waiting, computing) = (of("waiting-tasks"), of("cpu-bound"));
    let cells = |cell: &dyn Fn(&Column) -> Option<String>| -> Vec<String> {
        COLUMNS.iter().map(|column| cell(column).unwrap_or_else(|| "not measured".to_owned())).collect()
    };
    let threads = cells(&|column| {
        let peak =
            |row: &Row| (row.status == Status::Ok).then(|| whole(median(&row.figures(&["threads_peak"]))));
        let waits = waiting.as_ref()?.row(100, column.waiting).and_then(peak);
        let computes = || computing.as_ref()?.data.row(COMPUTATIONS, column.computing).and_then(peak);
        waits
            .map(|peak| format!("{peak} for 100 that wait"))
            .or_else(|| Some(format!("{} for 4 computations", computes()?)))
    });
    let each = cells(&|column| {
        let figure: Figure = if column.model == Model::Processes { proportional } else { memory };
        let (slope, _) = waiting.as_ref()?.slope(column.waiting, figure, scale(column.model))?;
        Some(size(slope.interval.median, slope.decides.then_some((slope.interval.low, slope.interval.high))))
    });
    let speed = cells(&|column| {
        let data = computing.as_ref()?.data;
        let row = |variant| data.row(COMPUTATIONS, variant).filter(|row| row.status == Status::Ok);
        let ratio = crate::statistics::ratio(&row("serial")?.times_s, &row(column.computing)?.times_s);
        Some(format!("{ratio} times as fast as one after the other"))
    });
    let says = |cells: [(&str, &[&str]); 3]| -> Vec<String> {
        let told = cells.map(|(words, claims)| {
            let judged = claims.iter().map(|claim| {
                let [rust, python] =
                    ["rust", "python"].map(|language| verdict(judgements, claim, language).words());
                format!("{claim} **{rust}**, CPython **{python}**")
            });
            let judged: Vec<_> = judged.collect();
            if judged.is_empty() {
                format!("“{words}”")
            } else {
                format!("“{words}” ({})", judged.join("; "))
            }
        });
        told.into_iter().chain([String::new()]).collect()
    };
    let rows = [
        ("Threads used", threads),
        (
            "Who switches, and when",
            says([
                ("the system, at any instruction", &["S1"]),
                ("the task, at an await", &["S2"]),
                ("the system", &[]),
            ]),
        ),
        (
            "The GIL",
            says([("contended for", &["G1", "G2"]), ("not contended for", &["G3"]), ("one each", &["C2"])]),
        ),
        ("Four computations", speed),
        ("Memory of one more", each),
        ("Locks needed", says([("yes", &["R6"]), ("often not", &["R5"]), ("no, nothing is shared", &[])])),
        (
            "Races",
            says([
                ("unpredictable", &["R1", "S3"]),
                ("predictable", &["R4", "S3"]),
                ("none, nothing is shared", &[]),
            ]),
        ),
        (
            "Best for",
            says([
                ("few that wait, blocking libraries", &["N1", "N5"]),
                ("many that wait", &["N2", "D3"]),
                ("computing", &["N3"]),
            ]),
        ),
    ];
    let rows = rows.map(|(name, cells)| [name.to_owned()].into_iter().chain(cells).collect::<Vec<_>>());
    let columns = [("", false)].into_iter().chain(COLUMNS.iter().map(|column| (column.name, false)));
    table(&columns.collect::<Vec<_>>(), &rows)
}
