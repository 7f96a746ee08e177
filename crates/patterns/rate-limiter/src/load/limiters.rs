//! Each limiter with the callers that suit it.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Result, ensure};
use rate_limiter::{article, async_std, governor, leaky_bucket, smol, threads, tokio};

use super::crowd::{self, Crowd};
use super::runtime::{ASYNC_STD, Runtime, SMOL, TOKIO};
use super::seen::Rate;
use super::{alone, requests};
use crate::Arguments;

/// What the command line has asked for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) variant: &'a str,
    pub(crate) arguments: &'a Arguments,
}

impl Arguments {
    pub(crate) fn rate(&self) -> Rate {
        Rate {
            amount: self.amount,
            per: Duration::from_millis(self.per_ms),
            burst: self.burst,
        }
    }

    pub(crate) fn crowd(&self) -> Crowd {
        Crowd {
            callers: self.callers,
            each: self.each,
            gives_up_after: self.for_ms.map(Duration::from_millis),
            half_give_up: self.half_give_up,
            rate: self.rate(),
        }
    }
}

pub(crate) fn threads(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(threads::Limiter::new);
    let arguments = asked.arguments;
    if let Some(times) = arguments.alone {
        alone::of_threads(times, || limiter.acquire(), || limiter.try_acquire())
    } else if arguments.requests.is_some() {
        requests::of_threads(asked, || limiter.acquire())
    } else {
        let acquire_within = |patience| limiter.acquire_within(patience);
        crowd::of_threads(&arguments.crowd(), acquire_within)
    }
}

pub(crate) fn tokio(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(tokio::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(TOKIO, || limiter.acquire(), Some(&try_acquire))
}

pub(crate) fn smol(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(smol::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(SMOL, || limiter.acquire(), Some(&try_acquire))
}

pub(crate) fn async_std(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(async_std::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(ASYNC_STD, || limiter.acquire(), Some(&try_acquire))
}

pub(crate) fn article(asked: Asked) -> Result<()> {
    let is_alone = asked.arguments.alone.is_some();
    ensure!(
        !is_alone,
        "article knows no burst, so each but the first has to wait"
    );
    let limiter = asked.limiter(article::Limiter::new);
    asked.of_tasks(TOKIO, || limiter.acquire(), None)
}

pub(crate) fn governor(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(governor::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(TOKIO, || limiter.acquire(), Some(&try_acquire))
}

pub(crate) fn leaky_bucket(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(leaky_bucket::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(TOKIO, || limiter.acquire(), Some(&try_acquire))
}

impl Asked<'_> {
    /// Tasks need it for as long as they may run, and this program ends with them. Alone, a caller finds all that it will ask for.
    fn limiter<L>(self, new: impl FnOnce(NonZeroU32, Duration, NonZeroU32) -> L) -> &'static L {
        let Rate { amount, per, burst } = self.arguments.rate();
        let burst = self.arguments.alone.unwrap_or(burst);
        Box::leak(Box::new(new(amount, per, burst)))
    }

    fn of_tasks<F: Future<Output = ()> + Send + 'static>(
        self,
        runtime: Runtime,
        acquire: impl Fn() -> F + Copy + Send + Sync + 'static,
        try_acquire: Option<&dyn Fn() -> bool>,
    ) -> Result<()> {
        let Self { variant, arguments } = self;
        if let Some(times) = arguments.alone {
            alone::of_tasks(variant, times, runtime, acquire, try_acquire)
        } else if arguments.requests.is_some() {
            requests::of_tasks(self, runtime, acquire)
        } else {
            crowd::of_tasks(variant, &arguments.crowd(), runtime, acquire)
        }
    }
}
