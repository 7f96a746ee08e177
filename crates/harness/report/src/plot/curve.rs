//! How something grows over time: a line for each variant, and around it a band that holds all of its runs.

mod scale;
mod steps;

use svg::Document;
use svg::node::element::Path;

use super::labels::{apart, label, leader, stroke};
use super::model::legend;
use super::{DASHES, EDGE, WIDTH, left_out, moments, place, rule, sheet, source, text, text_to};
use bench::data::Data;
use bench::experiment::{Curve, Experiment, Role, Variant};
use bench::units::whole;
use judge::statistics::median;
use scale::Scale;
use steps::{Counted, Run, counted, runs, shares};

/// Where the time begins, to the right of the counts, and where it ends, to the left of the labels.
const LEFT: f64 = EDGE + 44.0;
const RIGHT: f64 = WIDTH - EDGE - 268.0;
/// Down to the end of the legend and of what is counted, and on to where the count is nothing.
const TOP: f64 = EDGE + 76.0;
const FOOT: f64 = TOP + 300.0;
/// From there to the end of the sheet: the axis and four lines of text.
const BOTTOM: f64 = 100.0 + EDGE;
/// From one label to the next.
const LABEL: f64 = 18.0;

/// A variant and its runs.
struct Grown<'a> {
    variant: &'a Variant,
    dashes: &'static str,
    runs: Vec<Run>,
}

impl Grown<'_> {
    fn last(&self) -> f64 {
        median(&self.runs.iter().map(Run::last).collect::<Vec<_>>())
    }

    fn is_wrong(&self) -> bool {
        self.variant.role == Role::Wrong
    }
}

/// None if no run has counted anything.
pub(super) fn draw(curve: &Curve, experiment: &Experiment, data: &Data) -> Option<String> {
    let lines = grown(curve, experiment, data);
    let end = lines.iter().flat_map(|line| &line.runs).map(Run::end).fold(0.0, f64::max);
    if end <= 0.0 {
        return None;
    }
    let most = lines.iter().flat_map(|line| &line.runs).map(Run::most).fold(0.0, f64::max);
    let scale = Scale::over(most, &lines.iter().map(Grown::last).collect::<Vec<_>>())?;
    let counted: Vec<_> = lines.iter().map(|line| (line, counted(&line.runs, end))).collect();
    let mut document = sheet(&curve.title, FOOT + BOTTOM);
    document = legend(document, |model| lines.iter().any(|line| line.variant.model == model));
    document = axes(document, end, &scale, &curve.counts);
    for (line, counted) in &counted {
        document = band(line, counted, &scale).into_iter().fold(document, Document::add);
    }
    for (line, counted) in &counted {
        document = document.add(stroke(
            line.variant,
            line.dashes,
            &rising(&corners(counted, |one| one.median, &scale)),
        ));
    }
    document = labels(document, &lines, &scale);
    document = document.add(text(EDGE, FOOT + 60.0, "soft", &in_words(&lines, &scale)));
    let is_drawn = |name: &&str| lines.iter().any(|line| line.variant.name == *name);
    let left_out = left_out(curve.variants.iter().map(String::as_str).filter(|name| !is_drawn(name)));
    let shown = format!("The case {}.{left_out}", curve.case);
    Some(source(document, FOOT + 76.0, &shown, data).to_string() + "\n")
}

/// The variants that have counted something.
fn grown<'a>(curve: &Curve, experiment: &'a Experiment, data: &Data) -> Vec<Grown<'a>> {
    let (mut heavy, mut light) = (DASHES.into_iter(), DASHES.into_iter());
    let lines = curve.variants.iter().filter_map(|name| {
        let variant = experiment.variant(name)?;
        let dashes = if variant.role == Role::Wrong { heavy.next() } else { light.next() }?;
        let runs = runs(data.row(&curve.case, name)?, &curve.series);
        Some(Grown { variant, dashes, runs })
    });
    lines.filter(|line| line.last() >= 1.0).collect()
}

