//! Whether this machine is fit to measure on: what makes the same program take another time in another minute.
//!
//! What a system does not tell is no lack: other kernels, containers and virtual machines have none of these files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use glob::{Pattern, glob};

/// Of the time in which somebody wanted a processor, so much may have gone to other machines.
const LITTLE: f64 = 0.01;

/// What is said of what cannot be looked up.
pub(crate) const NOT_TOLD: &str = "not told by this system";

/// One thing that a run wants of the machine.
pub struct Check {
    /// What was looked at: `steal time`.
    pub name: &'static str,
    /// What there is, in words, also if the system does not report it.
    pub found: String,
    /// What follows from a lack, and the fix.
    pub lack: Option<String>,
}

/// All of these; `root` is `/`.
pub(crate) fn checks(root: &Path) -> Vec<Check> {
    let system = System(root);
    vec![governor(&system), boost(&system), quota(&system), steal(&system), power(&system)]
}

/// The files by which a kernel tells of itself.
struct System<'a>(&'a Path);

impl System<'_> {
    fn file(&self, path: &str) -> Option<String> {
        read(&self.0.join(path))
    }

    /// The files of a pattern, in their order.
    fn files(&self, pattern: &str) -> Vec<PathBuf> {
        let root = Pattern::escape(&self.0.to_string_lossy());
        glob(&format!("{root}/{pattern}")).into_iter().flatten().flatten().collect()
    }

    /// The different things that these files say.
    fn said(&self, pattern: &str) -> BTreeSet<String> {
        self.files(pattern).iter().filter_map(|file| read(file)).collect()
    }

    fn processors(&self) -> usize {
        let stat = self.file("proc/stat").unwrap_or_default();
        stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count()
    }
}

