//! The machine's limits: how much of each is in use, and which of them leaves no room for more threads.

use std::error::Error;
use std::fs;
use std::io;
use std::iter::successors;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::unistd::Uid;

use crate::Refused;

/// What std gives a thread where nothing else is asked for.
const STACK_BYTES: u64 = 2 * 1024 * 1024;
/// No thread takes so many of what is counted one by one, or so few of what is counted in bytes.
const PAGE_BYTES: u64 = 4096;
/// Four arenas of glibc's allocator.
const ARENAS_BYTES: u64 = 4 * 64 * 1024 * 1024;
/// Mappings of a thread on Linux: its stack, that of its signals, and a guard page below each.
const MAPPINGS: u64 = 4;

impl Refused {
    /// The limit that an error names by its number, if one in its chain of causes does; `at` is how many were reached.
    pub fn by(error: &(dyn Error + 'static), at: u64) -> Option<Self> {
        let causes = successors(Some(error), |&error| error.source());
        causes.filter_map(|error| error.downcast_ref::<io::Error>()).find_map(|error| {
            let limit = match Errno::from_raw(error.raw_os_error()?) {
                Errno::EMFILE => "RLIMIT_NOFILE",
                Errno::ENFILE => "fs.file-max",
                Errno::EADDRNOTAVAIL => "net.ipv4.ip_local_port_range",
                _ => return None,
            };
            Some(Self { at, limit: limit.to_owned(), detail: error.to_string() })
        })
    }
}

/// Raises this process's soft limit of open files to the hard one: ten thousand connections are ten thousand open
/// files, and the soft limit is often 1,024. If it cannot be raised, one goes on with what there is.
pub fn raise_open_files() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// How much of each limited thing is in use, and its limit; only those that the system tells.
pub(crate) struct Usage(Vec<Limited>);

struct Limited {
    limit: String,
    used: u64,
    most: u64,
    /// What a thread takes of it, where it could not be seen yet.
    by_a_thread: u64,
}

impl Usage {
    /// A thread that is still to be started takes `stack_bytes`.
    pub(crate) fn now(stack_bytes: Option<usize>) -> Self {
        let stack = stack_bytes.map_or(STACK_BYTES, |bytes| bytes as u64);
        let mut all = Vec::new();
        let mut add = |limit: &str, by_a_thread: u64, used: Option<u64>, most: Option<u64>| {
            if let (Some(used), Some(most)) = (used, most) {
                all.push(Limited { limit: limit.to_owned(), used, most, by_a_thread });
            }
        };
        let maps = fs::read_to_string("/proc/self/maps").ok().map(|maps| maps.lines().count() as u64);
        add("vm.max_map_count", MAPPINGS, maps, kernel("vm/max_map_count"));
        let tasks = tasks();
        add("kernel.threads-max", 1, tasks, kernel("kernel/threads-max"));
        add("kernel.pid_max", 1, tasks, kernel("kernel/pid_max"));
        // Other systems have it by another name, or none.
        #[cfg(target_os = "linux")]
        add("RLIMIT_NPROC", 1, tasks_of_user(), own(Resource::RLIMIT_NPROC).filter(|_| !is_exempt()));
        add("RLIMIT_AS", stack, status("self", "VmSize:").map(kib), own(Resource::RLIMIT_AS));
        add("RLIMIT_DATA", stack, status("self", "VmData:").map(kib), own(Resource::RLIMIT_DATA));
        if kernel("vm/overcommit_memory") == Some(2) {
            let memory = |name| line("/proc/meminfo".as_ref(), name).map(kib);
            add("vm.overcommit_memory", stack, memory("Committed_AS:"), memory("CommitLimit:"));
        }
        for group in groups() {
            add(
                &format!("{}/pids.max", group.display()),
                1,
                number(&group.join("pids.current")),
                number(&group.join("pids.max")),
            );
        }
        Self(all)
    }
}

/// The limit that, of those in use `now`, has the least room for more threads, if it has none for `more`; `before`
/// there were `threads` fewer. With its figures in words.
pub(crate) fn used_up(before: &Usage, now: &Usage, threads: u64, more: u64) -> Option<(String, String)> {
    let room = |now: &&Limited| {
        let was = before.0.iter().find(|was| was.limit == now.limit).map_or(0, |was| was.used);
        let each = now.used.saturating_sub(was).checked_div(threads).unwrap_or(now.by_a_thread).max(1);
        // What counts bytes counts the allocator's arenas too, and their number is not the same in each process.
        let arenas = if now.by_a_thread >= PAGE_BYTES { ARENAS_BYTES } else { 0 };
        now.most.saturating_sub(now.used).saturating_sub(arenas) / each
    };
    let tightest = now.0.iter().min_by_key(room).filter(|limited| room(limited) <= more)?;
    let Limited { limit, used, most, .. } = tightest;
    Some((limit.clone(), format!("with {threads} threads {used} of {most} were in use")))
}

fn kernel(name: &str) -> Option<u64> {
    number(&Path::new("/proc/sys").join(name))
}

/// None where there is no such file, and none for `max`, which is no limit.
fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn own(resource: Resource) -> Option<u64> {
    getrlimit(resource).ok().map(|(soft, _)| soft).filter(|&soft| soft != RLIM_INFINITY)
}

/// The number on the line of `file` that begins with `name`.
fn line(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

fn status(process: &str, name: &str) -> Option<u64> {
    line(&Path::new("/proc").join(process).join("status"), name)
}

fn kib(number: u64) -> u64 {
    number * 1024
}

/// All threads of the system: the second number of `1/77` in the fourth place.
fn tasks() -> Option<u64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

/// All threads of this user, which is what `RLIMIT_NPROC` counts.
fn tasks_of_user() -> Option<u64> {
    let user = u64::from(Uid::current().as_raw());
    // By number: `self` and `thread-self` stand there too, and would be counted again.
    let names = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let processes = names.filter(|name| name.parse::<u32>().is_ok());
    let own = processes.filter(|process| status(process, "Uid:") == Some(user));
    Some(own.filter_map(|process| status(&process, "Threads:")).sum())
}

/// Whether `RLIMIT_NPROC` does not bind: for root, and with `CAP_SYS_ADMIN` or `CAP_SYS_RESOURCE`.
fn is_exempt() -> bool {
    const CAPABILITIES: u64 = 1 << 21 | 1 << 24;
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective =
        text.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("CapEff:")?.trim(), 16).ok());
    Uid::current().is_root() || effective.is_some_and(|effective| effective & CAPABILITIES != 0)
}

