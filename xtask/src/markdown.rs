//! Tables, lists, and text that is not ours.

/// Text that is not ours, so that it shows as it is.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '[' | ']' | '|' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// A table; a column is named, and set to the right if it holds numbers.
pub(crate) fn table(columns: &[(&str, bool)], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns.iter().map(|(name, _)| *name).collect());
    text += &line(columns.iter().map(|(_, right)| if *right { "---:" } else { "---" }).collect());
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A list of points.
pub(crate) fn list(points: impl IntoIterator<Item = String>) -> String {
    points.into_iter().fold(String::new(), |text, point| text + "- " + &point + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_shows_as_text() {
        assert_eq!(escape("<script>|`x`"), "&lt;script&gt;\\|\\`x\\`");
        assert_eq!(escape("two\nlines"), "two lines");
    }
}
