//! The figures that an experiment has of its own, beside those that all have.

use super::{against_twin, measured_rows, title};
use crate::markdown::{escape, table};
use bench::data::{Data, Row, Status};
use bench::experiment::{Case, Experiment, Figure, Shown};
use bench::units::unit;
use judge::statistics::{Interval, interval, ratio};

/// A table of one case, with what it shows in the line before; none if no row tells any of the figures.
pub(super) fn figures(experiment: &Experiment, case: &Case, data: &Data) -> Option<String> {
    let told = told(experiment, || measured_rows(case, data));
    if told.is_empty() {
        return None;
    }
    let mut names = "Variant".to_owned();
    for figure in &told {
        names += &format!(" | {}:", escape(&figure.title));
        if figure.shown == Shown::AgainstTwin {
            names += " | Against its twin";
        }
    }
    let rows = measured_rows(case, data).map(|row| {
        let mut cells = vec![title(row)];
        for figure in &told {
            cells.push(match &figure.shown {
                Shown::Over(variant) => {
                    over(figure, row, data.row_beside(row, &row.in_its_language(variant)))
                }
                _ => cell(figure, &values(figure, row)),
            });
            if figure.shown == Shown::AgainstTwin {
                cells.push(against_twin(experiment, row, data, |row| values(figure, row)));
            }
        }
        cells
    });
    Some(format!("The experiment's own figures:\n\n{}", table(&names, rows)))
}

/// Which of them are no medians; none if all are.
pub(super) fn method(experiment: &Experiment, data: &Data) -> Option<String> {
    let what = |figure: &&Figure| {
        let what = match &figure.shown {
            Shown::Median | Shown::AgainstTwin => return None,
            Shown::Over(variant) => {
                let in_python = format!("python_{variant}");
                let in_python = if data.rows.iter().any(|row| row.variant == in_python) {
                    format!(" (in Python, of `{in_python}`)")
                } else {
                    String::new()
                };
                format!("the figure of `{variant}`{in_python} divided by that of the row")
            }
            Shown::Worst => "the largest of all runs".to_owned(),
            Shown::Sum => "the sum of all runs".to_owned(),
        };
        Some(format!("*{}* is {what}", escape(&figure.title)))
    };
    let told = told(experiment, || data.rows.iter());
    let points: Vec<_> = told.iter().filter_map(what).collect();
    (!points.is_empty()).then(|| format!("Of the experiment's own figures, {}.", points.join(", ")))
}

/// The figures that some of these rows tell.
fn told<'a, R: Iterator<Item = &'a Row>>(experiment: &Experiment, rows: impl Fn() -> R) -> Vec<&Figure> {
    let is_told = |figure: &&Figure| rows().any(|row| !values(figure, row).is_empty());
    experiment.figures.iter().filter(is_told).collect()
}

fn values(figure: &Figure, row: &Row) -> Vec<f64> {
    row.figures(&figure.path.split('.').collect::<Vec<_>>())
}

fn cell(figure: &Figure, values: &[f64]) -> String {
    let unit = unit(&figure.path);
    match (&figure.shown, values) {
        (_, []) => String::new(),
        (Shown::Worst, _) => unit(values.iter().copied().fold(f64::NEG_INFINITY, f64::max), None),
        (Shown::Sum, _) => unit(values.iter().sum(), None),
        (_, [only]) => unit(*only, None),
        _ => {
            let Interval { median, bounds } = interval(values);
            unit(median, bounds)
        }
    }
}

