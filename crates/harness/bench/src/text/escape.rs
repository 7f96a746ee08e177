//! Text that is not ours, for the place where it goes.

use crate::text::clean;

/// For Markdown, so that it shows as it is. No line begins with it: it stands in a cell, or after words of ours.
pub fn markdown(text: &str) -> String {
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
            // GitHub makes links of what looks like one: `http://a`, `www.a`, `a@b`.
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' | '@' => escaped.extend(['\\', c]),
            // Within a word it is itself.
            '_' if !(before.is_alphanumeric() && after.is_alphanumeric()) => escaped.extend(['\\', c]),
            ':' if after == '/' => escaped.extend(['\\', c]),
            '.' if before.eq_ignore_ascii_case(&'w') => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// For HTML, so that it shows as it is, also within an attribute.
pub fn html(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::markdown;

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
            assert_eq!(markdown(text), escaped, "{text}");
        }
    }
}
