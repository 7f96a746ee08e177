//! What the cases that differ in nothing but n say together: how each cost grows, and where threads cease to
//! win.

use super::{middle, status, time};
use crate::markdown::{list, table};
use bench::data::{Data, Row, Status};
use bench::experiment::{Experiment, Model, Role, Variant};
use bench::units::{bytes, moment, round, seconds, size, thousands};
use judge::series::{
    Figure, Measured, Series, address_space, cpu, kernel_stacks, memory, page_tables, proportional, resident,
    scale, start_time, whole_time,
};
use judge::statistics::RUNS_FOR_INTERVAL;

/// Fewer n than these are no series.
const ENOUGH_SIZES: usize = 3;

/// What a README needs of it: what one more costs, and who wins where.
pub(super) fn in_short(experiment: &Experiment, data: &Data) -> String {
    let series = Series::of(experiment, data);
    if series.sizes.len() < ENOUGH_SIZES {
        return String::new();
    }
    let slopes = slopes(&series, experiment).map(|table| format!("\nWhat one more costs:\n\n{table}"));
    let winners = winners(&series, experiment).map(|table| {
        format!(
            "\n{} (a win is more than 5 %, over the whole interval):\n\n{table}",
            where_it_wins(&series, experiment)
        )
    });
    slopes.unwrap_or_default() + &winners.unwrap_or_default()
}

/// Nothing where there are too few n to compare.
pub(super) fn over_n(experiment: &Experiment, data: &Data) -> String {
    let series = Series::of(experiment, data);
    let [(_, first), .., (_, last)] = series.sizes[..] else {
        return String::new();
    };
    if series.sizes.len() < ENOUGH_SIZES {
        return String::new();
    }
    let differ = if differ_in_n_alone(experiment) {
        "are the same but for n, which heads the columns"
    } else {
        "differ in n, which heads the columns, and in what they need for it (their arguments stand at each case): \
         compare times down a column, not along a row"
    };
    let mut text = format!("## Over n\n\nThe cases from `{first}` to `{last}` {differ}.\n\n");
    text += &format!("The whole time:\n\n{}\n", grid(&series, experiment, |row| time(&row.times_s)));
    let kept = |row: &Row| middle(&resident(row), |value| bytes(round(value)));
    text += &format!("Resident memory at its peak:\n\n{}\n", grid(&series, experiment, kept));
    let used = |row: &Row| middle(&cpu(row), |value| seconds(value, None));
    text += &format!("CPU, user and system:\n\n{}\n", grid(&series, experiment, used));
    text += &slopes(&series, experiment).as_deref().map_or(String::new(), one_more);
    if let Some(winners) = winners(&series, experiment) {
        text += &crossover(where_it_wins(&series, experiment), &winners);
    }
    text
}

/// What the others are held against: the plainest there is.
fn base(series: &Series, experiment: &Experiment) -> Model {
    let is_serial = variants(series, experiment).any(|variant| variant.model == Model::Serial);
    if is_serial { Model::Serial } else { Model::Threads }
}

fn where_it_wins(series: &Series, experiment: &Experiment) -> &'static str {
    match base(series, experiment) {
        Model::Serial => "Where one after the other wins, and from which n on it does not",
        _ => "Where threads win, and from which n on they do not",
    }
}

/// Whether each argument is the same in all of them, or is n in each.
fn differ_in_n_alone(experiment: &Experiment) -> bool {
    let sized: Vec<_> = experiment.cases.iter().filter_map(|case| Some((case.size?, &case.args))).collect();
    let Some((_, first)) = sized.first() else { return true };
    let is_same = |at: usize| sized.iter().all(|(_, args)| args[at] == first[at]);
    let is_n = |at: usize| sized.iter().all(|(n, args)| args[at] == n.to_string());
    sized.iter().all(|(_, args)| args.len() == first.len())
        && (0..first.len()).all(|at| is_same(at) || is_n(at))
}

/// The variants that have a row at some n.
fn variants<'a>(series: &Series, experiment: &'a Experiment) -> impl Iterator<Item = &'a Variant> {
    experiment.variants.iter().filter(|variant| series.rows(&variant.name).next().is_some())
}

