//! This machine: what it is, what it has, what it lacks.

use std::env;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

use anyhow::Result;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::fitness;
use crate::hyperfine::Hyperfine;
use crate::interpreters::Interpreter;
use crate::process::{self, said_by};
use crate::workspace::Workspace;

/// What a page says it was measured on.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) label: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) system: String,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let processor = processor();
        let cores = available_parallelism().map_or(1, NonZero::get);
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            label: slug(&format!("{processor} {cores} cores")),
            processor,
            cores,
            memory_bytes: status_line("/proc/meminfo", "MemTotal").and_then(|text| kib(&text)),
            system: format!("{} {} {}", std::env::consts::OS, release.trim(), std::env::consts::ARCH),
        }
    }
}

fn processor() -> String {
    let linux = || status_line("/proc/cpuinfo", "model name").filter(|name| !name.is_empty());
    let apple = || said_by(process::command("sysctl").args(["-n", "machdep.cpu.brand_string"]));
    linux().or_else(apple).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// The value of the first `name : value` line.
fn status_line(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str) -> Option<u64> {
    Some(text.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Lower case, digits and single dashes: fit for a folder's name.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase().replace("(r)", " ").replace("(tm)", " ");
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The compiler that builds what is measured, as it names itself.
pub(crate) fn toolchain() -> Option<String> {
    let other = ["RUSTC", "CARGO_BUILD_RUSTC"].into_iter().find_map(env::var_os);
    said_by(process::command(other.unwrap_or_else(|| "rustc".into())).arg("--version"))
}

/// Raises the soft limit of open files to the hard one, for us and for all we start.
pub(crate) fn raise_limits() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// The check that is about interpreters.
pub(crate) const CPYTHON: &str = "CPython";
/// What is said of what cannot be looked up.
pub(crate) const NOT_TOLD: &str = "not told by this system";

/// One thing that a run wants of the machine.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) found: String,
    /// What follows from a lack, and the mend.
    pub(crate) lack: Option<String>,
}

/// Everything that a run wants, whether it is there or not.
pub(crate) fn checks(workspace: &Workspace, pythons: &[Interpreter]) -> Vec<Check> {
    let hyperfine = Hyperfine::find(&workspace.target.join("tools")).map(|found| found.version);
    let version = |program: &str| said_by(process::command(program).arg("--version"));
    let (_, files) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or_default();
    let cores = available_parallelism().map_or(1, NonZero::get);
    let mut checks = vec![
        tool("toolchain", toolchain(), "nothing can be built: install Rust from https://rustup.rs"),
        tool("linker", version("cc"), "nothing can be built: install gcc or clang"),
        tool("git", version("git"), "results do not name their commit: install git"),
        tool(
            "hyperfine",
            hyperfine,
            "bench-all installs one under target/tools; or install 1.20 or newer yourself",
        ),
        tool(CPYTHON, names(pythons), "its rows are \"not measured\": install python3, 3.9 or newer"),
        limit("open files", Some(files), 20_000, "ulimit -Hn 65536, as root"),
        limit("threads by memory maps", kernel("vm/max_map_count"), 65_530, "sysctl vm.max_map_count=65530"),
        limit("process numbers", kernel("kernel/pid_max"), 32_768, "sysctl kernel.pid_max=32768"),
        ports(),
        load(cores),
    ];
    checks.extend(fitness::checks(Path::new("/")));
    checks
}

/// All that there are, the one that all is judged by first.
fn names(pythons: &[Interpreter]) -> Option<String> {
    let names: Vec<_> = pythons.iter().map(Interpreter::name).collect();
    (!names.is_empty()).then(|| names.join(", ").replace(", CPython", ","))
}

fn tool(name: &'static str, found: Option<String>, lack: &str) -> Check {
    let missing = found.is_none().then(|| lack.to_owned());
    Check { name, found: found.unwrap_or_else(|| "missing".to_owned()), lack: missing }
}

fn limit(name: &'static str, found: Option<u64>, wanted: u64, mend: &str) -> Check {
    let lack = found.is_some_and(|found| found < wanted);
    Check {
        name,
        found: found.map_or(NOT_TOLD.to_owned(), |found| found.to_string()),
        lack: lack.then(|| format!("under {wanted}, large cases will be refused: {mend}")),
    }
}

fn kernel(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?.trim().parse().ok()
}

fn ports() -> Check {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok();
    let bounds = range.as_deref().and_then(|text| {
        let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>().ok());
        Some((numbers.next()??, numbers.next()??))
    });
    let mend = "sysctl net.ipv4.ip_local_port_range='32768 60999'";
    limit("ports to one address", bounds.map(|(low, high)| high.saturating_sub(low) + 1), 20_000, mend)
}

fn load(cores: usize) -> Check {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Option<f64> = text.split_whitespace().next().and_then(|word| word.parse().ok());
    let busy = load.is_some_and(|load| load > cores as f64 / 2.0);
    Check {
        name: "load",
        found: load.map_or(NOT_TOLD.to_owned(), |load| format!("{load} on {cores} cores")),
        lack: busy.then(|| "the machine is busy, intervals will be wide: wait or stop what runs".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_fit_for_a_folder() {
        assert_eq!(
            slug("Intel(R) Xeon(R) Processor @ 2.60GHz 2 cores"),
            "intel-xeon-processor-2-60ghz-2-cores"
        );
        assert!(crate::experiment::is_name(&Machine::this().label));
    }
}
