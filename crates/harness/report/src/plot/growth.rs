//! How one figure grows with n, a line for each variant, on scales of powers of ten: the medians, with their intervals.

use serde_json::Value;
use svg::Document;
use svg::node::element::{Line, Path};

use super::labels::{apart, label, leader, stroke};
use super::model::{legend, mark};
use super::powers::Powers;
use super::{DASHES, EDGE, WIDTH, left_out, place, rule, sheet, short, source, text, text_to};
use bench::data::{Data, Row, Status};
use bench::experiment::{Experiment, Grows, Growth, Role, Variant};
use bench::units::{moment, quotient, round, size, thousands};
use judge::from_which_on;
use judge::series::{Figure, Measured, Series, address_space, resident, whole_time, work_time};
use judge::statistics::Interval;

/// Where n begins, to the right of the figures, and where it ends, to the left of the labels.
const LEFT: f64 = EDGE + 60.0;
const RIGHT: f64 = WIDTH - EDGE - 300.0;
/// Down to the end of the legend and of what is said of the crossing, and on to where the figures end.
const TOP: f64 = EDGE + 70.0;
const FOOT: f64 = TOP + 340.0;
/// From the axis of n to the end of the sheet: its numbers and three lines of text.
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

    fn is_wrong(&self) -> bool {
        self.variant.role == Role::Wrong
    }
}

/// Where an n is, and where a figure is.
struct Scales {
    n: Powers,
    figure: Powers,
    /// The largest that any line reaches.
    last: u64,
    /// The axis of n, below the refusals.
    axis: f64,
}

impl Scales {
    fn of(lines: &[Grown]) -> Option<Self> {
        let points = || lines.iter().flat_map(|line| &line.points);
        let refused = lines.iter().filter(|line| line.refused_at.is_some()).count();
        Some(Self {
            n: Powers::over(points().map(|(n, _)| *n as f64))?,
            figure: Powers::over(points().flat_map(|(_, measured)| measured.ends()))?,
            last: points().map(|(n, _)| *n).max()?,
            axis: FOOT + LABEL * refused as f64,
        })
    }

    fn x(&self, n: u64) -> f64 {
        place(LEFT + (RIGHT - LEFT) * self.n.share(n as f64))
    }

    fn y(&self, figure: f64) -> f64 {
        place(FOOT - (FOOT - TOP) * self.figure.share(figure))
    }
}

/// None if no variant tells the figure at two n.
pub(super) fn draw(growth: &Growth, experiment: &Experiment, data: &Data) -> Option<String> {
    let series = Series::of(experiment, data);
    let lines = grown(growth, experiment, &series);
    let scales = Scales::of(&lines)?;
    let mut document = sheet(&growth.title, scales.axis + BOTTOM);
    document = legend(document, |model| lines.iter().any(|line| line.variant.model == model));
    document = axes(document, growth, &scales);
    document = crossing(document, growth, &series, &scales);
    document = lines.iter().fold(document, |document, line| drawn(document, line, &scales));
    document = refusals(document, &lines, &scales);
    document = labels(document, growth, &lines, &scales);
    let is_drawn = |name: &&str| lines.iter().any(|line| line.variant.name == *name);
    let left_out = left_out(growth.variants.iter().map(String::as_str).filter(|name| !is_drawn(name)));
    let heavy = if lines.iter().any(Grown::is_wrong) { " Heavy lines: wrong variants." } else { "" };
    let shown = format!("Medians with their 95 % intervals, on scales of powers of ten.{heavy}{left_out}");
    Some(source(document, scales.axis + 66.0, &shown, data).to_string() + "\n")
}

/// The variants that tell the figure at two n or more.
fn grown<'a>(growth: &Growth, experiment: &'a Experiment, series: &Series) -> Vec<Grown<'a>> {
    let lines = growth.variants.iter().zip(DASHES).filter_map(|(name, dashes)| {
        let told = series.rows(name).filter(|(_, row)| row.status == Status::Ok);
        let told = told.filter_map(|(n, row)| Some((n, measured(growth.figure, series.data, row)?)));
        let points = told.filter(|(_, interval)| interval.ends()[0] > 0.0).collect();
        let refused_at = series.rows(name).find_map(|(_, row)| refused_at(row));
        Some(Grown { variant: experiment.variant(name)?, dashes, points, refused_at })
    });
    lines.filter(|line| line.points.len() > 1).collect()
}

fn measured(grows: Grows, data: &Data, row: &Row) -> Option<Interval> {
    let measured = match grows {
        Grows::SpeedUp => {
            let serial = data.row_beside(row, &row.in_its_language("serial"))?;
            Measured::ratio(serial, row, work_time).filter(|_| serial.status == Status::Ok)
        }
        _ => Measured::of(row, figure(grows)),
    };
    Some(measured?.interval)
}

