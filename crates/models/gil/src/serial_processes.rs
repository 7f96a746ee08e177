//! A process for each job, this program once more, all at once; they have nothing in common but the machine.
//!
//! Expect what nothing that computes in parallel can beat, but for the time that it takes to start a process. It is here to
//! measure the others by, and it is how Python computes on several cores: each process has a lock of its own.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio, exit};
use std::thread::spawn;
use std::time::Duration;

use super::jobs::Jobs;
use super::serial;

/// Set in a process that is to do a job: the numbers of [`Jobs`], in their order.
const JOB: &str = "GIL_JOB";

/// Does its job and never returns in a process that [`run`] has started; `main` must come here before it does anything.
pub fn work_if_child() {
    let Ok(job) = env::var(JOB) else { return };
    // Its input ends when the parent does, however that dies; nobody would read the answer.
    spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        exit(1);
    });
    let numbers: Vec<u64> =
        job.split(' ').map(|number| number.parse().expect("whoever started this has set numbers")).collect();
    let [computing, waiting, steps, waits, each_ms] = numbers[..] else { panic!("and five of them") };
    let each = Duration::from_millis(each_ms);
    let (answers, _) = serial::run(Jobs { computing, waiting, steps, waits, each });
    write!(io::stdout(), "{}", answers[0]).ok();
    exit(0);
}

/// Does all `jobs`, the computing ones first; returns what each has found or how often it has waited. What they did when
/// stays with them.
///
/// # Errors
/// When a process cannot be started, or ends without an answer; all are ended then.
pub fn run(jobs: Jobs) -> io::Result<Vec<u64>> {
    // Right: nothing is shared, not even the lock.
    let computing = (0..jobs.computing).map(|_| Process::start(Jobs { computing: 1, waiting: 0, ..jobs }));
    let waiting = (0..jobs.waiting).map(|_| Process::start(Jobs { computing: 0, waiting: 1, ..jobs }));
    let processes: io::Result<Vec<_>> = computing.chain(waiting).collect();
    processes?.into_iter().map(Process::answer).collect()
}

struct Process(Child);

impl Process {
    fn start(Jobs { computing, waiting, steps, waits, each }: Jobs) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let job = format!("{computing} {waiting} {steps} {waits} {}", each.as_millis());
        command.env(JOB, job).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().map(Self)
    }

    /// Waits for its answer. Its input stays open until then: the end of that would end the process.
    fn answer(mut self) -> io::Result<u64> {
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
