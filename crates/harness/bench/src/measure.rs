//! Step 3 of the road: all rows in interleaved rounds, each run of them timed and verified.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::Path;
use std::process::Stdio;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use outcome::Outcome;
use serde_json::{Value, json};

use crate::build::Built;
use crate::data::{Data, Load, Row, Status};
use crate::experiment::{Case, Experiment, Size, Variant, verify};
use crate::hyperfine::{Hyperfine, Timed, with};
use crate::interpreters::{Pythons, Runner};
use crate::machine::load_now;
use crate::origin::Origin;
use crate::process::{self, Interrupted, litter};
use crate::terminal::shows_progress;
use crate::terminal::tell;
use crate::text::Name;
use crate::units::thousands;
use crate::workspace::Workspace;

/// Fewer runs than this decide nothing.
pub const ENOUGH_RUNS: usize = 5;
const MOST_ROUNDS: usize = 20;
/// What only imports takes no longer; what hangs at it will hang in its runs too, and is ended there.
const TO_IMPORT: Duration = Duration::from_secs(60);
/// No round beyond the fifth begins once an experiment has taken this long, however much time is left.
const LONGEST: Duration = Duration::from_secs(20);

/// Imports the files of an experiment's `python/` by themselves: `main.py` imports some of them only when it runs them. Those that
/// want packages that this interpreter has not are passed over.
const IMPORT_ALL: &str = "
import importlib, pkgutil
for module in pkgutil.iter_modules(['python']):
    try:
        importlib.import_module('python.' + module.name)
    except ImportError:
        pass
";

/// Measures one experiment after the other, within a time that they share.
pub struct Bench<'a> {
    workspace: &'a Workspace,
    hyperfine: &'a Hyperfine,
    built: &'a Built,
    pythons: Pythons,
    /// Whether more rounds would add nothing to what was measured.
    is_settled: fn(&Data) -> bool,
    origin: Option<Origin>,
    /// How many runs there were, over all experiments.
    sequence: u64,
    /// No round beyond the fifth begins after this.
    deadline: Instant,
}

/// What one run came to.
enum Run {
    Good {
        seconds: f64,
        outcome: Value,
    },
    Refused {
        reason: String,
        outcome: Value,
    },
    /// With an outcome if the run came to its end and its figures were wrong.
    Failed {
        reason: String,
        outcome: Option<Value>,
    },
}

impl<'a> Bench<'a> {
    /// The time that all experiments share starts now: 10 minutes, or 60 for [`Size::Full`]. After its fifth round, an
    /// experiment has another one only while `is_settled` is false.
    pub fn new(
        workspace: &'a Workspace,
        hyperfine: &'a Hyperfine,
        built: &'a Built,
        pythons: Pythons,
        size: Size,
        is_settled: fn(&Data) -> bool,
    ) -> Self {
        // Of the twelve minutes of a default run two are left for the build and what comes before.
        let minutes = if size == Size::Full { 60 } else { 10 };
        Self {
            workspace,
            hyperfine,
            built,
            pythons,
            is_settled,
            origin: None,
            sequence: 0,
            deadline: Instant::now() + Duration::from_secs(60 * minutes),
        }
    }

