//! Tables, lists, and text that is not ours.

use crate::text::clean;

/// Text that is not ours, so that it shows as it is. No line begins with it: it stands in a cell, or after words of ours.
pub(crate) fn escape(text: &str) -> String {
    let text = clean(text);
    let mut escaped = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            c if is_markup(before, c, after) => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// Whether a character between these two may be more than itself.
fn is_markup(before: char, c: char, after: char) -> bool {
    match c {
        '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' | '@' => true,
        // Within a word it is itself.
        '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
        // GitHub makes links of what looks like one: `http://a`, `www.a`, `a@b`.
        ':' => after == '/',
        '.' => before.eq_ignore_ascii_case(&'w'),
        _ => false,
    }
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
    use super::escape;

    #[test]
    fn hostile_text_shows_as_text() {
        for (text, escaped) in [
            ("<script>|`x`", "&lt;script&gt;\\|\\`x\\`"),
            ("two\nlines", "two lines"),
            ("a_b _c_ __d", "a_b \\_c\\_ \\_\\_d"),
            ("http://a www.a.b a@b", "http\\://a www\\.a.b a\\@b"),
            ("~~a~~ $b$", "\\~\\~a\\~\\~ \\$b\\$"),
            ("\u{1b}[31mred", "red"),
        ] {
            assert_eq!(escape(text), escaped, "{text}");
        }
    }
}
