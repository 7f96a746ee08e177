//! The system's accounts of this process and its children: rusage for CPU and switches, /proc for memory.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

/// Peaks that the kernel does not keep are sampled this often.
const SAMPLE_EVERY: Duration = Duration::from_millis(1);
/// And those of child processes this often, since they are many files.
const SAMPLE_CHILDREN_EVERY: Duration = Duration::from_millis(50);

/// Linux gives each thread a kernel stack of this size on the 64-bit processors; no account of the process holds it.
const KERNEL_STACK_BYTES: u64 = 16 * 1024;

/// CPU seconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// In the program.
    pub user_s: f64,
    /// In the kernel on its behalf.
    pub system_s: f64,
}

/// Memory of the whole process at its peak, in bytes; none where the system does not tell. Processes that its main
/// thread started are added, as they stand beside it when they take most together.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Resident (`VmHWM`).
    pub hwm_bytes: Option<u64>,
    /// Address space reserved (`VmPeak`).
    pub peak_virtual_bytes: Option<u64>,
    /// Page tables (`VmPTE`), which resident memory leaves out.
    pub page_table_bytes: Option<u64>,
    /// Kernel stacks, which resident memory leaves out: threads at their peak times 16 KiB.
    pub kernel_stack_bytes: Option<u64>,
}

/// Context switches.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// A thread gave the processor up, to wait for something.
    pub voluntary: u64,
    /// The kernel took the processor away.
    pub involuntary: u64,
}

/// What a run took by the system's accounts.
pub(crate) struct Account {
    pub(crate) used: Usage,
    pub(crate) memory: Memory,
    pub(crate) threads_peak: Option<u64>,
    /// Resident memory of child processes, each shared page divided by those who share it; none without children.
    pub(crate) proportional: Option<u64>,
}

/// A thread that watches the peaks while the work runs. Its own share is taken out of every figure but resident
/// memory, to which it adds a few pages.
#[derive(Debug)]
pub(crate) struct Sampler {
    used_before: Usage,
    used_by_children_before: Usage,
    before: Status,
    beside: Status,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Peaks>,
}

/// What the sampler's thread saw, and what it used itself.
#[derive(Debug, Default)]
struct Peaks {
    own: Status,
    children: Status,
    sampling: Usage,
}

impl Sampler {
    pub(crate) fn start() -> io::Result<Self> {
        let file = File::open("/proc/self/status").ok();
        let children = Children::of_main_thread();
        let used_before = Usage::of(UsageWho::RUSAGE_SELF);
        let used_by_children_before = Usage::of(UsageWho::RUSAGE_CHILDREN);
        let before = Status::read(file.as_ref());
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let (started, first) = sync_channel(1);
        let thread = thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            started.send(Status::read(file.as_ref())).ok();
            watch(file.as_ref(), &children, &seen)
        })?;
        let beside = first.recv().map_err(io::Error::other)?;
        Ok(Self { used_before, used_by_children_before, before, beside, stop, thread })
    }

    pub(crate) fn stop(self) -> Account {
        let Self { used_before, used_by_children_before, before, beside, stop, thread } = self;
        stop.store(true, Relaxed);
        thread.thread().unpark();
        let Peaks { own: peak, children, sampling } = thread.join().expect("the sampler panicked");
        let by_children = Usage::of(UsageWho::RUSAGE_CHILDREN).less(&used_by_children_before);
        let used = Usage::of(UsageWho::RUSAGE_SELF).less(&used_before).less(&sampling).plus(&by_children);

        let less_own = |peak: Option<u64>, figure: fn(&Status) -> Option<u64>| {
            Some(peak?.saturating_sub(figure(&beside)?.saturating_sub(figure(&before)?)))
        };
        let with = |own: Option<u64>, children: Option<u64>| Some(own? + children.unwrap_or(0));
        let threads_peak = with(less_own(peak.threads, |status| status.threads), children.threads);
        let own_virtual = less_own(peak_virtual(&peak, &beside), |status| status.virtual_now);
        let memory = Memory {
            hwm_bytes: with(peak.resident_peak, children.resident_peak),
            peak_virtual_bytes: with(own_virtual, children.virtual_now),
            page_table_bytes: with(
                less_own(peak.page_tables, |status| status.page_tables),
                children.page_tables,
            ),
            kernel_stack_bytes: threads_peak.map(|threads| threads * KERNEL_STACK_BYTES),
        };
        Account { used, memory, threads_peak, proportional: children.proportional }
    }
}