    /// Runs all rows in interleaved rounds, each run timed and verified: the first decides whether a row is run
    /// again at all, and is all of a quick run. Others end when these data are settled or this experiment's share
    /// of the time is used up; `to_come` experiments, this one included, share what is left.
    ///
    /// # Errors
    /// If the origin does not start, a run's files or the data cannot be written, or an interrupt came; `data` then has the rows
    /// so far. A run that fails is not an error: its row has the reason.
    pub fn measure(
        &mut self,
        experiment: &Experiment,
        data: &mut Data,
        folder: &Path,
        to_come: usize,
    ) -> Result<()> {
        let origin = || Origin::start(self.built.origin(self.workspace)?);
        self.origin = experiment.needs_origin.then(origin).transpose()?;
        let rows: Vec<_> = experiment.rows(data.size).flat_map(|row| self.runners(row)).collect();
        let (least, most) = if data.size == Size::Quick { (1, 1) } else { (ENOUGH_RUNS, MOST_ROUNDS) };
        let how_often = if most == 1 { "once".to_owned() } else { format!("in {least} to {most} rounds") };
        note(&format!("{}: measuring {} rows {how_often}", experiment.name, rows.len()));
        self.compile_python(experiment, &rows)?;
        let bar = progress(experiment, rows.len() * least);
        let before = load_now();
        data.load = Some(Load { before, after: None });
        let started = Instant::now();
        let left = self.deadline.saturating_duration_since(started);
        let budget = LONGEST.min(left / u32::try_from(to_come).unwrap_or(u32::MAX));
        for round in 1..=most {
            if round > least {
                if (self.is_settled)(data) || started.elapsed() > budget {
                    break;
                }
                bar.inc_length(rows.len() as u64);
            }
            for (index, (case, variant, runner)) in rows.iter().enumerate() {
                bar.set_message(format!("round {round}, {}", variant.name));
                if round == 1 {
                    data.rows.push(self.first(experiment, case, variant, runner)?);
                } else if data.rows[index].status == Status::Ok {
                    let run = self.run(experiment, case, variant, runner)?;
                    add(&mut data.rows[index], run);
                }
                bar.inc(1);
                data.measuring_s = started.elapsed().as_secs_f64();
            }
            data.save(folder)?;
        }
        bar.finish_and_clear();
        data.load = Some(Load { before, after: load_now() });
        data.complete = true;
        data.rows.iter_mut().for_each(|row| row.keep_what_is_drawn(experiment));
        Ok(())
    }

    /// Has each interpreter import what the rows will, since the first to do so also compiles it.
    fn compile_python(&self, experiment: &Experiment, rows: &[(&Case, &Variant, Runner)]) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (_, _, runner) in rows {
            let Runner::Python { program, .. } = runner else { continue };
            if seen.insert(program) {
                let mut command = process::command(program);
                command.arg("-X").arg(self.compiled()).args(["-c", IMPORT_ALL]);
                command.current_dir(self.workspace.root.join(&experiment.folder));
                command.env("PYTHONPATH", self.workspace.root.join("crates/support/python"));
                command.env_remove("PYTHONDONTWRITEBYTECODE");
                command.stdout(Stdio::null()).stderr(Stdio::null());
                // What keeps it from that keeps it from its runs too, and is told of them.
                let limit = TO_IMPORT.min(experiment.timeout);
                process::run(&mut command, Some(limit)).or_else(unless_interrupted)?;
            }
        }
        Ok(())
    }

    /// Where CPython keeps what it has compiled.
    fn compiled(&self) -> String {
        format!("pycache_prefix={}", self.workspace.target.join("python/compiled").to_string_lossy())
    }

    /// Who runs a row: of Python each interpreter has a row of its own, or the reason why there is none is in one.
    fn runners<'e>(&self, (case, variant): (&'e Case, &'e Variant)) -> Vec<(&'e Case, &'e Variant, Runner)> {
        let runners =
            if variant.is_python() { self.pythons.runners(case, variant) } else { vec![Runner::Binary] };
        runners.into_iter().map(|runner| (case, variant, runner)).collect()
    }

    fn first(
        &mut self,
        experiment: &Experiment,
        case: &Case,
        variant: &Variant,
        runner: &Runner,
    ) -> Result<Row> {
        let mut row = Row {
            case: Name::of(&case.name),
            args: case.args.iter().map(|argument| argument.as_str().into()).collect(),
            variant: Name::of(&variant.name),
            interpreter: None,
            status: Status::Ok,
            reason: None,
            times_s: Vec::new(),
            outcomes: Vec::new(),
        };
        match runner {
            Runner::None(reason) => {
                row.status = Status::Skipped;
                row.reason = Some(reason.as_str().into());
                return Ok(row);
            }
            Runner::Python { name, .. } => row.interpreter = Some(name.as_str().into()),
            Runner::Binary => {}
        }
        add(&mut row, self.run(experiment, case, variant, runner)?);
        Ok(row)
    }

    /// One run in a process of its own, timed by hyperfine, witnessed by the origin, verified.
    fn run(
        &mut self,
        experiment: &Experiment,
        case: &Case,
        variant: &Variant,
        runner: &Runner,
    ) -> Result<Run> {
        let failed = |reason: String| Ok(Run::Failed { reason, outcome: None });
        let mut command = match self.command(experiment, variant, runner) {
            Ok(command) => command,
            Err(error) => return failed(error.to_string()),
        };
        command.extend(case.args.iter().cloned());
        if let Some(origin) = &self.origin {
            command.extend(["--origin".to_owned(), origin.url.clone()]);
            if let Err(reason) = or_why(origin.reset())? {
                return failed(reason);
            }
        }
        // Of its own, since a run may leave anything there, or take the folder away. Beside the binaries, since /tmp may be another
        // file system or small.
        let scratch = litter::Folder::new_in(&self.workspace.target)
            .context("cannot make a folder for a run's files")?;
        let file = scratch.path().join("outcome.json");
        let environment = [("OUTCOME_FILE", file.as_os_str()), ("OUTCOME_CASE", case.name.as_ref())];
        self.sequence += 1;
        let timed = self.hyperfine.time(scratch.path(), &command, &environment, experiment.timeout)?;
        let (seconds, said) = match timed {
            Timed::Exited { seconds, said } => (seconds, said),
            Timed::Failed(reason) => return failed(reason),
        };
        let wrong =
            |reason: String, outcome| Ok(Run::Failed { reason: with(&reason, said.as_deref()), outcome });

        let mut outcome = match Outcome::read(&file) {
            Ok(outcome) => outcome,
            Err(error) => return wrong(format!("{error:#}"), None),
        };
        if let Err(error) = is_of(&outcome, seconds, experiment, case, variant) {
            return wrong(error.to_string(), None);
        }
        outcome.series.retain(|series, _| experiment.draws(&case.name, &variant.name, series));
        let mut value = serde_json::to_value(&outcome)?;
        value["sequence"] = json!(self.sequence);
        match self.origin.as_ref().map(|origin| or_why(origin.witness())).transpose()? {
            Some(Ok(witness)) => value["witness"] = witness,
            Some(Err(reason)) => return failed(reason),
            None => {}
        }
        if let Some(refused) = outcome.refused {
            let reason = format!("refused at {}: {}", thousands(refused.at), refused.limit);
            return Ok(Run::Refused { reason, outcome: value });
        }
        match verify(case, variant, &value) {
            Ok(()) => Ok(Run::Good { seconds, outcome: value }),
            Err(reason) => wrong(reason, Some(value)),
        }
    }

    fn command(&self, experiment: &Experiment, variant: &Variant, runner: &Runner) -> Result<Vec<String>> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut command = match runner {
            Runner::Python { program, .. } => {
                let main = self.workspace.root.join(&experiment.folder).join("python/main.py");
                vec![path(program), "-X".to_owned(), self.compiled(), path(&main)]
            }
            _ => vec![path(self.built.program(self.workspace, experiment)?)],
        };
        command.push(variant.module().to_owned());
        Ok(command)
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
    let cpu = outcome.cpu.user_s + outcome.cpu.system_s;
    // Twice over, since a container may be given more for a moment than it is told to have.
    let most = 2.0 * available_parallelism().map_or(1, NonZero::get) as f64 * (seconds + 1.0);
    ensure!(cpu <= most, "reported {cpu} s of CPU, but its process took {seconds} s");
    Ok(())
}

