//! What an outcome may say: whoever reads one must not have to ask whether its figures can be.

use std::fs::{File, OpenOptions};
use std::io::{Read, Take};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use nix::fcntl::OFlag;

use crate::{Cpu, Memory, Outcome, Refused, Switches, Work};

/// Nothing here takes a year.
pub const YEAR_S: f64 = 365.0 * 24.0 * 3600.0;
/// The largest count that a figure, which is an f64, holds exactly.
pub const MOST: u64 = 1 << 53;

/// An outcome's file is no larger than this: a thousand times the largest that there is.
const MOST_BYTES: u64 = 64 << 20;
/// What is resident, and what the kernel keeps for it; no machine has so much.
const MOST_MEMORY: u64 = 1 << 48;
/// Address space with five levels of page tables.
const MOST_ADDRESSES: u64 = 1 << 57;
/// `pid_max` can be no more.
const MOST_THREADS: u64 = 1 << 22;
/// No run has kept so many cores busy.
const MOST_CORES: f64 = 1024.0;
/// A figure that is no time and no count may be large, or below zero, but not absurd.
const MOST_FIGURE: f64 = 1e18;
const MOST_NAMES: usize = 10_000;
const MOST_POINTS: usize = 1_000_000;
const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 2_000;

/// The text of a file, if it is one and not too large: a pipe would never end, and a device neither.
///
/// # Errors
/// When it cannot be read, is no regular file, is larger than that, or is not UTF-8.
pub fn read_text(file: &Path, most_bytes: u64) -> Result<String> {
    // Without waiting for somebody to write to it, should it be a pipe.
    let opened = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(file)?;
    let metadata = opened.metadata()?;
    ensure!(metadata.is_file(), "it is no regular file");
    let mut text = String::new();
    // It may grow while it is read.
    let mut reader: Take<File> = opened.take(most_bytes + 1);
    reader.read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= most_bytes, "it is larger than {most_bytes} bytes");
    Ok(text)
}

/// The text of the file that a run has written.
pub(crate) fn text_of(file: &Path) -> Result<String> {
    ensure!(file.symlink_metadata().is_ok(), "wrote no outcome");
    read_text(file, MOST_BYTES).context("wrote an outcome that cannot be read")
}

impl Outcome {
    /// Whether all that it says can be: times, CPU, memory and counts that a machine may have, and names of bounded length.
    ///
    /// # Errors
    /// The first figure that cannot be, by its name.
    pub fn check(&self) -> Result<()> {
        let Self { experiment, variant, case, elapsed_s, work, metrics, series, cpu, memory, .. } = self;
        let Self { threads_peak, switches, refused, errors, .. } = self;
        for name in [experiment, variant].into_iter().chain(case) {
            self::name("a name", name)?;
        }
        time("elapsed_s", *elapsed_s)?;
        let Work { expected, done } = *work;
        let Switches { voluntary, involuntary } = *switches;
        for (name, number) in [
            ("work.expected", expected),
            ("work.done", done),
            ("switches.voluntary", voluntary),
            ("switches.involuntary", involuntary),
        ] {
            count(name, number, MOST)?;
        }
        let Cpu { user_s, system_s } = *cpu;
        time("cpu.user_s", user_s)?;
        time("cpu.system_s", system_s)?;
        let cpu = user_s + system_s;
        ensure!(
            cpu <= MOST_CORES * (elapsed_s + 1.0),
            "reported {cpu:?} s of CPU for {elapsed_s} s of work, which cannot be"
        );
        let Memory { hwm_bytes, peak_virtual_bytes, page_table_bytes, kernel_stack_bytes } = *memory;
        for (name, number, most) in [
            ("memory.hwm_bytes", hwm_bytes, MOST_MEMORY),
            ("memory.peak_virtual_bytes", peak_virtual_bytes, MOST_ADDRESSES),
            ("memory.page_table_bytes", page_table_bytes, MOST_MEMORY),
            ("memory.kernel_stack_bytes", kernel_stack_bytes, MOST_MEMORY),
            ("threads_peak", *threads_peak, MOST_THREADS),
        ] {
            number.map_or(Ok(()), |number| count(name, number, most))?;
        }
        if let Some(Refused { at, limit, detail }) = refused {
            count("refused.at", *at, MOST)?;
            for text in [limit, detail] {
                ensure!(text.len() <= LONGEST_TEXT, "reported a refusal of {} letters", text.len());
            }
        }
        few("metrics", metrics.len())?;
        for (name, number) in metrics {
            self::name("metrics", name)?;
            metric(name, *number)?;
        }
        few("errors", errors.len())?;
        for (name, number) in errors {
            ensure!(name.len() <= LONGEST_TEXT, "reported an error of {} letters", name.len());
            count("errors", *number, MOST)?;
        }
        few("series", series.len())?;
        let points = series.values().map(Vec::len).sum::<usize>();
        ensure!(points <= MOST_POINTS, "reported series of {points} points, more than {MOST_POINTS}");
        for (name, points) in series {
            self::name("series", name)?;
            for number in points.iter().flatten() {
                let can_be = number.is_finite() && (0.0..=MOST_FIGURE).contains(number);
                ensure!(can_be, "reported series.{name} {number:?}, which cannot be");
            }
        }
        Ok(())
    }
}

fn name(of: &str, text: &str) -> Result<()> {
    let is_text = !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains(char::is_control);
    ensure!(is_text, "reported {of} of {} letters that is no name", text.len());
    Ok(())
}

fn few(what: &str, number: usize) -> Result<()> {
    ensure!(number <= MOST_NAMES, "reported {number} {what}, more than {MOST_NAMES}");
    Ok(())
}