fn figure(grows: Grows) -> Figure {
    match grows {
        Grows::Time => whole_time,
        Grows::Memory => resident,
        Grows::AddressSpace => address_space,
        Grows::SpeedUp => work_time,
    }
}

fn written(grows: Grows, value: f64) -> String {
    match grows {
        Grows::Time => moment(value, None),
        Grows::Memory | Grows::AddressSpace => size(value, None),
        Grows::SpeedUp => quotient(value, None) + "×",
    }
}

/// A power of ten.
fn tick(grows: Grows, value: f64) -> String {
    if grows == Grows::SpeedUp { format!("{value}×") } else { short(&written(grows, value)) }
}

/// With all its digits, or as so many millions where these would take the room of three labels.
fn number(n: u64) -> String {
    match n {
        10_000_000.. if n.is_multiple_of(1_000_000) => thousands(n / 1_000_000) + " million",
        _ => thousands(n),
    }
}

fn refused_at(row: &Row) -> Option<u64> {
    let outcome = row.outcomes.last().filter(|_| row.status == Status::Refused)?;
    outcome.pointer("/refused/at").and_then(Value::as_u64)
}

fn axes(mut document: Document, growth: &Growth, scales: &Scales) -> Document {
    for tick in scales.figure.ticks() {
        let y = scales.y(tick);
        document = document.add(rule((LEFT, y), (RIGHT, y)));
        document = document.add(text_to(LEFT - 8.0, y + 4.0, "soft", &self::tick(growth.figure, tick)));
    }
    for tick in scales.n.ticks() {
        let n = round(tick);
        let (x, axis) = (scales.x(n), scales.axis);
        document = document.add(rule((x, axis), (x, axis + 5.0)));
        document = document.add(text(x, axis + 20.0, "soft", &number(n)).set("text-anchor", "middle"));
    }
    document.add(text_to(RIGHT, scales.axis + 38.0, "soft", &growth.n))
}

/// A line at the n from which on the one takes less than the other, and the same in words.
fn crossing(document: Document, growth: &Growth, series: &Series, scales: &Scales) -> Document {
    let Some([other, one]) = &growth.crossing else { return document };
    let Some(n) = from_which_on(series, [other, one], figure(growth.figure)) else {
        return document.add(text_to(
            RIGHT,
            TOP - 10.0,
            "soft",
            &format!("{one} does not surely take less than {other}"),
        ));
    };
    let x = scales.x(n);
    let words = format!("from {} on {one} takes less than {other}", number(n));
    let is_far = x > f64::midpoint(LEFT, RIGHT);
    let words = if is_far {
        text_to(x + 4.0, TOP - 10.0, "soft", &words)
    } else {
        text(x - 4.0, TOP - 10.0, "soft", &words)
    };
    document
        .add(rule((x, TOP - 6.0), (x, FOOT)).set("class", "leader").set("stroke-dasharray", "2 4"))
        .add(words)
}

fn drawn(mut document: Document, line: &Grown, scales: &Scales) -> Document {
    let corners: Vec<_> = line
        .points
        .iter()
        .map(|(n, measured)| format!("{},{}", scales.x(*n), scales.y(measured.median)))
        .collect();
    document = document.add(stroke(line.variant, line.dashes, &format!("M{}", corners.join("L"))));
    for (n, measured) in &line.points {
        let ([low, high], median) = (measured.ends(), measured.median);
        let x = scales.x(*n);
        let whisker = Line::new().set("class", "whisker").set("x1", x).set("x2", x);
        document = document.add(whisker.set("y1", scales.y(low)).set("y2", scales.y(high)));
        document = mark(document, line.variant.model, x, scales.y(median));
    }
    document
}

/// A cross where the machine refused, each in a line of its own below the figures.
fn refusals(document: Document, lines: &[Grown], scales: &Scales) -> Document {
    let refused = lines.iter().filter_map(|line| Some((line, line.refused_at?)));
    refused.enumerate().fold(document, |document, (place, (line, at))| {
        let (x, y) = (scales.x(at), FOOT + LABEL * (place as f64 + 0.75));
        let cross = format!("M{},{}l10,10m0,-10l-10,10", x - 5.0, y - 5.0);
        let cross = Path::new().set("class", format!("line {}", line.variant.model.name())).set("d", cross);
        let words = format!("{} refused at {}", line.variant.name, thousands(at));
        document.add(cross).add(text_to(x - 10.0, y + 4.0, "soft", &words))
    })
}

