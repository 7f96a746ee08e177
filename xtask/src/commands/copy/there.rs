//! Cargo, as it runs in the folder of the package that gets a copy: with the toolchain of that folder, and not with ours.

use std::env;
use std::io::{ErrorKind, Read, Seek};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use semver::Version;
use tempfile::tempfile;

use bench::experiment::rust_version;
use bench::process;

/// It reads some files; a toolchain that is not installed yet may be fetched first.
const ANSWERS: Duration = Duration::from_secs(120);
/// It may fetch the index, and wait for another cargo.
pub(super) const ADDS: Duration = Duration::from_secs(600);
/// It may fetch and build some hundred crates.
pub(super) const BUILDS: Duration = Duration::from_secs(3600);

/// How a command ended, and what it wrote.
pub(super) struct Said {
    pub(super) done: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

/// A program of the toolchain that `folder` chooses.
fn program(name: &str, folder: &Path) -> Command {
    // On PATH, where rustup's looks for a rust-toolchain.toml. Whoever has no such cargo gets the one that runs us.
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).any(|place| place.join(name).is_file());
    let ours = env::var_os("CARGO").filter(|_| name == "cargo" && !on_path);
    let mut command = process::command(ours.unwrap_or_else(|| name.into()));
    // What the cargo that runs us has set for us: each would keep our toolchain.
    for variable in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTUP_TOOLCHAIN_SOURCE", "RUST_RECURSION_COUNT"] {
        command.env_remove(variable);
    }
    command.current_dir(folder);
    command
}

pub(super) fn cargo(folder: &Path) -> Command {
    program("cargo", folder)
}

/// Runs `command`, at most for `limit`; what it writes goes to files, since it may be much.
pub(super) fn run(command: &mut Command, limit: Duration) -> Result<Said> {
    let (mut out, mut err) = (tempfile()?, tempfile()?);
    command.stdout(out.try_clone()?).stderr(err.try_clone()?);
    let Some(status) = process::run(command, Some(limit))? else {
        bail!("a program of the toolchain there has not ended after {} s, and was stopped", limit.as_secs());
    };
    let read = |file: &mut std::fs::File| -> Result<Vec<u8>> {
        let mut held = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut held)?;
        Ok(held)
    };
    let (stdout, stderr) = (read(&mut out)?, read(&mut err)?);
    Ok(Said { done: status.success(), stdout, stderr: String::from_utf8_lossy(&stderr).trim().to_owned() })
}

/// What cargo knows of the package in `folder` and of the workspace around it; no crate is fetched for that.
pub(super) fn metadata(folder: &Path) -> Result<Vec<u8>> {
    let mut ask = cargo(folder);
    ask.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
    let said = run(ask.arg(folder.join("Cargo.toml")), ANSWERS)?;
    if !said.done {
        bail!("{}", said.stderr.trim_start_matches("error: "));
    }
    Ok(said.stdout)
}

/// The version of the compiler in `folder`, if one says so.
pub(super) fn rustc_version(folder: &Path) -> Result<Option<Version>> {
    let mut ask = program("rustc", folder);
    let said = match run(ask.arg("--version"), ANSWERS) {
        Err(error) if is_missing(&error) => return Ok(None),
        said => said?,
    };
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = text.strip_prefix("rustc ").and_then(|rest| rust_version(rest.split_whitespace().next()?));
    Ok(version.filter(|_| said.done))
}

fn is_missing(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The beginning of what a program wrote, without what a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let clean = |line: &str| -> String {
        line.chars().filter(|c| !c.is_control() || *c == '\t').take(400).collect::<String>()
    };
    let mut lines: Vec<String> = text.lines().take(MOST).map(clean).collect();
    let left = text.lines().count() - lines.len();
    if left > 0 {
        lines.push(format!("... {left} more lines"));
    }
    lines.join("\n")
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).context("cargo has answered something else than it was asked for")
}
