//! Two runs, or two machines: what became faster, what slower, and which verdicts changed.

mod provenance;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use clap::Args;

use bench::Usage;
use bench::data::{Data, Row, Status};
use bench::experiment::Experiment;
use bench::terminal::{say, tell};
use bench::text::{Text, clean};
use bench::workspace::Workspace;
use judge::Ledger;
use judge::statistics::{Interval, RUNS_TO_DECIDE, median, ratio, unpaired_ratio};
use judge::{Judgement, Verdict};
use provenance::provenances;

/// A machine is not quite itself an hour later, which no interval of one run knows: less than this is no difference.
const SAME: f64 = 0.10;

#[derive(Args)]
pub(crate) struct Options {
    /// The earlier results: a machine's folder, or its name under results
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The results to hold against them
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Exit 1 if a row is surely slower by more than so many per cent, or cannot be judged though it had a time before
    #[arg(long, value_name = "PERCENT")]
    fail_on_regression: Option<f64>,
}

/// A row that both have, and came to its end in both.
struct Compared {
    experiment: String,
    name: String,
    /// What it takes in the new run, divided by what it took in the old.
    ratio: Interval,
    change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    Faster,
    Slower,
    NoDifferent,
    TooFewRuns,
}

/// What was measured on one side, and how a reader asked for it.
struct Side {
    shown: String,
    data: Vec<Data>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let (experiments, ledger) = Ledger::of(&workspace)?;
    let bound = options.fail_on_regression;
    if let Some(bound) = bound {
        ensure!(bound >= 0.0, Usage(format!("--fail-on-regression {bound}: give per cent, 0 or more")));
    }
    let (old, new) = (read(&workspace, &options.old)?, read(&workspace, &options.new)?);
    say(&provenances(&old, &new))?;
    let (old, new) = (old.data, new.data);
    let compared = compare(&old, &new);
    let fails = bound.map(|bound| (bound, what_fails(bound, &compared, &unjudged(&old, &new))));
    if compared.is_empty() && fails.as_ref().is_none_or(|(_, fails)| fails.is_empty()) {
        bail!(
            "{} and {} have no row in common that has a time in both",
            options.old.display(),
            options.new.display()
        );
    }
    let judged = [&old, &new].map(|data| ledger.judge(data, &experiments).judgements);
    say(&rows(&compared))?;
    say(&list("With other arguments, and so not compared", &other_arguments(&old, &new)))?;
    say(&list("Only in one of them, or without a time in one", &missing(&old, &new)))?;
    say(&list("Pairs that reverse", &reversed_pairs(&experiments, &old, &new)))?;
    say(&list("Verdicts that changed", &changed_verdicts(&judged[0], &judged[1])))?;
    let Some((bound, fails)) = fails else { return Ok(ExitCode::SUCCESS) };
    say(&list(&format!("What fails --fail-on-regression {bound}"), &fails))?;
    let slower = compared.iter().filter(|row| is_regression(row, bound)).count();
    if slower > 0 {
        tell(&format!("{slower} rows are slower by more than {bound} %"));
    }
    if fails.len() > slower {
        tell(&format!("{} rows that had a time cannot be judged", fails.len() - slower));
    }
    Ok(ExitCode::from(u8::from(!fails.is_empty())))
}

fn read(workspace: &Workspace, asked: &Path) -> Result<Side> {
    let named = workspace.root.join("results").join(asked);
    let folder = if asked.join("data").is_dir() { asked } else { &named };
    let mut data = Vec::new();
    for file in Data::files(folder)? {
        let one = Data::read_times(&file)?;
        // The times can be compared all the same.
        if let Err(error) = one.check_runs() {
            tell(&format!(
                "warning: {}: {}: its verdicts may be wrong",
                clean(&file.to_string_lossy()),
                clean(&format!("{error:#}"))
            ));
        }
        data.push(one);
    }
    let shown = clean(&asked.to_string_lossy());
    ensure!(
        !data.is_empty(),
        Usage(format!("{shown}: there are no results, nor are there in results/{shown}"))
    );
    Ok(Side { shown, data })
}

fn is_regression(row: &Compared, bound: f64) -> bool {
    row.ratio.bounds.is_some_and(|(low, _)| low > 1.0 + bound / 100.0)
}

/// Each row that keeps the new run from passing, with its ratio or the reason why there is none.
fn what_fails(bound: f64, compared: &[Compared], unjudged: &[String]) -> Vec<String> {
    let failing = compared.iter().filter_map(|row| {
        if is_regression(row, bound) {
            return Some(format!("slower  {} times  {}", row.ratio, row.name));
        }
        let few = row.change == Change::TooFewRuns;
        few.then(|| {
            format!("too few runs  {} times, of fewer than {RUNS_TO_DECIDE} runs  {}", row.ratio, row.name)
        })
    });
    failing.chain(unjudged.iter().cloned()).collect()
}

