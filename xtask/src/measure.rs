//! Steps 3 and 4 of the road: verify each row once, then time them in interleaved rounds.

use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use outcome::Outcome;
use serde_json::{Value, json};

use crate::data::{Data, Row, Status};
use crate::experiment::{Case, Experiment, Size, Variant, verify};
use crate::hyperfine::{Hyperfine, Timed};
use crate::origin::Origin;
use crate::statistics::{ENOUGH_RUNS, interval};
use crate::workspace::Workspace;

const MOST_ROUNDS: usize = 20;
/// Rounds end when every median is known this well.
const SHARP: f64 = 0.05;

/// How long rounds beyond the fifth may go on, for one experiment.
fn time_for_more_rounds(size: Size) -> Duration {
    Duration::from_secs(if size == Size::Full { 240 } else { 60 })
}

pub(crate) struct Bench<'a> {
    workspace: &'a Workspace,
    hyperfine: &'a Hyperfine,
    python: bool,
    scratch: PathBuf,
    /// How many runs there were, over all experiments.
    sequence: u64,
}

/// What one run came to.
enum Run {
    Good { seconds: f64, outcome: Value },
    Refused { reason: String, outcome: Value },
    Failed { reason: String, outcome: Option<Value> },
}

impl<'a> Bench<'a> {
    pub(crate) fn new(workspace: &'a Workspace, hyperfine: &'a Hyperfine, python: bool) -> Result<Self> {
        let scratch = workspace.target.join("bench");
        fs::create_dir_all(&scratch)?;
        Ok(Self { workspace, hyperfine, python, scratch, sequence: 0 })
    }

    /// Fills `data` with the rows of one experiment; what is there after each pass is saved to `folder`.
    pub(crate) fn measure(&mut self, experiment: &Experiment, data: &mut Data, folder: &Path) -> Result<()> {
        let rows: Vec<_> = experiment.rows(data.size).collect();
        let passes = if data.size == Size::Quick { 1 } else { 1 + ENOUGH_RUNS };
        let bar = progress(experiment, rows.len() * passes);
        let origin = experiment.needs_origin.then(|| Origin::start(self.workspace)).transpose()?;

        note(&format!("{}: verifying {} rows", experiment.name, rows.len()));
        let started = Instant::now();
        for (case, variant) in &rows {
            bar.set_message(format!("verifying {}", variant.name));
            let row = self.first(experiment, case, variant, origin.as_ref())?;
            data.rows.push(row);
            bar.inc(1);
        }
        data.measuring_s = started.elapsed().as_secs_f64();
        data.save(folder)?;
        if data.size == Size::Quick {
            bar.finish_and_clear();
            data.complete = true;
            return Ok(());
        }

        note(&format!("{}: measuring in {ENOUGH_RUNS} to {MOST_ROUNDS} rounds", experiment.name));
        let started = Instant::now();
        for round in 1..=MOST_ROUNDS {
            if round > ENOUGH_RUNS {
                if is_sharp(data) || started.elapsed() > time_for_more_rounds(data.size) {
                    break;
                }
                bar.inc_length(rows.len() as u64);
            }
            for (index, (case, variant)) in rows.iter().enumerate() {
                bar.inc(1);
                if data.rows[index].status == Status::Ok {
                    bar.set_message(format!("round {round}, {}", variant.name));
                    let run = self.run(experiment, case, variant, origin.as_ref())?;
                    let row = &mut data.rows[index];
                    if round == 1 {
                        // The verifying run was the warm-up.
                        row.times_s.clear();
                        row.outcomes.clear();
                    }
                    add(row, run);
                }
            }
            data.measuring_s = started.elapsed().as_secs_f64();
            data.save(folder)?;
        }
        bar.finish_and_clear();
        data.complete = true;
        Ok(())
    }

    fn first(
        &mut self,
        experiment: &Experiment,
        case: &Case,
        variant: &Variant,
        origin: Option<&Origin>,
    ) -> Result<Row> {
        let mut row = Row {
            case: case.name.clone(),
            args: case.args.clone(),
            variant: variant.name.clone(),
            status: Status::Ok,
            reason: None,
            times_s: Vec::new(),
            outcomes: Vec::new(),
        };
        if variant.is_python() && !self.python {
            row.status = Status::Skipped;
            row.reason = Some("no python3 on this machine".to_owned());
        } else {
            let run = self.run(experiment, case, variant, origin)?;
            add(&mut row, run);
        }
        Ok(row)
    }

