//! How one figure grows with n, a line for each variant, on scales of powers of ten: the medians, with their intervals.

use serde_json::Value;
use svg::Document;
use svg::node::element::{Line, Path, TSpan};

use super::labels::apart;
use super::model::{legend, mark};
use super::powers::Powers;
use super::{DASHES, EDGE, WIDTH, left_out, place, rule, sheet, short, source, text, text_to};
use crate::data::{Data, Row, Status};
use crate::experiment::{Experiment, Growth, Role, Variant};
use crate::page::figures::unit;
use crate::series::Series;
use crate::statistics::{Interval, interval};
use crate::units::thousands;

/// Where n begins, to the right of the figures, and where it ends, to the left of the labels.
const LEFT: f64 = EDGE + 60.0;
const RIGHT: f64 = WIDTH - EDGE - 300.0;
/// Down to the end of the legend, and on to the axis of n.
const TOP: f64 = EDGE + 64.0;
const FOOT: f64 = TOP + 340.0;
/// From there to the end of the sheet: the axis and three lines of text.
const BOTTOM: f64 = 100.0 + EDGE;
/// From one label to the next.
const LABEL: f64 = 18.0;

/// A variant, what was measured at each n, and where the machine refused it.
struct Grown<'a> {
    variant: &'a Variant,
    dashes: &'static str,
    points: Vec<(u64, Interval)>,
    refused_at: Option<u64>,
}

impl Grown<'_> {
    fn last(&self) -> Option<(u64, Interval)> {
        self.points.last().copied()
    }

    fn heavy(&self) -> &'static str {
        if self.variant.role == Role::Wrong { " heavy" } else { "" }
    }
}

/// Where an n is, and where a figure is.
struct Scales {
    n: Powers,
    figure: Powers,
}

impl Scales {
    fn x(&self, n: u64) -> f64 {
        place(LEFT + (RIGHT - LEFT) * self.n.share(n as f64))
    }

    fn y(&self, figure: f64) -> f64 {
        place(FOOT - (FOOT - TOP) * self.figure.share(figure))
    }
}

/// None if no variant tells the figure at two n.
pub(super) fn draw(growth: &Growth, experiment: &Experiment, data: &Data) -> Option<String> {
    let lines = grown(growth, experiment, data);
    let points = || lines.iter().flat_map(|line| &line.points);
    let scales = Scales {
        n: Powers::over(points().map(|(n, _)| *n as f64))?,
        figure: Powers::over(points().flat_map(|(_, measured)| [measured.low, measured.high]))?,
    };
    let mut document = sheet(&growth.title, FOOT + BOTTOM);
    document = legend(document, |model| lines.iter().any(|line| line.variant.model == model));
    document = axes(document, growth, &scales);
    for line in &lines {
        document = drawn(document, line, &scales);
    }
    document = refusals(document, &lines, &scales);
    document = labels(document, &lines, &scales, unit(&growth.path));
    let is_drawn = |name: &&str| lines.iter().any(|line| line.variant.name == *name);
    let left_out = left_out(growth.variants.iter().map(String::as_str).filter(|name| !is_drawn(name)));
    let heavy =
        if lines.iter().any(|line| !line.heavy().is_empty()) { " Heavy lines: wrong variants." } else { "" };
    let shown = format!("Medians with their 95 % intervals, on scales of powers of ten.{heavy}{left_out}");
    Some(source(document, FOOT + 66.0, &shown, data).to_string() + "\n")
}

/// The variants that tell the figure at two n or more.
fn grown<'a>(growth: &Growth, experiment: &'a Experiment, data: &Data) -> Vec<Grown<'a>> {
    let series = Series::of(experiment, data);
    let path: Vec<_> = growth.path.split('.').collect();
    let lines = growth.variants.iter().zip(DASHES).filter_map(|(name, dashes)| {
        let told = series.rows(name).filter(|(_, row)| row.status == Status::Ok);
        let told = told.map(|(n, row)| (n, row.figures(&path)));
        let points = told.filter(|(_, values)| !values.is_empty() && values.iter().all(|value| *value > 0.0));
        let points = points.map(|(n, values)| (n, interval(&values))).collect();
        let refused_at = series.rows(name).find_map(|(_, row)| refused_at(row));
        Some(Grown { variant: experiment.variant(name)?, dashes, points, refused_at })
    });
    lines.filter(|line| line.points.len() > 1).collect()
}