/// Variant by n.
fn grid(series: &Series, experiment: &Experiment, cell: impl Fn(&Row) -> String) -> String {
    let rows = variants(series, experiment).map(|variant| {
        let cells = series.sizes.iter().map(|(n, _)| match series.row(*n, &variant.name) {
            Some(row) if row.status == Status::Ok => cell(row),
            // Its reason stands in the table of the case.
            Some(row) if row.status == Status::Failed => "**FAILED**".to_owned(),
            Some(row) => status(row),
            None => String::new(),
        });
        [format!("`{}`", variant.name)].into_iter().chain(cells).collect()
    });
    let sizes = series.sizes.iter().map(|(n, _)| format!(" | {}:", thousands(*n)));
    table(&format!("Variant{}", sizes.collect::<String>()), rows)
}

type Unit = fn(f64, Option<(f64, f64)>) -> String;

const COSTS: [(&str, Figure, Unit); 8] = [
    ("Resident", resident, size),
    ("Page tables", page_tables, size),
    ("Kernel stacks", kernel_stacks, size),
    ("These three", memory, size),
    ("Resident, shared pages once", proportional, size),
    ("Virtual", address_space, size),
    ("CPU", cpu, moment),
    ("Start", start_time, moment),
];

/// A slope for each variant and cost; a cost that no variant tells has no column.
fn slopes(series: &Series, experiment: &Experiment) -> Option<String> {
    // A series with a serial variant is one of computations: n counts their steps, and one more costs time alone.
    if base(series, experiment) == Model::Serial {
        return None;
    }
    let mut rows = Vec::new();
    for variant in variants(series, experiment) {
        let slopes = COSTS.map(|(_, figure, unit)| {
            let (slope, sizes) = series.slope(&variant.name, figure, scale(variant.model))?;
            Some((unit(slope.interval.median, slope.interval.bounds), sizes))
        });
        if let Some(sizes) = slopes.iter().flatten().map(|(_, sizes)| sizes).max_by_key(|sizes| sizes.len()) {
            rows.push((&variant.name, enumerate(sizes), slopes.map(|slope| slope.map(|(slope, _)| slope))));
        }
    }
    if rows.is_empty() {
        return None;
    }
    let has_column = |column: usize| rows.iter().any(|(_, _, slopes)| slopes[column].is_some());
    let shown: Vec<usize> = (0..COSTS.len()).filter(|&column| has_column(column)).collect();
    let names = shown.iter().map(|&column| format!("{}:", COSTS[column].0));
    let names = ["Variant".to_owned(), "Fitted over n =".to_owned()].into_iter().chain(names);
    let names = names.collect::<Vec<_>>().join(" | ");
    let rows = rows.iter().map(|(variant, sizes, slopes)| {
        let cells = shown.iter().map(|&column| slopes[column].clone().unwrap_or_default());
        [format!("`{variant}`"), sizes.clone()].into_iter().chain(cells).collect()
    });
    Some(table(&names, rows))
}

fn one_more(slopes: &str) -> String {
    format!(
        "### What one more costs\n\n{slopes}\n\
         Each round has a slope: that of the straight line through its runs at the n named, by least squares. \
         The median of the rounds is shown. The largest n decide it: it is what one more costs at scale, and not \
         what the first costs. Its 95 % interval is in brackets. It tells how sure the slope is, not how straight \
         the line. It is left out if it has no width that shows. There is no slope over fewer than three n, nor \
         if the largest is below {} ({} for processes), and no interval from fewer than {RUNS_FOR_INTERVAL} runs.\n\n",
        thousands(scale(Model::Threads)),
        thousands(scale(Model::Processes)),
    )
}

fn enumerate(sizes: &[u64]) -> String {
    sizes.iter().map(|&n| thousands(n)).collect::<Vec<_>>().join(" · ")
}

