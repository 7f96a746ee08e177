//! The numbers on the page are in the data that are committed: all are looked up, by code that shares nothing with
//! what wrote them.
//!
//! A median must be that of its row's own runs, or of a ratio or a slope in each round; the bounds of an interval are two of these. What
//! the ledger and the tree say must stand in claims.json and tree.json.
//!
//! Left out are how many runs lie far off, which `statistics` tests; the article's own words; the guidelines and the summary, which hold
//! verdicts and repeat figures of the experiments; and what is no figure: dates, versions, arguments, the n of a case, ticks.

mod reading;
#[path = "../whole/mod.rs"]
mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use reading::{between, calm, cells, json, median, numbers_in, plain, values};
use serde_json::Value;
use whole::root;

/// A number as it is shown, and what it may be by the data.
struct Number {
    /// Where it stands, for the reader of a failure.
    place: String,
    text: String,
    /// How much one of its unit is.
    unit: f64,
    may_be: Vec<f64>,
}

impl Number {
    /// One of them, as far as its digits tell.
    fn is_found(&self) -> bool {
        let digits = self.text.split_once('.').map_or(0, |(_, digits)| digits.len());
        let half = 0.500_001 * 0.1_f64.powi(i32::try_from(digits).unwrap());
        let shown: f64 = self.text.replace(',', "").parse().unwrap();
        self.may_be.iter().any(|value| (value / self.unit - shown).abs() <= half)
    }
}

#[test]
fn the_numbers_of_the_experiments_are_in_the_data() {
    let (page, folder) = (page(), folder());
    let mut numbers = Vec::new();
    for section in page.split("<section ").filter(|section| section.contains("<p>The experiment <code>")) {
        let name = between(section, "<h2 id=\"", "\"").unwrap();
        numbers.extend(Experiment::read(&folder, name).numbers(section));
    }
    assert!(numbers.len() > 10_000, "only {} were recognised", numbers.len());
    let missing: Vec<_> = numbers.iter().filter(|number| !number.is_found()).collect();
    if let Some(Number { place, text, may_be, .. }) = missing.first() {
        panic!(
            "{place}: {text} is none of {may_be:?}, nor are {} others of {}",
            missing.len() - 1,
            numbers.len()
        );
    }
}

#[test]
fn what_the_ledger_and_the_tree_say_is_in_the_data() {
    let (page, folder) = (page(), folder());
    let claims = json(&folder.join("claims.json"));
    let ledger = between(&page, "<table class=\"ledger\">", "</table>").unwrap();
    let rows: Vec<_> = ledger.split("<tr id=\"").skip(1).collect();
    assert_eq!(rows.len() * 2, claims.as_array().unwrap().len());
    for row in rows {
        let id = row.split('"').next().unwrap();
        for (language, cell) in ["rust", "python"].iter().zip(row.split("<td data-of=").skip(1)) {
            let is_it = |claim: &&Value| claim["id"] == id && claim["language"] == **language;
            let claim = claims.as_array().unwrap().iter().find(is_it).unwrap();
            for said in cell.split("<p>").skip(1).map(|said| plain(said.split("</p>").next().unwrap())) {
                let (keys, said) = match said.strip_prefix("The rule: ") {
                    Some(rule) => (["threshold"; 2], rule),
                    None => (["finding", "evidence"], &*said),
                };
                let told = keys.map(|key| claim[key].as_str().unwrap()).join(" ");
                assert!(
                    told.contains(said.trim_end_matches('.')),
                    "{id} in {language}: {said:?} is not in {told:?}"
                );
            }
        }
    }
    let tree = json(&folder.join("tree.json")).to_string();
    for title in ["From which n on async takes less", "The article's decision tree"] {
        let (_, part) = page.split_once(&format!("<h3>{title}</h3>")).unwrap();
        let cells = cells(between(part, "<tbody>", "</tbody>").unwrap());
        // The paths of the tree are lists there.
        let told = cells.iter().filter(|cell| !cell.contains(" → ") && numbers_in(cell).next().is_some());
        for cell in told {
            assert!(tree.contains(cell), "{title}: {cell} is not in tree.json");
        }
    }
}

fn page() -> String {
    fs::read_to_string(whole::page()).unwrap()
}

/// The data of the reference.
fn folder() -> PathBuf {
    let label = fs::read_to_string(root().join("results/reference")).unwrap();
    root().join("results").join(label.trim()).join("data")
}