fn in_words(lines: &[Grown], scale: &Scale) -> String {
    let several = lines.iter().any(|line| line.runs.len() > 1);
    let runs =
        if several { "Medians of the runs, in bands from the least to the most" } else { "One run of each" };
    let powers = if matches!(scale, Scale::Powers(_)) { ", on a scale of powers of ten" } else { "" };
    let heavy = if lines.iter().any(Grown::is_wrong) { " Heavy lines: wrong variants." } else { "" };
    format!("{runs}{powers}.{heavy}")
}

/// Where a moment is that is such a share of the time.
fn x(share: f64) -> f64 {
    place(LEFT + (RIGHT - LEFT) * share)
}

fn axes(document: Document, end: f64, scale: &Scale, counts: &str) -> Document {
    let mut document = document.add(text(EDGE, TOP - 16.0, "soft", counts));
    for tick in scale.ticks() {
        let y = scale.y(tick);
        document = document.add(rule((LEFT, y), (RIGHT, y)));
        document = document.add(text_to(LEFT - 8.0, y + 4.0, "soft", &whole(tick)));
    }
    let (unit, moments) = moments(end);
    for (number, seconds) in moments {
        let x = x(seconds / end);
        document = document.add(rule((x, FOOT), (x, FOOT + 5.0)));
        document = document.add(text(x, FOOT + 20.0, "soft", &number).set("text-anchor", "middle"));
    }
    document.add(text_to(RIGHT, FOOT + 38.0, "soft", &format!("{unit} from the start of the work")))
}

/// Where a count changes, and where it is from there to the next.
fn corners(counted: &[Counted], count: fn(&Counted) -> f64, scale: &Scale) -> Vec<(f64, f64)> {
    let counts = shares().zip(counted.iter().map(count)).skip_while(|(_, count)| *count < scale.least());
    let mut corners: Vec<_> =
        counts.map(|(share, count)| (x(share), scale.y(count.max(scale.least())))).collect();
    corners.dedup_by(|(_, later), (_, before)| later.total_cmp(before).is_eq());
    corners
}

/// From the foot of the first corner to the end of the time.
fn rising(corners: &[(f64, f64)]) -> String {
    let start = corners.first().map_or(LEFT, |(x, _)| *x);
    let steps: Vec<_> = corners.iter().map(|(x, y)| format!("H{x}V{y}")).collect();
    format!("M{start},{FOOT}{}H{RIGHT}", steps.concat())
}

/// There by the most of all runs and back by the least; none where they are the same.
fn band(line: &Grown, counted: &[Counted], scale: &Scale) -> Option<Path> {
    let most = corners(counted, |one| one.most, scale);
    let least = corners(counted, |one| one.least, scale);
    let back: Vec<_> = least.iter().rev().map(|(x, y)| format!("V{y}H{x}")).collect();
    let path = Path::new().set("class", format!("band {}", line.variant.model.name()));
    (most != least).then(|| path.set("d", format!("{}{}V{FOOT}z", rising(&most), back.concat())))
}

