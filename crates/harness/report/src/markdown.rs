//! Tables, lists, and text that is not ours.

pub(crate) use bench::text::escape::markdown as escape;

/// A table in Markdown.
///
/// `names` are those of the columns, with ` | ` between them; one that ends with a colon is set to the right, for numbers. A row
/// that has fewer cells than there are columns ends with empty ones.
pub(crate) fn table(names: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let columns: Vec<_> = names.split(" | ").map(|name| (name, name.strip_suffix(':'))).collect();
    let mut text = line(columns.iter().map(|(name, right)| right.unwrap_or(name)).collect());
    text += &line(columns.iter().map(|(_, right)| right.map_or("---", |_| "---:")).collect());
    for mut row in rows {
        row.resize(columns.len(), String::new());
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A list in Markdown, with a line for each of `points`.
pub(crate) fn list(points: impl IntoIterator<Item = String>) -> String {
    points.into_iter().fold(String::new(), |text, point| text + "- " + &point + "\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn a_colon_sets_a_column_to_the_right_and_a_short_row_is_filled() {
        let rows = [["a", "1"].map(str::to_owned).into(), vec!["b".to_owned()]];
        assert_eq!(table(" | n:", rows), "|  | n |\n| --- | ---: |\n| a | 1 |\n| b |  |\n");
    }
}
