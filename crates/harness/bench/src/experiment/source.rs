//! The text of a TOML, and what may stand in it: what may not is refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow};
use semver::Version;
use toml::Spanned;

use super::expectation::Expectation;
use crate::text::is_name;

/// Those of Rust, in their order.
const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

/// A version as `rust-version` takes it, and rustc says it: 1.79, 1.79.0, 1.79.0-nightly.
pub fn rust_version(text: &str) -> Option<Version> {
    let (numbers, _) = text.split_once('-').unwrap_or((text, ""));
    let zeros = 2_usize.checked_sub(numbers.matches('.').count())?;
    Version::parse(&(numbers.to_owned() + &".0".repeat(zeros))).ok()
}

/// The text, to name the line of what is wrong in it.
pub struct Source<'a> {
    /// All of the file.
    pub text: &'a str,
    /// The file's path, as messages show it.
    pub shown: PathBuf,
}

impl Source<'_> {
    /// An error that names the file and the line in which `span` begins.
    ///
    /// # Panics
    /// If `span` does not begin at a character of the text.
    pub fn error(&self, span: Range<usize>, message: impl fmt::Display) -> Error {
        let line = 1 + self.text[..span.start].matches('\n').count();
        anyhow!("{}:{line}: {message}", self.shown.display())
    }

    pub(super) fn name(&self, name: &Spanned<String>, seen: &mut BTreeSet<String>) -> Result<String> {
        let text = name.get_ref().clone();
        if !is_name(&text) {
            return Err(self.error(name.span(), format!("`{text}` is no name: use a-z, 0-9, _ and -")));
        }
        if !seen.insert(text.clone()) {
            return Err(self.error(name.span(), format!("`{text}` is there twice")));
        }
        Ok(text)
    }

    pub(super) fn size(&self, size: &Spanned<i64>, seen: &mut BTreeSet<u64>) -> Result<u64> {
        let Some(number) = u64::try_from(*size.get_ref()).ok().filter(|&number| number > 0) else {
            return Err(self.error(size.span(), "size is a positive whole number"));
        };
        if !seen.insert(number) {
            return Err(self.error(size.span(), format!("the size {number} is there twice")));
        }
        Ok(number)
    }

    pub(super) fn expect(&self, table: BTreeMap<Spanned<String>, String>) -> Result<Vec<Expectation>> {
        let parse = |(path, text): (Spanned<String>, String)| {
            Expectation::parse(path.get_ref(), &text).map_err(|message| self.error(path.span(), message))
        };
        table.into_iter().map(parse).collect()
    }

    /// The files in the folder that `copy` brings along with a variant: that of the module's usual name.
    pub(super) fn parts(
        &self,
        names: Vec<Spanned<String>>,
        root: &Path,
        folder: &Path,
    ) -> Result<Vec<PathBuf>> {
        let module = folder.file_name().unwrap_or_default().to_string_lossy().replace('-', "_");
        let mut seen = BTreeSet::new();
        let file = |name: Spanned<String>| {
            let file = folder.join(format!("src/{module}/{}.rs", self.name(&name, &mut seen)?));
            if !root.join(&file).is_file() {
                let message = format!("`{}` has no file {}", name.get_ref(), file.display());
                return Err(self.error(name.span(), message));
            }
            Ok(file)
        };
        names.into_iter().map(file).collect()
    }

    pub(super) fn note(&self, text: Spanned<String>) -> Result<String> {
        if text.get_ref().lines().count() != 1 {
            return Err(self.error(text.span(), "write one line of text"));
        }
        Ok(text.into_inner())
    }

    pub(super) fn edition(&self, text: Spanned<String>) -> Result<String> {
        if !EDITIONS.contains(&&**text.get_ref()) {
            let message = format!("`{}` is no edition; there are {}", text.get_ref(), EDITIONS.join(", "));
            return Err(self.error(text.span(), message));
        }
        Ok(text.into_inner())
    }

    pub(super) fn rust_version(&self, text: &Spanned<String>) -> Result<Version> {
        let message = format!("`{}` is no version of Rust; write 1.79, say", text.get_ref());
        rust_version(text.get_ref()).ok_or_else(|| self.error(text.span(), message))
    }
}

/// Checks the number of a claim: a capital letter and digits, `R1`.
///
/// # Errors
/// If it is something else, with file and line.
pub fn check_claim(source: &Source, claim: Spanned<String>) -> Result<String> {
    let text = claim.get_ref();
    let digits = text.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or_default();
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(
            source.error(claim.span(), format!("`{text}` is no claim: write a letter and a number, R1 say"))
        );
    }
    Ok(claim.into_inner())
}
