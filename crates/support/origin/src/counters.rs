//! The witness: what was asked and what was sent, since the last reset.
//!
//! A request belongs to the period it began in. A reset does not set numbers to zero but begins a new
//! [`Tally`]; requests still in flight keep writing into the old one, which nobody reads any more. So
//! nothing underflows and nothing from before is counted after.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::timeout;

/// More paths than these, and longer ones, are counted together: a client must not fill the memory.
const MAX_PATHS: usize = 1_000;
const MAX_PATH_BYTES: usize = 200;
const OTHER_PATHS: &str = "other";

/// How long a request waits for others to be in flight beside it. A client that was refused some of its connections
/// would wait for ever.
const GATHERS_WITHIN: Duration = Duration::from_secs(30);

/// What `GET /counters` answers, as JSON with these names. Requests to `/counters` and `/reset` are
/// not in it.
///
/// Always `requests == finished + cut_short + in_flight`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests begun: their head was read.
    pub requests: u64,
    /// Requests whose whole body was handed to the system's socket.
    pub finished: u64,
    /// Requests that ended before that: the origin was asked to break off, or the client went away.
    pub cut_short: u64,
    /// Requests begun, and neither finished nor cut short yet.
    pub in_flight: u64,
    /// The most that were ever in flight at once. The origin has one thread: a small answer without a
    /// delay is sent before the next request is read, so only those that wait overlap.
    pub peak_in_flight: u64,
    /// The most requests begun within any one second. Two that are exactly a second apart are not
    /// within one.
    pub most_in_one_second: u64,
    /// Bytes of bodies handed to the system's socket; heads are not in it.
    pub bytes: u64,
    /// Connections accepted. One that asks first for `/counters` or `/reset` is the witness's own,
    /// and neither here nor in `connections_open`.
    pub connections: u64,
    /// Connections open now, also those from before the reset.
    pub connections_open: u64,
    /// Requests begun, by path without its query; after 1,000 paths the rest are under `other`.
    pub by_path: BTreeMap<String, u64>,
    /// Answers begun, by status.
    pub by_status: BTreeMap<u16, u64>,
}

/// One period between two resets.
#[derive(Default)]
struct Tally {
    counts: Counts,
    last_second: LastSecond,
    /// Those who wait until so many are in flight together.
    gatherings: BTreeMap<u64, Rc<Notify>>,
}

/// The tally of now, and the connections that outlive it.
#[derive(Default)]
pub(crate) struct Counters {
    tally: RefCell<Rc<RefCell<Tally>>>,
    open: Cell<u64>,
}

impl Counters {
    fn tally(&self) -> Rc<RefCell<Tally>> {
        Rc::clone(&self.tally.borrow())
    }

    /// Begins a new period.
    pub(crate) fn reset(&self) {
        self.tally.replace(Rc::default());
    }

    /// What has been counted so far.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.tally().borrow().counts.clone();
        counts.connections_open = self.open.get();
        counts
    }
}

/// One connection, counted from its acceptance until it is dropped.
pub(crate) struct Link {
    counters: Rc<Counters>,
    tally: Rc<RefCell<Tally>>,
    asked: Cell<bool>,
    counted: Cell<bool>,
}

impl Link {
    pub(crate) fn new(counters: &Rc<Counters>) -> Self {
        let tally = counters.tally();
        tally.borrow_mut().counts.connections += 1;
        counters.open.update(|open| open + 1);
        Self { counters: Rc::clone(counters), tally, asked: Cell::new(false), counted: Cell::new(true) }
    }

    /// The counters, for a request that is not counted itself.
    pub(crate) fn witness(&self) -> &Counters {
        if !self.asked.replace(true) {
            self.leave();
            self.tally.borrow_mut().counts.connections -= 1;
        }
        &self.counters
    }

    /// Counts one request to `path` as begun now.
    pub(crate) fn begin(&self, path: &str) -> Rc<Ticket> {
        self.asked.set(true);
        Ticket::begin(self.counters.tally(), path)
    }

    fn leave(&self) {
        if self.counted.replace(false) {
            self.counters.open.update(|open| open - 1);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.leave();
    }
}

/// One request, in flight until this is dropped. Its delay, its body and every piece of the body that
/// waits to be sent hold it, so whatever ends them, a client that went away too, ends the request.
pub(crate) struct Ticket {
    tally: Rc<RefCell<Tally>>,
    /// Bytes of the body promised and not yet sent; `None` until the answer begins.
    promised: Cell<Option<u64>>,
    /// Bytes given to hyper that the socket has not taken yet.
    queued: Cell<u64>,
    /// Who waits until all that was queued is sent.
    waiting: Cell<Option<Waker>>,
}

impl Ticket {
    fn begin(tally: Rc<RefCell<Tally>>, path: &str) -> Rc<Self> {
        {
            let Tally { counts, last_second, gatherings } = &mut *tally.borrow_mut();
            counts.requests += 1;
            counts.in_flight += 1;
            counts.peak_in_flight = counts.peak_in_flight.max(counts.in_flight);
            counts.most_in_one_second = last_second.add(Instant::now());
            count_path(&mut counts.by_path, path);
            if let Some(gathering) = gatherings.remove(&counts.in_flight) {
                gathering.notify_waiters();
            }
        }
        Rc::new(Self { tally, promised: Cell::new(None), queued: Cell::new(0), waiting: Cell::new(None) })
    }

    /// A ticket for an answer that is not to be counted: its tally is its own.
    pub(crate) fn uncounted() -> Rc<Self> {
        Self::begin(Rc::default(), "")
    }

