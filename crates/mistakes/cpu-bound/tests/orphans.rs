//! No process that a run has started outlives it, whether the run is killed or one of them is.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{available_parallelism, sleep};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Much longer than anyone here waits.
const STEPS: &str = "1000000000000";

/// A run that computes in processes; one that fails its test is ended too.
struct Run(Child);

impl Run {
    fn end(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}

/// A run, and its processes, each of which computes; nothing where the kernel does not tell which those are.
fn start(variant: &str) -> Option<(Run, Vec<u32>)> {
    if !Path::new("/proc/thread-self/children").exists() {
        eprintln!(
            "skipped: the kernel lists no children of a process (it is built without CONFIG_PROC_CHILDREN)"
        );
        return None;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpu-bound"));
    // As many as the pool has processes, so that each of them has something to do.
    let jobs = available_parallelism().unwrap().get().clamp(4, 256);
    command.args([variant, "--steps", STEPS, "--jobs", &jobs.to_string()]);
    let run = Run(command.stderr(Stdio::piped()).spawn().unwrap());
    let list = format!("/proc/{0}/task/{0}/children", run.0.id());
    let started = Instant::now();
    loop {
        let processes: Vec<u32> =
            fs::read_to_string(&list).unwrap().split_whitespace().map(|id| id.parse().unwrap()).collect();
        if processes.len() >= jobs && processes.iter().all(|&process| computes(process)) {
            return Some((run, processes));
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{variant}: {processes:?} do not compute");
        sleep(Duration::from_millis(10));
    }
}

/// The state and the ticks of CPU time of a process: the third and the fourteenth field, the second being a name in brackets.
fn stat(process: u32) -> Option<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.parse().ok()?, fields.nth(10)?.parse().ok()?))
}

fn computes(process: u32) -> bool {
    stat(process).is_some_and(|(_, ticks)| ticks > 5)
}

/// One that nobody has waited for yet is no more than an entry in a table.
fn is_over(process: u32) -> bool {
    stat(process).is_none_or(|(state, _)| state == 'Z' || state == 'X')
}

fn assert_over(variant: &str, processes: &[u32]) {
    let since = Instant::now();
    while !processes.iter().all(|&process| is_over(process)) {
        assert!(since.elapsed() < Duration::from_secs(120), "{variant}: {processes:?} go on");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_processes_of_a_run_that_is_killed_end() {
    for variant in ["processes", "serial_processes"] {
        let Some((mut run, processes)) = start(variant) else { return };
        run.end();
        assert_over(variant, &processes);
    }
}

/// One that has ended meanwhile, as all do once the run has failed, is as good as killed.
fn kill_process(process: u32) {
    let killed = kill(Pid::from_raw(process.cast_signed()), Signal::SIGKILL);
    assert!(matches!(killed, Ok(()) | Err(Errno::ESRCH)), "{process}: {killed:?}");
}

fn assert_failed(mut run: Run, told: &str) {
    assert_eq!(run.0.wait().unwrap().code(), Some(1));
    let mut said = String::new();
    run.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains(told), "{said}");
}

#[test]
fn a_process_that_is_killed_fails_the_run_which_ends_the_others() {
    let Some((run, processes)) = start("serial_processes") else { return };
    // The run waits for the first of them.
    kill_process(processes[0]);
    assert_failed(run, "error: a process answered ''");
    assert_over("serial_processes", &processes);
}

#[test]
fn a_pool_whose_processes_are_killed_fails_the_run() {
    let Some((run, processes)) = start("processes") else { return };
    // All of them: which one has the job that the run waits for is the pool's affair.
    for &process in &processes {
        kill_process(process);
    }
    assert_failed(run, "error: process spawn error: ");
}
