//! The committed data have the verdicts that are written down; each rule decides on both sides of its threshold; and what names
//! something that is not there is refused with its line.

use std::fs;

use glob::Pattern;
use serde_json::json;

use std::collections::BTreeMap;

use super::*;
use crate::measure::RUNS_TO_SEE_NONE;

use bench::data::Row;
use bench::experiment::Size;
use bench::synthetic::{Cost, data, experiment_in, row, set};
use bench::workspace::Workspace;

/// The verdicts that the rules gave when they were written in Rust: claim, Rust, CPython. Who measures the reference again, or changes
/// a rule, changes them too, and can say why.
const VERDICTS: &str = include_str!("verdicts.txt");
const THRESHOLDS: &str = include_str!("thresholds.txt");

fn project() -> (Vec<Experiment>, Ledger) {
    Ledger::of(&Workspace::of_this_crate()).unwrap()
}

fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_committed_data_have_the_verdicts_that_are_written_down() {
    let (experiments, ledger) = project();
    let results = Workspace::of_this_crate().root.join("results");
    let label = fs::read_to_string(results.join("reference")).unwrap();
    let data = Data::read_all(&results.join(label.trim())).unwrap();
    let judgements = ledger.judge(&data, &experiments).judgements;
    let told =
        |both: &[Judgement]| format!("{} {} {}", both[0].id, word(both[0].verdict), word(both[1].verdict));
    let told: Vec<_> = judgements.chunks(2).map(told).collect();
    assert_eq!(told, VERDICTS.trim().split([',', '\n']).map(str::trim).collect::<Vec<_>>());
}

/// With one run among them that differs, the others decide still.
const RUNS: usize = 12;

/// Everything that can be measured, in so many runs, with nothing in it that decides.
fn everything(experiments: &[Experiment], is_meant: impl Fn(&str) -> bool) -> Vec<Data> {
    let of = |experiment: &Experiment| {
        let runs = experiment.cases.iter().flat_map(|case| {
            let variants = experiment.variants.iter().filter(|variant| variant.tier(&case.name).is_some());
            variants.map(|variant| blank(&case.name, &variant.name, RUNS))
        });
        data(&experiment.name, runs.collect())
    };
    experiments.iter().filter(|experiment| is_meant(&experiment.name)).map(of).collect()
}

fn blank(case: &str, variant: &str, runs: usize) -> Row {
    let mut row = row(case, variant, runs, |_| Cost {
        seconds: 1.0,
        resident: 1.0,
        address_space: 1.0,
        ..Cost::default()
    });
    for outcome in &mut row.outcomes {
        outcome["work"] = json!({"expected": 1000, "done": 1000});
        outcome["metrics"] = json!({
            "late_p99_s": 1, "beats": 200, "elsewhere": 0, "at_awaits": 20, "waiting_s": 1, "asks_s": 0, "loop_asks_s": 0, "start_s": 1,
            "cold_s": 1, "cold_hwm_bytes": 1, "binary_bytes": 1, "most_in_a_period": 1, "proportional_bytes": 1,
        });
        outcome["witness"] =
            json!({"connections": 1, "peak_in_flight": 1, "finished": 1, "most_in_one_second": 1});
    }
    row
}

/// Makes one change of a line: a row that is gone, or the figures of its runs.
fn change(all: &mut [Data], experiments: &[Experiment], text: &str) {
    let words: Vec<_> = text.split_whitespace().collect();
    let (place, figure, values) = match words[..] {
        [] => return,
        ["cores", cores] => {
            return all.iter_mut().for_each(|data| data.machine.cores = cores.parse().unwrap());
        }
        [place, "gone"] => (place, "gone", ""),
        [place, "each", figure, values] | [place, figure, values, ..] => (place, figure, values),
        _ => panic!("{text}"),
    };
    let (case, variant) = place.split_once('/').unwrap();
    let [case, variant] = [case, variant].map(|glob| Pattern::new(glob).unwrap());
    let values: Vec<f64> = values.split(',').filter_map(|value| value.parse().ok()).collect();
    for data in all {
        let cases = &data.experiment_of(experiments).unwrap().cases;
        let is_meant = |row: &Row| case.matches(&row.case) && variant.matches(&row.variant);
        data.rows.retain(|row| figure != "gone" || !is_meant(row));
        for row in data.rows.iter_mut().filter(|row| is_meant(row)) {
            if let [.., "runs", runs] = words[..] {
                *row = blank(&row.case, &row.variant, runs.parse().unwrap());
            }
            let size = cases.iter().find(|case| row.case == case.name).and_then(|case| case.size);
            let times = if words[1] == "each" { size.unwrap_or(1) as f64 } else { 1.0 };
            let value = |run: usize| values[run % values.len()] * times;
            match figure {
                "time" => row.times_s = (0..row.times_s.len()).map(value).collect(),
                "lost" => set(row, "work.done", |run| 1000.0 - value(run)),
                _ => set(row, figure, value),
            }
        }
    }
}