/// How many times as much the other row has; empty for itself.
fn over(figure: &Figure, row: &Row, other: Option<&Row>) -> String {
    let Some(other) = other.filter(|other| other.variant != row.variant && other.status == Status::Ok) else {
        return String::new();
    };
    let (own, others) = (values(figure, row), values(figure, other));
    if own.is_empty() || others.is_empty() || own.contains(&0.0) {
        return String::new();
    }
    let Interval { median, bounds } = ratio(&others, &own);
    let bounds = bounds.map_or(String::new(), |(low, high)| format!(" [{low:.2}, {high:.2}]"));
    format!("{median:.2}{bounds}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use bench::synthetic::{Cost, data, experiment, refused, row};

    fn figure(path: &str, more: &str) -> String {
        format!("[[figure]]\npath = \"{path}\"\ntitle = \"It\"\n{more}\n")
    }

    /// A row whose runs each have these metrics.
    fn with(variant: &str, runs: usize, metrics: impl Fn(usize) -> Value) -> Row {
        let mut row = row("only", variant, runs, |_| Cost::default());
        for (run, outcome) in row.outcomes.iter_mut().enumerate() {
            outcome["metrics"] = metrics(run);
        }
        row
    }

    fn shown(figures: &str, rows: Vec<Row>) -> Option<String> {
        let experiment = experiment(figures);
        let table = super::figures(&experiment, &experiment.cases[0], &data("demo", rows))?;
        Some(table.strip_prefix("The experiment's own figures:\n\n").unwrap().to_owned())
    }

    #[test]
    fn the_end_of_a_name_tells_the_unit() {
        let metrics = |run: usize| {
            json!({"late_s": 0.001 * (run + 1) as f64, "per_s": 2, "done_per_s": 2,
            "kept_bytes": 2_100_000, "wakes": 1_240, "wakes_per_task": 1.5})
        };
        let rows = || vec![with("good", 6, metrics)];
        let of = |path: &str| shown(&figure(path, ""), rows()).unwrap();
        let table = |cell: &str| format!("| Variant | It |\n| --- | ---: |\n| `good` | {cell} |\n");
        assert_eq!(of("metrics.late_s"), table("3.50 [1.00, 6.00] ms"));
        assert_eq!(of("metrics.done_per_s"), table("2.0 /s"));
        assert_eq!(of("metrics.kept_bytes"), table("2.10 MB"));
        assert_eq!(of("metrics.wakes"), table("1,240"));
        assert_eq!(of("metrics.wakes_per_task"), table("1.50"));
    }

    #[test]
    fn the_worst_and_the_sum_are_of_all_runs() {
        let late = [0.25, 3.0, 0.5, 0.25];
        let rows = || vec![with("good", 4, |run| json!({"late_s": late[run], "beats": 250}))];
        assert!(shown(&figure("metrics.late_s", "worst = true"), rows()).unwrap().contains("| 3.00 s |"));
        assert!(shown(&figure("metrics.beats", "sum = true"), rows()).unwrap().contains("| 1,000 |"));
        assert!(shown(&figure("metrics.beats", "sum = false"), rows()).unwrap().contains("| 250 |"));
    }

    #[test]
    fn a_row_that_does_not_tell_has_an_empty_cell_and_a_figure_that_none_tells_no_column() {
        let rows = || vec![with("good", 6, |_| json!({"beats": 7})), with("silent", 6, |_| json!({}))];
        let both = figure("metrics.beats", "") + &figure("metrics.gone", "twin = true");
        let expected = "| Variant | It |\n| --- | ---: |\n| `good` | 7 |\n| `silent` |  |\n";
        assert_eq!(shown(&both, rows()).unwrap(), expected);
        assert_eq!(shown(&figure("metrics.gone", ""), rows()), None);
        assert_eq!(shown("", rows()), None);
    }

    #[test]
    fn a_row_that_was_not_measured_is_none_of_it() {
        let mut refusal = refused("only", "silent");
        refusal.outcomes[0]["metrics"] = json!({"beats": 7});
        assert_eq!(shown(&figure("metrics.beats", ""), vec![refusal]), None);
    }

    #[test]
    fn a_twin_is_compared_where_both_tell() {
        let against = |better: Row| {
            let rows =
                vec![with("good", 6, |_| json!({"late_s": 0.3})), better, with("silent", 6, |_| json!({}))];
            let table = shown(&figure("metrics.late_s", "twin = true"), rows).unwrap();
            assert!(table.starts_with("| Variant | It | Against its twin |\n"), "{table}");
            assert!(table.ends_with("| `silent` |  |  |\n"), "{table}");
            let line = table.lines().find(|line| line.starts_with("| `good` |")).unwrap();
            line.strip_prefix("| `good` | 300 ms | ").unwrap().strip_suffix(" |").unwrap().to_owned()
        };
        assert_eq!(
            against(with("better", 6, |_| json!({"late_s": 0.1}))),
            "3.00 [3.00, 3.00] times (`better`)"
        );
        assert_eq!(against(with("better", 5, |_| json!({"late_s": 0.1}))), "too few runs (`better`)");
        assert_eq!(against(with("better", 6, |_| json!({"late_s": 0.0}))), "no ratio to 0 (`better`)");
        assert_eq!(against(with("better", 6, |_| json!({}))), "");
    }

    #[test]
    fn what_another_variant_has_is_divided_by_it() {
        let rows = |runs| {
            let late = |late: f64| move |_| json!({"late_s": late});
            vec![
                with("good", runs, late(0.2)),
                with("better", runs, late(0.1)),
                with("silent", runs, |_| json!({})),
            ]
        };
        let over = figure("metrics.late_s", "over = \"good\"");
        let asked = "| Variant | It |\n| --- | ---: |\n| `good` |  |\n| `better` | 2.00 [2.00, 2.00] |\n| `silent` |  |\n";
        assert_eq!(shown(&over, rows(6)).unwrap(), asked);
        assert!(shown(&over, rows(1)).unwrap().contains("| `better` | 2.00 |"));
    }

    #[test]
    fn a_row_in_python_is_held_against_one_in_python() {
        let over = figure("metrics.late_s", "over = \"good\"");
        let mut rows = vec![with("good", 6, |_| json!({"late_s": 0.2}))];
        for (variant, interpreter, late) in
            [("python_good", "3.9", 0.9), ("python_good", "3.13", 0.6), ("python_better", "3.13", 0.3)]
        {
            let mut row = with(variant, 6, move |_| json!({"late_s": late}));
            row.interpreter = Some(interpreter.into());
            rows.push(row);
        }
        let table = shown(&over, rows).unwrap();
        assert!(table.ends_with("| `python_better`, 3.13 | 2.00 [2.00, 2.00] |\n"), "{table}");
        let method = |rows| super::method(&experiment(&over), &data("demo", rows)).unwrap();
        let both = vec![
            with("good", 1, |_| json!({"late_s": 0.2})),
            with("python_good", 1, |_| json!({"late_s": 0.2})),
        ];
        let told = "Of the experiment's own figures, *It* is the figure of `good` (in Python, of `python_good`) divided by \
                    that of the row.";
        assert_eq!(method(both), told);
        let one = vec![with("good", 1, |_| json!({"late_s": 0.2}))];
        assert_eq!(method(one), told.replace(" (in Python, of `python_good`)", ""));
    }

    #[test]
    fn the_page_says_which_are_no_medians() {
        let method = |figures: &str| {
            let rows = vec![with("good", 6, |_| json!({"beats": 7}))];
            super::method(&experiment(figures), &data("demo", rows))
        };
        let sum = figure("metrics.beats", "sum = true");
        let worst = figure("metrics.beats", "worst = true").replace("It", "|");
        let told =
            "Of the experiment's own figures, *It* is the sum of all runs, *\\|* is the largest of all runs.";
        assert_eq!(method(&(sum + &worst)).unwrap(), told);
        assert_eq!(method(&figure("metrics.beats", "twin = true")), None);
        assert_eq!(method(&figure("metrics.gone", "sum = true")), None);
    }
}
