//! hyperfine: found or installed, called for one run at a time, and its two JSON layouts read.

mod errors;

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::process::{self, Interrupted, in_words, said_by};
use crate::terminal::tell;
use crate::text::beginning;
use crate::units::is_time;
use crate::workspace::{Workspace, cargo};
use errors::Errors;

/// From 1.20 on a single run is timed with no warning and no shell in between.
const OLDEST: (u32, u32) = (1, 20);
/// What is installed when PATH has none; the newest that this workspace's `rust-version` builds.
const PINNED: &str = "1.20.0";

/// It waits while a program runs, so optimizing it would only double the time until the first measurement.
const QUICK_TO_BUILD: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
];

/// A run is a line or two of JSON, in which hyperfine may describe itself and the machine.
const MOST_BYTES: u64 = 4 << 20;

/// What sets how many threads a runtime or a pool has, and how large their stacks are: each runtime has its own, and all are to
/// have as many.
pub const POOL_SIZES: [&str; 6] = [
    "ASYNC_STD_THREAD_COUNT",
    "BLOCKING_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "RUST_MIN_STACK",
    "SMOL_THREADS",
    "TOKIO_WORKER_THREADS",
];

/// A hyperfine that is new enough.
pub struct Hyperfine {
    program: PathBuf,
    pub(crate) version: String,
}

/// How a timed process ended.
pub(crate) enum Timed {
    /// With what it wrote to its errors, which tells more if its outcome is wrong.
    Exited {
        seconds: f64,
        said: Option<String>,
    },
    Failed(String),
}

impl Hyperfine {
    /// The one on PATH if it is new enough, else the one under target/tools, which is installed at need.
    ///
    /// # Errors
    /// If none can be installed, or the one just installed does not run: the message says what to install. Also if an interrupt
    /// came.
    pub fn provide(workspace: &Workspace) -> Result<Self> {
        let tools = workspace.target.join("tools");
        if let Some(found) = Self::find(&tools) {
            return Ok(found);
        }
        let (major, minor) = OLDEST;
        tell(&format!("hyperfine {major}.{minor} or newer is not on PATH: installing {PINNED} under"));
        tell(&format!("{}, once, which takes about half a minute", workspace.shown(&tools)));
        let mut install = process::command(cargo());
        install.args(["install", "hyperfine", "--locked", "--version", PINNED, "--root"]).arg(&tools);
        install.env_remove("CARGO_TARGET_DIR").envs(QUICK_TO_BUILD);
        let installed = process::run_shown(&mut install, None)?;
        let mend = "install hyperfine 1.20 or newer from your package manager, then try again";
        ensure!(installed.success(), "hyperfine could not be installed: {mend}");
        Self::find(&tools).with_context(|| format!("the hyperfine just installed does not run: {mend}"))
    }

    /// The first that is new enough: PATH, then our own.
    pub(crate) fn find(tools: &Path) -> Option<Self> {
        let candidates = [PathBuf::from("hyperfine"), tools.join("bin/hyperfine")];
        candidates.into_iter().find_map(|program| {
            let version = version(&program)?;
            (parse_version(&version)? >= OLDEST).then_some(Self { program, version })
        })
    }

    /// Times one run of `command`. Its output and hyperfine's own go to files in `scratch`.
    pub(crate) fn time(
        &self,
        scratch: &Path,
        command: &[String],
        environment: &[(&str, &OsStr)],
        limit: Duration,
    ) -> Result<Timed> {
        let export = scratch.join("hyperfine.json");
        let errors = Errors::in_folder(scratch)?;
        let mut hyperfine = process::command(&self.program);
        hyperfine
            .args(["--shell=none", "--warmup=0", "--runs=1", "--style=none", "--output=inherit"])
            .args(["--ignore-failure", "--export-json"])
            .arg(&export)
            .arg(shell_words::join(command))
            .envs(environment.iter().copied());
        for name in POOL_SIZES {
            hyperfine.env_remove(name);
        }
        // All versions of Python are to run as they do where nobody has set anything.
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PYTHON")) {
            hyperfine.env_remove(name);
        }
        hyperfine.stdout(File::create(scratch.join("stdout"))?).stderr(errors.for_the_run()?);
        // What cannot be started now may be later, and others have rows too.
        let ended = match process::run(&mut hyperfine, Some(limit)) {
            Err(error) if !error.is::<Interrupted>() => return Ok(Timed::Failed(in_words(&error))),
            ended => ended?,
        };
        let said = errors.told();
        let Some(status) = ended else {
            let limit = limit.as_secs_f64();
            return Ok(Timed::Failed(with(&format!("killed after {limit} s (timeout_s)"), said.as_deref())));
        };
        if !scratch.exists() {
            let what = "it removed the folder that its files are in";
            return Ok(Timed::Failed(with(what, said.as_deref())));
        }
        // hyperfine makes the file first, and leaves it empty when it cannot start the program.
        let export = outcome::read_text(&export, MOST_BYTES).ok().filter(|export| !export.is_empty());
        Ok(read(status, export.as_deref(), said))
    }
}

/// A reason, and what the program said, if it did.
pub(crate) fn with(reason: &str, said: Option<&str>) -> String {
    said.map_or(reason.to_owned(), |said| format!("{reason}: {said}"))
}

