//! Where the data of each side come from, and in which ways that differs.

use std::collections::{BTreeMap, BTreeSet};

use bench::data::Data;

use super::Side;

/// What is known of how the data of an experiment came about, and what it means if that differs.
type Circumstance = (&'static str, fn(&Data) -> String, &'static str);

const CIRCUMSTANCES: [Circumstance; 8] = [
    ("machine", |data| data.machine.shown(), "this compares machines, not programs"),
    ("system", |data| data.machine.system.plain().to_owned(), "kernels differ in what switches cost"),
    (
        "toolchain",
        |data| data.toolchain.plain().to_owned(),
        "compilers differ in what they make of a program",
    ),
    (
        "hyperfine",
        |data| format!("hyperfine {}", data.hyperfine.plain()),
        "its versions may differ in what they count",
    ),
    (
        "commit",
        |data| {
            data.commit.as_ref().map_or("no commit".to_owned(), |commit| format!("commit {}", commit.short()))
        },
        "other programs may have been measured",
    ),
    (
        "checkout",
        |data| (if data.dirty { "dirty: with changes in no commit" } else { "clean" }).to_owned(),
        "a commit does not tell what was changed",
    ),
    ("size", |data| format!("{} run", data.size.name()), "they differ in rounds and cases"),
    (
        "end",
        |data| (if data.complete { "complete" } else { "interrupted" }).to_owned(),
        "rows and rounds are missing",
    ),
];

/// Where each side comes from, and a warning for each way in which what both have measured came about differently.
pub(super) fn provenances(old: &Side, new: &Side) -> String {
    let mut text = String::new();
    for (which, side) in [("Old", old), ("New", new)] {
        let mut told = CIRCUMSTANCES.map(|(_, of, _)| answers(&side.data, of)).to_vec();
        let started = || side.data.iter().map(|data| &data.started);
        told.extend(started().min().zip(started().max()).map(|(first, last)| {
            if first == last { format!("started {first}") } else { format!("started {first} to {last}") }
        }));
        text += &format!("{which}, {}: {}\n", side.shown, told.join(", "));
    }
    for (name, of, means) in CIRCUMSTANCES {
        let pairs = old.data.iter().filter_map(|one| {
            let other = new.data.iter().find(|other| other.experiment == *one.experiment)?;
            let (one_is, other_is) = (of(one), of(other));
            (one_is != other_is).then(|| (format!("{one_is}, then {other_is}"), one.experiment.as_str()))
        });
        let mut differ: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (how, experiment) in pairs {
            differ.entry(how).or_default().push(experiment);
        }
        for (how, experiments) in differ {
            text += &format!("warning: another {name} ({means}): {how}; of {}\n", experiments.join(", "));
        }
    }
    text + "\n"
}

/// What the experiments of one side say of it, each answer once.
fn answers(data: &[Data], of: fn(&Data) -> String) -> String {
    let answers: BTreeSet<_> = data.iter().map(of).collect();
    answers.into_iter().collect::<Vec<_>>().join("; ")
}
