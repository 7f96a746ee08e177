//! Generated parts inside written pages, between two markers.

use anyhow::{Context, Result};

/// `text` with what stands between the markers of `name` replaced by `part`.
pub(crate) fn splice(text: &str, name: &str, part: &str) -> Result<String> {
    let begin = format!("<!-- begin {name}: written by `cargo xtask report` -->\n");
    let end = format!("<!-- end {name} -->");
    let missing =
        || format!("the markers `{}` and `{end}` are missing, or in the wrong order", begin.trim_end());
    let (before, rest) = text.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", part.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "a\n<!-- begin x: written by `cargo xtask report` -->\nold\n<!-- end x -->\nb\n";

    #[test]
    fn only_what_is_between_the_markers_changes_and_twice_is_once() {
        let once = splice(PAGE, "x", "new").unwrap();
        assert_eq!(once, PAGE.replace("old", "\nnew\n"));
        assert_eq!(splice(&once, "x", "new").unwrap(), once);
    }

    #[test]
    fn a_page_without_the_markers_is_an_error_that_names_them() {
        assert!(splice(PAGE, "y", "new").unwrap_err().to_string().contains("<!-- begin y:"));
    }
}
