//! A thread for each client, and one for the heart; the handlers compute where they are called.
//!
//! Expect a heart that beats on time: the system takes the core from a thread that computes, at any instruction, and
//! gives it to the one that has become ready. Nothing has to be handed over, and nothing can be forgotten.

use std::sync::Arc;
use std::thread::{sleep, spawn};
use std::time::Instant;

use super::load::{BETWEEN, Load};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let heart = spawn({
        let heartbeat = Arc::clone(heartbeat);
        move || beat(&heartbeat)
    });
    let clients: Vec<_> = (0..load.clients).map(|_| spawn(move || client(load))).collect();
    let mut answers = Vec::new();
    for client in clients {
        answers.extend(client.join().expect("a client panicked"));
    }
    heartbeat.stop();
    heart.join().expect("the heart panicked");
    answers
}

fn beat(heartbeat: &Heartbeat) {
    while let Some(due) = heartbeat.next() {
        sleep(due.saturating_duration_since(Instant::now()));
        heartbeat.beat();
    }
}

fn client(load: Load) -> Vec<u32> {
    let mut answers = Vec::new();
    loop {
        answers.push(handle(load.steps));
        if Instant::now() >= load.until {
            return answers;
        }
        sleep(BETWEEN);
    }
}

fn handle(steps: u64) -> u32 {
    // Right: a thread that computes can be interrupted, and the others have threads of their own.
    kernel::compute(steps)
}
