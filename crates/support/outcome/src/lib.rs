//! What one run reports: how much work was done, and what it cost by the system's own accounts.
//!
//! A demo's `main` calls [`Run::start`], lets the variant work, and hands what it did to [`Run::finish`].
//! The [`Outcome`] goes to the file that `OUTCOME_FILE` names, or to the terminal as one line.

#![warn(missing_docs)]

mod account;
mod check;
mod compare;
mod failures;
mod guard;
mod limits;
mod runtimes;
pub mod timeline;

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use account::{Account, Sampler};
pub use account::{Cpu, Memory, Switches};
pub use check::{MOST, YEAR_S, read_text};
pub use compare::compare;
pub use failures::{Failure, causes, tell};
pub use guard::{Threads, guard};
pub use limits::raise_open_files;
pub use runtimes::give_runtimes_their_threads;

/// The version of the JSON layout; it changes when a reader of older files could misread a newer one.
pub const SCHEMA: u32 = 1;

/// How a program exits that was interrupted by Ctrl-C before all was done.
pub const INTERRUPTED: i32 = 130;

/// How a demo's `main` ends: an error is told in one line, and a reader who has seen enough (`| head`) is none.
pub fn exit(result: Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    let cause = error.root_cause().downcast_ref::<io::Error>();
    if cause.is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

/// What one run of one variant reports.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The layout of this record, [`SCHEMA`].
    pub schema: u32,
    /// The crate that ran.
    pub experiment: String,
    /// The variant's module name.
    pub variant: String,
    /// The case in experiment.toml, from `OUTCOME_CASE`; none when run by hand.
    pub case: Option<String>,
    /// Wall-clock seconds from [`Run::start`] to [`Run::finish`], without the start of the process.
    pub elapsed_s: f64,
    /// What was to be done and what was.
    pub work: Work,
    /// Further figures of this experiment, by name.
    pub metrics: BTreeMap<String, f64>,
    /// Timelines and histograms as points `[x, y]`, by name.
    pub series: BTreeMap<String, Vec<[f64; 2]>>,
    /// CPU time of the work, and of the processes it waited for.
    pub cpu: Cpu,
    /// Memory of the process, and of those that its main thread started.
    pub memory: Memory,
    /// The most threads seen at once, sampled every millisecond; none where the system does not tell.
    pub threads_peak: Option<u64>,
    /// Context switches during the work.
    pub switches: Switches,
    /// The limit of the machine that stopped the run, if one did.
    pub refused: Option<Refused>,
    /// Errors of single items, counted by kind.
    pub errors: BTreeMap<String, u64>,
}

/// How much was to be done, and how much was, in the experiment's own unit.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// What the arguments asked for.
    pub expected: u64,
    /// What the run really did, counted by the work itself.
    pub done: u64,
}

/// A limit that was hit: a result, not an error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// How many were reached.
    pub at: u64,
    /// The limit by the name the system gives it, `vm.max_map_count` say.
    pub limit: String,
    /// What the system said.
    pub detail: String,
}

/// In words, `refused at 16368: vm.max_map_count (what the system said)`.
impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { at, limit, detail } = self;
        write!(f, "refused at {at}: {limit} ({detail})")
    }
}

/// A run under way: the clock is running and the accounts are being read.
#[derive(Debug)]
pub struct Run {
    experiment: String,
    variant: String,
    sampler: Sampler,
    started: Instant,
}

impl Run {
    /// Starts the clock and the sampler, a thread whose own share is taken out of every figure but resident
    /// memory, to which it adds a few pages.
    ///
    /// # Errors
    /// When the sampler's thread cannot be started.
    pub fn start(experiment: &str, variant: &str) -> Result<Self> {
        Ok(Self {
            experiment: experiment.to_owned(),
            variant: variant.to_owned(),
            sampler: Sampler::start().context("cannot start the thread that samples memory")?,
            started: Instant::now(),
        })
    }

    /// Stops the clock and closes the accounts; further metrics, series and errors are the caller's to add. There is
    /// one metric already where the run started processes: `proportional_bytes`, resident memory with each shared
    /// page counted once.
    pub fn finish(self, work: Work) -> Outcome {
        let elapsed = self.started.elapsed();
        Outcome::of(&self.experiment, &self.variant, elapsed, work, self.sampler.stop())
    }
}

impl Outcome {
    fn of(experiment: &str, variant: &str, elapsed: Duration, work: Work, account: Account) -> Self {
        let Account { used, memory, threads_peak, proportional } = account;
        let proportional = proportional.map(|bytes| ("proportional_bytes".to_owned(), bytes as f64));
        Self {
            schema: SCHEMA,
            experiment: experiment.to_owned(),
            variant: variant.to_owned(),
            case: env::var("OUTCOME_CASE").ok(),
            elapsed_s: elapsed.as_secs_f64(),
            work,
            metrics: proportional.into_iter().collect(),
            series: BTreeMap::new(),
            cpu: used.cpu,
            memory,
            threads_peak,
            switches: used.switches,
            refused: None,
            errors: BTreeMap::new(),
        }
    }