/// The control groups that may limit threads, from our own up to the root, in both versions of the hierarchy.
fn groups() -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut groups = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let top = match controllers {
            "" => "/sys/fs/cgroup",
            "pids" => "/sys/fs/cgroup/pids",
            _ => continue,
        };
        let group = Path::new(top).join(path.trim_start_matches('/'));
        groups.extend(group.ancestors().take_while(|group| group.starts_with(top)).map(Path::to_owned));
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(figures: &[(&str, u64, u64)]) -> Usage {
        let limited = |&(limit, used, most): &(&str, u64, u64)| Limited {
            limit: limit.to_owned(),
            used,
            most,
            by_a_thread: 4,
        };
        Usage(figures.iter().map(limited).collect())
    }

    #[test]
    fn the_limit_with_the_least_room_is_named_with_its_figures() {
        let before = usage(&[("maps", 30, 65_530), ("tasks", 100, 30_000)]);
        let now = usage(&[("maps", 65_430, 65_530), ("tasks", 16_450, 30_000)]);
        let (limit, figures) = used_up(&before, &now, 16_350, 25).unwrap();
        assert_eq!(limit, "maps");
        assert_eq!(figures, "with 16350 threads 65430 of 65530 were in use");
    }

    #[test]
    fn a_limit_with_room_for_more_is_not_blamed() {
        let before = usage(&[("maps", 30, 65_530)]);
        let now = usage(&[("maps", 65_430, 65_530)]);
        assert!(used_up(&before, &now, 16_350, 24).is_none());
        assert!(used_up(&usage(&[]), &usage(&[]), 10, 10).is_none());
    }

    #[test]
    fn where_no_thread_could_be_started_what_one_takes_is_known() {
        let now = usage(&[("maps", 65_528, 65_530)]);
        assert_eq!(used_up(&now, &now, 0, 16).unwrap().0, "maps");
    }

    #[test]
    fn an_error_names_its_limit_through_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot connect")]
        struct Outer(#[source] io::Error);
        let by = |number: Errno| Refused::by(&Outer(io::Error::from_raw_os_error(number as i32)), 7);
        let refused = by(Errno::EMFILE).unwrap();
        assert_eq!((refused.at, refused.limit.as_str()), (7, "RLIMIT_NOFILE"));
        assert!(by(Errno::ECONNREFUSED).is_none());
    }
}