/// What a file says; some of these exist and cannot be read.
fn read(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn check(name: &'static str, found: Option<String>, lack: Option<&str>) -> Check {
    Check { name, found: found.unwrap_or_else(|| NOT_TOLD.to_owned()), lack: lack.map(str::to_owned) }
}

fn governor(system: &System) -> Check {
    let found = system.said("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor");
    let varies = found.iter().any(|governor| governor != "performance");
    let lack = "the frequency follows the load, and times follow the frequency: \
                cpupower frequency-set -g performance, as root";
    check("frequency governor", listed(&found), varies.then_some(lack))
}

fn boost(system: &System) -> Check {
    let intel = system.said("sys/devices/system/cpu/intel_pstate/no_turbo");
    let others = system.said("sys/devices/system/cpu/cpufreq/boost");
    let each = system.said("sys/devices/system/cpu/cpufreq/policy[0-9]*/boost");
    let (is_on, mend) = if intel.is_empty() {
        (others.contains("1") || each.contains("1"), "echo 0 >/sys/devices/system/cpu/cpufreq/boost, as root")
    } else {
        (intel.contains("0"), "echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo, as root")
    };
    let is_told = !(intel.is_empty() && others.is_empty() && each.is_empty());
    let lack = format!("a cool processor is faster than a warm one, and one core than all: {mend}");
    let found = is_told.then(|| if is_on { "on" } else { "off" }.to_owned());
    check("turbo (boost)", found, is_on.then_some(&lack))
}

fn quota(system: &System) -> Check {
    const LACK: &str = "whoever has used it up stands still until the next period: lift the limit \
                        (docker run --cpus, CPUQuota= of systemd, resources.limits.cpu of Kubernetes)";
    let groups = system.file("proc/self/cgroup");
    let least = groups.iter().flat_map(|groups| quotas(system, groups)).reduce(f64::min);
    let processors = system.processors();
    let words = least.map(|cores| match cores {
        f64::INFINITY => "none".to_owned(),
        cores => format!("{} of {processors} processors", hundredths(cores)),
    });
    let binds =
        least.is_some_and(|cores| cores.is_finite() && (processors == 0 || cores < processors as f64));
    check("CPU quota (cgroup)", words, binds.then_some(LACK))
}

/// The quotas of the groups of this process and of all above them, in processors; infinite where a group has none.
fn quotas(system: &System, groups: &str) -> Vec<f64> {
    let mut found = Vec::new();
    for line in groups.lines() {
        // number:controllers:path; of version 2 there is one line, with the number 0 and no controllers.
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        if !controllers.is_empty() && !controllers.split(',').any(|controller| controller == "cpu") {
            continue;
        }
        let mounts: &[&str] = if controllers.is_empty() {
            &["sys/fs/cgroup", "sys/fs/cgroup/unified"]
        } else {
            &["sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"]
        };
        for mount in mounts {
            // In a container the path may be that of the host, of which no more is to be seen than the mount itself.
            let group = Path::new(path.trim_start_matches('/'));
            found.extend(group.ancestors().filter_map(|group| quota_of(&system.0.join(mount).join(group))));
        }
    }
    found
}

/// What a group's own files say; none if they say nothing.
fn quota_of(group: &Path) -> Option<f64> {
    let (quota, period) = match read(&group.join("cpu.max")) {
        Some(both) => {
            let (quota, period) = both.split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
        None => (read(&group.join("cpu.cfs_quota_us"))?, read(&group.join("cpu.cfs_period_us"))?),
    };
    // "max" and -1 are no quota.
    let quota = quota.parse().ok().filter(|quota| *quota > 0.0).unwrap_or(f64::INFINITY);
    let period = period.parse().ok().filter(|period: &f64| *period > 0.0)?;
    Some(quota / period)
}

fn steal(system: &System) -> Check {
    let stat = system.file("proc/stat");
    let share = stat.as_deref().and_then(stolen);
    let lack = share.is_some_and(|share| share >= LITTLE).then_some(
        "the host gives this machine's time to others: measure on a host of your own, or on one with dedicated processors",
    );
    check(
        "steal time",
        share.map(|share| format!("{} % of what was wanted", hundredths(100.0 * share))),
        lack,
    )
}

/// Of the time since the start in which somebody wanted a processor, the share that the host gave to other machines.
fn stolen(stat: &str) -> Option<f64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let times: Vec<f64> = line.split_whitespace().map_while(|time| time.parse().ok()).collect();
    let [user, nice, system, _, _, irq, softirq, steal, ..] = times[..] else { return None };
    let wanted = user + nice + system + irq + softirq + steal;
    (wanted > 0.0).then(|| steal / wanted)
}

fn power(system: &System) -> Check {
    let mut batteries = BTreeSet::new();
    for kind in system.files("sys/class/power_supply/*/type") {
        let beside = |name: &str| read(&kind.with_file_name(name));
        // A mouse has one too.
        if read(&kind).as_deref() == Some("Battery") && beside("scope").as_deref() != Some("Device") {
            batteries.insert(beside("status").unwrap_or_default().to_lowercase());
        }
    }
    let drains = batteries.contains("discharging");
    let is_told = system.0.join("sys/class/power_supply").is_dir();
    let found = listed(&batteries).or_else(|| is_told.then(|| "none".to_owned()));
    let lack = "a machine on its battery saves power, and slows down: plug it in";
    check("battery", found, drains.then_some(lack))
}

fn listed(found: &BTreeSet<String>) -> Option<String> {
    (!found.is_empty()).then(|| found.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const STAT: &str = "cpu  600 0 300 9000 10 50 50 0 0 0\ncpu0 1 0 0 0\ncpu1 1 0 0 0\nintr 1\n";

    /// A system of these files.
    fn system(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, format!("{text}\n")).unwrap();
        }
        root
    }

    /// What a check finds there, and what it lacks, in short.
    #[track_caller]
    fn finds(name: &str, files: &[(&str, &str)], found: &str, lack: Option<&str>) {
        let root = system(files);
        let check = checks(root.path()).into_iter().find(|check| check.name == name).unwrap();
        assert_eq!(check.found, found, "{files:?}");
        match (&check.lack, lack) {
            (None, None) => {}
            (Some(said), Some(words)) if said.contains(words) => {}
            (said, _) => panic!("{files:?}: {said:?} and not {lack:?}"),
        }
    }

    #[test]
    fn what_is_not_told_is_no_lack() {
        let root = system(&[]);
        for check in checks(root.path()) {
            assert_eq!((check.found.as_str(), check.lack), (NOT_TOLD, None), "{}", check.name);
        }
        // Nor what makes no sense.
        let nonsense = [
            ("proc/stat", "cpu  x y\ncpu0"),
            ("proc/self/cgroup", "0::\n:::\nx"),
            ("sys/fs/cgroup/cpu.max", "many"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", ""),
            ("sys/devices/system/cpu/intel_pstate/no_turbo", ""),
        ];
        let root = system(&nonsense);
        for check in checks(root.path()) {
            assert_eq!((check.found.as_str(), check.lack), (NOT_TOLD, None), "{}", check.name);
        }
    }

    #[test]
    fn a_governor_that_follows_the_load() {
        let of = |number: usize| format!("sys/devices/system/cpu/cpu{number}/cpufreq/scaling_governor");
        let (first, second, eleventh) = (of(0), of(1), of(10));
        let name = "frequency governor";
        finds(name, &[(&first, "performance"), (&second, "performance")], "performance", None);
        for other in ["powersave", "schedutil", "ondemand", "conservative", "userspace"] {
            finds(name, &[(&first, other)], other, Some("cpupower frequency-set -g performance"));
        }
        let mixed = [(first.as_str(), "performance"), (eleventh.as_str(), "powersave")];
        finds(name, &mixed, "performance, powersave", Some("cpupower"));
    }

    #[test]
    fn a_boost_that_is_on() {
        let intel = "sys/devices/system/cpu/intel_pstate/no_turbo";
        let (others, each) =
            ("sys/devices/system/cpu/cpufreq/boost", "sys/devices/system/cpu/cpufreq/policy3/boost");
        let name = "turbo (boost)";
        finds(name, &[(intel, "1")], "off", None);
        finds(name, &[(intel, "0")], "on", Some("echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo"));
        finds(name, &[(others, "0")], "off", None);
        finds(name, &[(others, "1")], "on", Some("echo 0 >/sys/devices/system/cpu/cpufreq/boost"));
        finds(name, &[(each, "1")], "on", Some("boost"));
    }

    #[test]
    fn a_quota_of_either_version_and_of_any_group_above() {
        let name = "CPU quota (cgroup)";
        let two = |cgroup, files: &[(&'static str, &'static str)]| {
            [&[("proc/stat", STAT), ("proc/self/cgroup", cgroup)], files].concat()
        };
        let lack = Some("docker run --cpus");
        // Version 2: none, one's own, one above, and one in a container, where the path is the host's.
        finds(name, &two("0::/a/b", &[("sys/fs/cgroup/a/b/cpu.max", "max 100000")]), "none", None);
        finds(name, &two("0::/", &[("sys/fs/cgroup/cpu.max", "50000 100000")]), "0.5 of 2 processors", lack);
        let above =
            [("sys/fs/cgroup/a/cpu.max", "150000 100000"), ("sys/fs/cgroup/a/b/cpu.max", "max 100000")];
        finds(name, &two("0::/a/b", &above), "1.5 of 2 processors", lack);
        let inside = two("0::/../host/x", &[("sys/fs/cgroup/cpu.max", "25000 100000")]);
        finds(name, &inside, "0.25 of 2 processors", lack);
        // As much as there is binds nobody.
        finds(name, &two("0::/", &[("sys/fs/cgroup/cpu.max", "200000 100000")]), "2 of 2 processors", None);
        // Version 1, by either name of the mount; of the controllers that end in cpu it is the one that counts.
        let one = [
            ("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1"),
            ("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000"),
        ];
        finds(name, &two("3:cpuset:/\n1:cpu:/x", &one), "none", None);
        let joined = [
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "120000"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000"),
        ];
        finds(name, &two("4:cpu,cpuacct:/docker/abc\n0::/", &joined), "1.2 of 2 processors", lack);
    }

    #[test]
    fn time_that_the_host_gave_to_others() {
        let of = |steal: u32| format!("cpu  600 0 300 9000 10 50 50 {steal} 0 0\ncpu0 1");
        finds("steal time", &[("proc/stat", &of(0))], "0 % of what was wanted", None);
        finds("steal time", &[("proc/stat", &of(5))], "0.5 % of what was wanted", None);
        finds(
            "steal time",
            &[("proc/stat", &of(250))],
            "20 % of what was wanted",
            Some("dedicated processors"),
        );
    }

    #[test]
    fn a_battery_that_drains() {
        let supply = |name: &str, key: &str| format!("sys/class/power_supply/{name}/{key}");
        let files = |status: &'static str| {
            [
                (supply("AC", "type"), "Mains"),
                (supply("BAT0", "type"), "Battery"),
                (supply("BAT0", "status"), status),
            ]
        };
        let check = |status: &'static str, lack| {
            let files = files(status);
            let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            finds("battery", &files, &status.to_lowercase(), lack);
        };
        check("Discharging", Some("plug it in"));
        check("Charging", None);
        check("Not charging", None);
        finds("battery", &[("sys/class/power_supply/AC/type", "Mains")], "none", None);
        let mouse = [
            ("sys/class/power_supply/m/type", "Battery"),
            ("sys/class/power_supply/m/scope", "Device"),
            ("sys/class/power_supply/m/status", "Discharging"),
        ];
        finds("battery", &mouse, "none", None);
    }
}
