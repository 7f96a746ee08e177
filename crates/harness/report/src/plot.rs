//! Pictures, as SVG: drawn from the data of a run, and from nothing else.

mod chart;
mod curve;
mod growth;
mod labels;
mod model;
mod powers;
mod timeline;

use std::path::PathBuf;

use svg::Document;
use svg::node::element::{Line, Rectangle, Style, Text, Title};

use bench::data::Data;
use bench::experiment::{Experiment, MOST_LINES};
use bench::text::clean;
use judge::series::Series;

/// As wide as a column of text on the pages that show it.
const WIDTH: f64 = 840.0;
/// Free on all four sides.
const EDGE: f64 = 24.0;

/// A line is drawn with the first of them that no other of its weight has, so that all can be told apart without colour.
const DASHES: [&str; MOST_LINES] =
    ["none", "8 4", "2 3", "12 3 2 3", "18 5", "12 3 2 3 2 3", "5 7", "18 3 6 3"];

/// Its own ground and ink in both schemes: a picture does not know the page that it stands on. What differs in colour differs in
/// shape too.
pub(crate) const STYLE: &str = "
text { font: 12px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 }
.name { font-size: 13px; font-weight: 600 }
tspan { font-size: 12px; font-weight: 400 }
.soft { fill: #59636e }
.ground { fill: #ffffff }
.rule { stroke: #d1d9e0; stroke-width: 1 }
.first { fill: #0969da }
.second { fill: url(#hatched); stroke: #bc4c00; stroke-width: 1 }
.hatch { stroke: #bc4c00; stroke-width: 1.5 }
.third { fill: #818b98 }
.other { fill: #bc4c00 }
.open { fill: none; stroke: #59636e; stroke-width: 2 }
.whisker { stroke: #59636e; stroke-width: 2 }
.threads { color: #0969da }
.async { color: #bc4c00 }
.processes, .serial { color: #59636e }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }
.heavy { stroke-width: 4 }
.band { fill: currentColor; fill-opacity: 0.15 }
.leader { stroke: #818b98; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.soft { fill: #9198a1 }
.ground { fill: #0d1117 }
.rule { stroke: #3d444d }
.first { fill: #4493f8 }
.second { stroke: #f0883e }
.hatch { stroke: #f0883e }
.third { fill: #656c76 }
.other { fill: #f0883e }
.open, .whisker { stroke: #9198a1 }
.threads { color: #4493f8 }
.async { color: #f0883e }
.processes, .serial { color: #9198a1 }
.leader { stroke: #656c76 }
}
";

/// A file below a machine's folder, and what it shows.
pub struct Plot {
    /// Where it goes: `plots/EXPERIMENT-NAME.svg`.
    pub file: PathBuf,
    /// What it shows, in a line.
    pub title: String,
    /// The last that it shows: on a page the picture stands there.
    pub case: String,
    /// The whole file.
    pub svg: String,
}

/// Where the picture of this name is, below a machine's folder.
pub(crate) fn file(experiment: &Experiment, name: &str) -> PathBuf {
    PathBuf::from(format!("plots/{}-{name}.svg", experiment.name))
}

/// Every picture that an experiment asks for and its data can fill.
pub fn plots(experiment: &Experiment, data: &Data) -> Vec<Plot> {
    let plot = |name: &str, title: &str, case: &str, svg: Option<String>| {
        let file = file(experiment, name);
        Some(Plot { file, title: title.to_owned(), case: case.to_owned(), svg: svg? })
    };
    let charts = experiment.charts.iter().filter_map(|chart| {
        let case = chart.cases.iter().rfind(|case| data.rows.iter().any(|row| row.case == **case))?;
        plot(&chart.name, &chart.title, case, chart::draw(chart, experiment, data))
    });
    let timelines = experiment.timelines.iter().filter_map(|timeline| {
        plot(&timeline.name, &timeline.title, &timeline.case, timeline::draw(timeline, experiment, data))
    });
    let curves = experiment.curves.iter().filter_map(|curve| {
        plot(&curve.name, &curve.title, &curve.case, curve::draw(curve, experiment, data))
    });
    let growths = experiment.growths.iter().filter_map(|growth| {
        let (_, case) = *Series::of(experiment, data).sizes.last()?;
        plot(&growth.name, &growth.title, case, growth::draw(growth, experiment, data))
    });
    growths.chain(charts).chain(timelines).chain(curves).collect()
}

/// An empty sheet with its title.
fn sheet(title: &str, height: f64) -> Document {
    Document::new()
        .set("viewBox", (0.0, 0.0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .add(Title::new(printable(title)))
        .add(Style::new(STYLE))
        .add(rectangle(0.0, 0.0, WIDTH, height).set("class", "ground").set("rx", 6))
        .add(text(EDGE, EDGE + 12.0, "title", title))
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Rectangle {
    Rectangle::new().set("x", x).set("y", y).set("width", width).set("height", height)
}

fn text(x: f64, y: f64, class: &str, content: &str) -> Text {
    Text::new(printable(content)).set("x", x).set("y", y).set("class", class)
}

/// The same, but it ends at `x`.
fn text_to(x: f64, y: f64, class: &str, content: &str) -> Text {
    text(x, y, class, content).set("text-anchor", "end")
}

/// Without what no XML may hold, escaped or not, and what reorders the words beside it.
fn printable(text: &str) -> String {
    clean(text)
}

/// The last lines of a sheet: what it shows, on what machine and in which run that was measured.
fn source(document: Document, y: f64, shown: &str, data: &Data) -> Document {
    let (machine, circumstances) = data.provenance();
    let lines = [shown, machine.plain(), circumstances.plain()].into_iter().enumerate();
    lines.fold(document, |document, (line, words)| {
        document.add(text(EDGE, y + 16.0 * line as f64, "soft", words))
    })
}

/// Where something is, to a hundredth, which nobody can see.
fn place(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

fn rule(from: (f64, f64), to: (f64, f64)) -> Line {
    let line = Line::new().set("class", "rule");
    line.set("x1", from.0).set("y1", from.1).set("x2", to.0).set("y2", to.1)
}

/// Round numbers from 0 to `end`, at most nine of them, and how each is written.
fn ticks(end: f64) -> Vec<(f64, String)> {
    let power = (end / 8.0).log10().floor();
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|digit| digit * 10_f64.powf(power))
        .into_iter()
        .find(|step| end / step <= 8.0);
    let step = step.expect("ten times the power is more than an eighth");
    let ticks = (0..9).map(|tick| f64::from(tick) * step).take_while(|tick| *tick <= end);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float has no larger exponent"
    )]
    let digits = (-power).max(0.0) as usize;
    ticks.map(|tick| (tick, short(&format!("{tick:.digits$}")))).collect()
}

/// The unit of an axis of time, and the moments that it shows: as written, and in seconds.
fn moments(end: f64) -> (&'static str, Vec<(String, f64)>) {
    let (unit, scale) = match end {
        1.0.. => ("seconds", 1.0),
        1e-3.. => ("milliseconds", 1e-3),
        _ => ("microseconds", 1e-6),
    };
    (unit, ticks(end / scale).into_iter().map(|(tick, number)| (number, tick * scale)).collect())
}

/// A number without the zeros that say nothing, its unit after it if it has one.
fn short(number: &str) -> String {
    let (number, unit) = number.split_at(number.find(' ').unwrap_or(number.len()));
    let number =
        if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number}{unit}")
}

/// In words, what could not be drawn; nothing if all was.
fn left_out<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { String::new() } else { format!(" Not shown: {}.", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::{short, ticks};

    fn written(end: f64) -> Vec<String> {
        ticks(end).into_iter().map(|(_, number)| number).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(written(8.0), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
        assert_eq!(written(8.1), ["0", "2", "4", "6", "8"]);
        assert_eq!(written(35.0), ["0", "5", "10", "15", "20", "25", "30", "35"]);
        assert_eq!(written(90.0), ["0", "20", "40", "60", "80"]);
        assert_eq!(written(1.5), ["0", "0.2", "0.4", "0.6", "0.8", "1", "1.2", "1.4"]);
        for end in [1e-6, 3.3e-3, 0.999, 79.0, 81.0, 1e6] {
            assert!((4..=9).contains(&ticks(end).len()), "{end}");
        }
    }

    #[test]
    fn only_zeros_behind_a_point_say_nothing() {
        let numbers = ["1.00 µs", "100 ns", "0.01", "0.10", "1,000", "2.50 s"].map(short);
        assert_eq!(numbers, ["1 µs", "100 ns", "0.01", "0.1", "1,000", "2.5 s"]);
    }
}
