//! One figure of several variants, on one scale of powers of ten: the medians, with their intervals.

use svg::Document;
use svg::node::element::Line;

use super::model::{legend, mark};
use super::powers::Powers;
use super::{EDGE, WIDTH, left_out, place, rule, sheet, short, source, text, text_to};
use bench::data::{Data, Row, Status};
use bench::experiment::{Chart, Experiment, Model};
use bench::units::unit;
use judge::statistics::{Interval, interval};

/// Where the scale begins, to the right of the names, and where it ends, to the left of the figures.
const LEFT: f64 = EDGE + 200.0;
const RIGHT: f64 = WIDTH - EDGE - 210.0;
const ROW: f64 = 20.0;
/// For the name of a case, and for what is above and below it.
const HEADING: f64 = 38.0;
/// Down to the end of the legend.
const TOP: f64 = EDGE + 44.0;
/// From the end of the rows to that of the sheet: the numbers of the scale and three lines of text.
const BOTTOM: f64 = 72.0 + EDGE;

/// A row of the chart.
struct Point<'a> {
    variant: &'a str,
    model: Model,
    measured: Interval,
    label: String,
}

/// None if no run tells the figure, or all of them zero.
pub(super) fn draw(chart: &Chart, experiment: &Experiment, data: &Data) -> Option<String> {
    let points = |case: &str| -> Vec<_> {
        data.rows
            .iter()
            .filter(|row| row.case == case)
            .filter_map(|row| point(chart, experiment, row))
            .collect()
    };
    let panels: Vec<_> = chart.cases.iter().map(|case| (case, points(case))).collect();
    let panels: Vec<_> = panels.into_iter().filter(|(_, points)| !points.is_empty()).collect();
    let all = || panels.iter().flat_map(|(_, points)| points);
    let scale = Powers::over(all().flat_map(|point| point.measured.ends()))?;
    let heights = panels.iter().map(|(_, points)| HEADING + ROW * points.len() as f64);
    let bottom = TOP + heights.sum::<f64>();
    let mut document = sheet(&chart.title, bottom + BOTTOM);
    document = legend(document, |model| all().any(|point| point.model == model));
    let mut y = TOP;
    for (case, points) in &panels {
        document = document.add(text(EDGE, y + HEADING - 12.0, "name", case));
        y += HEADING;
        let end = y + ROW * points.len() as f64;
        for x in scale.ticks().into_iter().map(|tick| x(&scale, tick)) {
            document = document.add(rule((x, y - 4.0), (x, end)));
        }
        for point in points {
            document = row(document, point, &scale, y + ROW / 2.0);
            y += ROW;
        }
    }
    let unit = unit(&chart.path);
    for tick in scale.ticks() {
        let number = short(&unit(tick, None));
        document =
            document.add(text(x(&scale, tick), bottom + 18.0, "soft", &number).set("text-anchor", "middle"));
    }
    let left_out = left_out(missing(chart, &panels, data).iter().map(String::as_str));
    let shown = format!("Medians with their 95 % intervals, on a scale of powers of ten.{left_out}");
    Some(source(document, bottom + 48.0, &shown, data).to_string() + "\n")
}

/// What could not be drawn, each once: a variant, and its case where another case shows it.
fn missing(chart: &Chart, panels: &[(&String, Vec<Point>)], data: &Data) -> Vec<String> {
    let mut names = Vec::new();
    for Row { case, variant, .. } in
        data.rows.iter().filter(|row| chart.cases.iter().any(|case| row.case == *case))
    {
        let has_it = |points: &[Point]| points.iter().any(|point| *variant == point.variant);
        let shown: Vec<_> =
            panels.iter().filter(|(_, points)| has_it(points)).map(|(case, _)| case.as_str()).collect();
        let name = if shown.is_empty() { variant.to_string() } else { format!("{variant} ({case})") };
        if !shown.contains(&case.as_str()) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn point<'a>(chart: &Chart, experiment: &Experiment, row: &'a Row) -> Option<Point<'a>> {
    let values = row.figures(&chart.path.split('.').collect::<Vec<_>>());
    if row.status != Status::Ok || values.is_empty() || values.iter().any(|value| *value <= 0.0) {
        return None;
    }
    let model = experiment.variant(&row.variant)?.model;
    let measured = interval(&values);
    let label = unit(&chart.path)(measured.median, measured.bounds);
    Some(Point { variant: &row.variant, model, measured, label })
}