/// What was measured of an experiment, and what its experiment.toml says of the figures.
struct Experiment {
    rows: Vec<Value>,
    toml: toml::Table,
}

/// How the runs of a row become what is shown.
enum Shown {
    Median(Vec<f64>),
    One(f64),
}

impl Shown {
    /// The number itself, and what its bounds may be.
    fn may_be(&self) -> (f64, Vec<f64>) {
        match self {
            Self::Median(values) => (median(values), values.clone()),
            Self::One(value) => (*value, Vec::new()),
        }
    }

    /// By the ratio in each round.
    fn ratio(of: &[f64], to: &[f64]) -> Self {
        Self::Median(of.iter().zip(to).map(|(of, to)| of / to).collect())
    }
}

impl Experiment {
    fn read(folder: &Path, name: &str) -> Self {
        let pattern = format!("{}/crates/*/{name}/experiment.toml", root().display());
        let file = glob::glob(&pattern).unwrap().next().unwrap().unwrap();
        let rows = json(&folder.join(format!("{name}.json")))["rows"].as_array().unwrap().clone();
        Self { rows, toml: fs::read_to_string(file).unwrap().parse().unwrap() }
    }

    fn numbers(&self, section: &str) -> Vec<Number> {
        let mut numbers = Vec::new();
        for part in section.split("<h3>").skip(1) {
            let title = part.split('<').next().unwrap();
            let mut chunks = part.split("<table>");
            let mut before = chunks.next().unwrap();
            for chunk in chunks {
                let (table, after) = chunk.split_once("</table>").unwrap();
                let (heads, body) = table.split_once("<tbody>").unwrap();
                for row in body.split("<tr>").skip(1) {
                    numbers.extend(self.row(title, before, &cells(heads), &cells(row)));
                }
                before = after;
            }
        }
        let pictures = section.split("<svg ").skip(1).map(|rest| rest.split("</svg>").next().unwrap());
        numbers.extend(pictures.flat_map(|picture| self.picture(picture)));
        numbers
    }

    /// Of a row in a table that stands under this title, and after this text.
    fn row(&self, title: &str, before: &str, heads: &[String], cells: &[String]) -> Vec<Number> {
        let (variant, interpreter) =
            cells[0].split_once(", ").map_or((&*cells[0], None), |(v, i)| (v, Some(i)));
        let mut numbers = Vec::new();
        let mut add = |head: &str, cell: &str, shown: Option<Shown>| {
            if let Some(shown) = shown {
                numbers.extend(shown_as(&format!("{title}, {}, {head}", cells[0]), cell, &shown));
            }
        };
        let columns = heads.iter().zip(cells).skip(1);
        if heads[1] == "Fitted over n =" {
            for (head, cell) in columns.skip(1) {
                add(head, cell, self.slope(variant, &cells[1], path_of(head)));
            }
        } else if let Some((variant, plain)) = cells[0].split_once(" against ") {
            for (head, cell) in columns {
                let Some((ratio, n)) = cell.rsplit('(').next().unwrap().split_once(" at ") else { continue };
                let n = n.split(')').next().unwrap();
                let [of, to] = [plain, variant].map(|side| self.at(n, side));
                add(head, ratio, of.zip(to).map(|(of, to)| calm_ratio(of, to, path_of(head))));
            }
        } else if title == "Over n" {
            let path = path_of(before.rsplit("<p>").next().unwrap().split(":</p>").next().unwrap());
            for (n, cell) in columns {
                let row = self.at(n, variant).filter(|row| row["status"] == "ok");
                add(n, cell, row.map(|row| Shown::Median(values(row, path))));
            }
        } else if let Some(row) = self.find(title, variant, interpreter).filter(|row| row["status"] == "ok") {
            let mut path = "";
            for (head, cell) in columns {
                let own = before.contains("own figures").then(|| self.declared("figure", head)).flatten();
                if head == "Against its twin" {
                    let (ratio, twin) = cell.rsplit_once(" (").unwrap_or_default();
                    let twin = self.find(title, twin.trim_end_matches(')'), interpreter);
                    let twin = twin.filter(|_| !ratio.starts_with("no ratio"));
                    add(head, ratio, twin.map(|twin| Shown::ratio(&values(row, path), &values(twin, path))));
                    continue;
                }
                path = own.map_or_else(|| path_of(head), |own| own["path"].as_str().unwrap());
                let runs = values(row, path);
                let is = |key: &str| {
                    own.is_some_and(|own| own.get(key).is_some_and(|value| value.as_bool() == Some(true)))
                };
                let shown = if let Some(over) =
                    own.and_then(|own| own.get("over")).and_then(toml::Value::as_str)
                {
                    let over = if interpreter.is_some() { format!("python_{over}") } else { over.to_owned() };
                    self.find(title, &over, interpreter)
                        .map(|other| Shown::ratio(&values(other, path), &runs))
                } else if is("sum") {
                    Some(Shown::One(runs.iter().sum()))
                } else if is("worst") {
                    Some(Shown::One(runs.iter().copied().fold(f64::MIN, f64::max)))
                } else {
                    (!runs.is_empty()).then_some(Shown::Median(runs))
                };
                add(head, cell, shown);
            }
        }
        numbers
    }

