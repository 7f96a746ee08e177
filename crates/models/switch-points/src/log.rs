//! One sequence on which all workers note what they do, in the order in which it happened, and what it says of switches.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// What a worker does to a critical section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Enter,
    /// Comes to an await inside it.
    Await,
    /// Comes back from that await.
    Resume,
    Leave,
}

#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub worker: usize,
    pub event: Event,
    pub at: Duration,
}

/// Room for a number of entries that is known before, so that to note one neither waits nor allocates.
#[derive(Debug)]
pub struct Log {
    started: Instant,
    next: AtomicUsize,
    entries: Box<[OnceLock<Entry>]>,
}

impl Log {
    pub fn with_room_for(entries: usize) -> Self {
        let entries = (0..entries).map(|_| OnceLock::new()).collect();
        Self { started: Instant::now(), next: AtomicUsize::new(0), entries }
    }

    /// # Panics
    /// If there is no more room.
    pub fn note(&self, worker: usize, event: Event) {
        let place = self.next.fetch_add(1, SeqCst);
        let entry = Entry { worker, event, at: self.started.elapsed() };
        self.entries[place].set(entry).expect("no two entries have one place");
    }

    /// All that was noted, once nobody notes any more.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.iter().map_while(OnceLock::get).copied().collect()
    }
}

/// What a log tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switches {
    /// Passes through the critical section that came to an end.
    pub sections: u64,
    /// Awaits inside one.
    pub awaits: u64,
    /// Those during which another worker was in the section.
    pub at_awaits: u64,
    /// Stretches inside without an await during which another worker was in the section.
    pub elsewhere: u64,
}

impl Switches {
    pub fn seen_in(entries: &[Entry]) -> Self {
        let mut seen = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            seen.sections += u64::from(entry.event == Event::Leave);
            seen.awaits += u64::from(entry.event == Event::Await);
            if entry.event == Event::Leave {
                continue;
            }
            // From here to what the same worker notes next it is inside.
            let others = entries[at + 1..].iter().take_while(|other| other.worker != entry.worker);
            let is_switched = u64::from(others.count() > 0);
            if entry.event == Event::Await {
                seen.at_awaits += is_switched;
            } else {
                seen.elsewhere += is_switched;
            }
        }
        seen
    }
}

/// When each worker was running inside, as `[from, to]` in seconds.
pub fn inside(entries: &[Entry], workers: usize) -> Vec<Vec<[f64; 2]>> {
    spans(entries, workers, &[Event::Enter, Event::Resume])
}

/// When each was inside and awaited something, likewise.
pub fn awaiting(entries: &[Entry], workers: usize) -> Vec<Vec<[f64; 2]>> {
    spans(entries, workers, &[Event::Await])
}

/// From each of these events to what the same worker notes next.
fn spans(entries: &[Entry], workers: usize, begin: &[Event]) -> Vec<Vec<[f64; 2]>> {
    let mut spans = vec![Vec::new(); workers];
    let mut since = vec![None; workers];
    for Entry { worker, event, at } in entries {
        if let Some(since) = since[*worker].take() {
            spans[*worker].push([since, at.as_secs_f64()]);
        }
        since[*worker] = begin.contains(event).then_some(at.as_secs_f64());
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::Event::{Await, Enter, Leave, Resume};
    use super::*;

    fn seen(events: &[(usize, Event)]) -> Switches {
        let log = Log::with_room_for(events.len());
        for (worker, event) in events {
            log.note(*worker, *event);
        }
        Switches::seen_in(&log.entries())
    }

    #[test]
    fn one_after_the_other_is_no_switch() {
        let one = seen(&[(0, Enter), (0, Leave), (1, Enter), (1, Await), (1, Resume), (1, Leave)]);
        assert_eq!(one, Switches { sections: 2, awaits: 1, at_awaits: 0, elsewhere: 0 });
    }

    #[test]
    fn a_worker_is_inside_but_for_its_awaits() {
        let events = [(1, Enter), (0, Enter), (0, Await), (0, Resume), (0, Leave), (1, Leave)];
        let at = |index| Duration::from_secs(index as u64);
        let noted = events.into_iter().enumerate();
        let entries: Vec<_> =
            noted.map(|(index, (worker, event))| Entry { worker, event, at: at(index) }).collect();
        assert_eq!(inside(&entries, 2), [vec![[1.0, 2.0], [3.0, 4.0]], vec![[0.0, 5.0]]]);
        assert_eq!(awaiting(&entries, 2), [vec![[2.0, 3.0]], vec![]]);
    }

    #[test]
    fn a_switch_is_told_by_where_it_happened() {
        let at_await = seen(&[(0, Enter), (0, Await), (1, Enter), (1, Leave), (0, Resume), (0, Leave)]);
        assert_eq!(at_await, Switches { sections: 2, awaits: 1, at_awaits: 1, elsewhere: 0 });
        let elsewhere = seen(&[(0, Enter), (1, Enter), (0, Leave), (1, Leave)]);
        assert_eq!(elsewhere, Switches { sections: 2, awaits: 0, at_awaits: 0, elsewhere: 2 });
    }
}
