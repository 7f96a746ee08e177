//! The system's accounts of this process: rusage for CPU and switches, /proc/self/status for memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::sync_channel;
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

/// A thread that watches the peaks while the work runs. Its own share is taken out of every figure.
#[derive(Debug)]
pub(crate) struct Sampler {
    usage_before: Usage,
    before: Status,
    with_sampler: Status,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Status, Usage)>,
}

impl Sampler {
    pub(crate) fn start() -> io::Result<Self> {
        let file = File::open("/proc/self/status").ok();
        let usage_before = Usage::read(UsageWho::RUSAGE_SELF);
        let before = Status::read(file.as_ref());
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let (started, first) = sync_channel(1);
        let thread = thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            started.send(Status::read(file.as_ref())).ok();
            watch(file.as_ref(), &seen)
        })?;
        let with_sampler = first.recv().map_err(io::Error::other)?;
        Ok(Self { usage_before, before, with_sampler, stop, thread })
    }

    pub(crate) fn stop(self) -> Account {
        self.stop.store(true, Relaxed);
        self.thread.thread().unpark();
        let (peak, own) = self.thread.join().expect("the sampler does not panic");
        let used = Usage::read(UsageWho::RUSAGE_SELF).since(&self.usage_before).since(&own);

        // A thread reserves address space for its allocations, and for a moment twice as much. Only where the
        // work went beyond that moment is the kernel's peak its own; else the samples have it.
        let peak_virtual = if peak.virtual_peak > self.with_sampler.virtual_peak {
            peak.virtual_peak
        } else {
            peak.virtual_now
        };
        let less_sampler = |peak: Option<u64>, share: fn(&Status) -> Option<u64>| {
            Some(peak?.saturating_sub(share(&self.with_sampler)?.saturating_sub(share(&self.before)?)))
        };
        let threads_peak = less_sampler(peak.threads, |status| status.threads);
        Account {
            cpu: Cpu { user_s: used.user_s, system_s: used.system_s },
            memory: Memory {
                hwm_bytes: peak.resident_peak,
                peak_virtual_bytes: less_sampler(peak_virtual, |status| status.virtual_now),
                page_table_bytes: less_sampler(peak.page_tables, |status| status.page_tables),
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

/// The lines of /proc/self/status that matter here, in bytes; none on systems without it.
#[derive(Debug, Default)]
struct Status {
    resident_peak: Option<u64>,
    virtual_peak: Option<u64>,
    virtual_now: Option<u64>,
    page_tables: Option<u64>,
    threads: Option<u64>,
}

impl Status {
    fn read(file: Option<&File>) -> Self {
        let mut buffer = [0; 4096];
        let length = file.and_then(|file| file.read_at(&mut buffer, 0).ok()).unwrap_or(0);
        let text = str::from_utf8(&buffer[..length]).unwrap_or_default();
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
        }
    }

    fn raise(&mut self, now: &Self) {
        self.resident_peak = self.resident_peak.max(now.resident_peak);
        self.virtual_peak = self.virtual_peak.max(now.virtual_peak);
        self.virtual_now = self.virtual_now.max(now.virtual_now);
        self.page_tables = self.page_tables.max(now.page_tables);
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