/// Each async variant against every variant with threads of its language, or all against a serial one.
fn winners(series: &Series, experiment: &Experiment) -> Option<String> {
    // Nobody chooses a floor: it is there to measure the others against.
    let choices = || variants(series, experiment).filter(|variant| variant.role != Role::Floor);
    let base = base(series, experiment);
    let is_rival = |variant: &&Variant| match base {
        Model::Serial => variant.model != base,
        _ => variant.model == Model::Async,
    };
    let tells_start = series.data.rows.iter().any(|row| !start_time(row).is_empty());
    let mut figures: Vec<(&str, Figure)> = vec![("Whole time", whole_time)];
    // Where the whole time is mostly a wait, the start is the part that differs.
    figures.extend(tells_start.then_some(("Start", start_time as Figure)));
    figures.extend([("Resident memory", resident as Figure), ("CPU", cpu)]);
    let mut rows = Vec::new();
    for variant in choices().filter(is_rival) {
        let is_its_base = |other: &&Variant| other.model == base && other.is_python() == variant.is_python();
        for plain in choices().filter(is_its_base) {
            let sides = [plain, variant].map(|side| (side.name.as_str(), side.model));
            let cell = |(_, figure): &(_, Figure)| compare(series, sides, *figure);
            let names = format!("`{}` against `{}`", variant.name, plain.name);
            rows.push([names].into_iter().chain(figures.iter().map(cell)).collect());
        }
    }
    if rows.is_empty() {
        return None;
    }
    let names = figures.iter().map(|(name, _)| format!(" | {name}"));
    Some(table(&names.collect::<String>(), rows))
}

fn crossover(heading: &str, winners: &str) -> String {
    let notes = [
        "A win is less of it, at that n, by more than 5 % over the whole interval. Without that there is no sure winner, also if \
         the interval leaves out 1.",
        "In brackets what the second of the two takes is divided by what the first takes, at the largest n where both \
         were measured: above 1, the second takes more.",
    ];
    format!("### {heading}\n\n{winners}\n{}\n", list(notes.map(str::to_owned)))
}

/// The n in a row that say the same.
struct Stretch {
    phrase: String,
    sizes: Vec<u64>,
    /// At the last of them.
    ratio: Option<Measured>,
}

