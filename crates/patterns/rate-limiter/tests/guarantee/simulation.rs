//! A limiter of any form with its callers, who are polled by hand.

use core::num::NonZeroU32;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::{Context, Waker};
use core::time::Duration;
use real_std::{rc::Rc, sync::Arc, task::Wake};

use crate::time::{self, CLOCK, Instant, pass};
use crate::{Event, Rate, Script};

type Acquire = Pin<Box<dyn Future<Output = ()>>>;
pub type Form = Box<dyn Fn(Rate) -> Limiter>;

/// One of any form.
pub struct Limiter {
    acquire: Box<dyn Fn() -> Acquire>,
    try_acquire: Box<dyn Fn() -> bool>,
}

pub fn form<L: 'static>(
    new: fn(NonZeroU32, Duration, NonZeroU32) -> L,
    acquire: impl AsyncFn(&L) + Copy + 'static,
    try_acquire: fn(&L) -> bool,
) -> Form {
    Box::new(move |Rate { amount, per, burst }| {
        let limiter = Rc::new(new(amount, per, burst));
        let shared = Rc::clone(&limiter);
        let acquire = move || -> Acquire {
            let limiter = Rc::clone(&shared);
            Box::pin(async move { acquire(&limiter).await })
        };
        Limiter {
            acquire: Box::new(acquire),
            try_acquire: Box::new(move || try_acquire(&limiter)),
        }
    })
}

pub struct Simulation {
    rate: Rate,
    limiter: Limiter,
    /// In the order of their first poll.
    pub waiting: Vec<Caller>,
    pub admitted: Vec<Admission>,
    /// How many were not let through at their first poll.
    pub queued: usize,
}

pub struct Caller {
    acquire: Acquire,
    woken: Arc<Woken>,
}

pub struct Admission {
    pub at: Instant,
    /// How many had come before, and still wait.
    pub overtaken: usize,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
        CLOCK.with_borrow_mut(|clock| clock.wake_ups += 1);
    }
}

impl Simulation {
    /// The timers are so late one after the other, over and over again.
    pub fn new(form: &Form, rate: Rate, lateness: Vec<Duration>) -> Self {
        time::begin(lateness);
        Self {
            rate,
            limiter: form(rate),
            waiting: Vec::new(),
            admitted: Vec::new(),
            queued: 0,
        }
    }

    pub fn play(form: &Form, script: &Script) -> Self {
        let mut simulation = Self::new(form, script.rate, script.lateness(script.rate.time_for(4)));
        simulation.spend_burst(script.left);
        script
            .events
            .iter()
            .for_each(|event| simulation.step(event));
        simulation.finish();
        simulation
    }

    pub fn spend_burst(&mut self, left: usize) {
        for _ in left..self.rate.burst() {
            assert!(self.try_acquire(), "all of the burst is there at the start");
        }
    }

    pub fn step(&mut self, event: &Event) {
        let one = |who: usize| who.checked_rem(self.waiting.len());
        match *event {
            Event::Come(many) => (0..many).for_each(|_| _ = self.come()),
            Event::TryAcquire => _ = self.try_acquire(),
            Event::Cancel(who) => drop(one(who).map(|who| self.waiting.remove(who))),
            Event::Run(who) => _ = self.run(who),
            Event::Poll(who) => _ = one(who).map(|who| self.poll(who)),
            Event::Pass(part, less) => {
                let time = self.rate.time_for(1) * part / 1_000;
                pass(time.saturating_sub(Duration::from_nanos(less)));
            }
        }
    }

    pub fn come(&mut self) -> bool {
        self.waiting.push(Caller {
            acquire: (self.limiter.acquire)(),
            woken: Arc::default(),
        });
        let is_admitted = self.poll(self.waiting.len() - 1);
        self.queued += usize::from(!is_admitted);
        is_admitted
    }

    fn poll(&mut self, who: usize) -> bool {
        let caller = &mut self.waiting[who];
        // The wakers of earlier polls do not count any more.
        caller.woken = Arc::default();
        let waker = Waker::from(Arc::clone(&caller.woken));
        let is_admitted = caller
            .acquire
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready();
        if is_admitted {
            self.waiting.remove(who);
            self.admitted.push(Admission {
                at: Instant::now(),
                overtaken: who,
            });
        }
        is_admitted
    }

    pub fn try_acquire(&mut self) -> bool {
        let is_admitted = (self.limiter.try_acquire)();
        if is_admitted {
            self.admitted.push(Admission {
                at: Instant::now(),
                overtaken: self.waiting.len(),
            });
        }
        is_admitted
    }

    /// Polls one of those who were woken, if there is one.
    fn run(&mut self, who: usize) -> bool {
        let is_woken = |who: &usize| self.waiting[*who].woken.0.load(SeqCst);
        let woken: Vec<_> = (0..self.waiting.len()).filter(is_woken).collect();
        let Some(who) = woken.get(who % woken.len().max(1)) else {
            return false;
        };
        self.poll(*who);
        true
    }

    pub fn settle(&mut self) {
        while self.run(0) {}
    }

    /// Lets as many timers fire as there are callers who wait: each timer should let one through.
    pub fn finish(&mut self) {
        self.settle();
        for _ in 0..self.waiting.len() {
            // Longer than any timer takes.
            pass(self.rate.time_for(self.rate.burst() + 8));
            self.settle();
        }
    }
}
