//! CPython on this machine: which versions there are, and the packages that some variants import.

mod environment;

use std::collections::BTreeSet;
use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Result, anyhow, bail};
use glob::{Pattern, glob};
use serde::Deserialize;

use crate::Usage;
use crate::experiment::{Case, Experiment, Variant, Versions};
use crate::process::{self, NoAnswer, Output, Pending};
use crate::terminal::tell;
use crate::text::clean;
use crate::workspace::Workspace;

/// The oldest that the files in `python/` are written for.
const OLDEST: (u32, u32) = (3, 9);

/// What an interpreter says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Interpreter {
    #[serde(rename = "executable")]
    program: PathBuf,
    implementation: String,
    version: String,
    /// Built to run threads without the GIL.
    free_threaded: bool,
}

const PROBE: &str = "import json, platform, sys, sysconfig; print(json.dumps({\
    'executable': sys.executable, 'implementation': platform.python_implementation(), \
    'version': platform.python_version(), 'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED'))}))";

/// A version manager starts a dozen shells for each.
const AT_ONCE: usize = 4;

/// Where version managers keep theirs: what tells the folder, where it is if nothing does, and the way on from there.
const MANAGERS: [(&str, &str, &str); 4] = [
    ("PYENV_ROOT", ".pyenv", "versions"),
    ("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python", ""),
    ("ASDF_DATA_DIR", ".asdf", "installs/python"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/python"),
];

/// The interpreters of this machine: the one that PATH calls python3 first, then the newer before the older. Of 3.11, say, which
/// may be there more than once, the first.
pub fn find() -> Vec<Interpreter> {
    let usual: Vec<_> = ["python3", "python"].into_iter().filter_map(on_path).collect();
    let mut others = candidates();
    others.retain(|program| !usual.contains(program));
    let mut found = probe_all(usual.iter().chain(&others)).into_iter();
    let usual: Vec<_> = found.by_ref().take(usual.len()).filter_map(Result::ok).collect();
    let first = usual.first().cloned();
    let mut others: Vec<_> = usual.into_iter().skip(1).chain(found.filter_map(Result::ok)).collect();
    others.sort_by_key(|other| std::cmp::Reverse((other.number(), !other.free_threaded)));
    let mut seen = BTreeSet::new();
    let all = first.into_iter().chain(others);
    all.filter(|one| one.refusal().is_none() && seen.insert(one.series())).collect()
}

/// Those that were asked for, in that order. What cannot be told from an earlier one, by its name in the data, is that one again.
///
/// # Errors
/// [`Usage`] if one does not run, is not CPython, or is older than 3.9; [`process::Interrupted`] if an interrupt came.
pub fn named(programs: &[PathBuf]) -> Result<Vec<Interpreter>> {
    let mut named: Vec<Interpreter> = Vec::new();
    for (program, found) in programs.iter().zip(probe_all(programs)) {
        let shown = program.display();
        let found = match found {
            Ok(found) => found,
            Err(error) if error.is::<process::Interrupted>() => return Err(error),
            Err(error) => bail!(Usage(format!("--python {shown}: it is no Python that runs: {error:#}"))),
        };
        if let Some(refusal) = found.refusal() {
            bail!(Usage(format!("--python {shown}: {refusal}")));
        }
        match named.iter().find(|earlier| earlier.name() == found.name()) {
            Some(earlier) => tell(&format!(
                "--python {shown}: it is {} as {} is, which is measured once",
                found.name(),
                earlier.program.display()
            )),
            None => named.push(found),
        }
    }
    Ok(named)
}

/// What may be an interpreter: python3 and python3.N on PATH and with the version managers.
fn candidates() -> BTreeSet<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).map(|folder| (folder, "python3*")).collect();
    let home = env::home_dir();
    for (variable, usual, below) in MANAGERS {
        let usual = || home.as_ref().map(|home| home.join(usual));
        let root = env::var_os(variable).map(PathBuf::from).or_else(usual);
        folders.extend(root.map(|root| (root.join(below), "*/bin/python3")));
    }
    let files = folders.iter().flat_map(|(folder, below)| {
        let pattern = format!("{}/{below}", Pattern::escape(&folder.to_string_lossy()));
        glob(&pattern).into_iter().flatten().flatten()
    });
    files.filter(|file| is_python(file)).collect()
}