/// In words who wins at which n, one phrase a stretch, so that a pattern which goes to and fro is told as it
/// is.
fn compare(series: &Series, [plain, variant]: [(&str, Model); 2], figure: Figure) -> String {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (n, row) in series.rows(variant.0) {
        let Some(other) = series.row(n, plain.0) else {
            continue;
        };
        let (phrase, ratio) = match winner(other, row, figure) {
            Ok((Winner::Neither, ratio)) => (NO_WINNER.to_owned(), Some(ratio)),
            Ok((Winner::Plain, ratio)) => (wins(plain.1), Some(ratio)),
            Ok((Winner::Variant, ratio)) => (wins(variant.1), Some(ratio)),
            Err(why) => (why, None),
        };
        match stretches.last_mut() {
            Some(last) if last.phrase == phrase => {
                last.sizes.push(n);
                last.ratio = ratio;
            }
            _ => stretches.push(Stretch { phrase, sizes: vec![n], ratio }),
        }
    }
    let count = stretches.len();
    let last_measured = stretches.iter().rposition(|stretch| stretch.ratio.is_some());
    let told = stretches.iter().enumerate().map(|(index, Stretch { phrase, sizes, ratio })| {
        let (first, last) = (thousands(sizes[0]), thousands(sizes[sizes.len() - 1]));
        let told = match sizes.len() {
            1 => format!("{phrase} at {first}"),
            _ if count == 1 && phrase == NO_WINNER => format!("{phrase} at any n"),
            _ if count == 1 => format!("{phrase} at every n"),
            _ if index == 0 => format!("{phrase} up to {last}"),
            _ if index + 1 == count => format!("{phrase} from {first} on"),
            _ => format!("{phrase} from {first} to {last}"),
        };
        match ratio {
            Some(ratio) if Some(index) == last_measured => format!("{told} ({} at {last})", ratio.interval),
            _ => told,
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

fn wins(model: Model) -> String {
    let verb = if matches!(model, Model::Threads | Model::Processes) { "win" } else { "wins" };
    format!("{} {verb}", model.name())
}

/// That neither takes less by more than no difference: other words than "the same", which some of those intervals leave out.
const NO_WINNER: &str = "no sure winner";

enum Winner {
    Plain,
    Variant,
    Neither,
}

/// Who takes less, and the ratio that tells; or why nobody can say.
fn winner(plain: &Row, variant: &Row, figure: Figure) -> Result<(Winner, Measured), String> {
    for row in [plain, variant] {
        let how = match row.status {
            Status::Ok => continue,
            Status::Failed => "failed",
            Status::Refused => "was refused",
            Status::Skipped => "was not measured",
        };
        return Err(format!("`{}` {how}", row.variant));
    }
    let ratio = Measured::ratio(plain, variant, figure).ok_or("not told")?;
    if ratio.interval.bounds.is_none() {
        return Err("too few runs".to_owned());
    }
    let winner = match (ratio.interval.is_more(), ratio.interval.is_less()) {
        (Some(true), _) => Winner::Variant,
        (_, Some(true)) => Winner::Plain,
        _ => Winner::Neither,
    };
    Ok((winner, ratio))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::synthetic::{Cost, data, refused, row};

    /// Whole times of threads and tokio in seconds at 1, 10, 100 and so on, in so many runs.
    fn compared(times: &[(f64, f64)], runs: usize) -> String {
        let cases: Vec<_> = (0..times.len()).map(|power| 10_u64.pow(u32::try_from(power).unwrap())).collect();
        let names: Vec<_> = cases.iter().map(|n| format!("{n}-tasks")).collect();
        let rows = names.iter().zip(times).flat_map(|(case, &(threads, tokio))| {
            let cost = |seconds| move |_| Cost { seconds, ..Cost::default() };
            [row(case, "threads", runs, cost(threads)), row(case, "tokio", runs, cost(tokio))]
        });
        let data = data("waiting-tasks", rows.collect());
        let series = Series::new(&data, cases.into_iter().zip(names.iter().map(String::as_str)).collect());
        compare(&series, [("threads", Model::Threads), ("tokio", Model::Async)], whole_time)
    }

    #[test]
    fn who_wins_is_told_by_ranges_of_n() {
        let told = compared(&[(1.0, 2.0), (1.0, 2.0), (1.0, 1.0), (3.0, 1.0), (4.0, 1.0)], 6);
        assert_eq!(
            told,
            "threads win up to 10; no sure winner at 100; async wins from 1,000 on (4.00 [4.00, 4.00] at 10,000)"
        );
        assert_eq!(compared(&[(1.0, 1.0); 3], 6), "no sure winner at any n (1.00 [1.00, 1.00] at 100)");
    }

    #[test]
    fn a_pattern_that_goes_to_and_fro_is_told_as_it_is() {
        let told = compared(&[(2.0, 1.0), (1.0, 2.0), (2.0, 1.0), (2.0, 1.0)], 6);
        let asked = "async wins at 1; threads win at 10; async wins from 100 on (2.00 [2.00, 2.00] at 1,000)";
        assert_eq!(told, asked);
    }

    #[test]
    fn a_series_with_a_serial_variant_is_held_against_that() {
        let cases = [(10, "10-steps"), (100, "100-steps"), (1_000, "1000-steps")];
        let rows = cases.iter().flat_map(|(n, case)| {
            let cost = |seconds| move |_| Cost { seconds, ..Cost::default() };
            [row(case, "serial", 6, cost(*n as f64)), row(case, "processes", 6, cost(50.0 + *n as f64 / 4.0))]
        });
        let data = data("cpu-bound", rows.collect());
        let series = Series::new(&data, cases.to_vec());
        let told = compare(&series, [("serial", Model::Serial), ("processes", Model::Processes)], whole_time);
        assert_eq!(told, "serial wins at 10; processes win from 100 on (3.33 [3.33, 3.33] at 1,000)");
    }

    #[test]
    fn few_runs_decide_nothing() {
        assert_eq!(compared(&[(2.0, 1.0); 3], 1), "too few runs at every n");
    }

    #[test]
    fn a_refusal_is_named() {
        let mut rows = vec![];
        for case in ["10-tasks", "100-tasks", "1000-tasks"] {
            rows.push(row(case, "threads", 6, |_| Cost { seconds: 2.0, ..Cost::default() }));
            rows.push(row(case, "tokio", 6, |_| Cost { seconds: 1.0, ..Cost::default() }));
        }
        rows[4] = refused("1000-tasks", "threads");
        let data = data("waiting-tasks", rows);
        let series = Series::new(&data, vec![(10, "10-tasks"), (100, "100-tasks"), (1_000, "1000-tasks")]);
        let told = compare(&series, [("threads", Model::Threads), ("tokio", Model::Async)], whole_time);
        assert_eq!(told, "async wins up to 100 (2.00 [2.00, 2.00] at 100); `threads` was refused at 1,000");
    }
}
