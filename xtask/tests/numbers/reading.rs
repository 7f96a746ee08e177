//! Numbers, cells and plain text out of a page, and a JSON file.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// What reads as a number; a version with two points does not.
pub(crate) fn numbers_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "_,.-".contains(c)));
    words
        .map(|word| word.trim_matches([',', '.']))
        .filter(|word| word.replace(',', "").parse::<f64>().is_ok())
}

pub(crate) fn cells(row: &str) -> Vec<String> {
    let cells =
        row.split("<t").skip(1).filter(|cell| cell.starts_with(['h', 'd']) && !cell.starts_with("head"));
    cells.map(|cell| plain(cell.split_once('>').unwrap().1).trim().to_owned()).collect()
}

/// The text of some HTML.
pub(crate) fn plain(html: &str) -> String {
    let (first, rest) = html.split_once('<').unwrap_or((html, ""));
    let others = rest.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
    let text: String = [first].into_iter().chain(others).collect();
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split_once(to).map(|(between, _)| between)
}

pub(crate) fn json(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = |from: usize| sorted.get(from / 2).copied().unwrap_or(f64::NAN);
    f64::midpoint(middle(sorted.len().saturating_sub(1)), middle(sorted.len()))
}

/// A figure, or a sum of some, of each run that tells it.
pub(crate) fn values(row: &Value, path: &str) -> Vec<f64> {
    let outcomes = row["outcomes"].as_array().unwrap().iter();
    let figure =
        |outcome: &Value, path: &str| outcome.pointer(&format!("/{}", path.replace('.', "/")))?.as_f64();
    match path {
        "times_s" => row["times_s"].as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect(),
        "Lost" => outcomes
            .filter_map(|run| Some((figure(run, "work.expected")? - figure(run, "work.done")?).max(0.0)))
            .collect(),
        "Runs" => vec![row["times_s"].as_array().unwrap().len() as f64],
        _ => outcomes.filter_map(|run| path.split(" + ").map(|path| figure(run, path)).sum()).collect(),
    }
}

/// A figure of each run that no other program disturbed.
pub(crate) fn calm(row: &Value, path: &str) -> Vec<Option<f64>> {
    let (told, times) = (values(row, path), values(row, "times_s"));
    let others = values(row, "others_s");
    let is_calm = |run: usize| others.len() != times.len() || others[run] <= 0.25 * times[run] + 0.03;
    told.iter().enumerate().map(|(run, value)| is_calm(run).then_some(*value)).collect()
}
