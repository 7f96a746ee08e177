//! Pictures, as SVG: drawn from the data of a run, and from nothing else.

mod chart;
mod timeline;

use std::path::PathBuf;

use svg::Document;
use svg::node::element::{Line, Rectangle, Style, Text, Title};

use crate::data::Data;
use crate::experiment::Experiment;

/// As wide as a column of text on the pages that show it.
const WIDTH: f64 = 840.0;
/// Free on all four sides.
const EDGE: f64 = 24.0;

/// Its own ground and ink in both schemes: a picture does not know the page that it stands on. What differs in colour differs in
/// shape too.
const STYLE: &str = "
text { font: 12px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 }
.name { font-size: 13px; font-weight: 600 }
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
}
";

/// A file below a machine's folder, and what it shows.
pub(crate) struct Plot {
    pub(crate) file: PathBuf,
    pub(crate) title: String,
    /// The last that it shows: on a page the picture stands there.
    pub(crate) case: String,
    pub(crate) svg: String,
}

/// Every picture that an experiment asks for and its data can fill.
pub(crate) fn plots(experiment: &Experiment, data: &Data) -> Vec<Plot> {
    let plot = |name: &str, title: &str, case: &str, svg: Option<String>| {
        let file = PathBuf::from(format!("plots/{}-{name}.svg", experiment.name));
        Some(Plot { file, title: title.to_owned(), case: case.to_owned(), svg: svg? })
    };
    let charts = experiment.charts.iter().filter_map(|chart| {
        let case = chart.cases.iter().rfind(|case| data.rows.iter().any(|row| row.case == **case))?;
        plot(&chart.name, &chart.title, case, chart::draw(chart, experiment, data))
    });
    let timelines = experiment.timelines.iter().filter_map(|timeline| {
        plot(&timeline.name, &timeline.title, &timeline.case, timeline::draw(timeline, experiment, data))
    });
    charts.chain(timelines).collect()
}

/// An empty sheet with its title.
fn sheet(title: &str, height: f64) -> Document {
    Document::new()
        .set("viewBox", (0.0, 0.0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .add(Title::new(title))
        .add(Style::new(STYLE))
        .add(rectangle(0.0, 0.0, WIDTH, height).set("class", "ground").set("rx", 6))
        .add(text(EDGE, EDGE + 12.0, "title", title))
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Rectangle {
    Rectangle::new().set("x", x).set("y", y).set("width", width).set("height", height)
}

fn text(x: f64, y: f64, class: &str, content: &str) -> Text {
    Text::new(content).set("x", x).set("y", y).set("class", class)
}

/// The same, but it ends at `x`.
fn text_to(x: f64, y: f64, class: &str, content: &str) -> Text {
    text(x, y, class, content).set("text-anchor", "end")
}

/// The last lines of a sheet: what it shows, on what machine and in which run that was measured.
fn source(document: Document, y: f64, shown: &str, data: &Data) -> Document {
    let (machine, circumstances) = data.provenance();
    let lines = [shown, &machine, &circumstances].into_iter().enumerate();
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

/// Round numbers from 0 to `end`, at most nine of them.
fn ticks(end: f64) -> Vec<f64> {
    let power = 10_f64.powf((end / 8.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|step| end / step <= 8.0);
    let step = step.expect("ten times the power is more than an eighth");
    (0..9).map(|tick| f64::from(tick) * step).take_while(|tick| *tick <= end).collect()
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(8.0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(ticks(8.1), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(ticks(35.0), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0]);
        assert_eq!(ticks(90.0), [0.0, 20.0, 40.0, 60.0, 80.0]);
        for end in [1e-6, 3.3e-3, 0.999, 79.0, 81.0, 1e6] {
            assert!((4..=9).contains(&ticks(end).len()), "{end}");
        }
    }
}
