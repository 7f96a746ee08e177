//! The package that gets a copy, as cargo knows it: what the file needs of it, and what is in the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::Table;

use super::change::read_if_there;
use super::dependencies::Has;
use super::{Part, there};
use bench::experiment::{Variant, rust_version};
use bench::workspace::Workspace;

/// The package that gets the file.
pub(super) struct Package {
    /// As it was asked for, to be shown.
    folder: PathBuf,
    /// The same without links, where commands run.
    pub(super) real: PathBuf,
    pub(super) module: String,
    pub(super) name: String,
    /// The crate root in which the module has to be declared.
    pub(super) root: PathBuf,
    /// Whether that is the root of a library.
    pub(super) is_library: bool,
    /// Another root in the same folder: `main.rs` beside `lib.rs`.
    other_root: Option<PathBuf>,
    pub(super) file: PathBuf,
    pub(super) manifest: PathBuf,
    pub(super) lock: PathBuf,
    pub(super) edition: String,
    pub(super) rust: Option<String>,
    pub(super) has: Vec<Has>,
    pub(super) features: BTreeMap<String, Vec<String>>,
    /// Its Cargo.toml, and that of the workspace around it, which may be the same.
    pub(super) table: Table,
    pub(super) around: Table,
    pub(super) workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    name: String,
    manifest_path: PathBuf,
    edition: String,
    rust_version: Option<String>,
    targets: Vec<Target>,
    dependencies: Vec<Has>,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
    edition: Option<String>,
}

impl Target {
    fn is_library(&self) -> bool {
        let kinds = ["lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"];
        self.kind.iter().any(|kind| kinds.contains(&&**kind))
    }

    fn folder(&self) -> &Path {
        self.src_path.parent().unwrap_or(&self.src_path)
    }
}

impl Package {
    /// Refuses whatever is in the way, before anything is written.
    pub(super) fn check(workspace: &Workspace, folder: &Path, module: &str) -> Result<Self> {
        let shown = folder.display();
        let real = folder.canonicalize().ok().filter(|real| real.is_dir());
        let real = real.with_context(|| format!("{shown} is no directory: name that of a package"))?;
        let ours = workspace.root.canonicalize()?;
        ensure!(!real.starts_with(ours), "{shown} is in this workspace: name a package outside of it");
        let manifest = real.join("Cargo.toml");
        for path in [&manifest, &real.join("Cargo.lock")] {
            refuse_link(path, &folder.join(path.file_name().unwrap_or_default()))?;
        }
        // Cargo would wait for a pipe.
        ensure!(manifest.is_file(), "{shown} has no Cargo.toml: `cargo init {shown}` makes it a package");

        let Metadata { workspace_root, packages } = there::parse(&there::metadata(&real)?)?;
        let is_it = |one: &Known| one.manifest_path.canonicalize().is_ok_and(|path| path == manifest);
        let known = packages.into_iter().find(is_it);
        let known =
            known.with_context(|| format!("{shown}/Cargo.toml has no [package]: name one of its members"))?;
        let lock = workspace_root.join("Cargo.lock");
        refuse_link(&lock, &lock)?;

        let (root, other) = root(&known, &real).with_context(|| {
            format!(
                "{shown} has no src/lib.rs and no src/main.rs, or more than one program in different folders: \
                 make a src/lib.rs, the module is declared there"
            )
        })?;
        let relative = root.src_path.strip_prefix(&real).ok();
        let relative = relative.filter(|path| path.components().all(|part| part.as_os_str() != ".."));
        let relative = relative.with_context(|| {
            let path = root.src_path.display();
            format!(
                "the crate root {path} is outside of {shown}, where nothing is written: copy the file by hand"
            )
        })?;
        let beside = relative.parent().unwrap_or(Path::new("")).to_owned();
        let mut inner = PathBuf::new();
        for part in beside.iter().chain([format!("{module}.rs").as_ref()]) {
            inner.push(part);
            refuse_link(&real.join(&inner), &folder.join(&inner))?;
        }
        ensure!(real.join(&beside).is_dir(), "{}/{} is no directory", shown, beside.display());
        for path in [inner.clone(), beside.join(module).join("mod.rs")] {
            let path_shown = path.display();
            let there = real.join(&path).symlink_metadata().is_ok();
            ensure!(
                !there,
                "{shown}/{path_shown} is there already, and is kept: move it away, or choose another name with --as"
            );
        }
        // Cargo takes a file of this name for a program of its own.
        ensure!(
            inner != Path::new("build.rs"),
            "{shown}/build.rs would be taken for a build script: choose another name with --as"
        );

        let table_of = |path: &Path| -> Result<Table> {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(toml::from_str(&text)?)
        };
        let table = table_of(&manifest)?;
        let around_file = workspace_root.join("Cargo.toml");
        let around = if around_file == manifest { table.clone() } else { table_of(&around_file)? };
        let package = Self {
            folder: folder.to_owned(),
            module: module.to_owned(),
            file: real.join(&inner),
            is_library: root.is_library(),
            root: root.src_path.clone(),
            other_root: other.map(|target| target.src_path.clone()),
            edition: root.edition.clone().unwrap_or_else(|| known.edition.clone()),
            rust: known.rust_version,
            name: known.name,
            has: known.dependencies,
            features: known.features,
            real,
            manifest,
            lock,
            table,
            around,
            workspace_root,
        };
        package.check_name(known.targets.iter().filter(|target| target.is_library()))?;
        Ok(package)
    }

