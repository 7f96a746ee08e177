//! The package that gets a copy, and nothing but all of it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::experiment::{Dependency, Variant};
use crate::process;
use crate::workspace::{Workspace, cargo};

/// The package that gets the file.
pub(super) struct Package {
    /// As it was asked for, to be shown.
    folder: PathBuf,
    pub(super) module: String,
    name: String,
    file: PathBuf,
    manifest: PathBuf,
    lock: PathBuf,
    dependencies: Table,
}

impl Package {
    /// Refuses whatever is in the way, before anything is written.
    pub(super) fn check(workspace: &Workspace, folder: &Path, module: &str) -> Result<Self> {
        let shown = folder.display();
        let real = folder.canonicalize().ok().filter(|real| real.is_dir());
        let real = real.with_context(|| format!("{shown} is no directory: name that of a package"))?;
        let ours = workspace.root.canonicalize()?;
        ensure!(!real.starts_with(ours), "{shown} is in this workspace: name a package outside of it");
        let file = format!("src/{module}.rs");
        for path in ["Cargo.toml", "Cargo.lock", "src", &file] {
            let is_link = real.join(path).is_symlink();
            ensure!(!is_link, "{shown}/{path} is a symlink, and nothing is written through it: remove it");
        }

        let manifest = real.join("Cargo.toml");
        ensure!(manifest.exists(), "{shown} has no Cargo.toml: `cargo init {shown}` makes it a package");
        ensure!(real.join("src").is_dir(), "{shown}/src is no directory: make it, the file belongs there");
        for path in [&file, &format!("src/{module}/mod.rs")] {
            ensure!(!real.join(path).exists(), "{shown}/{path} is there already, and is kept: move it away");
        }

        let lock = Workspace::around(&real)?.root.join("Cargo.lock");
        let is_link = lock.is_symlink();
        ensure!(!is_link, "{} is a symlink, and nothing is written through it: remove it", lock.display());
        let table: Table = toml::from_str(&fs::read_to_string(&manifest)?)?;
        let name = table.get("package").and_then(|package| package.get("name")?.as_str());
        let name =
            name.with_context(|| format!("{shown}/Cargo.toml has no [package]: name one of its members"))?;
        let dependencies = table.get("dependencies").and_then(|table| table.as_table().cloned());
        Ok(Self {
            folder: folder.to_owned(),
            module: module.to_owned(),
            name: name.to_owned(),
            file: real.join(file),
            manifest,
            lock,
            dependencies: dependencies.unwrap_or_default(),
        })
    }

    /// The file that it gets, as a reader knows it.
    pub(super) fn shown_file(&self) -> PathBuf {
        self.folder.join(format!("src/{}.rs", self.module))
    }

    pub(super) fn has(&self, dependency: &str) -> bool {
        self.dependencies.contains_key(dependency)
    }

    /// All of it, or nothing: an error or an interrupt leaves the package as it was.
    pub(super) fn take(&self, variant: &Variant, text: &str, dry_run: bool) -> Result<()> {
        let before = Before::of([&self.manifest, &self.lock])?;
        let added = variant.dependencies.iter().try_for_each(|one| self.add(one, dry_run));
        let done = added.and_then(|()| if dry_run { Ok(()) } else { create(&self.file, text) });
        if done.is_err() {
            before.restore()?;
        }
        done
    }

    fn add(&self, dependency: &Dependency, dry_run: bool) -> Result<()> {
        let Dependency { name, version, features, default_features } = dependency;
        let mut add = process::command(cargo());
        add.args(["add", "--quiet", "--package", &self.name, "--features", &features.join(",")]);
        // What the package has already was chosen by somebody: its version is kept, and none of its features goes.
        match self.dependencies.get(name) {
            Some(kept) if *default_features && has_no_defaults(kept) => {
                add.args([name, "--default-features"])
            }
            Some(_) => add.arg(name),
            None if *default_features => add.arg(format!("{name}@{version}")),
            None => add.args([&format!("{name}@{version}"), "--no-default-features"]),
        };
        if dry_run {
            add.arg("--dry-run");
        }
        let folder = self.manifest.with_file_name("");
        let ended = process::run_shown(add.current_dir(folder))?;
        let shown = self.folder.display();
        ensure!(
            ended.success(),
            "cargo cannot add {name} {version} to {shown}: see its message above; all is put back as it was"
        );
        Ok(())
    }
}

fn has_no_defaults(dependency: &Value) -> bool {
    dependency.get("default-features").and_then(Value::as_bool) == Some(false)
}

/// The files that cargo changes, as they were.
struct Before(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Before {
    fn of(files: [&PathBuf; 2]) -> Result<Self> {
        let held = files.map(|file| Ok((file.clone(), read_if_there(file)?)));
        Ok(Self(held.into_iter().collect::<Result<_>>()?))
    }

    /// Puts back each that has changed, whatever becomes of the other.
    fn restore(&self) -> Result<()> {
        let restore = |(file, held): &(PathBuf, Option<Vec<u8>>)| {
            if read_if_there(file)? == *held {
                return Ok(());
            }
            let restored = held.as_ref().map_or_else(|| fs::remove_file(file), |held| fs::write(file, held));
            restored.with_context(|| format!("cannot put {} back as it was", file.display()))
        };
        let restored: Vec<Result<()>> = self.0.iter().map(restore).collect();
        restored.into_iter().collect()
    }
}

fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => Ok(Some(read.with_context(|| format!("cannot read {}", file.display()))?)),
    }
}

/// Writes a file where there is none, not even one that came a moment ago.
fn create(file: &Path, text: &str) -> Result<()> {
    let cannot = || format!("cannot write {}", file.display());
    let mut new = File::create_new(file).with_context(cannot)?;
    new.write_all(text.as_bytes()).inspect_err(|_| drop(fs::remove_file(file))).with_context(cannot)
}
