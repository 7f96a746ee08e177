//! Step 2 of the road: everything is built once. What runs later are the files that cargo says it has built.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::{Table, Value};
use xshell::{Shell, cmd};

use crate::experiment::Experiment;
use crate::process::{self, Group, Interrupted};
use crate::text::Text;
use crate::workspace::{Workspace, cargo};

/// What cargo has built, and what beside the workspace had a say in that.
pub struct Built {
    /// By the folder of their package and their own name.
    programs: BTreeMap<(PathBuf, String), PathBuf>,
    /// To be kept with the data: the commit does not tell them. Empty in a plain build.
    pub settings: Settings,
}

/// Variables and keys of cargo's configuration that change the programs, with their values.
pub type Settings = BTreeMap<Text, Text>;

/// A line of `--message-format=json`.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Built {
    /// Builds the programs of the workspace for release, ourselves left out: not what only tests use.
    ///
    /// # Errors
    /// If the target directory cannot be written to, the build fails, the programs are for another machine, or an interrupt
    /// came.
    pub fn build(workspace: &Workspace) -> Result<Self> {
        let Workspace { root, target, .. } = workspace;
        let messages = fs::create_dir_all(target).and_then(|()| tempfile::tempfile_in(target));
        let mut messages = messages.with_context(|| format!("cannot write to {}", target.display()))?;
        let shell = Shell::new()?;
        shell.change_dir(root);
        let exclude: &[&str] = if workspace.has_package("xtask") { &["--exclude", "xtask"] } else { &[] };
        let (cargo, format) = (cargo(), "--message-format=json-render-diagnostics");
        // The target is named, since a relative CARGO_TARGET_DIR would mean another folder from here.
        let command = cmd!(
            shell,
            "{cargo} build --release --workspace --bins --target-dir {target} {format} {exclude...}"
        );
        let mut command = process::keep(&command.into());
        let ended = process::run_shown(&mut command, Some(messages.try_clone()?))?;
        let (reason, hint) = (process::in_force(), hint(root));
        ensure!(ended.success(), "the build failed: see cargo's messages above{reason}{hint}");
        messages.rewind()?;
        let built = Self { programs: programs(&messages)?, settings: settings(root) };
        built.for_this_machine(target)
    }

    /// The program of an experiment.
    pub(crate) fn program(&self, workspace: &Workspace, experiment: &Experiment) -> Result<&Path> {
        self.find(workspace.root.join(&experiment.folder), &experiment.name)
    }

    pub(crate) fn origin(&self, workspace: &Workspace) -> Result<&Path> {
        self.find(workspace.root.join("crates/support/origin"), "origin")
    }

    fn find(&self, folder: PathBuf, name: &str) -> Result<&Path> {
        let at = folder.display().to_string();
        let program = self.programs.get(&(folder, name.to_owned()));
        program.map(PathBuf::as_path).with_context(|| format!("cargo has built no program {name} in {at}"))
    }

    /// Cargo keeps what it builds for a target that was named in `TARGET_DIR/NAME/release`. That may be another machine's.
    fn for_this_machine(mut self, target_folder: &Path) -> Result<Self> {
        let Some((program, folder)) =
            self.programs.values().find_map(|program| Some((program, program.ancestors().nth(2)?)))
        else {
            return Ok(self);
        };
        if folder == target_folder {
            return Ok(self);
        }
        let platform = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut trial = process::command(program);
        trial.arg("--help").stdout(Stdio::null()).stderr(Stdio::null());
        // Whether it starts is all that is asked: it is ended at once.
        if let Err(error) = Group::start(&mut trial) {
            ensure!(!error.is::<Interrupted>(), error);
            bail!(
                "the programs are built for {platform}, which this machine cannot run ({error:#}): \
                 unset CARGO_BUILD_TARGET, and build.target in .cargo/config.toml"
            );
        }
        self.settings.insert("target".into(), platform.into());
        Ok(self)
    }
}

/// The programs that cargo's messages name.
fn programs(messages: &File) -> Result<BTreeMap<(PathBuf, String), PathBuf>> {
    let mut programs = BTreeMap::new();
    for line in BufReader::new(messages).lines() {
        // Most are of libraries and of build scripts.
        let Ok(Artifact { manifest_path, target, executable: Some(executable) }) =
            serde_json::from_str(&line.context("cannot read what cargo has built")?)
        else {
            continue;
        };
        if target.kind == ["bin"] {
            programs.insert((manifest_path.with_file_name(""), target.name), executable);
        }
    }
    Ok(programs)
}

/// Why a build may fail that is right elsewhere.
fn hint(root: &Path) -> &'static str {
    if root.to_string_lossy().contains('%') {
        "; some linkers cannot write to a path with a %: move the folder"
    } else {
        ""
    }
}