fn row(document: Document, point: &Point, scale: &Powers, y: f64) -> Document {
    let Point { variant, model, measured: Interval { median, .. }, label } = point;
    let [low, high] = point.measured.ends();
    let whisker = Line::new().set("class", "whisker");
    let whisker = whisker.set("x1", x(scale, low)).set("y1", y).set("x2", x(scale, high)).set("y2", y);
    let document = document.add(text(EDGE, y + 4.0, "", variant)).add(whisker);
    mark(document, *model, x(scale, *median), y).add(text_to(WIDTH - EDGE, y + 4.0, "soft", label))
}

/// Where a value is.
fn x(scale: &Powers, value: f64) -> f64 {
    place(LEFT + (RIGHT - LEFT) * scale.share(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::synthetic::{self, Cost, refused, row, set};
    use bench::text::Name;

    const CHART: &str = "[[chart]]
name = \"late\"
title = \"How late & <script>\"
path = \"metrics.late_s\"
cases = [\"only\"]
";

    /// A row whose runs came so late.
    fn late(variant: &str, seconds: &[f64]) -> Row {
        let mut row = row("only", variant, seconds.len(), |_| Cost::default());
        set(&mut row, "metrics.late_s", |run| seconds[run]);
        row
    }

    /// Without the line breaks that stand around text.
    fn drawn(rows: Vec<Row>) -> Option<String> {
        let experiment = synthetic::experiment(CHART);
        let svg = draw(&experiment.charts[0], &experiment, &synthetic::data("demo", rows))?;
        Some(svg.replace('\n', ""))
    }

    #[test]
    fn a_mark_is_at_the_median_between_two_powers_of_ten() {
        let svg =
            drawn(vec![late("good", &[1e-3; 6]), late("better", &[1e-4, 3e-5, 1e-3, 1e-4, 1e-4, 1e-4])])
                .unwrap();
        let middle = place(f64::midpoint(LEFT, RIGHT));
        for (x, label) in [(RIGHT, "1.00 ms"), (middle, "100 [30, 1000] µs")] {
            assert!(svg.contains(&format!("class=\"open\" cx=\"{x}\"")), "{x}: {svg}");
            assert!(svg.contains(&format!(">{label}<")), "{label}: {svg}");
        }
        for tick in ["10 µs", "100 µs", "1 ms"] {
            assert!(svg.contains(&format!(">{tick}<")), "{tick}: {svg}");
        }
        // From 30 µs to 1 ms, of 10 µs to 1 ms.
        let low = place(LEFT + 3_f64.log10() / 2.0 * (RIGHT - LEFT));
        assert!(svg.contains(&format!("class=\"whisker\" x1=\"{low}\" x2=\"{RIGHT}\"")), "{svg}");
    }

    #[test]
    fn a_title_is_text_whatever_it_holds() {
        let svg = drawn(vec![late("good", &[0.1])]).unwrap();
        assert!(svg.contains("How late &amp; &lt;script&gt;") && !svg.contains("<script>"), "{svg}");
    }

    #[test]
    fn what_has_no_place_on_the_scale_is_left_out_and_nothing_is_no_picture() {
        let svg =
            drawn(vec![late("good", &[0.1]), late("better", &[0.0]), refused("only", "silent")]).unwrap();
        assert!(svg.contains(">good<") && !svg.contains(">better<") && !svg.contains(">silent<"), "{svg}");
        assert!(svg.contains("Not shown: better, silent."), "{svg}");
        assert_eq!(drawn(vec![late("good", &[0.0])]), None);
        assert_eq!(drawn(Vec::new()), None);
    }

    #[test]
    fn what_one_case_leaves_out_and_another_shows_is_told_with_its_case() {
        let tables = CHART.replace("[\"only\"]", "[\"only\", \"other\"]") + "[[case]]\nname = \"other\"\n";
        let experiment = synthetic::experiment(&tables);
        let elsewhere = Row { case: Name::of("other"), ..late("good", &[0.1]) };
        let nowhere = ["only", "other"].map(|case| refused(case, "silent"));
        let rows = [refused("only", "good"), late("better", &[0.1]), elsewhere].into_iter().chain(nowhere);
        let data = synthetic::data("demo", rows.collect());
        let svg = draw(&experiment.charts[0], &experiment, &data).unwrap();
        assert!(svg.contains("Not shown: good (only), silent."), "{svg}");
    }
}
