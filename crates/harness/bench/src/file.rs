//! A file of ours: readable JSON, written whole or not at all.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::process::{self, litter};

/// JSON that is kind to a reader and a diff: a line a field, a line a run, and a newline at the end.
///
/// # Errors
/// If `value` cannot be JSON: a map whose keys are not text, for example.
pub fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Writes a file whole or not at all, and not when it holds the same already.
///
/// # Errors
/// If `file` is a folder or cannot be written, or if an interrupt came while it was written.
pub fn write(file: &Path, text: &str) -> Result<()> {
    ensure!(
        !file.is_dir(),
        "{} is a folder: a file of that name belongs there, move it away",
        file.display()
    );
    // A pipe would not be read to its end.
    if file.is_file() && fs::read(file).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    let folder = file.parent().context("a file has a folder")?;
    let write = || fs::create_dir_all(folder).and_then(|()| litter::replace(file, text.as_bytes()));
    process::carefully(|| write().with_context(|| format!("cannot write {}", file.display())))
}
