//! Tables, lists, and text that is not ours.

pub use bench::text::escape::markdown as escape;

/// A table; a column is named, and set to the right if it holds numbers.
pub fn table(columns: &[(&str, bool)], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns.iter().map(|(name, _)| *name).collect());
    text += &line(columns.iter().map(|(_, right)| if *right { "---:" } else { "---" }).collect());
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A list of points.
pub fn list(points: impl IntoIterator<Item = String>) -> String {
    points.into_iter().fold(String::new(), |text, point| text + "- " + &point + "\n")
}
