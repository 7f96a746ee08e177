//! This machine: what it is, what it has, what it lacks.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

use anyhow::Result;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

pub use crate::fitness::Check;
use crate::fitness::{self, NOT_TOLD};
use crate::hyperfine::Hyperfine;
use crate::interpreters::Interpreter;
use crate::process::{self, said_by};
use crate::text::{LONGEST_LABEL, Name, Text};
use crate::workspace::Workspace;

/// What a page says it was measured on.
#[derive(Clone, Serialize, Deserialize)]
pub struct Machine {
    /// The name of the folder that its results are in.
    pub label: Name,
    /// As the system names it; the architecture if it does not.
    pub processor: Text,
    /// How many this process may use: a CPU quota or an affinity counts.
    pub cores: usize,
    /// All of its memory; None if the system does not report it.
    pub memory_bytes: Option<u64>,
    /// The operating system, the release of its kernel, and the architecture.
    pub system: Text,
}

impl Machine {
    /// Asks the system. The label is made of processor and cores.
    pub fn this() -> Self {
        let processor = processor();
        let cores = available_parallelism().map_or(1, NonZero::get);
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            label: label(&processor, cores),
            processor: processor.into(),
            cores,
            memory_bytes: status_line("/proc/meminfo", "MemTotal").and_then(|text| kib(&text)),
            system: format!("{} {} {}", std::env::consts::OS, release.trim(), std::env::consts::ARCH).into(),
        }
    }

    /// Whether data of the one may take the place of data of the other.
    pub fn is_like(&self, other: &Self) -> bool {
        let is_told = self.processor.plain() != std::env::consts::ARCH;
        // Where nothing tells what the processor is, its memory may tell two machines apart.
        let memory = is_told || self.memory_bytes == other.memory_bytes;
        memory && (&self.processor, self.cores) == (&other.processor, other.cores)
    }

    /// What it is, in a few words.
    pub fn shown(&self) -> String {
        format!("{} ({} cores)", self.processor.plain(), self.cores)
    }
}

/// What a machine is called in the results. A name that is too long for a folder is cut, and the number of cores kept.
fn label(processor: &str, cores: usize) -> Name {
    let cores = format!("-{cores}-cores");
    let mut words = slug(processor);
    words.truncate(LONGEST_LABEL - cores.len());
    let words = words.trim_end_matches('-');
    Name::of(&format!("{}{cores}", if words.is_empty() { "unknown" } else { words }))
}