    /// A module of the name of a crate hides that crate.
    fn check_name<'a>(&self, libraries: impl Iterator<Item = &'a Target>) -> Result<()> {
        let crates = self.has.iter().map(Has::key).chain(["std", "core", "alloc"]);
        let crates = crates.chain(libraries.map(|library| library.name.as_str()));
        let hides = crates.map(|name| name.replace('-', "_")).any(|name| name == self.module);
        let module = &self.module;
        ensure!(
            !hides,
            "a module `{module}` would hide the crate of that name: choose another with --as NAME"
        );
        Ok(())
    }

    /// Where a part goes.
    pub(super) fn file_of(&self, part: &Part) -> PathBuf {
        self.file.with_file_name(&part.path)
    }

    /// Whether a part is there already, as another copy has brought it along; refuses another file in its place.
    pub(super) fn has_part(&self, part: &Part) -> Result<bool> {
        let file = self.file_of(part);
        let folder = file.parent().unwrap_or(&file);
        for path in [folder, &file] {
            refuse_link(path, &self.shown_path(path))?;
        }
        let shown = self.shown_path(folder);
        ensure!(!folder.exists() || folder.is_dir(), "{} is no directory: move it away", shown.display());
        let Some(held) = read_if_there(&file)? else { return Ok(false) };
        ensure!(
            held == part.text.as_bytes(),
            "{} is there already, and is kept, but it is not the one that this copy needs: move it away, and copy \
             again what else uses it",
            self.shown_path(&file).display()
        );
        Ok(true)
    }

    pub(super) fn shown(&self) -> std::path::Display<'_> {
        self.folder.display()
    }

    /// A file in it, as a reader knows it.
    pub(super) fn shown_path(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.real).map_or_else(|_| path.to_owned(), |path| self.folder.join(path))
    }

    /// Where `mod` has to be written.
    pub(super) fn shown_roots(&self) -> String {
        let inside = |path: &Path| path.strip_prefix(&self.real).unwrap_or(path).display().to_string();
        let root = inside(&self.root);
        self.other_root
            .as_deref()
            .map_or_else(|| root.clone(), |other| format!("{root} or {}", inside(other)))
    }

    /// Refuses what the file cannot be compiled with, whatever its crates are.
    pub(super) fn check_compiler(&self, what: &str, variant: &Variant) -> Result<()> {
        let shown = self.shown();
        if let Some(needed) = &variant.edition {
            // Four digits each.
            ensure!(
                *needed <= self.edition,
                "{what} needs edition {needed}, and {shown} has edition {}: write `edition = \"{needed}\"` in its \
                 Cargo.toml, which `cargo fix --edition` prepares",
                self.edition
            );
        }
        let Some(needed) = &variant.rust_version else { return Ok(()) };
        let short = format!("{}.{}", needed.major, needed.minor);
        if let Some(promised) = self.rust.as_deref()
            && rust_version(promised).is_some_and(|promised| promised < *needed)
        {
            bail!(
                "{what} needs Rust {short}, and {shown} promises to compile with {promised}: write `rust-version = \
                 \"{short}\"` in its Cargo.toml if it may"
            );
        }
        if let Some(used) = there::rustc_version(&self.real)?.filter(|used| used < needed) {
            bail!(
                "{what} needs Rust {short}, and in {shown} rustc is {used}: choose a newer toolchain there"
            );
        }
        Ok(())
    }
}

/// The root in which the module is declared, and another one beside it.
fn root<'a>(known: &'a Known, real: &Path) -> Option<(&'a Target, Option<&'a Target>)> {
    // What lies in these is a target of its own, each file.
    let found = ["src/bin", "examples", "tests", "benches"].map(|folder| real.join(folder));
    let is_right = |target: &&Target| !found.iter().any(|folder| target.folder() == folder);
    let programs = || known.targets.iter().filter(|target| target.kind == ["bin"]).filter(is_right);
    if let Some(library) = known.targets.iter().filter(|target| target.is_library()).find(is_right) {
        return Some((library, programs().find(|program| program.folder() == library.folder())));
    }
    let first = programs().find(|program| program.name == known.name).or_else(|| programs().next())?;
    let one_folder = programs().all(|program| program.folder() == first.folder());
    (one_folder || first.name == known.name).then_some((first, None))
}

fn refuse_link(path: &Path, shown: &Path) -> Result<()> {
    let shown = shown.display();
    ensure!(!path.is_symlink(), "{shown} is a symlink, and nothing is written through it: remove it");
    Ok(())
}
