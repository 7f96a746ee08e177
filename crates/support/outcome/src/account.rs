//! The system's accounts of this process: rusage for CPU and switches, /proc/self/status for memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

/// Peaks that the kernel does not keep are sampled this often.
const SAMPLE_EVERY: Duration = Duration::from_millis(1);

/// Linux gives each thread a kernel stack of this size on the 64-bit processors; no account of the process holds it.
const KERNEL_STACK_BYTES: u64 = 16 * 1024;

/// CPU seconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// In the program.
    pub user_s: f64,
    /// In the kernel on its behalf.
    pub system_s: f64,
}

/// Memory of the whole process at its peak, in bytes; none where the system does not tell.
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// A thread gave the processor up, to wait for something.
    pub voluntary: u64,
    /// The kernel took the processor away.
    pub involuntary: u64,
}

pub(crate) struct Account {
    pub(crate) cpu: Cpu,
    pub(crate) memory: Memory,
    pub(crate) threads_peak: Option<u64>,
    pub(crate) switches: Switches,
}

/// A thread that watches the peaks while the work runs, and what the process had used before.
#[derive(Debug)]
pub(crate) struct Sampler {
    before: Usage,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Status, Usage)>,
}

impl Sampler {
    pub(crate) fn start() -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let file = File::open("/proc/self/status").ok();
        let before = Usage::read(UsageWho::RUSAGE_SELF);
        // A small stack: this thread's memory is the one cost that is not taken out again.
        let thread = thread::Builder::new().stack_size(64 * 1024).spawn(move || watch(file.as_ref(), &seen))?;
        Ok(Self { before, stop, thread })
    }

    pub(crate) fn stop(self) -> Account {
        self.stop.store(true, Relaxed);
        self.thread.thread().unpark();
        let (peak, own) = self.thread.join().expect("the sampler does not panic");
        let used = Usage::read(UsageWho::RUSAGE_SELF).since(&self.before).since(&own);
        let threads_peak = peak.threads.map(|threads| threads.saturating_sub(1));
        Account {
            cpu: Cpu { user_s: used.user_s, system_s: used.system_s },
            memory: Memory {
                hwm_bytes: peak.hwm_bytes,
                peak_virtual_bytes: peak.peak_virtual_bytes,
                page_table_bytes: peak.page_table_bytes,
                kernel_stack_bytes: threads_peak.map(|threads| threads * KERNEL_STACK_BYTES),
            },
            threads_peak,
            switches: Switches { voluntary: used.voluntary, involuntary: used.involuntary },
        }
    }
}

fn watch(file: Option<&File>, stop: &AtomicBool) -> (Status, Usage) {
    let mut peak = Status::default();
    loop {
        let last = stop.load(Relaxed);
        peak.raise(&Status::read(file));
        if last {
            return (peak, Usage::of_this_thread());
        }
        thread::park_timeout(SAMPLE_EVERY);
    }
}

/// The lines of /proc/self/status that matter here.
#[derive(Debug, Default)]
struct Status {
    hwm_bytes: Option<u64>,
    peak_virtual_bytes: Option<u64>,
    page_table_bytes: Option<u64>,
    threads: Option<u64>,
}

impl Status {
    /// Reads without allocating: a thread's first allocation reserves an arena, and `VmPeak` would show it.
    fn read(file: Option<&File>) -> Self {
        let mut buffer = [0; 4096];
        let length = file.and_then(|file| file.read_at(&mut buffer, 0).ok()).unwrap_or(0);
        let text = str::from_utf8(&buffer[..length]).unwrap_or_default();
        let number = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
        };
        let bytes = |name: &str| number(name).map(|kib| kib * 1024);
        Self {
            hwm_bytes: bytes("VmHWM"),
            peak_virtual_bytes: bytes("VmPeak"),
            page_table_bytes: bytes("VmPTE"),
            threads: number("Threads"),
        }
    }

    fn raise(&mut self, now: &Self) {
        self.hwm_bytes = self.hwm_bytes.max(now.hwm_bytes);
        self.peak_virtual_bytes = self.peak_virtual_bytes.max(now.peak_virtual_bytes);
        self.page_table_bytes = self.page_table_bytes.max(now.page_table_bytes);
        self.threads = self.threads.max(now.threads);
    }
}

#[derive(Debug, Default)]
struct Usage {
    user_s: f64,
    system_s: f64,
    voluntary: u64,
    involuntary: u64,
}

impl Usage {
    fn read(who: UsageWho) -> Self {
        let usage = getrusage(who).expect("getrusage fails for an unknown `who` alone");
        let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        Self {
            user_s: seconds(usage.user_time()),
            system_s: seconds(usage.system_time()),
            voluntary: count(usage.voluntary_context_switches()),
            involuntary: count(usage.involuntary_context_switches()),
        }
    }

    #[cfg(target_os = "linux")]
    fn of_this_thread() -> Self {
        Self::read(UsageWho::RUSAGE_THREAD)
    }

    /// Other systems keep no account of a thread; the sampler's share, under a hundredth, stays in.
    #[cfg(not(target_os = "linux"))]
    fn of_this_thread() -> Self {
        Self::default()
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            user_s: (self.user_s - before.user_s).max(0.0),
            system_s: (self.system_s - before.system_s).max(0.0),
            voluntary: self.voluntary.saturating_sub(before.voluntary),
            involuntary: self.involuntary.saturating_sub(before.involuntary),
        }
    }
}