#[test]
fn each_rule_decides_on_both_sides_of_its_threshold() {
    let (experiments, ledger) = project();
    let mut wrong = Vec::new();
    for line in THRESHOLDS.lines().filter(|line| !line.starts_with('#')) {
        let (what, changes) = line.split_once('|').unwrap();
        let [id, language, expected] = what.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let claim = ledger.claims.iter().find(|claim| claim.id == id).unwrap();
        let rules = if language == "rust" { &claim.rust } else { &claim.python };
        let mut all = everything(&experiments, |name| rules.places().any(|place| place.experiment == name));
        changes.split(';').for_each(|text| change(&mut all, &experiments, text));
        let judged = rules.judge(&All::of(&all, &experiments));
        if word(judged.verdict) != expected {
            wrong.push(format!("{line}: {}, {}", word(judged.verdict), judged.evidence.text().plain()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut ids = ledger.claims.iter().map(|claim| format!("\n{} ", claim.id));
    assert_eq!(ids.find(|id| !THRESHOLDS.contains(id)), None);
}

#[test]
fn without_an_experiment_only_its_own_claims_are_not_measured() {
    let (experiments, ledger) = project();
    for gone in &experiments {
        let all = everything(&experiments, |name| name != gone.name);
        for judgement in ledger.judge(&all, &experiments).judgements {
            let is_its_own = judgement.variants.iter().any(|(experiment, _)| *experiment == gone.name);
            assert_eq!(judgement.verdict == Verdict::NotMeasured, is_its_own, "{}", judgement.id);
            let reason = format!("{} was not run", gone.name);
            assert_eq!(judgement.evidence.text().plain() == reason, is_its_own, "{}", judgement.id);
        }
    }
}

const CLAIM: &str = r#"[[claim]]
id = "R1"
says = "It is so"
[claim.both]
case = "only"
holds = "quick and not wrong"
rules.quick = { ratio = "time", of = "good", over = "better", at_most = 2 }
rules.wrong = { some = "metrics.wrong", of = ["good", "silent"], above = 0 }
also.memory = { value = "memory", of = "good" }
finding = "It took {quick} times the time, and {memory:good}."
"#;

#[test]
fn what_names_something_that_is_not_there_is_refused_with_its_line() {
    let root = tempfile::tempdir().unwrap();
    let folder = experiment_in(root.path(), "").folder;
    let file = root.path().join(&folder).join("experiment.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("claims = []", "claims = [\"R1\"]")).unwrap();
    let experiments = [Experiment::read(root.path(), &file).unwrap()];
    let read = |text: &str| {
        fs::write(root.path().join(&folder).join("claims.toml"), text).unwrap();
        Ledger::read(root.path(), &experiments).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(read(CLAIM), Ok(()));
    for (before, after, line, message) in [
        ("R1", "first", 2, "`first` is no claim: write a letter and a number, R1 say"),
        ("R1", "R2", 2, "`R2` is not among the claims of experiment.toml"),
        ("says", "said", 3, "unknown field `said`, expected one of `id`, `says`, `both`, `rust`, `python`"),
        ("\"only\"", "\"all\"", 5, "there is no case `all` in demo"),
        ("quick and", "quik and", 6, "there is no rule `quik`; there are quick, wrong"),
        ("not wrong", "nor wrong", 6, "`nor wrong` is no term: write RULE, not RULE, some RULE or no RULE"),
        (" and not wrong", "", 8, "the rule `wrong` decides nothing"),
        ("\"better\"", "\"best\"", 7, "there is no variant `best` in demo"),
        ("\"better\"", "\"other/better\"", 7, "there is no experiment `other`"),
        ("\"better\"", "\"{best}\"", 7, "there is no name `best`"),
        ("at_most = 2", "at_most = -2", 7, "a bound is a number that is not negative"),
        (", at_most = 2", "", 7, "say what it has to be: at_least, at_most, above, below or about"),
        ("at_most", "atmost", 7, "unknown key `atmost` in a rule"),
        (
            "over = \"better\", ",
            "",
            7,
            "ratio, pays, rounds and crossover say with `over` what they compare with; no other does",
        ),
        ("metrics.wrong", "wrong", 8, "`wrong` is no figure of an outcome; there are"),
        ("\"silent\"", "\"silent@none\"", 8, "there is no case `none` in demo"),
        ("{quick}", "{quik}", 10, "there is no rule, figure or name `quik` to fill in"),
        ("{memory:good}", "{memory:better}", 10, "`memory` has no figure `better`"),
    ] {
        let errors = read(&CLAIM.replacen(before, after, 1)).unwrap_err();
        let expected = format!("crates/group/demo/claims.toml:{line}: {message}");
        assert!(errors.lines().any(|error| error.starts_with(&expected)), "{expected}\n{errors}");
    }
    // Each place where a variant that was renamed has to be changed.
    let errors = read(&CLAIM.replace("good", "goods")).unwrap_err();
    assert_eq!(errors.lines().count(), 3, "{errors}");
}

/// All rows that there are, and none of them run.
fn planned(experiments: &[Experiment]) -> BTreeSet<Key> {
    let rows = experiments.iter().flat_map(|experiment| {
        let rows = experiment.rows(Size::Full);
        rows.map(|(case, variant)| (experiment.name.clone(), case.name.clone(), variant.name.clone()))
    });
    rows.collect()
}

/// Runs what is wanted, a round after the other, and returns how often each row was run.
fn run_what_is_wanted(
    ledger: &Ledger,
    experiments: &[Experiment],
    is_run: impl Fn(&Key) -> bool,
) -> (Vec<Data>, BTreeMap<Key, usize>) {
    let planned: BTreeSet<Key> = planned(experiments).into_iter().filter(is_run).collect();
    let (mut data, mut runs): (Vec<Data>, _) = (Vec::new(), BTreeMap::new());
    for _ in 0..RUNS_TO_SEE_NONE {
        for ((experiment, case, variant), wanted) in ledger.wants(&data, experiments, &planned) {
            let had = runs.entry((experiment.clone(), case.clone(), variant.clone())).or_insert(0);
            if wanted.verdicts.is_empty() && *had > 0 {
                continue;
            }
            *had += 1;
            if !data.iter().any(|data| *data.experiment == experiment) {
                data.push(bench::synthetic::data(&experiment, Vec::new()));
            }
            let data = data.iter_mut().find(|data| *data.experiment == experiment).unwrap();
            data.rows.retain(|row| *row.case != case || *row.variant != variant);
            data.rows.push(blank(&case, &variant, *had));
        }
    }
    (data, runs)
}

#[test]
fn rows_are_wanted_until_every_verdict_is_settled_and_no_longer() {
    let (experiments, ledger) = project();
    let (data, runs) = run_what_is_wanted(&ledger, &experiments, |_| true);
    let open =
        |judgement: &&Judgement| matches!(judgement.verdict, Verdict::Unsettled | Verdict::NotMeasured);
    let judgements = ledger.judge(&data, &experiments).judgements;
    let open: Vec<_> = judgements.iter().filter(open).map(|open| (&*open.id, &*open.language)).collect();
    // Nothing was lost in any run, which does not prove that nothing can be; and without any difference, B1 and G1 blame the machine.
    assert!(open.iter().all(|(id, _)| ["R2", "R5", "S3", "B1", "G1"].contains(id)), "{open:?}");
    let often: Vec<_> = runs.iter().filter(|(_, runs)| (7..20).contains(*runs)).collect();
    assert!(often.is_empty(), "{often:?}");
    // What takes a race to be seen is run for long, and little else is.
    let all: usize = runs.values().sum();
    assert!(all < 8 * runs.len(), "{all} runs of {} rows", runs.len());
}

#[test]
fn a_verdict_that_lacks_a_row_wants_nothing() {
    let (experiments, ledger) = project();
    let (all, planned) = (All::of(&[], &experiments), planned(&experiments));
    for claim in &ledger.claims {
        for rules in [&claim.rust, &claim.python] {
            // A slope can do without one of its sizes, some verdicts without one of their rows or in another case.
            let in_series = rules.deciding.iter().any(|(_, rule)| rule.quantity == rule::Quantity::Slope);
            if in_series || rules.is_partial || rules.cases.len() > 1 {
                continue;
            }
            let (wanted, _) = rules.wants(&all, &experiments, &planned).unwrap();
            for key in wanted {
                let without = planned.iter().filter(|other| **other != key).cloned().collect();
                assert!(rules.wants(&all, &experiments, &without).is_none(), "{} without {key:?}", claim.id);
            }
        }
    }
}