/// The rows that had a time before and have none now that could be compared with it, each with the reason.
fn unjudged(old: &[Data], new: &[Data]) -> Vec<String> {
    let later = by_key(new);
    let timed = by_key(old).into_iter().filter(|(_, row)| row.status == Status::Ok);
    let told = timed.filter_map(|(key, before)| {
        let why = match later.get(&key) {
            None if new.iter().any(|data| data.experiment == key.0) => "it is not there".to_owned(),
            None => format!("{} is not there", key.0),
            Some(now) if now.status != Status::Ok => {
                format!("{}: {}", now.status.word(), now.reason_or("no reason was kept"))
            }
            Some(now) if now.args != before.args => {
                format!("other arguments: {}", both_arguments(before, now))
            }
            Some(_) => return None,
        };
        Some(format!("no time to compare  {}: {why}", name(key)))
    });
    told.collect()
}

/// The rows that both have, and that had other work to do.
fn other_arguments(old: &[Data], new: &[Data]) -> Vec<String> {
    let earlier = by_key(old);
    let both = by_key(new).into_iter().filter_map(|(key, row)| Some((key, *earlier.get(&key)?, row)));
    let differ = both.filter(|(_, old, new)| old.args != new.args);
    differ.map(|(key, old, new)| format!("{}: {}", name(key), both_arguments(old, new))).collect()
}

fn both_arguments(old: &Row, new: &Row) -> String {
    let shown = |row: &Row| match row.args[..] {
        [] => "none".to_owned(),
        _ => shell_words::join(row.args.iter().map(Text::plain)),
    };
    format!("{}, then {}", shown(old), shown(new))
}

/// By which a row of one run is found in the other.
type Key<'a> = (&'a str, &'a str, &'a str, Option<&'a Text>);

fn by_key(data: &[Data]) -> BTreeMap<Key<'_>, &Row> {
    let rows = data.iter().flat_map(|data| data.rows.iter().map(move |row| (data.experiment.as_str(), row)));
    rows.map(|(experiment, row)| {
        ((experiment, row.case.as_str(), row.variant.as_str(), row.interpreter.as_ref()), row)
    })
    .collect()
}

fn name((experiment, case, variant, interpreter): Key) -> String {
    let by = interpreter.map_or(String::new(), |interpreter| format!(" by {}", interpreter.plain()));
    format!("{experiment}/{variant} in {case}{by}")
}

/// A row that is there in both, with the same work to do, and came to its end in both.
fn in_both<'a>(old: &'a [Data], new: &'a [Data]) -> Vec<(Key<'a>, &'a Row, &'a Row)> {
    let earlier = by_key(old);
    let both = by_key(new).into_iter().filter_map(|(key, row)| Some((key, *earlier.get(&key)?, row)));
    both.filter(|(_, old, new)| [old, new].iter().all(|row| row.status == Status::Ok) && old.args == new.args)
        .collect()
}

fn compare(old: &[Data], new: &[Data]) -> Vec<Compared> {
    let compared = in_both(old, new).into_iter().map(|(key, old, new)| {
        let ratio = unpaired_ratio(&new.times_s, &old.times_s);
        let change = match ratio.bounds {
            None => Change::TooFewRuns,
            Some((low, _)) if low > 1.0 + SAME => Change::Slower,
            Some((_, high)) if high < 1.0 / (1.0 + SAME) => Change::Faster,
            Some(_) => Change::NoDifferent,
        };
        Compared { experiment: key.0.to_owned(), name: name(key), ratio, change }
    });
    compared.collect()
}

/// What differs, row by row, and the rest as counts; the drift of each experiment tells how far all of it moved together.
fn rows(compared: &[Compared]) -> String {
    let mut text = String::from("The whole time in the new run, divided by that in the old:\n");
    for (change, word) in [(Change::Slower, "slower"), (Change::Faster, "faster")] {
        for row in compared.iter().filter(|row| row.change == change) {
            text += &format!("  {word}  {} times  {}\n", row.ratio, row.name);
        }
    }
    let count = |change| compared.iter().filter(|row| row.change == change).count();
    let [slower, faster, same, few] =
        [Change::Slower, Change::Faster, Change::NoDifferent, Change::TooFewRuns].map(count);
    text += &format!(
        "\n{} rows: {slower} slower, {faster} faster, {same} no different ({} %), {few} of too few runs to say. Less than {} % is \
         no difference.\n",
        compared.len(),
        100 * same / compared.len().max(1),
        100.0 * SAME
    );
    let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in compared {
        ratios.entry(&row.experiment).or_default().push(row.ratio.median);
    }
    if ratios.is_empty() {
        return text;
    }
    let drifts: Vec<_> =
        ratios.iter().map(|(name, ratios)| format!("{name} {:.2}", median(ratios))).collect();
    text + &format!("Half of the rows moved by more than this, half by less: {}\n", drifts.join(", "))
}