    /// Waits until `many` have been in flight together in this period, half a minute at most.
    pub(crate) async fn gather(&self, many: u64) {
        let gathering = {
            let Tally { counts, gatherings, .. } = &mut *self.tally.borrow_mut();
            if counts.peak_in_flight >= many {
                return;
            }
            Rc::clone(gatherings.entry(many).or_default())
        };
        // Too late is answered too: the peak will tell that they were not all there.
        let _ = timeout(GATHERS_WITHIN, gathering.notified()).await;
    }

    /// The answer begins: its status, and how long a body its head promises.
    pub(crate) fn answer(&self, status: u16, body_bytes: u64) {
        self.promised.set(Some(body_bytes));
        *self.tally.borrow_mut().counts.by_status.entry(status).or_default() += 1;
    }

    /// hyper has taken `bytes` of the body, to send them.
    pub(crate) fn queue(&self, bytes: u64) {
        self.queued.update(|queued| queued + bytes);
    }

    /// The socket has taken `bytes` of what was queued.
    pub(crate) fn sent(&self, bytes: u64) {
        self.tally.borrow_mut().counts.bytes += bytes;
        self.promised.update(|promised| promised.map(|promised| promised - bytes));
        self.queued.update(|queued| queued - bytes);
        if self.queued.get() == 0
            && let Some(waker) = self.waiting.take()
        {
            waker.wake();
        }
    }

    /// Whether all that was queued is sent; if not, `context` is woken when it is.
    pub(crate) fn all_sent(&self, context: &Context<'_>) -> bool {
        if self.queued.get() > 0 {
            self.waiting.set(Some(context.waker().clone()));
        }
        self.queued.get() == 0
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let counts = &mut self.tally.borrow_mut().counts;
        counts.in_flight -= 1;
        if self.promised.get() == Some(0) {
            counts.finished += 1;
        } else {
            counts.cut_short += 1;
        }
    }
}

fn count_path(by_path: &mut BTreeMap<String, u64>, path: &str) {
    // Looked up by reference first: only a path's first request allocates.
    if let Some(count) = by_path.get_mut(path) {
        *count += 1;
        return;
    }
    let fits = by_path.len() < MAX_PATHS && path.len() <= MAX_PATH_BYTES;
    let name = if fits { path } else { OTHER_PATHS };
    *by_path.entry(name.to_owned()).or_default() += 1;
}

/// The most events in any window of one second, exactly: it keeps the last second's instants, as many
/// as one core can serve in that time.
#[derive(Default)]
struct LastSecond {
    begun: VecDeque<Instant>,
    most: u64,
}

impl LastSecond {
    /// Adds an event, no earlier than the last; returns the most there were in any second so far.
    fn add(&mut self, now: Instant) -> u64 {
        let gone = |begun: &Instant| now.duration_since(*begun) >= Duration::from_secs(1);
        while self.begun.front().is_some_and(gone) {
            self.begun.pop_front();
        }
        self.begun.push_back(now);
        self.most = self.most.max(self.begun.len() as u64);
        self.most
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering::Relaxed;
    use std::task::Wake;

    use super::*;

    fn most(at_ms: &[u64]) -> u64 {
        let start = Instant::now();
        let mut window = LastSecond::default();
        for ms in at_ms {
            window.add(start + Duration::from_millis(*ms));
        }
        window.most
    }

    #[test]
    fn the_window_slides_and_is_half_open() {
        assert_eq!(most(&[0]), 1);
        assert_eq!(most(&[0, 0, 0]), 3);
        assert_eq!(most(&[0, 999]), 2);
        assert_eq!(most(&[0, 1_000]), 1, "exactly a second apart");
        assert_eq!(most(&[0, 600, 900, 1_100, 1_550]), 4, "across a whole second's edge");
        assert_eq!(most(&[0, 1, 2, 5_000, 9_000]), 3, "the past is remembered");
    }

    #[test]
    fn the_last_second_keeps_no_more_than_a_second() {
        let start = Instant::now();
        let mut window = LastSecond::default();
        for ms in 0..10_000 {
            window.add(start + Duration::from_millis(ms));
        }
        assert_eq!((window.most, window.begun.len()), (1_000, 1_000));
    }

    #[test]
    fn many_paths_and_long_ones_are_counted_together() {
        let mut by_path = BTreeMap::new();
        for n in 0..2_000 {
            count_path(&mut by_path, &format!("/bytes/{n}"));
        }
        count_path(&mut by_path, &"/".repeat(MAX_PATH_BYTES + 1));
        assert_eq!(by_path.len(), MAX_PATHS + 1);
        assert_eq!(by_path[OTHER_PATHS], 1_001);
        assert_eq!(by_path.values().sum::<u64>(), 2_001);
    }

    #[test]
    fn who_waits_for_the_last_byte_is_woken_by_it() {
        struct Flag(AtomicBool);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Relaxed);
            }
        }
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&flag));
        let context = Context::from_waker(&waker);

        let ticket = Ticket::uncounted();
        ticket.answer(200, 5);
        ticket.queue(5);
        assert!(!ticket.all_sent(&context));
        ticket.sent(4);
        assert!(!flag.0.load(Relaxed));
        ticket.sent(1);
        assert!(flag.0.load(Relaxed) && ticket.all_sent(&context));
    }

    #[test]
    fn a_request_from_before_a_reset_is_counted_nowhere_after_it() {
        let counters = Rc::new(Counters::default());
        let link = Link::new(&counters);
        let ticket = link.begin("/bytes/2");
        ticket.answer(200, 2);
        ticket.queue(2);
        counters.reset();
        ticket.sent(2);
        drop(ticket);
        let expected = Counts { connections_open: 1, ..Counts::default() };
        assert_eq!(counters.counts(), expected);
    }
}