/// Each with the stroke and the mark of its line, and led to the end of the line where it stands elsewhere.
fn labels(mut document: Document, growth: &Growth, lines: &[Grown], scales: &Scales) -> Document {
    let lasts: Vec<_> = lines.iter().filter_map(|line| Some((line, line.last()?))).collect();
    let ends: Vec<_> = lasts.iter().map(|(_, (_, measured))| scales.y(measured.median)).collect();
    let places = apart(&ends, LABEL, (TOP, FOOT));
    for (((line, (n, measured)), end), y) in lasts.into_iter().zip(ends).zip(places.into_iter().map(place)) {
        let x = scales.x(n);
        if (y - end).abs() > 0.5 || x < RIGHT {
            document = document.add(leader((x + 8.0, end), (RIGHT, y)));
        }
        let at = if n < scales.last { format!(" at {}", number(n)) } else { String::new() };
        let figure = written(growth.figure, measured.median) + &at;
        document = label(document, line.variant, line.dashes, (RIGHT, y), figure);
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use bench::synthetic::{self, Cost, refused, row};

    const GROWTH: &str = "[[growth]]
name = \"memory\"
title = \"Memory & <script>\"
figure = \"memory\"
n = \"<b>tasks</b>\"
variants = [\"good\", \"better\", \"silent\"]
crossing = [\"good\", \"better\"]

[[case]]
name = \"1-task\"
size = 1

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

    /// Six runs that took so much at 10, and six that took so much at 1,000.
    fn both(variant: &str, few: f64, many: f64) -> Vec<Row> {
        vec![takes("10-tasks", variant, &[few; 6]), takes("1000-tasks", variant, &[many; 6])]
    }

    fn all<const N: usize>(rows: [Vec<Row>; N]) -> Vec<Row> {
        rows.into_iter().flatten().collect()
    }

    fn drawn(rows: Vec<Row>) -> Option<String> {
        draw_by(GROWTH, rows)
    }

    /// Without the line breaks that stand around text.
    fn draw_by(growth: &str, rows: Vec<Row>) -> Option<String> {
        let experiment = synthetic::experiment(growth);
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
            takes("10-tasks", "good", &[1e6; 6]),
            takes("1000-tasks", "good", &[1e7, 1e7, 1e7, 1e7, 1e7, 1e8]),
        ]);
        let svg = svg.unwrap();
        let middle = place(f64::midpoint(TOP, FOOT));
        holds(&svg, &[&format!("d=\"M{LEFT},{FOOT}L{RIGHT},{middle}\"")]);
        holds(&svg, &[">1 MB<", ">100 MB<", ">10<", ">1,000<", ">10.0 MB<"]);
        holds(
            &svg,
            &[&format!("class=\"whisker\" x1=\"{RIGHT}\" x2=\"{RIGHT}\" y1=\"{middle}\" y2=\"{TOP}\"")],
        );
    }

    #[test]
    fn a_refusal_is_marked_at_its_n_below_the_figures() {
        let mut refused = refused("1000-tasks", "good");
        refused.outcomes = vec![json!({"refused": {"at": 100}})];
        let rows = vec![takes("1-task", "good", &[1e6]), takes("10-tasks", "good", &[1e7]), refused];
        let svg = drawn(all([rows, both("better", 1e6, 1e6)])).unwrap();
        let (x, y) = (place(LEFT + (RIGHT - LEFT) * 2.0 / 3.0) - 5.0, FOOT + 0.75 * LABEL - 5.0);
        holds(&svg, &[">good refused at 100<", &format!("d=\"M{x},{y}l10,10")]);
        holds(&svg, &[">10.0 MB at 10<", ">1.00 MB<"]);
    }

    #[test]
    fn the_n_of_a_crossing_is_marked_or_that_there_is_none() {
        let svg = |tasks| drawn(all([both("good", 1e6, 1e7), both("better", 1e6, tasks)])).unwrap();
        holds(&svg(2e6), &[">from 1,000 on better takes less than good<"]);
        holds(&svg(1e7), &[">better does not surely take less than good<"]);
        let shown = GROWTH.replace("crossing = [\"good\", \"better\"]", "");
        let svg = draw_by(&shown, all([both("good", 1e6, 1e7), both("better", 1e6, 2e6)])).unwrap();
        assert!(!svg.contains("less than"), "{svg}");
    }

    #[test]
    fn a_speed_up_is_over_what_is_serial_in_the_same_language() {
        let takes = |variant: &str, seconds: f64| {
            let rows = ["10-tasks", "1000-tasks"]
                .map(|case| row(case, variant, 6, |_| Cost { seconds, ..Cost::default() }));
            rows.into_iter().collect::<Vec<_>>()
        };
        let shown =
            GROWTH.replace("figure = \"memory\"", "figure = \"speed-up\"").replace("crossing", "# crossing");
        let svg = draw_by(&shown, all([takes("serial", 3.0), takes("good", 2.0)])).unwrap();
        holds(&svg, &[">1.50×<"]);
        let mut rows = all([takes("serial", 3.0), takes("python_serial", 5.0), takes("good", 2.0)]);
        for row in rows.iter_mut().filter(|row| row.variant != "serial") {
            row.interpreter = Some("CPython 3.11.7".into());
        }
        holds(&draw_by(&shown, rows).unwrap(), &[">2.50×<"]);
        assert_eq!(draw_by(&shown, takes("good", 2.0)), None);
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