fn processor() -> String {
    let linux = || processor_in(&fs::read_to_string("/proc/cpuinfo").ok()?);
    let apple = || said_by(process::command("sysctl").args(["-n", "machdep.cpu.brand_string"]));
    linux().or_else(apple).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// How /proc/cpuinfo calls the processor: by its name, which x86, POWER, MIPS, `LoongArch` and some others tell, or by the numbers of
/// who made it and of what it is, which is all that ARM and RISC-V tell.
fn processor_in(cpuinfo: &str) -> Option<String> {
    let values = |key: &str| {
        let lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        let values =
            lines.filter(|(name, _)| name.trim().eq_ignore_ascii_case(key)).map(|(_, value)| value.trim());
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    // The number of a core under "processor" is no name, nor is 32-bit ARM's "ARMv7 Processor rev 4 (v7l)" one of a single model.
    for key in ["model name", "cpu model", "cpu"] {
        if let Some(name) = values(key).into_iter().find(|name| !name.starts_with("ARMv")) {
            return Some(name);
        }
    }
    for keys in
        [&["cpu implementer", "cpu part", "cpu variant"][..], &["uarch"], &["mvendorid", "marchid", "mimpid"]]
    {
        let numbers = keys.iter().map(|key| values(key)).collect::<Vec<_>>();
        // One for each kind of core: some machines have large and small ones.
        let kinds: BTreeSet<Vec<&str>> = (0..numbers[0].len())
            .map(|core| numbers.iter().filter_map(|of_all| of_all.get(core).map(String::as_str)).collect())
            .collect();
        if !kinds.is_empty() {
            let kinds: Vec<_> = kinds.into_iter().map(|kind| kind.join("/")).collect();
            return Some(format!("{} {}", std::env::consts::ARCH, kinds.join(", ")));
        }
    }
    values("isa").into_iter().next()
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
///
/// # Errors
/// If the system does not report the limits, or refuses to change them.
pub fn raise_limits() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// The check that is about interpreters.
pub const CPYTHON: &str = "CPython";
/// Everything that a run wants, whether it is there or not.
pub fn checks(workspace: &Workspace, pythons: &[Interpreter]) -> Vec<Check> {
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

/// How many processes ran or waited for a core, on average over the last minute.
pub(crate) fn load_now() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

fn load(cores: usize) -> Check {
    let load = load_now();
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
        let of = |processor: &str| label(processor, 2).to_string();
        assert_eq!(of("Intel(R) Xeon(R) Processor @ 2.60GHz"), "intel-xeon-processor-2-60ghz-2-cores");
        assert!(of(&"long ".repeat(100)).len() <= LONGEST_LABEL);
        assert_eq!([of(""), of("龙芯")], ["unknown-2-cores", "unknown-2-cores"]);
        assert!(crate::text::is_name(&Machine::this().label));
    }

    const ARM: &str = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU \
                       architecture: 8\nCPU variant\t: 0x3\nCPU part\t: PART\nCPU revision\t: 1\n";

    #[test]
    fn processors_without_a_name_are_told_apart_by_their_numbers() {
        let arch = std::env::consts::ARCH;
        let told = |cpuinfo: &str| processor_in(cpuinfo).unwrap_or_default();
        let arm = |part: &str| ARM.replace("PART", part);
        assert_eq!(told(&arm("0xd0c")), format!("{arch} 0x41/0xd0c/0x3"));
        let both = arm("0xd0c") + &arm("0xd40") + &arm("0xd0c");
        assert_eq!(told(&both), format!("{arch} 0x41/0xd0c/0x3, 0x41/0xd40/0x3"));
        assert_eq!(
            told(&(arm("0xc07") + "model name\t: ARMv7 Processor rev 5 (v7l)\n")),
            format!("{arch} 0x41/0xc07/0x3")
        );
        let riscv = "processor\t: 0\nhart\t: 1\nisa\t: rv64imafdc\nmmu\t: sv39\n";
        assert_eq!(told(&format!("{riscv}uarch\t: sifive,u74-mc\n")), format!("{arch} sifive,u74-mc"));
        assert_eq!(
            told(&format!("{riscv}mvendorid\t: 0x489\nmarchid\t: 0x7\nmimpid\t: 0x1\n")),
            format!("{arch} 0x489/0x7/0x1")
        );
        assert_eq!(told(riscv), "rv64imafdc");
        assert_eq!(told("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n"), "POWER9, altivec supported");
        assert_eq!(told("model name\t: \nmodel name\t: AMD EPYC\n"), "AMD EPYC");
        assert_eq!(processor_in("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
    }

    #[test]
    fn machines_are_alike_by_processor_and_cores_and_by_memory_where_no_processor_is_told() {
        let machine = |processor: &str, cores, memory| Machine {
            label: Name::of("box"),
            processor: processor.into(),
            cores,
            memory_bytes: Some(memory),
            system: Text::default(),
        };
        let epyc = machine("AMD EPYC", 2, 1);
        assert!(epyc.is_like(&machine("AMD EPYC", 2, 2)));
        assert!(!epyc.is_like(&machine("AMD EPYC", 4, 1)) && !epyc.is_like(&machine("Pentium III", 2, 1)));
        let untold = machine(std::env::consts::ARCH, 2, 1);
        assert!(untold.is_like(&machine(std::env::consts::ARCH, 2, 1)));
        assert!(!untold.is_like(&machine(std::env::consts::ARCH, 2, 2)));
    }
}
