//! A process for each computation, this program once more, all at once; they have nothing in common but the machine.
//!
//! Expect what nothing that computes in parallel can beat, but for the time that it takes to start a process. It is here to
//! measure the others by: two cores that share a cache, a clock or a host do not compute twice as much as one.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio, exit};
use std::sync::Arc;
use std::thread::{park_timeout, spawn};
use std::time::Instant;

use super::{Heartbeat, kernel};

/// Set in a process that is to compute: how many steps.
const STEPS: &str = "CPU_BOUND_STEPS";

/// Computes and never returns in a process that [`run`] has started; `main` must come here before it does anything.
pub fn compute_if_child() {
    let Ok(steps) = env::var(STEPS) else { return };
    // Its input ends when the parent does, however that dies; nobody would read the answer.
    spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        exit(1);
    });
    let steps = steps.parse().expect("whoever started this has set a number");
    write!(io::stdout(), "{}", kernel::compute(steps)).ok();
    exit(0);
}

/// Computes `jobs` times `steps` steps; returns the answers.
///
/// # Errors
/// When a process cannot be started or does not answer; all others are ended.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> io::Result<Vec<u32>> {
    let heart = spawn({
        let heartbeat = Arc::clone(heartbeat);
        move || beat(&heartbeat)
    });
    // Right: nothing is shared, so nothing is waited for.
    let processes: io::Result<Vec<_>> = (0..jobs).map(|_| Process::start(steps)).collect();
    let answers = processes.and_then(|processes| processes.into_iter().map(Process::answer).collect());
    heartbeat.stop();
    heart.thread().unpark();
    heart.join().expect("the heart panicked");
    answers
}

struct Process(Child);

impl Process {
    fn start(steps: u64) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.env(STEPS, steps.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().map(Self)
    }

    /// Waits for its answer. Its input stays open until then: the end of that would end the process.
    fn answer(mut self) -> io::Result<u32> {
        let mut said = String::new();
        self.0.stdout.take().expect("its stdout is a pipe").read_to_string(&mut said)?;
        said.parse().map_err(|_| io::Error::other(format!("a process answered '{said}'")))
    }
}

/// One that was not waited for would stay behind, and its CPU time would be in nobody's account.
impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Parked and not asleep, so that the end of a short run need not wait for the next beat.
fn beat(heartbeat: &Heartbeat) {
    while let Some(due) = heartbeat.next() {
        park_timeout(due.saturating_duration_since(Instant::now()));
        heartbeat.beat();
    }
}