impl Account {
    /// What the children used that were waited for; of their memory nothing is known any more.
    pub(crate) fn of_children() -> Self {
        let used = Usage::of(UsageWho::RUSAGE_CHILDREN);
        Self { used, memory: Memory::default(), threads_peak: None, proportional: None }
    }
}

/// A thread that begins reserves address space for its allocations, and for a moment twice as much. Only where the
/// work went beyond the sampler's own moment is the kernel's peak that of the work; else the samples have it.
fn peak_virtual(peak: &Status, beside: &Status) -> Option<u64> {
    if peak.virtual_peak > beside.virtual_peak { peak.virtual_peak } else { peak.virtual_now }
}

fn watch(file: Option<&File>, children: &Children, stop: &AtomicBool) -> Peaks {
    let mut peaks = Peaks::default();
    let mut children_seen = Instant::now();
    // Soon at first, since the run may be short, and ever more seldom.
    let mut wait = SAMPLE_EVERY;
    loop {
        let last = stop.load(Relaxed);
        peaks.own.raise(&Status::read(file));
        if last || children_seen.elapsed() >= wait {
            peaks.children.raise(&children.sum());
            children_seen = Instant::now();
            wait = (wait * 2).min(SAMPLE_CHILDREN_EVERY);
        }
        if last {
            return Peaks { sampling: Usage::of_this_thread(), ..peaks };
        }
        thread::park_timeout(SAMPLE_EVERY);
    }
}

/// The processes that the main thread has started. Those from before the run, an origin say, are not its own.
#[derive(Debug)]
struct Children {
    list: Option<File>,
    before: Vec<u32>,
}

impl Children {
    /// At most so many bytes of the list are read, which are over a thousand processes.
    const LIST_BYTES: usize = 8 * 1024;

    fn of_main_thread() -> Self {
        let process = std::process::id();
        let list = File::open(format!("/proc/self/task/{process}/children")).ok();
        let mut children = Self { list, before: Vec::new() };
        let mut before = Vec::new();
        children.each(|child| before.push(child));
        children.before = before;
        children
    }

    fn each(&self, mut visit: impl FnMut(u32)) {
        let mut buffer = [0; Self::LIST_BYTES];
        let length = self.list.as_ref().and_then(|list| list.read_at(&mut buffer, 0).ok()).unwrap_or(0);
        let text = str::from_utf8(&buffer[..length]).unwrap_or_default();
        let children = text.split_whitespace().filter_map(|child| child.parse().ok());
        children.filter(|child| !self.before.contains(child)).for_each(&mut visit);
    }

    /// All of them together, as they are now.
    fn sum(&self) -> Status {
        let mut sum = Status::default();
        self.each(|child| {
            sum.add(&Status::read(open(child, "status").as_ref()));
            sum.add(&Status::read(open(child, "smaps_rollup").as_ref()));
        });
        sum
    }
}

/// A file of a process, with no allocation.
fn open(process: u32, name: &str) -> Option<File> {
    let mut path = [0; 64];
    let mut rest = &mut path[..];
    write!(rest, "/proc/{process}/{name}").ok()?;
    let length = 64 - rest.len();
    File::open(str::from_utf8(&path[..length]).ok()?).ok()
}

/// The lines of a process's status and `smaps_rollup` that matter here, in bytes; none on systems without them.
#[derive(Debug, Default)]
struct Status {
    resident_peak: Option<u64>,
    virtual_peak: Option<u64>,
    virtual_now: Option<u64>,
    page_tables: Option<u64>,
    threads: Option<u64>,
    proportional: Option<u64>,
}

