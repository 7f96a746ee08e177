//! What each worker did when, one variant below the other on one scale of time.

use std::collections::BTreeMap;

use outcome::timeline::{MOST_KINDS, end, first, lanes};
use serde::Deserialize;
use serde_json::Value;
use svg::Document;
use svg::node::element::{Definitions, Path, Pattern};

use super::{EDGE, WIDTH, left_out, moments, place, rule, sheet, source, text, text_to};
use bench::data::{Data, Row, Status};
use bench::experiment::{Experiment, Kind, Timeline};
use bench::units::{moment, thousands};

/// Where the lanes begin, to the right of the workers' names, and where they end.
const LEFT: f64 = EDGE + 72.0;
const RIGHT: f64 = WIDTH - EDGE;
const LANE: f64 = 12.0;
const GAP: f64 = 4.0;
/// For the name of a variant, and for what is above and below it.
const HEADING: f64 = 38.0;
/// Down to the end of the legend.
const TOP: f64 = EDGE + 44.0;
/// From the end of the lanes to that of the sheet: the axis and four lines of text.
const BOTTOM: f64 = 100.0 + EDGE;
/// What a kind is drawn with.
const CLASSES: [&str; MOST_KINDS] = ["first", "second", "third"];

/// One run of a variant.
struct Panel<'a> {
    variant: &'a str,
    /// Its place in the whole.
    sequence: u64,
    seconds: f64,
    series: BTreeMap<String, Vec<[f64; 2]>>,
}

/// None if no run tells of any worker.
pub(super) fn draw(timeline: &Timeline, experiment: &Experiment, data: &Data) -> Option<String> {
    let rows = timeline.variants.iter().filter_map(|variant| data.row(&timeline.case, variant));
    let panels: Vec<_> = rows.filter_map(panel).collect();
    let kinds: Vec<_> = timeline.kinds.iter().map(|kind| kind.series.as_str()).collect();
    let drawn = panels.iter().map(|panel| (panel, first(lanes(&panel.series, &kinds))));
    let drawn: Vec<_> = drawn.filter(|(_, lanes)| !lanes.is_empty()).collect();
    let end = drawn.iter().map(|(_, lanes)| end(lanes)).fold(0.0, f64::max);
    if end <= 0.0 {
        return None;
    }
    let heights = drawn.iter().map(|(_, lanes)| HEADING + lanes.len() as f64 * (LANE + GAP));
    let bottom = TOP + heights.sum::<f64>();
    let mut document = sheet(&timeline.title, bottom + BOTTOM).add(hatched());
    document = legend(document, &timeline.kinds);
    document = axis(document, end, bottom);
    let mut y = TOP;
    for (panel, lanes) in &drawn {
        let Panel { variant, sequence, seconds, .. } = panel;
        let model = experiment.variant(variant).map_or("", |variant| variant.model.name());
        let run = format!("{model}, run {}, {}", thousands(*sequence), moment(*seconds, None));
        let baseline = y + HEADING - 10.0;
        document = document.add(text(EDGE, baseline, "name", variant));
        document = document.add(text_to(RIGHT, baseline, "soft", &run));
        y += HEADING;
        document = grid(document, end, y - GAP, y + lanes.len() as f64 * (LANE + GAP));
        for lane in lanes {
            let is_number = lane.name.parse::<usize>().is_ok();
            let name = if is_number { format!("worker {}", lane.name) } else { lane.name.to_owned() };
            document = document.add(text(EDGE, y + LANE - 2.0, "soft", &name));
            for (kind, spans) in lane.spans.iter().enumerate().filter(|(_, spans)| !spans.is_empty()) {
                document = document.add(bars(kind, spans, y, end));
            }
            y += LANE + GAP;
        }
    }
    let is_drawn = |variant: &&str| drawn.iter().any(|(panel, _)| panel.variant == *variant);
    let left_out =
        left_out(timeline.variants.iter().map(String::as_str).filter(|variant| !is_drawn(variant)));
    let which =
        "Of each variant the run of middle length, by its number in the data and the time of its work.";
    document = document.add(text(EDGE, bottom + 60.0, "soft", which));
    let shown = format!("The case {}.{left_out}", timeline.case);
    document = source(document, bottom + 76.0, &shown, data);
    Some(document.to_string() + "\n")
}

/// The run that stands for all of a row.
fn panel(row: &Row) -> Option<Panel<'_>> {
    let middle = row.middle_run().filter(|_| row.status == Status::Ok)?;
    run(&row.variant, &row.outcomes[middle])
}

fn run<'a>(variant: &'a str, outcome: &Value) -> Option<Panel<'a>> {
    let series = BTreeMap::deserialize(outcome.get("series")?).ok()?;
    let sequence = outcome.get("sequence")?.as_u64()?;
    Some(Panel { variant, sequence, seconds: outcome.get("elapsed_s")?.as_f64()?, series })
}

/// What stands for the second kind, so that it can be told from the first without colour.
fn hatched() -> Definitions {
    let line = Path::new().set("class", "hatch").set("d", "M-1,1 l2,-2 M0,5 l5,-5 M4,6 l2,-2");
    let size = 5;
    let pattern = Pattern::new().set("id", "hatched").set("patternUnits", "userSpaceOnUse");
    Definitions::new().add(pattern.set("width", size).set("height", size).add(line))
}

fn legend(document: Document, kinds: &[Kind]) -> Document {
    // No type can be measured here, so each kind has its own third of the line.
    let third = (WIDTH - 2.0 * EDGE) / MOST_KINDS as f64;
    kinds.iter().enumerate().fold(document, |document, (kind, Kind { means, .. })| {
        let x = EDGE + third * kind as f64;
        let y = EDGE + 26.0;
        document.add(bar(kind, x, 24.0, y)).add(text(x + 32.0, y + LANE - 2.0, "", means))
    })
}