    /// The words of a picture that are figures: what follows the name of a variant.
    fn picture(&self, svg: &str) -> Vec<Number> {
        let words: Vec<_> =
            svg.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| plain(text)).collect();
        let words: Vec<_> = words.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let title = words[0];
        let kinds = ["chart", "growth", "curve", "timeline"];
        let (kind, declared) =
            kinds.iter().find_map(|kind| Some((*kind, self.declared(kind, title)?))).expect(title);
        let told = |key: &str| declared.get(key).and_then(toml::Value::as_str).unwrap_or_default();
        let mut case = told("case");
        let mut numbers = Vec::new();
        // A model may be called as a variant, and its legend stands before the axes, which end with what n counts.
        let axes = words.iter().position(|word| kind == "growth" && *word == told("n")).unwrap_or(0);
        for pair in words[axes..].windows(2) {
            let &[variant, label] = pair else { unreachable!("windows of two") };
            if kind == "chart" && self.rows.iter().any(|row| row["case"] == variant) {
                case = variant;
            }
            let row = self.find(case, variant, None);
            let (label, shown) = match kind {
                "chart" => (label, row.map(|row| Shown::Median(values(row, told("path"))))),
                "growth" => {
                    // At the largest n of the picture where it names none.
                    let (label, n) = label.split_once(" at ").unwrap_or((label, ""));
                    let n =
                        if n.is_empty() { self.last_of(declared) } else { n.replace(" million", ",000,000") };
                    (label, self.at(&n, variant).and_then(|row| self.grown(row, told("figure"))))
                }
                "curve" => (label, row.map(|row| Shown::Median(last_counts(row, told("series"))))),
                _ => {
                    let Some((run, time)) =
                        label.split_once(", run ").and_then(|(_, run)| run.split_once(", "))
                    else {
                        continue;
                    };
                    let mut outcomes = row.unwrap()["outcomes"].as_array().unwrap().iter();
                    let outcome = outcomes
                        .find(|outcome| outcome["sequence"].as_u64() == run.replace(',', "").parse().ok());
                    (time, Some(Shown::One(outcome.expect(label)["elapsed_s"].as_f64().unwrap())))
                }
            };
            if let Some(shown) = shown.filter(|_| label.starts_with(|c: char| c.is_ascii_digit())) {
                numbers.extend(shown_as(&format!("{title}, {variant}"), label, &shown));
            }
        }
        numbers
    }

    fn declared(&self, kind: &str, title: &str) -> Option<&toml::Table> {
        let all = self.toml.get(kind)?.as_array()?.iter().filter_map(toml::Value::as_table);
        all.into_iter().find(|one| one["title"].as_str() == Some(title))
    }

    /// A variant's row in a case, by the same interpreter if that ran it too.
    fn find(&self, case: &str, variant: &str, interpreter: Option<&str>) -> Option<&Value> {
        let rows = || self.rows.iter().filter(|row| row["case"] == case && row["variant"] == variant);
        rows().find(|row| row["interpreter"].as_str() == interpreter).or_else(|| rows().next())
    }

    /// What a growth shows of a row.
    fn grown(&self, row: &Value, figure: &str) -> Option<Shown> {
        let path = match figure {
            "time" => "times_s",
            "memory" => "memory.hwm_bytes",
            "address-space" => "memory.peak_virtual_bytes",
            _ => {
                let serial = if row["interpreter"].is_string() { "python_serial" } else { "serial" };
                let serial = self.find(row["case"].as_str()?, serial, row["interpreter"].as_str())?;
                return Some(calm_ratio(serial, row, "elapsed_s"));
            }
        };
        Some(Shown::Median(calm(row, path).into_iter().flatten().collect()))
    }

    /// The largest n at which one of a growth's variants came to its end.
    fn last_of(&self, growth: &toml::Table) -> String {
        let variants: Vec<_> =
            growth["variants"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
        let is_told =
            |row: &&Value| row["status"] == "ok" && variants.contains(&row["variant"].as_str().unwrap());
        let sizes = self.toml["case"].as_array().unwrap().iter().filter_map(|case| {
            let name = case["name"].as_str().unwrap();
            self.rows.iter().filter(is_told).find(|row| row["case"] == name)?;
            case.get("size")?.as_integer()
        });
        sizes.max().expect("it is drawn").to_string()
    }

    /// A variant's row in the case of this size.
    fn at(&self, n: &str, variant: &str) -> Option<&Value> {
        let n = n.replace(',', "").parse().ok()?;
        let mut cases = self.toml["case"].as_array()?.iter();
        let case = cases.find(|case| case.get("size").and_then(toml::Value::as_integer) == Some(n))?;
        self.find(case["name"].as_str()?, variant, None)
    }

    /// The line by least squares through the runs of each round at these n.
    fn slope(&self, variant: &str, sizes: &str, path: &str) -> Option<Shown> {
        let points = sizes.split(" · ").map(|n| {
            let told = calm(self.at(n, variant)?, path);
            Some((n.replace(',', "").parse::<f64>().ok()?, told)).filter(|(_, told)| !told.is_empty())
        });
        let points: Vec<_> = points.collect::<Option<_>>()?;
        let count = points.len() as f64;
        let slope = |round: usize| {
            let sums = points.iter().try_fold([0.0; 4], |sums, (x, told)| {
                let y = told[round]?;
                Some([sums[0] + x, sums[1] + y, sums[2] + x * x, sums[3] + x * y])
            });
            sums.map(|[x, y, xx, xy]| (count * xy - x * y) / (count * xx - x * x))
        };
        let rounds = points.iter().map(|(_, told)| told.len()).min()?;
        Some(Shown::Median((0..rounds).filter_map(slope).collect()))
    }
}

