//! Step 3 of the road: rows in interleaved rounds, each run of them timed and verified.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::Path;
use std::process::Stdio;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outcome::Outcome;
use serde_json::{Value, json};

use crate::build::Built;
use crate::data::{Data, Load, Row, Status};
use crate::experiment::{Case, Experiment, Variant, verify};
use crate::hyperfine::{Hyperfine, Timed, with};
use crate::interpreters::{Pythons, Runner};
use crate::machine::load_now;
use crate::origin::Origin;
use crate::others::Used;
use crate::process::{self, Interrupted, litter};
use crate::text::{Name, Text};
use crate::units::thousands;
use crate::workspace::Workspace;

/// What only imports takes no longer; what hangs at it will hang in its runs too, and is ended there.
const TO_IMPORT: Duration = Duration::from_secs(60);
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

/// Measures experiments, a round of one of them at a time.
pub struct Bench<'a> {
    workspace: &'a Workspace,
    hyperfine: &'a Hyperfine,
    built: &'a Built,
    pythons: Pythons,
    /// Started with the first round that needs it.
    origin: Option<Origin>,
    /// How many runs there were, over all experiments.
    sequence: u64,
}

/// An experiment that is being measured.
pub struct Running<'e> {
    /// Which.
    pub experiment: &'e Experiment,
    /// What was measured so far. A row is there from its first run on.
    pub data: Data,
    rows: Vec<(&'e Case, &'e Variant, Runner)>,
}

impl Running<'_> {
    /// No more rounds will follow: the data are complete.
    pub fn finish(&mut self) {
        if let Some(load) = &mut self.data.load {
            load.after = load_now();
        }
        self.data.complete = true;
        self.data.rows.iter_mut().for_each(|row| row.keep_what_is_drawn(self.experiment));
    }
}

/// A row that may be run in a round.
pub struct Candidate<'a> {
    /// Its case.
    pub case: &'a Case,
    /// Its variant.
    pub variant: &'a Variant,
    /// Of several versions of Python, whether it is by the first, which all is judged by.
    pub is_first: bool,
    /// None if it was not run before.
    pub so_far: Option<&'a Row>,
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
    /// With what is there to measure with.
    pub fn new(
        workspace: &'a Workspace,
        hyperfine: &'a Hyperfine,
        built: &'a Built,
        pythons: Pythons,
    ) -> Self {
        Self { workspace, hyperfine, built, pythons, origin: None, sequence: 0 }
    }

    /// The rows of a run of the size that `data` has, none of them run yet.
    pub fn begin<'e>(&self, experiment: &'e Experiment, data: Data) -> Running<'e> {
        let rows = experiment.rows(data.size).flat_map(|row| self.runners(row)).collect();
        Running { experiment, data, rows }
    }

    /// Runs each row once that is wanted, in the order of experiment.toml, each run timed and verified; what did not end well in an
    /// earlier round is not run again. `tell` hears of each row before it runs. Returns how many rows were run.
    ///
    /// # Errors
    /// If the origin does not start, a run's files cannot be written, or an interrupt came; the data then have the rows so far. A run
    /// that fails is not an error: its row has the reason.
    pub fn round(
        &mut self,
        running: &mut Running,
        is_wanted: &dyn Fn(&Candidate) -> bool,
        tell: &mut dyn FnMut(&Case, &Variant),
    ) -> Result<usize> {
        let Running { experiment, data, rows } = running;
        if experiment.needs_origin && self.origin.is_none() {
            self.origin = Some(Origin::start(self.built.origin(self.workspace)?)?);
        }
        if data.load.is_none() {
            data.load = Some(Load { before: load_now(), after: None });
            self.compile_python(experiment, rows)?;
        }
        let (started, before) = (Instant::now(), data.measuring_s);
        let (mut at, mut last, mut runs) = (0, None, 0);
        for (case, variant, runner) in rows.iter() {
            let is_first = last.replace((&case.name, &variant.name)) != Some((&case.name, &variant.name));
            let so_far = data.rows.get(at).filter(|row| {
                let interpreter = row.interpreter.as_ref().map(Text::plain);
                row.case == case.name && row.variant == variant.name && interpreter == runner.interpreter()
            });
            let is_there = so_far.is_some();
            let may_run = so_far.is_none_or(|row| row.status == Status::Ok);
            if may_run && is_wanted(&Candidate { case, variant, is_first, so_far }) {
                tell(case, variant);
                if is_there {
                    let run = self.run(experiment, case, variant, runner)?;
                    add(&mut data.rows[at], run);
                } else {
                    data.rows.insert(at, self.first(experiment, case, variant, runner)?);
                }
                runs += 1;
                at += 1;
            } else {
                at += usize::from(is_there);
            }
            data.measuring_s = before + started.elapsed().as_secs_f64();
        }
        Ok(runs)
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
            stopped: None,
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
        if let Some(origin) = self.origin.as_ref().filter(|_| experiment.needs_origin) {
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
        let used = |origin: Option<&Origin>| Used::until_now(origin.and_then(Origin::pid));
        let before = used(self.origin.as_ref());
        let timed = self.hyperfine.time(scratch.path(), &command, &environment, experiment.timeout)?;
        let others =
            before.zip(used(self.origin.as_ref())).map(|(before, after)| after.by_others_since(&before));
        let origin = self.origin.as_ref().filter(|_| experiment.needs_origin);
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
        if let Some(others) = others {
            value["others_s"] = json!(others);
        }
        match origin.map(|origin| or_why(origin.witness())).transpose()? {
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
                // With -S, what else is installed there, and may hook into every start, has no say.
                let options = if variant.needs_packages { "-X" } else { "-SX" };
                vec![path(program), options.to_owned(), self.compiled(), path(&main)]
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
