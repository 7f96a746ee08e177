//! Whether a data file says what can be. What is read by serde has the right types already: names, moments and texts check
//! themselves.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use outcome::Outcome;
use serde_json::Value;

use super::{Data, Load, Row, SCHEMA, Status};
use crate::origin;
use crate::units::is_time;

const MOST_ROWS: usize = 20_000;
const MOST_RUNS: usize = 10_000;
const MOST_ARGUMENTS: usize = 1_000;
/// All but an evidence is a line.
const LONGEST_LINE: usize = 2_000;
const MOST_CORES: usize = 1 << 16;
const MOST_MEMORY: u64 = 1 << 57;
/// No run waits in a longer line than this.
const MOST_LOAD: f64 = 1e7;

impl Data {
    /// The first thing in it that cannot be. `stem` is the name of its file.
    pub(super) fn check(&self, stem: &str) -> Result<()> {
        let Self {
            schema, experiment, machine, toolchain, hyperfine, build, measuring_s, load, rows, ..
        } = self;
        ensure!(*schema == SCHEMA, "it has schema {schema}, not {SCHEMA}");
        ensure!(*experiment == stem, "it is about {experiment}, which is not the name of the file");
        for text in [&machine.processor, &machine.system, toolchain, hyperfine] {
            ensure!(text.plain().len() <= LONGEST_LINE, "a text of it is longer than {LONGEST_LINE} bytes");
        }
        ensure!(build.len() <= MOST_ARGUMENTS, "it was built with {} settings", build.len());
        for text in build.iter().flat_map(|(name, value)| [name, value]) {
            ensure!(
                text.plain().len() <= LONGEST_LINE,
                "a setting of it is longer than {LONGEST_LINE} bytes"
            );
        }
        ensure!((1..=MOST_CORES).contains(&machine.cores), "its machine has {} cores", machine.cores);
        let memory = machine.memory_bytes.unwrap_or(1);
        ensure!((1..=MOST_MEMORY).contains(&memory), "its machine has {memory} bytes of memory");
        ensure!(is_time(*measuring_s), "measuring_s is {measuring_s:?}");
        if let Some(Load { before, after }) = load {
            let can_be = |load: &f64| load.is_finite() && (0.0..=MOST_LOAD).contains(load);
            ensure!([before, after].into_iter().flatten().all(can_be), "its load is none");
        }
        ensure!(rows.len() <= MOST_ROWS, "it has {} rows", rows.len());
        let mut seen = BTreeSet::new();
        for row in rows {
            let Row { case, variant, interpreter, .. } = row;
            ensure!(seen.insert((case, variant, interpreter)), "{variant} in {case} is there twice");
            row.check().with_context(|| format!("{variant} in {case}"))?;
        }
        Ok(())
    }

    /// Whether runs and what they reported belong together. What compares times alone can do without.
    ///
    /// # Errors
    /// If an outcome is missing, is of another row, is out of order, or reports more seconds of work than its process took.
    pub fn check_runs(&self) -> Result<()> {
        for row in &self.rows {
            row.check_runs(&self.experiment).with_context(|| format!("{} in {}", row.variant, row.case))?;
        }
        Ok(())
    }
}

impl Row {
    fn check(&self) -> Result<()> {
        let Self { args, interpreter, status, reason, times_s, outcomes, .. } = self;
        ensure!(args.len() <= MOST_ARGUMENTS, "it has {} arguments", args.len());
        for text in args.iter().chain(interpreter).chain(reason) {
            ensure!(text.plain().len() <= LONGEST_LINE, "a text of it is longer than {LONGEST_LINE} bytes");
        }
        let runs = times_s.len().max(outcomes.len());
        ensure!(runs <= MOST_RUNS, "it has {runs} runs");
        for time in times_s {
            ensure!(is_time(*time) && *time > 0.0, "a run of it took {time:?} s");
        }
        let reason = reason.as_ref().map_or("", |reason| reason.plain().trim());
        match status {
            Status::Ok => {
                ensure!(!times_s.is_empty(), "it is ok, and has no time");
                ensure!(!outcomes.is_empty(), "it is ok, and has no outcome");
                ensure!(reason.is_empty(), "it is ok, and has a reason why not");
            }
            Status::Failed | Status::Refused | Status::Skipped => {
                ensure!(!reason.is_empty(), "it is {}, and no reason says why", status.word());
            }
        }
        for (run, outcome) in outcomes.iter().enumerate() {
            check_outcome(outcome).with_context(|| format!("run {}", run + 1))?;
        }
        Ok(())
    }

    fn check_runs(&self, experiment: &str) -> Result<()> {
        let Self { case, variant, status, times_s, outcomes, .. } = self;
        match status {
            Status::Ok => ensure!(
                outcomes.len() == times_s.len(),
                "it has {} times and {} outcomes",
                times_s.len(),
                outcomes.len()
            ),
            Status::Refused => {
                let refused = outcomes.last().is_some_and(|last| last["refused"].is_object());
                ensure!(refused, "it was refused, and its last outcome does not say by what");
            }
            Status::Failed => ensure!(outcomes.len() >= times_s.len(), "a time of it has no outcome"),
            Status::Skipped => {
                ensure!(times_s.is_empty() && outcomes.is_empty(), "it was skipped, and has runs");
            }
        }
        let mut last = 0;
        for (run, outcome) in outcomes.iter().enumerate() {
            let names =
                ["experiment", "variant", "case"].map(|name| outcome[name].as_str().unwrap_or_default());
            ensure!(
                names == [experiment, &**variant, &**case],
                "run {} is of another row: {}",
                run + 1,
                names.join(", ")
            );
            let sequence = outcome["sequence"].as_u64().unwrap_or_default();
            ensure!(last < sequence, "run {} is the {sequence}th, and the one before the {last}th", run + 1);
            last = sequence;
            let elapsed = outcome["elapsed_s"].as_f64().unwrap_or_default();
            if let Some(time) = times_s.get(run) {
                ensure!(
                    elapsed <= *time,
                    "run {} worked {elapsed:?} s, and its process took {time:?} s",
                    run + 1
                );
            }
        }
        Ok(())
    }
}

/// What a run reported, with its place in the whole and what the origin saw of it.
fn check_outcome(kept: &Value) -> Result<()> {
    let Value::Object(kept) = kept else { bail!("its outcome is none") };
    let mut kept = kept.clone();
    let sequence = kept.remove("sequence").and_then(|sequence| sequence.as_u64());
    ensure!(sequence.is_some_and(|sequence| sequence > 0), "its place in the whole is missing (sequence)");
    if let Some(others) = kept.remove("others_s") {
        ensure!(others.as_f64().is_some_and(is_time), "the others used {others} s (others_s)");
    }
    if let Some(witness) = kept.remove("witness") {
        origin::check(&witness)?;
    }
    Outcome::of_value(Value::Object(kept)).map(drop)
}
