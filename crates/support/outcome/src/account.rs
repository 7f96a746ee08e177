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
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// A thread gave the processor up, to wait for something.
    pub voluntary: u64,
    /// The kernel took the processor away.
    pub involuntary: u64,
}

/// A thread that watches the peaks while the work runs. Its own share is taken out of every figure but resident
/// memory, to which it adds a few pages.
#[derive(Debug)]
pub(crate) struct Sampler {
    used_before: Usage,
    before: Status,
    beside: Status,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Status, Usage)>,
}

impl Sampler {
    pub(crate) fn start() -> io::Result<Self> {
        let file = File::open("/proc/self/status").ok();
        let used_before = Usage::of(UsageWho::RUSAGE_SELF);
        let before = Status::read(file.as_ref());
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let (started, first) = sync_channel(1);
        let thread = thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            started.send(Status::read(file.as_ref())).ok();
            watch(file.as_ref(), &seen)
        })?;
        let beside = first.recv().map_err(io::Error::other)?;
        Ok(Self { used_before, before, beside, stop, thread })
    }

    pub(crate) fn stop(self) -> (Usage, Memory, Option<u64>) {
        let Self { used_before, before, beside, stop, thread } = self;
        stop.store(true, Relaxed);
        thread.thread().unpark();
        let (peak, own) = thread.join().expect("the sampler does not panic");
        let used = Usage::of(UsageWho::RUSAGE_SELF).less(&used_before).less(&own);

        let less_own = |peak: Option<u64>, figure: fn(&Status) -> Option<u64>| {
            Some(peak?.saturating_sub(figure(&beside)?.saturating_sub(figure(&before)?)))
        };
        let threads_peak = less_own(peak.threads, |status| status.threads);
        let memory = Memory {
            hwm_bytes: peak.resident_peak,
            peak_virtual_bytes: less_own(peak_virtual(&peak, &beside), |status| status.virtual_now),
            page_table_bytes: less_own(peak.page_tables, |status| status.page_tables),
            kernel_stack_bytes: threads_peak.map(|threads| threads * KERNEL_STACK_BYTES),
        };
        (used, memory, threads_peak)
    }
}

/// A thread that begins reserves address space for its allocations, and for a moment twice as much. Only where the
/// work went beyond the sampler's own moment is the kernel's peak that of the work; else the samples have it.
fn peak_virtual(peak: &Status, beside: &Status) -> Option<u64> {
    if peak.virtual_peak > beside.virtual_peak { peak.virtual_peak } else { peak.virtual_now }
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
    use super::*;

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
        let (_, memory, threads) = sampler.stop();
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
