//! What else uses the processors while a run is timed.

use std::fs;
use std::thread::available_parallelism;

use crate::process::keeper;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// CPU seconds since the system has started.
pub(crate) struct Used {
    /// By all programs, on the cores that we may use.
    all: f64,
    /// By us and what we have started.
    ours: f64,
}

impl Used {
    /// Until now. `still_running` is what we have started and not waited for. None if the system does not say, or gives us a share of
    /// its cores only: the others have the rest.
    pub(crate) fn until_now(still_running: Option<Pid>) -> Option<Self> {
        let cores = cores()?;
        if available_parallelism().ok()?.get() < cores.len() {
            return None;
        }
        let ticks = sysconf(SysconfVar::CLK_TCK).ok()??;
        let all = of_cores(&fs::read_to_string("/proc/stat").ok()?, |core| cores.contains(&core))?;
        let running =
            still_running.map_or(Some(0), |pid| of_process(&fs::read(format!("/proc/{pid}/stat")).ok()?))?;
        let waited_for: f64 = [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
            .into_iter()
            .map(|who| getrusage(who).map_or(0.0, |usage| seconds(&usage)))
            .sum();
        Some(Self { all: all as f64 / ticks as f64, ours: waited_for + running as f64 / ticks as f64 })
    }

    /// What the others have used since then. The system counts it in hundredths of a second, so it may be a few of these off.
    pub(crate) fn by_others_since(&self, before: &Self) -> f64 {
        (self.all - before.all - (self.ours - before.ours)).max(0.0)
    }
}

/// The cores that we may use.
#[cfg(target_os = "linux")]
fn cores() -> Option<Vec<usize>> {
    use nix::sched::{CpuSet, sched_getaffinity};
    let cores = sched_getaffinity(Pid::from_raw(0)).ok()?;
    Some((0..CpuSet::count()).filter(|&core| cores.is_set(core).unwrap_or_default()).collect())
}

#[cfg(not(target_os = "linux"))]
fn cores() -> Option<Vec<usize>> {
    None
}

fn seconds(usage: &Usage) -> f64 {
    let times = [usage.user_time(), usage.system_time()];
    times.iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).sum()
}

/// The ticks in which these cores ran programs of anybody, or of another virtual machine. Interrupts are left out: they may be ours.
fn of_cores(stat: &str, is_ours: impl Fn(usize) -> bool) -> Option<u64> {
    let mut sum = None;
    for line in stat.lines() {
        let Some((core, ticks)) = line.strip_prefix("cpu").and_then(|line| line.split_once(' ')) else {
            continue;
        };
        if core.parse().is_ok_and(&is_ours) {
            let ticks: Vec<u64> = ticks.split_whitespace().map_while(|tick| tick.parse().ok()).collect();
            // user, nice, system, idle, iowait, irq, softirq, steal
            let [user, nice, system, .., steal] = ticks.get(..8)? else { return None };
            sum = Some(sum.unwrap_or(0) + user + nice + system + steal);
        }
    }
    sum
}

/// The ticks that a process has used.
fn of_process(stat: &[u8]) -> Option<u64> {
    let mut ticks = keeper::after_name(stat)?.skip(11);
    Some(ticks.next()?.parse::<u64>().ok()? + ticks.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cores_did_is_added_up_but_for_what_they_waited() {
        let stat = "cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 10 20 30 1000 1000 1000 1000 40 10 0\ncpu1 1 2 3 9 9 9 9 4 0 0\nintr 5\n";
        assert_eq!((of_cores(stat, |core| core == 0), of_cores(stat, |_| true)), (Some(100), Some(110)));
        assert_eq!((of_cores(stat, |core| core == 7), of_cores("cpu0 1 2", |_| true)), (None, None));
    }

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let stat = b"7 (a) 1 2) S 1 7 7 0 -1 4194304 100 0 0 0 31 11 5 5 20 0 1 0";
        assert_eq!(of_process(stat), Some(42));
    }
}