impl Status {
    fn read(file: Option<&File>) -> Self {
        // On the stack: a thread's first allocation reserves 64 MiB, and the peaks would show it.
        let mut buffer = [0; 4096];
        let length = file.and_then(|file| file.read_at(&mut buffer, 0).ok()).unwrap_or(0);
        Self::parse(str::from_utf8(&buffer[..length]).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let number = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let bytes = |name: &str| number(name).map(|kib| kib * 1024);
        Self {
            resident_peak: bytes("VmHWM:"),
            virtual_peak: bytes("VmPeak:"),
            virtual_now: bytes("VmSize:"),
            page_tables: bytes("VmPTE:"),
            threads: number("Threads:"),
            proportional: bytes("Pss:"),
        }
    }

    fn raise(&mut self, now: &Self) {
        self.combine(now, Ord::max);
    }

    fn add(&mut self, other: &Self) {
        self.combine(other, |sum, other| match (sum, other) {
            (Some(sum), Some(other)) => Some(sum + other),
            (sum, other) => sum.or(other),
        });
    }

    fn combine(&mut self, other: &Self, by: fn(Option<u64>, Option<u64>) -> Option<u64>) {
        self.resident_peak = by(self.resident_peak, other.resident_peak);
        self.virtual_peak = by(self.virtual_peak, other.virtual_peak);
        self.virtual_now = by(self.virtual_now, other.virtual_now);
        self.page_tables = by(self.page_tables, other.page_tables);
        self.threads = by(self.threads, other.threads);
        self.proportional = by(self.proportional, other.proportional);
    }
}

/// What rusage says of a process or a thread.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: Cpu,
    pub(crate) switches: Switches,
}

impl Usage {
    fn of(who: UsageWho) -> Self {
        let usage = getrusage(who).expect("getrusage fails for an unknown `who` alone");
        let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        let voluntary = usage.voluntary_context_switches().cast_unsigned();
        let involuntary = usage.involuntary_context_switches().cast_unsigned();
        Self {
            cpu: Cpu { user_s: seconds(usage.user_time()), system_s: seconds(usage.system_time()) },
            switches: Switches { voluntary, involuntary },
        }
    }

    #[cfg(target_os = "linux")]
    fn of_this_thread() -> Self {
        Self::of(UsageWho::RUSAGE_THREAD)
    }

    /// Other systems keep no account of a thread; the sampler's share, about a hundredth, stays in.
    #[cfg(not(target_os = "linux"))]
    fn of_this_thread() -> Self {
        Self::default()
    }

    fn plus(&self, other: &Self) -> Self {
        let (Self { cpu, switches }, more) = (self, other);
        Self {
            cpu: Cpu { user_s: cpu.user_s + more.cpu.user_s, system_s: cpu.system_s + more.cpu.system_s },
            switches: Switches {
                voluntary: switches.voluntary + more.switches.voluntary,
                involuntary: switches.involuntary + more.switches.involuntary,
            },
        }
    }

    fn less(&self, other: &Self) -> Self {
        let (Self { cpu, switches }, less) = (self, other);
        Self {
            cpu: Cpu {
                user_s: (cpu.user_s - less.cpu.user_s).max(0.0),
                system_s: (cpu.system_s - less.cpu.system_s).max(0.0),
            },
            switches: Switches {
                voluntary: switches.voluntary.saturating_sub(less.switches.voluntary),
                involuntary: switches.involuntary.saturating_sub(less.switches.involuntary),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_child_is_seen_in_a_run_that_is_over_at_once() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        // A test's thread is not the main one.
        let list = File::open("/proc/thread-self/children").ok();
        let peaks = watch(None, &Children { list, before: Vec::new() }, &AtomicBool::new(true));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(peaks.children.threads.is_some(), "{peaks:?}");
    }

    #[test]
    fn a_status_is_read_in_bytes_and_what_it_lacks_is_none() {
        let status = Status::parse("VmPeak:\t    2048 kB\nVmHWM:\t    1024 kB\nThreads:\t3\n");
        assert_eq!(status.virtual_peak, Some(2_097_152));
        assert_eq!(status.resident_peak, Some(1_048_576));
        assert_eq!(status.threads, Some(3));
        assert_eq!(status.page_tables, None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_sampler_sees_what_the_work_holds_and_not_itself() {
        const HELD: usize = 64 * 1024 * 1024;
        let sampler = Sampler::start().unwrap();
        let held = vec![1_u8; HELD];
        let waiting: Vec<_> = (0..8).map(|_| thread::spawn(thread::park)).collect();
        // The last sample is taken after `stop` was asked for, so no time has to pass here.
        let Account { memory, threads_peak: threads, .. } = sampler.stop();
        // The test's own harness has threads of its own beside these eight.
        assert!(threads.unwrap() >= 8);
        assert!(memory.hwm_bytes.unwrap() >= HELD as u64);
        assert!(memory.peak_virtual_bytes.unwrap() >= HELD as u64);
        drop(held);
        for thread in waiting {
            thread.thread().unpark();
            thread.join().unwrap();
        }
    }
}