fn time(name: &str, seconds: f64) -> Result<()> {
    ensure!(
        seconds.is_finite() && (0.0..YEAR_S).contains(&seconds),
        "reported {name} {seconds:?}, which cannot be"
    );
    Ok(())
}

fn count(name: &str, number: u64, most: u64) -> Result<()> {
    ensure!(number <= most, "reported {name} {number}, which cannot be");
    Ok(())
}

/// The end of a metric's name tells its unit.
fn metric(name: &str, number: f64) -> Result<()> {
    let is_rate = name.ends_with("_per_s");
    if name.ends_with("_s") && !is_rate {
        return time(&format!("metrics.{name}"), number);
    }
    let least = if is_rate || name.ends_with("_bytes") { 0.0 } else { -MOST_FIGURE };
    let can_be = number.is_finite() && (least..=MOST_FIGURE).contains(&number);
    ensure!(can_be, "reported metrics.{name} {number:?}, which cannot be");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use serde_json::{Value, json};

    use super::*;

    fn whole() -> Value {
        json!({
            "schema": 1, "experiment": "a", "variant": "b", "case": "c", "elapsed_s": 0.5,
            "work": {"expected": 2, "done": 1}, "metrics": {"late_s": 0.1, "per_s": 2.0, "drift": -3.0},
            "series": {"runs": [[0.0, 1.0]]}, "cpu": {"user_s": 0.1, "system_s": 0.0},
            "memory": {"hwm_bytes": 1, "peak_virtual_bytes": null, "page_table_bytes": 3, "kernel_stack_bytes": 4},
            "threads_peak": 1, "switches": {"voluntary": 0, "involuntary": 0},
            "refused": {"at": 1, "limit": "pid_max", "detail": "no more"}, "errors": {"status 500": 1}
        })
    }

    /// What is said of an outcome in which this is changed.
    fn said(pointer: &str, value: Value) -> String {
        let mut outcome = whole();
        *outcome.pointer_mut(pointer).unwrap() = value;
        let checked = Outcome::of_value(outcome);
        checked.map_or_else(|error| format!("{error:#}"), |_| String::new())
    }

    #[test]
    fn what_can_be_is_taken() {
        assert_eq!(said("/elapsed_s", json!(0)), "");
        assert_eq!(said("/metrics/drift", json!(-1e17)), "");
        assert_eq!(said("/memory/peak_virtual_bytes", json!(1_u64 << 47)), "");
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        let long = "a".repeat(LONGEST_TEXT + 1);
        let rows = [
            ("/elapsed_s", json!(-0.1), "elapsed_s -0.1"),
            ("/elapsed_s", json!(1e300), "elapsed_s 1e300"),
            ("/cpu/user_s", json!(-3.0), "cpu.user_s -3"),
            ("/cpu/system_s", json!(1e300), "cpu.system_s"),
            ("/cpu/user_s", json!(1e6), "s of CPU for 0.5 s"),
            ("/memory/hwm_bytes", json!(u64::MAX), "memory.hwm_bytes"),
            ("/memory/hwm_bytes", json!(-1), "not as it should be"),
            ("/memory/kernel_stack_bytes", json!(1_u64 << 60), "kernel_stack_bytes"),
            ("/memory/peak_virtual_bytes", json!(1_u64 << 58), "peak_virtual_bytes"),
            ("/threads_peak", json!(1_u64 << 40), "threads_peak"),
            ("/switches/voluntary", json!(u64::MAX), "switches.voluntary"),
            ("/work/done", json!(u64::MAX), "work.done"),
            ("/work/done", json!(1.5), "not as it should be"),
            ("/metrics/late_s", json!(-0.1), "metrics.late_s -0.1"),
            ("/metrics/late_s", json!(1e9), "metrics.late_s"),
            ("/metrics/late_s", json!(null), "not as it should be"),
            ("/metrics/per_s", json!(1e19), "metrics.per_s"),
            ("/metrics/drift", json!(-1e19), "metrics.drift"),
            ("/metrics", json!({"": 1.0}), "no name"),
            ("/metrics", json!({"a\u{1b}b": 1.0}), "no name"),
            ("/series/runs/0/1", json!(-1.0), "series.runs -1"),
            ("/series/runs/0/0", json!(1e300), "series.runs"),
            ("/series/runs/0", json!([1.0]), "not as it should be"),
            ("/refused/at", json!(u64::MAX), "refused.at"),
            ("/refused/detail", json!(long), "a refusal of 2001 letters"),
            ("/errors", json!({long: 1}), "an error of 2001 letters"),
            ("/errors/status 500", json!(-1), "not as it should be"),
            ("/variant", json!("b".repeat(300)), "300 letters"),
        ];
        for (pointer, value, part) in rows {
            let said = said(pointer, value);
            assert!(said.contains(part), "{pointer}: {said:?}, and no {part:?}");
        }
        let points = vec![[0.0, 0.0]; MOST_POINTS + 1];
        assert!(said("/series/runs", json!(points)).contains("1000001 points"));
    }

    #[test]
    fn a_file_that_is_none_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("outcome.json");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let started = Instant::now();
        let said = |file: &Path| format!("{:#}", read_text(file, 10).unwrap_err());
        assert_eq!(said(&fifo), "it is no regular file");
        assert!(started.elapsed() < Duration::from_secs(60));
        assert!(said(folder.path()).contains("it is no regular file"));
        let large = folder.path().join("large.json");
        fs::write(&large, "01234567890").unwrap();
        assert_eq!(said(&large), "it is larger than 10 bytes");
        fs::write(&large, [b'a', 0xff]).unwrap();
        assert!(said(&large).contains("UTF-8"));
        fs::write(&large, "0123456789").unwrap();
        assert_eq!(read_text(&large, 10).unwrap(), "0123456789");
    }
}