/// Between the names of the variants, so that no line runs through them.
fn grid(document: Document, end: f64, from: f64, to: f64) -> Document {
    let (_, ticks) = moments(end);
    ticks.into_iter().fold(document, |document, (_, seconds)| {
        let x = x(seconds, end);
        document.add(rule((x, from), (x, to)))
    })
}

fn axis(document: Document, end: f64, bottom: f64) -> Document {
    let (unit, ticks) = moments(end);
    let document = ticks.into_iter().fold(document, |document, (number, seconds)| {
        let number = text(x(seconds, end), bottom + 20.0, "soft", &number);
        document.add(number.set("text-anchor", "middle"))
    });
    document.add(text_to(RIGHT, bottom + 38.0, "soft", &format!("{unit} from the start of the work")))
}

/// Where a moment is.
fn x(seconds: f64, end: f64) -> f64 {
    place(LEFT + (RIGHT - LEFT) * seconds.max(0.0) / end)
}

fn bars(kind: usize, spans: &[[f64; 2]], y: f64, end: f64) -> Path {
    let shapes = spans.iter().map(|&[from, to]| shape(kind, x(from, end), x(to, end) - x(from, end), y));
    Path::new().set("class", CLASSES[kind]).set("d", shapes.collect::<String>())
}

fn bar(kind: usize, x: f64, width: f64, y: f64) -> Path {
    Path::new().set("class", CLASSES[kind]).set("d", shape(kind, x, width, y))
}

/// A rectangle as a path; the third kind is a thin one, since least happens in it.
fn shape(kind: usize, x: f64, width: f64, y: f64) -> String {
    let (y, height) = if kind == 2 { (y + LANE / 2.0 - 1.0, 2.0) } else { (y, LANE) };
    // Whatever happened can be seen, and where one ends and the next begins too.
    let width = if width > 3.0 { width - 1.0 } else { width.max(1.0) };
    format!("M{x:.2},{y:.2}h{width:.2}v{height:.2}h-{width:.2}z")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use bench::synthetic::{self, Cost, refused, row};

    /// A row of runs whose work took so many seconds, and whose one worker ran for all of it.
    fn ran(variant: &str, seconds: &[f64]) -> Row {
        let mut row = row("only", variant, seconds.len(), |_| Cost::default());
        for (index, (outcome, seconds)) in row.outcomes.iter_mut().zip(seconds).enumerate() {
            outcome["elapsed_s"] = json!(seconds);
            outcome["sequence"] = json!(index + 1);
            outcome["series"] = json!({"runs_0": [[0.0, seconds]], "waits_0": [[0.0, seconds]]});
        }
        row
    }

    const TIMELINE: &str = "[[timeline]]
name = \"all\"
title = \"Runs & waits <script>\"
case = \"only\"
variants = [\"good\", \"better\"]
kinds = [{ series = \"runs\", means = \"runs\" }, { series = \"waits\", means = \"waits <b>\" }]
";

    /// Without the line breaks that stand around text.
    fn drawn(rows: Vec<Row>) -> Option<String> {
        let experiment = synthetic::experiment(TIMELINE);
        let svg = draw(&experiment.timelines[0], &experiment, &synthetic::data("demo", rows))?;
        Some(svg.replace('\n', ""))
    }

    #[test]
    fn of_each_variant_the_run_of_middle_length_is_drawn() {
        let svg = drawn(vec![ran("good", &[0.3, 0.1, 0.2]), ran("better", &[0.1, 0.4])]).unwrap();
        assert!(svg.contains(">serial, run 3, 200 ms<"), "{svg}");
        assert!(svg.contains(">serial, run 1, 100 ms<"), "{svg}");
        assert!(!svg.contains("run 2"), "{svg}");
    }

    #[test]
    fn bars_are_where_the_series_has_them_on_one_scale() {
        let svg = drawn(vec![ran("good", &[0.2]), ran("better", &[0.1])]).unwrap();
        let ran = svg.split("class=\"first\" d=\"M").skip(2).map(|path| &path[..path.find('v').unwrap()]);
        let whole = RIGHT - LEFT;
        let expected = [(TOP + HEADING, whole), (TOP + 2.0 * HEADING + LANE + GAP, whole / 2.0)];
        let expected = expected.map(|(y, width)| format!("{LEFT:.2},{y:.2}h{:.2}", width - 1.0));
        assert_eq!(ran.collect::<Vec<_>>(), expected);
        assert!(svg.contains(">200</text>") && svg.contains(">milliseconds from the start"), "{svg}");
    }

    #[test]
    fn names_and_titles_are_text_whatever_they_hold() {
        let svg = drawn(vec![ran("good", &[0.2])]).unwrap();
        assert!(svg.contains("Runs &amp; waits &lt;script&gt;") && svg.contains("waits &lt;b&gt;"), "{svg}");
        assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn what_has_no_run_is_left_out_and_nothing_is_no_picture() {
        let svg = drawn(vec![ran("good", &[0.2]), refused("only", "better")]).unwrap();
        assert!(svg.contains(">good<") && !svg.contains(">better<"), "{svg}");
        assert!(svg.contains(">The case only. Not shown: better.<"), "{svg}");
        assert_eq!(drawn(vec![refused("only", "good")]), None);
        assert_eq!(drawn(vec![row("only", "good", 5, |_| Cost::default())]), None);
    }
}