    /// The outcome of a run that came to no end because the system refused it.
    fn of_refusal(
        experiment: &str,
        variant: &str,
        expected: u64,
        elapsed: Duration,
        refused: Refused,
    ) -> Self {
        let outcome =
            Self::of(experiment, variant, elapsed, Work { expected, done: 0 }, Account::of_children());
        Self { refused: Some(refused), ..outcome }
    }

    /// Adds further figures of this experiment.
    pub fn add<N: Into<String>>(&mut self, metrics: impl IntoIterator<Item = (N, f64)>) {
        self.metrics.extend(metrics.into_iter().map(|(name, figure)| (name.into(), figure)));
    }

    /// Writes the outcome to the file that `OUTCOME_FILE` names, whole or not at all; else prints one line.
    ///
    /// # Errors
    /// When the file cannot be written; the message names it.
    pub fn report(&self) -> Result<()> {
        let Some(file) = env::var_os("OUTCOME_FILE").filter(|file| !file.is_empty()).map(PathBuf::from)
        else {
            let Self { variant, elapsed_s, work: Work { expected, done }, refused, memory, .. } = self;
            let told = match (refused, memory.hwm_bytes) {
                (Some(refused), _) => refused.to_string(),
                (None, Some(bytes)) => {
                    let resident = compare::megabytes(bytes);
                    format!("{done} of {expected} in {elapsed_s:.3} s, {resident} resident")
                }
                (None, None) => format!("{done} of {expected} in {elapsed_s:.3} s"),
            };
            return Ok(writeln!(stdout(), "{variant}: {told}")?);
        };
        let unfinished = file.with_extension("unfinished");
        fs::write(&unfinished, serde_json::to_vec(self)?)
            .and_then(|()| fs::rename(&unfinished, &file))
            .with_context(|| format!("cannot write the outcome to {}", file.display()))
    }

    /// Reads an outcome that a run has written.
    ///
    /// # Errors
    /// When there is none, it is not whole or not of this schema, or it says what cannot be.
    pub fn read(file: &Path) -> Result<Self> {
        let text = check::text_of(file)?;
        Self::of_value(serde_json::from_str(&text).context("wrote an outcome that is not whole")?)
    }

    /// Reads an outcome that is kept among others.
    ///
    /// # Errors
    /// When it is not of this schema, or says what cannot be.
    pub fn of_value(value: Value) -> Result<Self> {
        // First, since another schema may have other fields. Cut, since it may be anything.
        let schema = value.get("schema").unwrap_or(&Value::Null);
        let shown: String = schema.to_string().chars().take(20).collect();
        ensure!(*schema == SCHEMA, "wrote an outcome of schema {shown}, not {SCHEMA}");
        let outcome: Self =
            serde_json::from_value(value).context("wrote an outcome that is not as it should be")?;
        outcome.check()?;
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        Run::start("an-experiment", "a_variant").unwrap().finish(Work { expected: 3, done: 2 })
    }

    #[test]
    fn every_field_of_the_contract_is_there_and_null_where_there_is_nothing() {
        let value = serde_json::to_value(outcome()).unwrap();
        let fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let contract = "schema experiment variant case elapsed_s work metrics series cpu memory threads_peak \
                        switches refused errors";
        assert_eq!(fields, contract.split_whitespace().collect::<Vec<_>>());
        assert!(value["refused"].is_null());
        assert_eq!(value["work"], serde_json::json!({"expected": 3, "done": 2}));
    }

    #[test]
    fn what_is_not_whole_or_of_another_schema_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("outcome.json");
        let whole = serde_json::to_string(&outcome()).unwrap();
        let read = |text: &str| {
            fs::write(&file, text).unwrap();
            Outcome::read(&file).map(|outcome| outcome.variant).map_err(|error| format!("{error:#}"))
        };
        assert_eq!(read(&whole), Ok("a_variant".to_owned()));
        assert!(
            read(&whole[..whole.len() / 2]).unwrap_err().starts_with("wrote an outcome that is not whole")
        );
        assert!(
            read(&whole.replace("switches", "swatches")).unwrap_err().contains("unknown field `swatches`")
        );
        assert!(read(&whole.replace("\"schema\":1", "\"schema\":9")).unwrap_err().contains("schema 9"));
        fs::remove_file(&file).unwrap();
        assert!(Outcome::read(&file).unwrap_err().to_string().contains("wrote no outcome"));
    }
}
