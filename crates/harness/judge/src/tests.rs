//! The committed data have the verdicts that are written down; and each rule stands on both sides of its threshold.

use super::*;
use bench::workspace::Workspace;

/// The verdicts that the rules gave when they were written in Rust: a line for each claim, Rust and CPython. Whoever measures the reference
/// again, or changes a rule, changes a line here too, and can say why.
const VERDICTS: &str = include_str!("verdicts.txt");

fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_committed_data_have_the_verdicts_that_are_written_down() {
    let workspace = Workspace::of_this_crate();
    let experiments = workspace.experiments().unwrap();
    let ledger = Ledger::read(&workspace.root, &experiments).unwrap();
    let label = std::fs::read_to_string(workspace.root.join("results/reference")).unwrap();
    let data = Data::read_all(&workspace.root.join("results").join(label.trim())).unwrap();
    let judgements = ledger.judge(&data, &experiments).judgements;
    if let Ok(file) = std::env::var("DUMP") {
        std::fs::write(file, bench::data::json(&judgements).unwrap()).unwrap();
    }
    let told = judgements
        .chunks(2)
        .map(|both| format!("{} {} {}\n", both[0].id, word(both[0].verdict), word(both[1].verdict)));
    let mut told: Vec<_> = told.collect();
    let mut expected: Vec<_> = VERDICTS.lines().map(|line| format!("{line}\n")).collect();
    told.sort();
    expected.sort();
    assert_eq!(told.concat(), expected.concat());
}