    /// One run in a process of its own, timed by hyperfine, witnessed by the origin, verified.
    fn run(
        &mut self,
        experiment: &Experiment,
        case: &Case,
        variant: &Variant,
        origin: Option<&Origin>,
    ) -> Result<Run> {
        let mut command = self.command(experiment, variant);
        command.extend(case.args.iter().cloned());
        if let Some(origin) = origin {
            origin.reset()?;
            command.extend(["--origin".to_owned(), origin.url.clone()]);
        }
        let file = self.scratch.join("outcome.json");
        fs::remove_file(&file).ok();
        let environment = [("OUTCOME_FILE", file.as_os_str()), ("OUTCOME_CASE", case.name.as_ref())];
        self.sequence += 1;
        let timed = self.hyperfine.time(&self.scratch, &command, &environment, experiment.timeout)?;
        let seconds = match timed {
            Timed::Exited { seconds } => seconds,
            Timed::Failed(reason) => return Ok(Run::Failed { reason, outcome: None }),
        };

        let outcome = match Outcome::read(&file) {
            Ok(outcome) => outcome,
            Err(error) => return Ok(Run::Failed { reason: format!("{error:#}"), outcome: None }),
        };
        let mut value = serde_json::to_value(&outcome)?;
        value["sequence"] = json!(self.sequence);
        if let Some(origin) = origin {
            value["witness"] = origin.witness()?;
        }
        if let Err(error) = is_of(&outcome, seconds, experiment, case, variant) {
            return Ok(Run::Failed { reason: error.to_string(), outcome: Some(value) });
        }
        if let Some(refused) = outcome.refused {
            let reason = format!("refused at {}: {}", refused.at, refused.limit);
            return Ok(Run::Refused { reason, outcome: value });
        }
        Ok(match verify(case, variant, &value) {
            Ok(()) => Run::Good { seconds, outcome: value },
            Err(reason) => Run::Failed { reason, outcome: Some(value) },
        })
    }

    fn command(&self, experiment: &Experiment, variant: &Variant) -> Vec<String> {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        if variant.is_python() {
            vec!["python3".to_owned(), path(self.workspace.root.join(&variant.file))]
        } else {
            vec![path(self.workspace.target.join("release").join(&experiment.name)), variant.name.clone()]
        }
    }
}

/// An outcome must be of this run: of this variant and case, and of no more time than the process took.
fn is_of(
    outcome: &Outcome,
    seconds: f64,
    experiment: &Experiment,
    case: &Case,
    variant: &Variant,
) -> Result<()> {
    let names = [outcome.experiment.as_str(), &outcome.variant, outcome.case.as_deref().unwrap_or("no case")];
    let asked = [experiment.name.as_str(), &variant.name, &case.name];
    ensure!(names == asked, "reported {}, but was asked for {}", names.join(", "), asked.join(", "));
    let elapsed = outcome.elapsed_s;
    ensure!(elapsed <= seconds, "reported {elapsed} s of work, but its process took {seconds} s");
    Ok(())
}

fn add(row: &mut Row, run: Run) {
    match run {
        Run::Good { seconds, outcome } => {
            row.times_s.push(seconds);
            row.outcomes.push(outcome);
        }
        Run::Refused { reason, outcome } => {
            row.status = Status::Refused;
            row.reason = Some(reason);
            row.outcomes.push(outcome);
        }
        Run::Failed { reason, outcome } => {
            row.status = Status::Failed;
            row.reason = Some(reason);
            row.outcomes.extend(outcome);
        }
    }
}

fn is_sharp(data: &Data) -> bool {
    let timed = data.rows.iter().filter(|row| row.status == Status::Ok && !row.times_s.is_empty());
    timed.map(|row| interval(&row.times_s).uncertainty()).all(|uncertainty| uncertainty <= SHARP)
}

fn progress(experiment: &Experiment, runs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}, {eta} left  {msg}");
    let style = style.expect("the template is well formed");
    ProgressBar::new(runs as u64).with_style(style).with_prefix(experiment.name.clone())
}

/// Where no bar can be drawn, a line tells where we are.
fn note(text: &str) {
    if !stderr().is_terminal() {
        eprintln!("{text}");
    }
}