/// All that changes the programs and is not in the workspace's manifests: variables, and cargo's configuration from `root` up.
fn settings(root: &Path) -> Settings {
    let mut found: Settings = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, value)| is_setting(name) && !value.is_empty())
        // Which is so in a release build anyway.
        .filter(|(name, value)| !(name.ends_with("_INCREMENTAL") && (value == "0" || value == "false")))
        // What stands between flags in CARGO_ENCODED_RUSTFLAGS is no space.
        .map(|(name, value)| (name.into(), value.to_string_lossy().replace('\u{1f}', " ").into()))
        .collect();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain(home);
    for folder in folders {
        // The nearest counts, and of two in one folder the one without an extension.
        for name in ["config", "config.toml"] {
            let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
            let table: Table = toml::from_str(&text).unwrap_or_default();
            keep("", &Value::Table(table), &mut found);
        }
    }
    found
}

/// Whether cargo or rustc heeds a variable in a release build, and makes other programs for it.
fn is_setting(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_BOOTSTRAP",
        "CARGO_INCREMENTAL",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_INCREMENTAL",
    ];
    let of_a_target = name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER");
    let flags_or_compiler = name.starts_with("CARGO_")
        && ["_RUSTFLAGS", "_RUSTC", "_RUSTC_WRAPPER", "_RUSTC_WORKSPACE_WRAPPER"]
            .iter()
            .any(|end| name.ends_with(end));
    let of_a_profile =
        ["CARGO_PROFILE_RELEASE_", "CARGO_UNSTABLE_"].iter().any(|begin| name.starts_with(begin));
    NAMES.contains(&name) || of_a_target || flags_or_compiler || of_a_profile
}

/// Adds the keys of a configuration that are such settings, unless a nearer file has them.
fn keep(above: &str, value: &Value, found: &mut Settings) {
    if let Value::Table(table) = value {
        for (key, value) in table {
            let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            keep(&path, value, found);
        }
    } else if is_key(above) {
        found.entry(above.into()).or_insert_with(|| value.to_string().into());
    }
}

fn is_key(path: &str) -> bool {
    const OF_BUILD: [&str; 6] =
        ["target", "rustflags", "rustc", "rustc-wrapper", "rustc-workspace-wrapper", "incremental"];
    let last = path.rsplit('.').next().unwrap_or_default();
    match path.split('.').next() {
        Some("build") => OF_BUILD.contains(&last),
        Some("target") => ["rustflags", "linker"].contains(&last),
        Some("profile") => path.starts_with("profile.release."),
        Some("unstable") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_other_programs_is_a_setting_and_nothing_else() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_BUILD_TARGET",
        ] {
            assert!(is_setting(name), "{name}");
        }
        for name in [
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET_DIR",
            "CARGO_BUILD_JOBS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "CARGO_PROFILE_DEV_DEBUG",
            "CARGO_TERM_COLOR",
            "CARGO",
            "RUSTDOCFLAGS",
        ] {
            assert!(!is_setting(name), "{name}");
        }
    }

    #[test]
    fn the_nearest_configuration_counts() {
        let folder = tempfile::tempdir().unwrap();
        let write = |at: &str, text: &str| {
            fs::create_dir_all(folder.path().join(at).join(".cargo")).unwrap();
            fs::write(folder.path().join(at).join(".cargo/config.toml"), text).unwrap();
        };
        write("", "build.target = 'far'\n[profile.release]\nlto = true\n[profile.dev]\ndebug = 0\n");
        write(
            "near",
            "[build]\ntarget = 'near'\njobs = 1\n[target.'cfg(unix)']\nrustflags = ['-C', 'a=b']\n",
        );
        let found = settings(&folder.path().join("near"));
        let told = |key: &str| found.get(&Text::from(key)).map(Text::plain);
        assert_eq!(told("build.target"), Some("\"near\""));
        assert_eq!(told("profile.release.lto"), Some("true"));
        assert_eq!(told("target.cfg(unix).rustflags"), Some("[\"-C\", \"a=b\"]"));
        assert_eq!((told("build.jobs"), told("profile.dev.debug")), (None, None));
    }

    #[test]
    fn programs_are_those_of_the_messages_whose_kind_is_a_program() {
        let messages = [
            r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"kind":["lib"],"name":"a"},"executable":null}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"kind":["bin"],"name":"a"},"executable":"/t/a \"b\""}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"kind":["custom-build"],"name":"s"},"executable":"/t/s"}"#,
            r#"{"reason":"build-script-executed","package_id":"a"}"#,
            "no message",
            r#"{"reason":"build-finished","success":true}"#,
        ];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("messages");
        fs::write(&file, messages.join("\n")).unwrap();
        let programs = programs(&File::open(file).unwrap()).unwrap();
        assert_eq!(programs.len(), 1);
        assert_eq!(programs[&(PathBuf::from("/w/a/"), "a".to_owned())], Path::new("/t/a \"b\""));
    }
}
