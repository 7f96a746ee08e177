//! What is written into the package: all of it, or nothing.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::check::prefer_old;
use super::dependencies::{How, Step};
use super::package::Package;
use super::there;
use bench::experiment::Dependency;

/// The package as it was before; dropping it puts all back, whatever went wrong, unless it was told to [`Self::keep`] the change.
pub(super) struct Change {
    before: Vec<(PathBuf, Option<Vec<u8>>)>,
    written: Vec<(PathBuf, String)>,
    made: Vec<PathBuf>,
}

impl Change {
    pub(super) fn begin(package: &Package) -> Result<Self> {
        let held = [&package.manifest, &package.lock].map(|file| Ok((file.clone(), read_if_there(file)?)));
        let before = held.into_iter().collect::<Result<_>>()?;
        Ok(Self { before, written: Vec::new(), made: Vec::new() })
    }

    /// Writes a file where there is none, not even one that came a moment ago.
    pub(super) fn create(&mut self, file: &Path, text: &str) -> Result<()> {
        let cannot = || format!("cannot write {}", file.display());
        if let Some(folder) = file.parent().filter(|folder| !folder.exists()) {
            fs::create_dir(folder).with_context(cannot)?;
            self.made.push(folder.to_owned());
        }
        let mut new = File::create_new(file).with_context(cannot)?;
        self.written.push((file.to_owned(), text.to_owned()));
        new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).with_context(cannot)
    }

    pub(super) fn keep(mut self) {
        self.before.clear();
        self.written.clear();
        self.made.clear();
    }

    /// Puts back each that has changed, whatever becomes of the others.
    pub(super) fn undo(mut self) -> Result<()> {
        self.restore()
    }

    fn restore(&mut self) -> Result<()> {
        let remove = |(file, text): (PathBuf, String)| {
            // What somebody else has put there in the meantime is theirs.
            let ours = fs::read(&file).is_ok_and(|held| text.as_bytes().starts_with(&held));
            let removed = if ours { fs::remove_file(&file) } else { Ok(()) };
            removed.with_context(|| format!("cannot remove {} again", file.display()))
        };
        let removed: Vec<Result<()>> = self.written.drain(..).map(remove).collect();
        for folder in self.made.drain(..) {
            // As is a folder in which they have put something.
            fs::remove_dir(folder).ok();
        }
        let restore = |(file, held): (PathBuf, Option<Vec<u8>>)| {
            if read_if_there(&file)? == held {
                return Ok(());
            }
            let restored =
                held.as_ref().map_or_else(|| fs::remove_file(&file), |held| fs::write(&file, held));
            restored.with_context(|| format!("cannot put {} back as it was", file.display()))
        };
        let restored: Vec<Result<()>> = self.before.drain(..).map(restore).collect();
        restored.into_iter().chain(removed).collect()
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        self.restore().ok();
    }
}

/// Has cargo add the crate of a step, or say whether it could.
pub(super) fn add(package: &Package, step: &Step, dry_run: bool) -> Result<()> {
    let Dependency { name, version, features, default_features } = step.dependency;
    let mut add = there::cargo(&package.real);
    add.args(["add", "--quiet", "--package", &package.name, "--features", &features.join(",")]);
    match step.how {
        How::Keep { defaults: true } => add.args([name, "--default-features"]),
        How::Keep { defaults: false } | How::Inherit => add.arg(name),
        How::Add if *default_features => add.arg(format!("{name}@{version}")),
        How::Add => add.args([&format!("{name}@{version}"), "--no-default-features"]),
    };
    if dry_run {
        add.arg("--dry-run");
    }
    prefer_old(package, &mut add);
    let said = there::run(&mut add, there::ADDS)?;
    let message = there::shown(said.stderr.trim_start_matches("error: "));
    ensure!(
        said.done,
        "cargo cannot add {name} {version} to {}, where all is put back as it was: {message}",
        package.shown()
    );
    Ok(())
}

pub(super) fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => Ok(Some(read.with_context(|| format!("cannot read {}", file.display()))?)),
    }
}