fn refused_at(row: &Row) -> Option<u64> {
    let outcome = row.outcomes.last().filter(|_| row.status == Status::Refused)?;
    outcome.pointer("/refused/at").and_then(Value::as_u64)
}

fn axes(mut document: Document, growth: &Growth, scales: &Scales) -> Document {
    let unit = unit(&growth.path);
    for tick in scales.figure.ticks() {
        let y = scales.y(tick);
        document = document.add(rule((LEFT, y), (RIGHT, y)));
        document = document.add(text_to(LEFT - 8.0, y + 4.0, "soft", &short(&unit(tick, None))));
    }
    for tick in scales.n.ticks() {
        let n = crate::units::round(tick);
        let x = scales.x(n);
        document = document.add(rule((x, FOOT), (x, FOOT + 5.0)));
        document = document.add(text(x, FOOT + 20.0, "soft", &thousands(n)).set("text-anchor", "middle"));
    }
    document.add(text_to(RIGHT, FOOT + 38.0, "soft", &growth.n))
}

fn drawn(mut document: Document, line: &Grown, scales: &Scales) -> Document {
    let class = format!("line {}{}", line.variant.model.name(), line.heavy());
    let corners: Vec<_> = line
        .points
        .iter()
        .map(|(n, measured)| format!("{},{}", scales.x(*n), scales.y(measured.median)))
        .collect();
    let path = Path::new().set("class", class).set("stroke-dasharray", line.dashes);
    document = document.add(path.set("d", format!("M{}", corners.join("L"))));
    for (n, Interval { median, low, high }) in &line.points {
        let x = scales.x(*n);
        let whisker = Line::new().set("class", "whisker").set("x1", x).set("x2", x);
        document = document.add(whisker.set("y1", scales.y(*low)).set("y2", scales.y(*high)));
        document = mark(document, line.variant.model, x, scales.y(*median));
    }
    document
}

/// A cross where the machine refused, one above the other, since they may be close.
fn refusals(document: Document, lines: &[Grown], scales: &Scales) -> Document {
    let refused = lines.iter().filter_map(|line| Some((line, line.refused_at?)));
    refused.enumerate().fold(document, |document, (place, (line, at))| {
        let (x, y) = (scales.x(at), FOOT - 14.0 - LABEL * place as f64);
        let cross = format!("M{},{}l10,10m0,-10l-10,10", x - 5.0, y - 5.0);
        let cross = Path::new().set("class", format!("line {}", line.variant.model.name())).set("d", cross);
        let words = format!("{} refused at {}", line.variant.name, thousands(at));
        document.add(cross).add(text_to(x - 10.0, y + 4.0, "soft", &words))
    })
}