/// python3, python3.13, python3.13t; not python3-config.
fn is_python(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let version = name.strip_prefix("python3").map(|rest| rest.strip_suffix('t').unwrap_or(rest));
    version.is_some_and(|rest| rest.chars().all(|c| c == '.' || c.is_ascii_digit()))
}

/// The program that a shell would start.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| {
        file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

/// What each of them says of itself.
fn probe_all<'a>(programs: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Result<Interpreter>> {
    let programs: Vec<_> = programs.into_iter().collect();
    programs.chunks(AT_ONCE).flat_map(probe_at_once).collect()
}

/// Some at once, so that those that never answer are waited for together.
fn probe_at_once(programs: &[&PathBuf]) -> Vec<Result<Interpreter>> {
    let start = |program| Pending::start(process::command(program).args(["-I", "-c", PROBE]));
    let asked: Vec<_> = programs.iter().map(|program| (program, start(program))).collect();
    let answers = asked.into_iter().map(|(program, pending)| {
        let answer = pending.and_then(Pending::finish);
        if let Err(error) = &answer
            && error.is::<NoAnswer>()
        {
            tell(&format!("{error}, and is taken as missing"));
        }
        interpreter(program, &answer?)
    });
    answers.collect()
}

fn interpreter(program: &Path, answer: &Output) -> Result<Interpreter> {
    let mut found: Interpreter = serde_json::from_slice(&answer.stdout).map_err(|_| {
        let errors = String::from_utf8_lossy(&answer.stderr);
        // Of a traceback its last line tells what is wrong.
        let last = errors.lines().rev().find(|line| !line.trim().is_empty());
        anyhow!(last.map_or(format!("it ended with {}", answer.status), clean))
    })?;
    // It guesses its own place by its name and PATH, and may guess wrong.
    if !found.program.is_file() {
        found.program = absolute(program)?;
    }
    Ok(found)
}

impl Interpreter {
    /// CPython 3.11.7, by which its rows are told from those of others.
    pub(crate) fn name(&self) -> String {
        let build = if self.free_threaded { " free-threaded" } else { "" };
        format!("{} {}{build}", self.implementation, self.version)
    }

    fn number(&self) -> (u32, u32, u32) {
        let mut parts = self.version.split('.').map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0)
        });
        let mut next = || parts.next().unwrap_or(0);
        (next(), next(), next())
    }

    /// What it shares with all that differ from it by mended faults alone.
    fn series(&self) -> (u32, u32, bool) {
        let (major, minor, _) = self.number();
        (major, minor, self.free_threaded)
    }

    fn refusal(&self) -> Option<String> {
        let (major, minor, _) = self.number();
        if self.implementation != "CPython" {
            Some(format!("it is {}, and the claims are about CPython", self.name()))
        } else if (major, minor) < OLDEST {
            Some(format!("it is {}, and {}.{} is the oldest that will do", self.name(), OLDEST.0, OLDEST.1))
        } else {
            None
        }
    }
}

/// Who runs a row.
pub(crate) enum Runner {
    /// The experiment's own binary.
    Binary,
    Python {
        program: PathBuf,
        name: String,
    },
    /// Nobody, and why.
    None(String),
}

impl Runner {
    /// Which Python, as the data name it.
    pub(crate) fn interpreter(&self) -> Option<&str> {
        match self {
            Self::Python { name, .. } => Some(name),
            Self::Binary | Self::None(_) => None,
        }
    }
}

/// Who runs the rows of Python; or why nobody does.
pub struct Pythons(Result<Found, String>);

struct Found {
    all: Vec<Interpreter>,
    /// The first of them, with packages, or why there is none; nothing if no experiment needs them.
    with_packages: Option<Result<PathBuf, String>>,
}

impl Pythons {
    /// Nobody: no row of Python is measured, for this reason.
    pub fn none(reason: &str) -> Self {
        Self(Err(reason.to_owned()))
    }

    /// These, and the packages, where an experiment needs them.
    pub fn provide(workspace: &Workspace, all: Vec<Interpreter>, experiments: &[Experiment]) -> Self {
        let Some(first) = all.first() else {
            return Self::none("no CPython on this machine");
        };
        let needs_packages = experiments.iter().flat_map(|one| &one.variants).any(|one| one.needs_packages);
        let with_packages = needs_packages
            .then(|| environment::provide(workspace, first).map_err(|error| format!("{error:#}")));
        if let Some(Err(reason)) = &with_packages {
            tell(&format!("CPython: {reason}; what imports other packages is \"not measured\""));
        }
        Self(Ok(Found { all, with_packages }))
    }

