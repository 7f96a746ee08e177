//! The article's decision tree: where each of its paths ends, and whether the data agree that it should end there.

use serde::{Deserialize, Serialize};

use super::blocking::{AT_ONCE, REQUESTS};
use super::decide::{Decided, all, at_most, ratio, row_at, times};
use super::guidelines::{EXECUTOR, Taken, WITHIN_THE_POOL};
use super::{All, CLIENT, DOWNLOADS, Verdict, WAITING, claims};
use crate::series::{memory, start_time};
use crate::text::Text;

/// Where a path of the article's tree ends.
struct Leaf {
    /// The answers that lead there.
    path: &'static [&'static str],
    model: &'static str,
    rule: &'static str,
    judge: fn(&All) -> Result<(Agreement, String), String>,
}

/// Whether the data agree with the article.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Agreement {
    Agree,
    InPart,
    Disagree,
    Undecided,
    NotMeasured,
}

impl Agreement {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Agree => "the data agree",
            Self::InPart => "the data agree in part",
            Self::Disagree => "the data disagree",
            Self::Undecided => "the data do not decide",
            Self::NotMeasured => "not measured",
        }
    }
}

/// A leaf with what the data say of it: an entry of `tree.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct JudgedLeaf {
    pub(crate) path: Vec<Text>,
    pub(crate) model: Text,
    pub(crate) agreement: Agreement,
    pub(crate) evidence: Text,
    pub(crate) rule: Text,
}

/// What somebody has to do, as far as the article's tree asks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) computes: bool,
    pub(crate) at_once: u64,
    pub(crate) has_async_library: bool,
}

/// More than so many tasks are many, to the article.
pub(crate) const MANY: u64 = 100;

/// How many leaves there are.
pub(crate) const COUNT: usize = LEAVES.len();

const LEAVES: [Leaf; 6] = [
    Leaf { path: &["CPU-bound"], model: "processes", rule: "as N3", judge: |all| as_claimed("N3", all) },
    Leaf {
        path: &["I/O-bound", "no concurrency wanted"],
        model: "processes",
        rule: "one task that waits, in a process and in a thread: agree if the process takes no more than 1.1 times the time to \
            start and no more than 1.1 times the memory, disagree if more of one",
        judge: one_in_a_process,
    },
    Leaf {
        path: &["I/O-bound", "more than 100 tasks", "an async library"],
        model: "async",
        rule: "as N2",
        judge: |all| as_claimed("N2", all),
    },
    Leaf {
        path: &["I/O-bound", "more than 100 tasks", "no async library"],
        model: "async with an executor",
        rule: "400 requests at once and 600, by an executor and by threads: agree if the executor takes less whole time or less \
            memory, and not more of the other, at both; disagree if it does not at one",
        judge: many_by_an_executor,
    },
    Leaf {
        path: &["I/O-bound", "100 tasks or fewer", "an async library"],
        model: "async",
        rule: "10, 30 and 100 downloads, by tokio and by threads: agree if tokio takes no more than 1.1 times the whole time and no \
            more than 1.1 times the memory at each, disagree if more at one",
        judge: few_by_async,
    },
    Leaf {
        path: &["I/O-bound", "100 tasks or fewer", "no async library"],
        model: "threads",
        rule: "100 requests, 10 at once, by threads and by an executor: agree if threads take no more than 1.1 times the whole time \
            and no more than 1.1 times the memory, disagree if more of one",
        judge: few_by_threads,
    },
];

/// Where the article's tree leads: a place among the leaves.
pub(crate) fn leaf_for(asked: Asked) -> usize {
    match asked {
        Asked { computes: true, .. } => 0,
        Asked { at_once: 0..=1, .. } => 1,
        Asked { at_once, has_async_library: true, .. } => {
            if at_once > MANY {
                2
            } else {
                4
            }
        }
        Asked { at_once, has_async_library: false, .. } => {
            if at_once > MANY {
                3
            } else {
                5
            }
        }
    }
}

/// All leaves, with what the data say.
pub(super) fn judge(all: &All) -> Vec<JudgedLeaf> {
    let judged = LEAVES.iter().map(|Leaf { path, model, rule, judge }| {
        let (agreement, evidence) = judge(all).unwrap_or_else(|reason| (Agreement::NotMeasured, reason));
        let path = path.iter().map(|&step| step.into()).collect();
        JudgedLeaf {
            path,
            model: (*model).into(),
            agreement,
            evidence: evidence.into(),
            rule: (*rule).into(),
        }
    });
    judged.collect()
}

/// Where a leaf says what a claim says.
fn as_claimed(id: &str, all: &All) -> Result<(Agreement, String), String> {
    let claim = claims().find(|claim| claim.id == id).ok_or_else(|| format!("there is no claim {id}"))?;
    let (verdict, evidence) = claim.verdict(all);
    let agreement = match verdict {
        Verdict::Holds => Agreement::Agree,
        Verdict::HoldsBut => Agreement::InPart,
        Verdict::Fails => Agreement::Disagree,
        Verdict::Unsettled => Agreement::Undecided,
        Verdict::NotMeasured => return Err(evidence),
    };
    Ok((agreement, format!("{id}: {evidence}")))
}

fn agreement(decided: Decided) -> Agreement {
    match decided {
        Some(true) => Agreement::Agree,
        Some(false) => Agreement::Disagree,
        None => Agreement::Undecided,
    }
}

fn one_in_a_process(data: &All) -> Result<(Agreement, String), String> {
    let waiting = data.get(WAITING)?;
    let (process, thread) = (row_at(waiting, 1, "processes")?, row_at(waiting, 1, "threads")?);
    let taken = [ratio(process, thread, start_time)?, ratio(process, thread, memory)?];
    let [start, memory] = &taken;
    let evidence = format!(
        "a process takes {} times as long to start as a thread, and {} times the memory",
        times(start),
        times(memory)
    );
    let is_no_more = all(taken.iter().map(|ratio| at_most(ratio, 1.1)));
    Ok((agreement(is_no_more), evidence))
}

fn many_by_an_executor(data: &All) -> Result<(Agreement, String), String> {
    let (mut decided, mut told) = (Vec::new(), Vec::new());
    for case in [WITHIN_THE_POOL, AT_ONCE] {
        let taken = Taken::of(data.get(CLIENT)?, case, EXECUTOR)?;
        told.push(format!("{taken} in {case}"));
        decided.push(taken.pays());
    }
    let evidence = format!("threads against an executor, whole time and memory: {}", told.join(", "));
    Ok((agreement(all(decided)), evidence))
}

fn few_by_threads(data: &All) -> Result<(Agreement, String), String> {
    let taken = Taken::of(data.get(CLIENT)?, REQUESTS, EXECUTOR)?;
    Ok((
        agreement(taken.is_no_more()),
        format!("threads against an executor, whole time and memory: {taken}"),
    ))
}

fn few_by_async(data: &All) -> Result<(Agreement, String), String> {
    let downloads = data.get(DOWNLOADS)?;
    let (mut decided, mut told) = (Vec::new(), Vec::new());
    for n in [10, 30, 100] {
        let taken = Taken::of_rows(row_at(downloads, n, "tokio")?, row_at(downloads, n, "threads")?)?;
        told.push(format!("{taken} at {n}"));
        decided.push(taken.is_no_more());
    }
    let evidence = format!("tokio against threads, whole time and memory: {}", told.join(", "));
    Ok((agreement(all(decided)), evidence))
}
