//! Many who ask at once: who is let through when?

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use outcome::{Run, Work};

use super::runtime::Runtime;
use super::seen::{Rate, Seen};

#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) callers: u64,
    pub(crate) each: u64,
    pub(crate) gives_up_after: Option<Duration>,
    pub(crate) half_give_up: bool,
    pub(crate) rate: Rate,
}

impl Crowd {
    /// How many are to be let in: all who do not give up, or as many as the rate has room for until all do.
    pub(crate) fn expected(&self) -> u64 {
        let callers = if self.half_give_up {
            self.callers.div_ceil(2)
        } else {
            self.callers
        };
        let room = self
            .gives_up_after
            .map_or(f64::INFINITY, |until| self.rate.room(until));
        // A float that is too large becomes the largest number.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a count"
        )]
        (callers * self.each).min(room as u64)
    }

    /// How long each of the callers has patience: every second one of those who may give up has some of the time in which half
    /// of all could be let in. The same in every run.
    fn patience(&self) -> impl Iterator<Item = Option<Duration>> {
        let mut random = Rng::with_seed(7);
        let half = self.rate.interval_s() * (self.callers * self.each) as f64 / 2.0;
        let (all, half_give_up) = (self.gives_up_after, self.half_give_up);
        (0..self.callers).map(move |caller| {
            let gives_up = half_give_up && caller % 2 == 1;
            gives_up
                .then(|| Duration::from_secs_f64(half * random.f64()))
                .or(all)
        })
    }
}

pub(crate) fn of_threads(
    crowd: &Crowd,
    acquire_within: impl Fn(Duration) -> bool + Sync,
) -> anyhow::Result<()> {
    let run = Run::start("rate-limiter", "threads")?;
    let seen = Seen::new();
    thread::scope(|scope| {
        for patience in crowd.patience() {
            let (seen, acquire_within) = (&seen, &acquire_within);
            scope.spawn(move || {
                for _ in 0..crowd.each {
                    let place = seen.ask();
                    if !acquire_within(left(seen, patience)) {
                        return;
                    }
                    seen.let_in(place);
                }
            });
        }
    });
    report(run, crowd, &seen)
}

pub(crate) fn of_tasks<F: Future<Output = ()> + Send + 'static>(
    variant: &str,
    crowd: &Crowd,
    runtime: Runtime,
    acquire: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let run = Run::start("rate-limiter", variant)?;
    let (seen, all) = (Arc::new(Seen::new()), *crowd);
    let shared = Arc::clone(&seen);
    (runtime.run)(Box::pin(async move {
        let mut callers = Vec::new();
        for patience in all.patience() {
            let seen = Arc::clone(&shared);
            callers.push((runtime.spawn)(Box::pin(async move {
                for _ in 0..all.each {
                    let place = seen.ask();
                    if patience.is_none() {
                        acquire().await;
                    } else if !(runtime.within)(left(&seen, patience), Box::pin(acquire())).await {
                        return;
                    }
                    seen.let_in(place);
                }
            })));
        }
        for caller in callers {
            caller.await;
        }
    }));
    report(run, crowd, &seen)
}

/// What is left of somebody's patience.
fn left(seen: &Seen, patience: Option<Duration>) -> Duration {
    patience.map_or(Duration::MAX, |patience| {
        patience.saturating_sub(seen.elapsed())
    })
}

fn report(run: Run, crowd: &Crowd, seen: &Seen) -> anyhow::Result<()> {
    let mut outcome = run.finish(Work {
        expected: crowd.expected(),
        done: seen.count(),
    });
    seen.tell(&mut outcome, &crowd.rate);
    outcome.report()
}