/// More rows of an experiment than this are told as a number.
const NAMED: usize = 3;

fn missing(old: &[Data], new: &[Data]) -> Vec<String> {
    let (earlier, later) = (by_key(old), by_key(new));
    let status = |row: Option<&&Row>| match row {
        None => "not there",
        Some(row) if row.status == Status::Ok => "timed",
        Some(_) => "not timed",
    };
    let all = earlier.keys().chain(later.keys().filter(|key| !earlier.contains_key(*key)));
    let mut alike: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for key in all {
        let (before, after) = (status(earlier.get(key)), status(later.get(key)));
        if before != after {
            alike.entry((key.0, before, after)).or_default().push(name(*key));
        }
    }
    let told = alike.into_iter().flat_map(|((experiment, before, after), names)| {
        let names =
            if names.len() > NAMED { vec![format!("{} rows of {experiment}", names.len())] } else { names };
        names.into_iter().map(move |name| format!("{name}: {before}, then {after}"))
    });
    told.collect()
}

/// Twins of which the one was surely ahead, and now the other is.
fn reversed_pairs(experiments: &[Experiment], old: &[Data], new: &[Data]) -> Vec<String> {
    let mut reversed = Vec::new();
    let both = in_both(old, new);
    for (key, before, after) in &both {
        let experiment = experiments.iter().find(|experiment| experiment.name == key.0);
        let twin = experiment.and_then(|experiment| experiment.variant(key.2)?.twin.as_deref());
        let other =
            twin.and_then(|twin| both.iter().find(|(other, ..)| *other == (key.0, key.1, twin, key.3)));
        let Some((other, other_before, other_after)) = other else { continue };
        let is_ahead = |row: &Row, other: &Row| {
            let ratio = ratio(&row.times_s, &other.times_s);
            (ratio.is_less(), ratio.is_more())
        };
        let (before, after) = (is_ahead(before, other_before), is_ahead(after, other_after));
        if (before.0 == Some(true) && after.1 == Some(true))
            || (before.1 == Some(true) && after.0 == Some(true))
        {
            reversed.push(format!("{} against {}", name(*key), other.2));
        }
    }
    reversed
}

fn changed_verdicts(old: &[Judgement], new: &[Judgement]) -> Vec<String> {
    let mut changed = Vec::new();
    for judgement in new {
        let is_it = |other: &&Judgement| other.id == judgement.id && other.language == judgement.language;
        let before = old.iter().find(is_it).map_or(Verdict::NotMeasured, |other| other.verdict);
        if before != judgement.verdict {
            let (id, language) = (&judgement.id, &judgement.language);
            changed.push(format!(
                "{id} in {language}: {}, then {}",
                before.words(),
                judgement.verdict.words()
            ));
        }
    }
    changed
}

fn list(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return format!("\n{title}: none\n");
    }
    lines.iter().fold(format!("\n{title}:\n"), |text, line| text + "  " + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::synthetic::{self, Cost, row};

    fn data(times: &[(&str, &[f64])]) -> Vec<Data> {
        let rows = times.iter().map(|(variant, times)| {
            let mut row = row("only", variant, times.len(), |_| Cost::default());
            row.times_s = times.to_vec();
            row
        });
        vec![synthetic::data("demo", rows.collect())]
    }

    #[test]
    fn a_tenth_more_or_less_is_no_difference() {
        let change = |new: &[f64]| compare(&data(&[("one", &[1.0; 5])]), &data(&[("one", new)]))[0].change;
        assert_eq!((change(&[1.11; 5]), change(&[1.09; 5])), (Change::Slower, Change::NoDifferent));
        assert_eq!((change(&[0.90; 5]), change(&[0.92; 5])), (Change::Faster, Change::NoDifferent));
        assert_eq!(change(&[1.0, 2.0, 1.05, 2.0, 1.5]), Change::NoDifferent);
        assert_eq!(change(&[2.0; 4]), Change::TooFewRuns);
    }

    #[test]
    fn a_row_that_one_has_not_is_named() {
        let lines =
            missing(&data(&[("one", &[1.0]), ("two", &[1.0])]), &data(&[("two", &[1.0]), ("three", &[1.0])]));
        assert_eq!(
            lines,
            ["demo/three in only: not there, then timed", "demo/one in only: timed, then not there"]
        );
    }

    #[test]
    fn other_work_is_not_compared() {
        let (old, mut new) = (data(&[("one", &[1.0; 5])]), data(&[("one", &[9.0; 5])]));
        new[0].rows[0].args = vec!["--other".into(), "two words".into()];
        assert!(compare(&old, &new).is_empty());
        assert_eq!(other_arguments(&old, &new), ["demo/one in only: none, then --other 'two words'"]);
    }
}