/// Each with the stroke and the mark of its line, and led to the end of the line where it stands elsewhere.
fn labels(
    mut document: Document,
    lines: &[Grown],
    scales: &Scales,
    unit: fn(f64, Option<(f64, f64)>) -> String,
) -> Document {
    let lasts: Vec<_> = lines.iter().filter_map(|line| Some((line, line.last()?))).collect();
    let ends: Vec<_> = lasts.iter().map(|(_, (_, measured))| scales.y(measured.median)).collect();
    let places = apart(&ends, LABEL, (TOP, FOOT));
    for (((line, (n, measured)), end), y) in lasts.into_iter().zip(ends).zip(places.into_iter().map(place)) {
        let x = scales.x(n);
        if (y - end).abs() > 0.5 || x < RIGHT {
            let leader = Line::new().set("class", "leader").set("x1", x + 8.0).set("y1", end);
            document = document.add(leader.set("x2", RIGHT + 18.0).set("y2", y));
        }
        let class = format!("line {}{}", line.variant.model.name(), line.heavy());
        let stroke = Path::new().set("class", class).set("stroke-dasharray", line.dashes);
        document = document.add(stroke.set("d", format!("M{},{y}h30", RIGHT + 22.0)));
        document = mark(document, line.variant.model, RIGHT + 57.0, y);
        let class = if line.heavy().is_empty() { "" } else { "name" };
        let words = format!("{} at {}", unit(measured.median, None), thousands(n));
        let figure = TSpan::new(words).set("class", "soft").set("dx", 6);
        document = document.add(text(RIGHT + 68.0, y + 4.0, class, &line.variant.name).add(figure));
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::synthetic::{self, Cost, refused, row};

    const GROWTH: &str = "[[growth]]
name = \"memory\"
title = \"Memory & <script>\"
path = \"memory.hwm_bytes\"
n = \"<b>tasks</b>\"
variants = [\"good\", \"better\", \"silent\"]

[[case]]
name = \"10-tasks\"
size = 10

[[case]]
name = \"1000-tasks\"
size = 1000
";

    fn takes(case: &str, variant: &str, bytes: &[f64]) -> Row {
        row(case, variant, bytes.len(), |run| Cost { resident: bytes[run], ..Cost::default() })
    }

    /// Without the line breaks that stand around text.
    fn drawn(rows: Vec<Row>) -> Option<String> {
        let experiment = synthetic::experiment(GROWTH);
        let svg = draw(&experiment.growths[0], &experiment, &synthetic::data("demo", rows))?;
        Some(svg.replace('\n', ""))
    }

    #[track_caller]
    fn holds(svg: &str, parts: &[&str]) {
        for part in parts {
            assert!(svg.contains(part), "no {part:?} in {svg}");
        }
    }

    #[test]
    fn a_line_goes_through_its_medians_on_powers_of_ten() {
        let svg = drawn(vec![
            takes("10-tasks", "good", &[1e6; 5]),
            takes("1000-tasks", "good", &[1e7, 1e7, 1e7, 1e7, 1e8]),
        ]);
        let svg = svg.unwrap();
        let middle = place(f64::midpoint(TOP, FOOT));
        holds(&svg, &[&format!("d=\"M{LEFT},{FOOT}L{RIGHT},{middle}\"")]);
        holds(&svg, &[">1 MB<", ">100 MB<", ">10<", ">1,000<", ">10.0 MB at 1,000<"]);
        holds(
            &svg,
            &[&format!("class=\"whisker\" x1=\"{RIGHT}\" x2=\"{RIGHT}\" y1=\"{middle}\" y2=\"{TOP}\"")],
        );
    }

    #[test]
    fn a_refusal_is_marked_where_it_was_and_the_line_ends_before() {
        let mut rows = vec![takes("10-tasks", "good", &[1e6]), takes("1000-tasks", "good", &[1e7])];
        rows.extend([takes("10-tasks", "better", &[1e6]), refused("1000-tasks", "better")]);
        assert!(!drawn(rows).unwrap().contains(">better<"), "one point is no line");
        let experiment = synthetic::experiment(GROWTH);
        let mut row = refused("1000-tasks", "good");
        row.outcomes = vec![serde_json::json!({"refused": {"at": 100}})];
        assert_eq!(refused_at(&row), Some(100));
        assert_eq!(experiment.growths[0].variants.len(), 3);
    }

    #[test]
    fn what_is_told_at_one_n_or_nowhere_is_left_out_and_nothing_is_no_picture() {
        let svg =
            drawn(vec![takes("10-tasks", "good", &[1e6]), takes("1000-tasks", "good", &[1e7])]).unwrap();
        holds(&svg, &["Not shown: better, silent.", "Memory &amp; &lt;script&gt;", "&lt;b&gt;tasks"]);
        assert!(!svg.contains("<script>"), "{svg}");
        assert_eq!(drawn(vec![takes("10-tasks", "good", &[1e6])]), None);
        assert_eq!(drawn(Vec::new()), None);
    }
}