    /// One for each version that runs this variant, the one that all is judged by first.
    pub(crate) fn runners(&self, case: &Case, variant: &Variant) -> Vec<Runner> {
        let Found { all, with_packages } = match &self.0 {
            Ok(found) => found,
            Err(reason) => return vec![Runner::None(reason.clone())],
        };
        let run_by = |program: &Path, one: &Interpreter| Runner::Python {
            program: program.to_owned(),
            name: one.name(),
        };
        match with_packages.as_ref().filter(|_| variant.needs_packages) {
            Some(Ok(program)) => vec![run_by(program, &all[0])],
            Some(Err(reason)) => vec![Runner::None(reason.clone())],
            None => {
                let selected = select(all, variant.versions(&case.name)).into_iter();
                selected.map(|one| run_by(&one.program, one)).collect()
            }
        }
    }
}

fn select(all: &[Interpreter], versions: Versions) -> Vec<&Interpreter> {
    let mut builds = BTreeSet::new();
    match versions {
        Versions::First => all.iter().take(1).collect(),
        Versions::EachBuild => all.iter().filter(|one| builds.insert(one.free_threaded)).collect(),
        Versions::Each => all.iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(implementation: &str, version: &str, free_threaded: bool) -> Interpreter {
        let (implementation, version) = (implementation.to_owned(), version.to_owned());
        Interpreter { program: PathBuf::new(), implementation, version, free_threaded }
    }

    #[test]
    fn its_name_tells_the_version_and_the_build() {
        assert_eq!(interpreter("CPython", "3.11.7", false).name(), "CPython 3.11.7");
        assert_eq!(interpreter("CPython", "3.14.0rc1", true).name(), "CPython 3.14.0rc1 free-threaded");
    }

    #[test]
    fn a_mended_one_is_no_other_version_and_a_build_without_the_gil_is() {
        let one = interpreter("CPython", "3.13.0", false).series();
        assert_eq!(one, interpreter("CPython", "3.13.9", false).series());
        assert_ne!(one, interpreter("CPython", "3.13.0", true).series());
        assert_ne!(one, interpreter("CPython", "3.12.0", false).series());
    }

    #[test]
    fn a_case_is_run_by_the_first_by_the_first_of_each_build_or_by_all() {
        let versions = [("3.11.7", false), ("3.14.0", false), ("3.14.0", true), ("3.13.0", true)];
        let mut all = versions.map(|(version, is_free)| interpreter("CPython", version, is_free));
        let selected = |all: &[Interpreter], versions| {
            select(all, versions).iter().map(|one| one.name()).collect::<Vec<_>>()
        };
        let both = ["CPython 3.11.7", "CPython 3.14.0 free-threaded"];
        assert_eq!(selected(&all, Versions::First), both[..1]);
        assert_eq!(selected(&all, Versions::EachBuild), both);
        assert_eq!(selected(&all[..2], Versions::EachBuild), both[..1]);
        assert_eq!(selected(&all, Versions::Each).len(), 4);
        all.reverse();
        assert_eq!(selected(&all, Versions::EachBuild), ["CPython 3.13.0 free-threaded", "CPython 3.14.0"]);
    }

    #[test]
    fn an_older_one_and_another_are_refused() {
        let refusal = |implementation, version| interpreter(implementation, version, false).refusal();
        assert_eq!(refusal("CPython", "3.9.0"), None);
        assert_eq!(refusal("CPython", "3.10.1"), None);
        let old = "it is CPython 3.8.18, and 3.9 is the oldest that will do";
        assert_eq!(refusal("CPython", "3.8.18").as_deref(), Some(old));
        assert!(refusal("PyPy", "3.11.0").is_some());
    }

    #[test]
    fn only_interpreters_are_tried() {
        let is = |name: &str| is_python(Path::new("/usr/bin").join(name).as_path());
        assert!(is("python3") && is("python3.13") && is("python3.14t"));
        assert!(!is("python3-config") && !is("python3.11-gdb.py") && !is("python3m"));
    }
}