/// What `program --version` prints, if it runs.
fn version(program: &Path) -> Option<String> {
    let said = said_by(process::command(program).arg("--version"))?;
    Some(said.split_whitespace().nth(1)?.to_owned())
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

fn read(status: ExitStatus, export: Option<&str>, said: Option<String>) -> Timed {
    let told = said.as_deref().unwrap_or("it said nothing");
    let Some(export) = export else {
        return Timed::Failed(format!("hyperfine ended with {status}: {told}"));
    };
    match parse(export) {
        Err(error) => Timed::Failed(format!("hyperfine's JSON cannot be used: {error:#}")),
        Ok((seconds, Some(0))) => Timed::Exited { seconds, said },
        Ok((_, Some(code))) => Timed::Failed(format!("exited with {code}{}: {told}", signal(code))),
        Ok((_, None)) => Timed::Failed(format!("ended without an exit code: {told}")),
    }
}

/// hyperfine reports a death by signal as a shell does, as 128 and its number.
fn signal(code: i64) -> String {
    let number = i32::try_from(code - 128).unwrap_or_default();
    Signal::try_from(number).map_or(String::new(), |signal| format!(" ({signal})"))
}

/// Wall-clock seconds and exit code of the only run, from `results[0].times[0]` in 1.20 and from
/// `results[0].measurements[0].time_wall_clock.value` in 2.x. One run was asked for, and any other number of them is not ours.
fn parse(export: &str) -> Result<(f64, Option<i64>)> {
    let export: Value = serde_json::from_str(export).context("it is not whole")?;
    let result = only(&export, "results")?;
    let (seconds, exit_code) = if result.get("times").is_some() {
        (only(result, "times")?, Some(only(result, "exit_codes")?))
    } else {
        let run = only(result, "measurements").context("it has neither the 1.20 nor the 2.x layout")?;
        let time = run.get("time_wall_clock").context("its run has no time_wall_clock")?;
        let unit = time.get("unit").unwrap_or(&Value::Null);
        let is_seconds = unit.is_null() || *unit == "second";
        ensure!(is_seconds, "it measures in {}, not in seconds", beginning(unit));
        (time.get("value").context("its time has no value")?, run.get("exit_code"))
    };
    let is_time = seconds.as_f64().filter(|seconds| is_time(*seconds) && *seconds > 0.0);
    let seconds = is_time.with_context(|| format!("it says that the run took {} s", beginning(seconds)))?;
    Ok((seconds, exit_code.and_then(Value::as_i64)))
}

/// The only element of a list.
fn only<'a>(value: &'a Value, name: &str) -> Result<&'a Value> {
    let list = value.get(name).and_then(Value::as_array).with_context(|| format!("it has no {name}"))?;
    ensure!(list.len() == 1, "it has {} {name}, and one run was asked for", list.len());
    Ok(&list[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_are_read() {
        let old = r#"{"results": [{"command": "a", "times": [1.5], "exit_codes": [0]}]}"#;
        let new = r#"{"schema_version": 2, "results": [{"command": "a", "measurements": [
            {"time_wall_clock": {"value": 1.5, "unit": "second"}, "exit_code": 0}]}]}"#;
        assert_eq!(parse(old).unwrap(), (1.5, Some(0)));
        assert_eq!(parse(new).unwrap(), (1.5, Some(0)));
    }

    #[test]
    fn a_death_by_signal_is_named() {
        assert_eq!([1, 101, 128, 134, 137].map(signal), ["", "", "", " (SIGABRT)", " (SIGKILL)"]);
    }

    #[test]
    fn an_exit_code_may_be_missing() {
        let old = r#"{"results": [{"times": [1.5], "exit_codes": [null]}]}"#;
        let new = r#"{"results": [{"measurements": [{"time_wall_clock": {"value": 1.5}}]}]}"#;
        assert_eq!(parse(old).unwrap(), (1.5, None));
        assert_eq!(parse(new).unwrap(), (1.5, None));
    }

    #[test]
    fn what_is_no_time_of_one_run_in_seconds_is_refused() {
        let old = |times: &str| format!(r#"{{"results": [{{"times": {times}, "exit_codes": [0]}}]}}"#);
        let new = |time: &str| {
            format!(r#"{{"results": [{{"measurements": [{{"time_wall_clock": {time}, "exit_code": 0}}]}}]}}"#)
        };
        for (export, part) in [
            (String::new(), "not whole"),
            ("[]".to_owned(), "no results"),
            (r#"{"results": []}"#.to_owned(), "0 results"),
            (r#"{"results": [{"mean": 1.5}]}"#.to_owned(), "neither the 1.20 nor the 2.x layout"),
            (old("[]"), "0 times"),
            (old("[0.1, 0.2]"), "2 times"),
            (old("[0]"), "took 0 s"),
            (old("[-1.5]"), "took -1.5 s"),
            (old("[1e300]"), "took 1e+300 s"),
            (old("[1e400]"), "not whole"),
            (old("[\"1\"]"), "took \"1\" s"),
            (old("[null]"), "took null s"),
            (old("1.5"), "no times"),
            (r#"{"results": [{"times": [1.5], "exit_codes": [0, 0]}]}"#.to_owned(), "2 exit_codes"),
            (r#"{"results": [{"times": [1.5]}]}"#.to_owned(), "no exit_codes"),
            (new(r#"{"value": 100, "unit": "millisecond"}"#), "in \"millisecond\", not in seconds"),
            (new(r#"{"value": 1.5, "unit": 1}"#), "in 1, not in seconds"),
            (new(r#"{"value": 0, "unit": "second"}"#), "took 0 s"),
            (new(r#"{"unit": "second"}"#), "no value"),
            (new("1.5"), "no value"),
        ] {
            let said = format!("{:#}", parse(&export).unwrap_err());
            assert!(said.contains(part), "{export}: {said:?}");
        }
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(parse_version("1.9.0").unwrap() < OLDEST);
        assert!(parse_version("1.20.0").unwrap() >= OLDEST);
        assert!(parse_version("2.0.0").unwrap() >= OLDEST);
    }
}
