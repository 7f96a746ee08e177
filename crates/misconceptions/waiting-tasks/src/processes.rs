//! A process for each task, this program once more; all of them wait at once.
//!
//! Expect megabytes resident in each, most of them pages of the program and its libraries that all of them share.
//! Reach for it when a task has to fail, be limited or be killed by itself.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio, exit};
use std::thread::sleep;
use std::time::Duration;

use super::gauge;

/// Set in a process that is to wait.
const WAIT: &str = "WAITING_TASKS_WAIT";

/// Waits and never returns in a process that [`run`] has started; `main` must begin with it.
pub fn wait_if_child() {
    if env::var_os(WAIT).is_some() {
        // The line's end sends it off.
        io::stdout().write_all(b".\n").ok();
        // Right: it waits for the end of its input, which comes when the parent ends too, however that dies.
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        exit(0);
    }
}

/// Lets `tasks` processes wait for `time` together; returns how many did.
///
/// # Errors
/// When a process cannot be started; those that were are ended.
pub fn run(tasks: u64, time: Duration) -> io::Result<u64> {
    let mut waits = Vec::new();
    for _ in 0..tasks {
        match start() {
            Ok(wait) => waits.push(wait),
            Err(error) => return end(waits).and(Err(error)),
        }
    }
    for wait in &mut waits {
        // It has written that it is about to wait; one that has not has ended, and is not counted below.
        let written = wait.stdout.as_mut().expect("its stdout is a pipe").read(&mut [0]);
        if written.is_ok_and(|bytes| bytes > 0) {
            gauge::arrive();
        }
    }
    sleep(time);
    end(waits)
}

/// Ends the input of all of them, then waits for each; returns how many ended well.
fn end(mut waits: Vec<Child>) -> io::Result<u64> {
    for wait in &mut waits {
        drop(wait.stdin.take());
    }
    let mut ended = 0;
    for mut wait in waits {
        ended += u64::from(wait.wait()?.success());
    }
    Ok(ended)
}

fn start() -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.env(WAIT, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}