/// Each with the stroke and the mark of its line, and led to the end of the line where it stands elsewhere.
fn labels(mut document: Document, lines: &[Grown], scale: &Scale) -> Document {
    let ends: Vec<_> = lines.iter().map(|line| scale.y(line.last())).collect();
    let places = apart(&ends, LABEL, (TOP, FOOT));
    for ((line, end), y) in lines.iter().zip(ends).zip(places.into_iter().map(place)) {
        if (y - end).abs() > 0.5 {
            document = document.add(leader((RIGHT + 4.0, end), (RIGHT, y)));
        }
        document = label(document, line.variant, line.dashes, (RIGHT, y), whole(line.last()));
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use bench::data::Row;
    use bench::synthetic::{self, Cost, refused, row};

    const CURVE: &str = "[[curve]]
name = \"admissions\"
title = \"Admitted & <script>\"
case = \"only\"
series = \"admitted\"
counts = \"let <b> in\"
";

    /// A row whose runs admitted so many until then.
    fn admitted(variant: &str, runs: &[&[[f64; 2]]]) -> Row {
        let mut row = row("only", variant, runs.len(), |_| Cost::default());
        for (outcome, points) in row.outcomes.iter_mut().zip(runs) {
            outcome["series"] = json!({"admitted": points});
        }
        row
    }

    fn drawn_as(role: Role, rows: Vec<Row>) -> Option<String> {
        let mut experiment = synthetic::experiment(CURVE);
        experiment.variants[0].role = role;
        let svg = draw(&experiment.curves[0], &experiment, &synthetic::data("demo", rows))?;
        Some(svg.replace('\n', ""))
    }

    /// Without the line breaks that stand around text.
    fn drawn(rows: Vec<Row>) -> Option<String> {
        drawn_as(Role::Right, rows)
    }

    /// Where a share of the time is, and one of the largest count.
    fn at(time: f64, count: f64) -> (f64, f64) {
        (place(LEFT + time * (RIGHT - LEFT)), place(FOOT - count * (FOOT - TOP)))
    }

    #[track_caller]
    fn holds(svg: &str, parts: &[&str]) {
        for part in parts {
            assert!(svg.contains(part), "no {part:?} in {svg}");
        }
    }

    #[test]
    fn a_line_keeps_its_count_until_the_next_point() {
        let svg = drawn(vec![admitted("good", &[&[[0.5, 1.0], [1.0, 2.0], [2.0, 4.0]]])]).unwrap();
        let ((first, one), (second, two)) = (at(0.25, 0.25), at(0.5, 0.5));
        let line = format!("M{LEFT},{FOOT}H{LEFT}V{FOOT}H{first}V{one}H{second}V{two}H{RIGHT}V{TOP}H{RIGHT}");
        holds(&svg, &[&format!(" d=\"{line}\""), ">good<", ">4</tspan>", ">One run of each.<"]);
        holds(&svg, &[">1.5</text>", ">seconds from the start of the work<", ">let &lt;b&gt; in<"]);
        assert!(!svg.contains("class=\"band"), "a band of one run: {svg}");
        let counts = svg.matches(&format!("text-anchor=\"end\" x=\"{}\"", LEFT - 8.0)).count();
        assert_eq!(counts, 5, "from nothing to 4, and no halves: {svg}");
    }

    #[test]
    fn the_median_of_the_runs_is_in_a_band_from_the_least_to_the_most() {
        let runs: [&[[f64; 2]]; 3] = [&[[0.0, 1.0], [2.0, 8.0]], &[[0.0, 2.0], [2.0, 6.0]], &[[0.0, 4.0]]];
        let svg = drawn(vec![admitted("good", &runs)]).unwrap();
        let [one, two, four, six] = [1.0, 2.0, 4.0, 6.0].map(|count| at(0.0, count / 8.0).1);
        let line = format!("M{LEFT},{FOOT}H{LEFT}V{two}H{RIGHT}V{six}H{RIGHT}");
        let there = format!("M{LEFT},{FOOT}H{LEFT}V{four}H{RIGHT}V{TOP}H{RIGHT}");
        let back = format!("V{four}H{RIGHT}V{one}H{LEFT}V{FOOT}z");
        holds(&svg, &[&format!(" d=\"{line}\""), &format!("class=\"band serial\" d=\"{there}{back}\"")]);
        holds(&svg, &[">6</tspan>", ">Medians of the runs, in bands from the least to the most.<"]);
    }

    #[test]
    fn counts_more_than_twenty_times_apart_stand_on_powers_of_ten() {
        let counts = |most: f64| {
            vec![admitted("good", &[&[[1.0, 50.0], [2.0, most]]]), admitted("better", &[&[[0.5, 50.0]]])]
        };
        let even = drawn(counts(1_000.0)).unwrap();
        assert!(!even.contains("powers of ten"), "{even}");
        holds(&even, &[">0</text>", ">200</text>", ">1,000</text>"]);
        let powers = drawn(counts(10_000.0)).unwrap();
        holds(&powers, &["on a scale of powers of ten.", ">1</text>", ">10</text>", ">10,000</text>"]);
        assert!(!powers.contains(">200</text>"), "{powers}");
        // What is nothing has no place on it, so the line begins at its first point.
        let ((middle, fifty), foot) = (at(0.5, 50_f64.log10() / 4.0), FOOT);
        holds(&powers, &[&format!("M{middle},{foot}H{middle}V{fifty}H{RIGHT}V{TOP}H{RIGHT}")]);
    }

    #[test]
    fn labels_that_were_moved_are_led_to_their_lines() {
        let ends = |one: f64, other: f64| {
            let svg = drawn(vec![admitted("good", &[&[[1.0, one]]]), admitted("better", &[&[[1.0, other]]])]);
            svg.unwrap()
        };
        let svg = ends(10.0, 5.0);
        assert!(!svg.contains("class=\"leader\""), "{svg}");
        let (_, half) = at(1.0, 0.5);
        holds(&svg, &[&format!("y=\"{}\">good<", TOP + 4.0), &format!("y=\"{}\">better<", half + 4.0)]);
        let svg = ends(10.0, 10.0);
        let leader = format!("y1=\"{TOP}\" y2=\"{}\"", TOP + LABEL);
        assert_eq!(svg.matches("class=\"leader\"").count(), 1, "{svg}");
        holds(&svg, &[&leader, &format!("y=\"{}\">better<", TOP + 4.0 + LABEL)]);
    }

    #[test]
    fn lines_differ_in_their_dashes_and_wrong_ones_are_heavier() {
        let rows = || ["good", "better", "silent"].map(|name| admitted(name, &[&[[1.0, 9.0]]])).into();
        let lines = |svg: &str| {
            let dashes = svg.split("stroke-dasharray=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let dashes: Vec<_> = dashes.map(str::to_owned).collect();
            (dashes, svg.matches("class=\"line serial heavy\"").count())
        };
        // Each is drawn once as a line, and once beside its label.
        let all = [&DASHES[..3], &DASHES[..3]].concat();
        assert_eq!(lines(&drawn(rows()).unwrap()), (all.iter().map(|&one| one.to_owned()).collect(), 0));
        let wrong = drawn_as(Role::Wrong, rows()).unwrap();
        let all = [DASHES[0], DASHES[0], DASHES[1]].repeat(2);
        assert_eq!(lines(&wrong), (all.iter().map(|&one| one.to_owned()).collect(), 2));
        holds(&wrong, &["class=\"name\"", "Heavy lines: wrong variants."]);
    }

    #[test]
    fn no_two_dashes_are_the_same() {
        for (at, dashes) in DASHES.iter().enumerate() {
            assert!(!DASHES[..at].contains(dashes), "{dashes}");
        }
    }

    #[test]
    fn what_it_is_told_is_text_whatever_it_holds() {
        let svg = drawn(vec![admitted("good", &[&[[1.0, 9.0]]])]).unwrap();
        holds(&svg, &["Admitted &amp; &lt;script&gt;", "let &lt;b&gt; in"]);
        assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn what_has_counted_nothing_is_left_out_and_nothing_is_no_picture() {
        let one = || admitted("good", &[&[[1.0, 9.0]]]);
        let nobody = || admitted("better", &[&[], &[]]);
        let svg = drawn(vec![one(), nobody(), refused("only", "silent")]).unwrap();
        holds(&svg, &[">good<", ">The case only. Not shown: better, silent.<"]);
        assert!(!svg.contains(">better<") && !svg.contains(">silent<"), "{svg}");
        assert_eq!(drawn(vec![nobody(), refused("only", "silent")]), None);
        assert_eq!(drawn(vec![row("only", "good", 5, |_| Cost::default())]), None);
        assert_eq!(drawn(vec![admitted("good", &[&[[0.0, 9.0]]])]), None, "without any time");
        assert_eq!(drawn(Vec::new()), None);
    }
}