fn calm_ratio(of: &Value, to: &Value, path: &str) -> Shown {
    let rounds = calm(of, path).into_iter().zip(calm(to, path));
    Shown::Median(rounds.filter_map(|(of, to)| Some(of? / to?)).collect())
}

/// The figure that a column, or the paragraph before a table, names.
fn path_of(name: &str) -> &str {
    match name {
        "Done" => "work.done",
        "Served" => "witness.finished",
        "Peak in flight" => "witness.peak_in_flight",
        "Time" | "The whole time" | "Whole time" => "times_s",
        "Peak memory" | "Resident" | "Resident memory" | "Resident memory at its peak" => "memory.hwm_bytes",
        "The work alone" => "elapsed_s",
        "CPU, user" => "cpu.user_s",
        "CPU, system" => "cpu.system_s",
        "CPU" | "CPU, user and system" => "cpu.user_s + cpu.system_s",
        "Switches, voluntary" => "switches.voluntary",
        "Switches, involuntary" => "switches.involuntary",
        "Threads" => "threads_peak",
        "Virtual" => "memory.peak_virtual_bytes",
        "Page tables" => "memory.page_table_bytes",
        "Kernel stacks" => "memory.kernel_stack_bytes",
        "These three" => "memory.hwm_bytes + memory.page_table_bytes + memory.kernel_stack_bytes",
        "Resident, shared pages once" => "metrics.proportional_bytes",
        "Start" => "metrics.start_s",
        other => other,
    }
}

/// What each run had counted in the end.
fn last_counts(row: &Value, series: &str) -> Vec<f64> {
    let outcomes = row["outcomes"].as_array().unwrap().iter();
    outcomes.filter_map(|run| run["series"][series].as_array()?.last()?[1].as_f64()).collect()
}

/// The numbers of a cell: the first is what is shown, the others are its bounds.
fn shown_as(place: &str, cell: &str, shown: &Shown) -> Vec<Number> {
    let units: BTreeMap<_, _> =
        [("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)].into();
    let unit = units.get(cell.rsplit(' ').next().unwrap()).copied().unwrap_or(1.0);
    let (main, bounds) = shown.may_be();
    let numbers = numbers_in(cell).enumerate().map(|(index, text)| {
        let may_be = if index == 0 { vec![main] } else { bounds.clone() };
        Number { place: format!("{place}: {cell}"), text: text.to_owned(), unit, may_be }
    });
    numbers.collect()
}
