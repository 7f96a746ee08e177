//! What is fetched and computed, whichever pipeline does it.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bounded_pool::clients::Time;
use futures_util::future::BoxFuture;
use origin::Origin;
use outcome::{Failure, INTERRUPTED};
use serde::{Deserialize, Serialize};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use workload::{Heartbeat, Lateness, kernel};

const BYTES: u64 = 16;

pub(crate) type Fetch = Box<dyn Fn(Item) -> BoxFuture<'static, Result<Page, String>> + Send + Sync>;

pub(crate) struct Asked {
    pub(crate) items: u64,
    pub(crate) steps: u64,
    /// None if nothing is to be fetched.
    pub(crate) url: Option<Arc<str>>,
    pub(crate) fetches: NonZeroUsize,
    pub(crate) jobs: NonZeroUsize,
    pub(crate) period: Duration,
    pub(crate) is_stopped: Arc<AtomicBool>,
}

/// What to fetch, and how much to compute on it.
pub(crate) struct Item {
    pub(crate) url: Option<Arc<str>>,
    pub(crate) steps: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    pub(crate) steps: u64,
}

/// What came of all.
#[derive(Default)]
pub(crate) struct Tally {
    /// How many came to the same answer as the first.
    pub(crate) done: u64,
    pub(crate) answer: Option<u32>,
    pub(crate) failed: Vec<Failure>,
    pub(crate) lateness: Option<Lateness>,
}

impl Asked {
    /// As many as are asked for, each made when it is read, until it is stopped.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = Item> + Send + use<> {
        let (url, steps, is_stopped) = (self.url.clone(), self.steps, Arc::clone(&self.is_stopped));
        (0..self.items)
            .take_while(move |_| !is_stopped.load(Ordering::Relaxed))
            .map(move |_| Item {
                url: url.clone(),
                steps,
            })
    }

    pub(crate) fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::new(Heartbeat::every(self.period))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

impl Tally {
    pub(crate) fn add(&mut self, result: Result<u32, impl Display>) {
        match result {
            Ok(answer) if *self.answer.get_or_insert(answer) == answer => self.done += 1,
            Ok(answer) => self.failed.push(format!("another answer, {answer}").into()),
            Err(error) => self.failed.push(error.to_string().into()),
        }
    }

    pub(crate) fn with(self, heartbeat: &Heartbeat) -> Self {
        Self {
            lateness: Some(heartbeat.lateness()),
            ..self
        }
    }
}

pub(crate) fn url(origin: &Origin, delay_ms: u64) -> String {
    format!("{}/bytes/{BYTES}?delay_ms={delay_ms}", origin.url())
}

/// Long enough for any number of pages that is worth a demo.
pub(crate) fn time() -> Time {
    Time {
        each: Duration::from_secs(60),
        until: Instant::now() + Duration::from_secs(24 * 3_600),
    }
}

/// The page that the origin would send.
pub(crate) fn body() -> Vec<u8> {
    (0..BYTES).map(origin::byte).collect()
}

/// What is done with each page, in this process or another: is it the one that was asked for, and what does it come to?
#[allow(clippy::needless_pass_by_value, reason = "a pipeline gives it away")]
pub(crate) fn compute(page: Page) -> Result<u32, String> {
    if page.body != body() {
        return Err(format!("another body, of {} bytes", page.body.len()));
    }
    Ok(kernel::compute(page.steps))
}

/// On Ctrl-C no more pages are begun, and those in flight are done; or else all is dropped at once.
pub(crate) fn stop_on_ctrl_c(drains: bool) -> anyhow::Result<Arc<AtomicBool>> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let (told, mut signals) = (Arc::clone(&is_stopped), Signals::new([SIGINT])?);
    thread::spawn(move || {
        for _ in signals.forever() {
            // A second Ctrl-C does not wait.
            if !drains || told.swap(true, Ordering::Relaxed) {
                exit(INTERRUPTED);
            }
        }
    });
    Ok(is_stopped)
}