/// What went wrong, for a row that says so; an interrupt is no fault of a row.
fn or_why<T>(result: Result<T>) -> Result<Result<T, String>> {
    match result {
        Err(error) if error.is::<Interrupted>() => Err(error),
        other => Ok(other.map_err(|error| process::in_words(&error))),
    }
}

fn unless_interrupted<T>(error: anyhow::Error) -> Result<Option<T>> {
    if error.is::<Interrupted>() { Err(error) } else { Ok(None) }
}

fn add(row: &mut Row, run: Run) {
    match run {
        Run::Good { seconds, outcome } => {
            row.times_s.push(seconds);
            row.outcomes.push(outcome);
        }
        Run::Refused { reason, outcome } => {
            row.status = Status::Refused;
            row.reason = Some(reason.into());
            row.outcomes.push(outcome);
        }
        Run::Failed { reason, outcome } => {
            row.status = Status::Failed;
            row.reason = Some(reason.into());
            row.outcomes.extend(outcome);
        }
    }
}

fn progress(experiment: &Experiment, runs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}, {eta} left  {msg}");
    let style = style.expect("the template is well formed");
    let target = if shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(runs as u64), target);
    bar.with_style(style).with_prefix(experiment.name.clone())
}

/// Where no bar can be drawn, a line tells where we are.
fn note(text: &str) {
    if !shows_progress() {
        tell(text);
    }
}
