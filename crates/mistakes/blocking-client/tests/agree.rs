//! All variants get the same pages, and the origin says so too; the wrong ones are wrong in the way that is certain.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use blocking_client::page::{Failure, Page};
use blocking_client::{
    Heartbeat, async_std, async_std_inline, async_std_spawn_blocking, smol, smol_inline, smol_unblock,
    threads, tokio, tokio_client_per_call, tokio_inline, tokio_spawn_blocking,
};
use common::counts;
use origin::Origin;

type Browse = fn(Vec<Vec<String>>, &Arc<Heartbeat>) -> Vec<Result<Page, Failure>>;

/// Those that call a client that blocks where the heart beats.
const INLINE: [(&str, Browse); 3] = [
    ("tokio_inline", tokio_inline::run),
    ("smol_inline", smol_inline::run),
    ("async_std_inline", async_std_inline::run),
];

/// Those that leave the heart alone.
const BESIDE: [(&str, Browse); 8] = [
    ("threads", threads::run),
    ("tokio", tokio::run),
    ("tokio_client_per_call", tokio_client_per_call::run),
    ("tokio_spawn_blocking", tokio_spawn_blocking::run),
    ("smol", smol::run),
    ("smol_unblock", smol_unblock::run),
    ("async_std", async_std::run),
    ("async_std_spawn_blocking", async_std_spawn_blocking::run),
];

const PERIOD: Duration = Duration::from_millis(1);

/// Status and bytes of each page; none for an error.
type Seen = Vec<Option<(u16, u64)>>;

fn seen(browse: Browse, shares: Vec<Vec<String>>) -> Seen {
    let pages = browse(shares, &Arc::new(Heartbeat::every(PERIOD)));
    pages.into_iter().map(|page| page.ok().map(|page| (page.status, page.bytes))).collect()
}

#[test]
fn every_user_gets_its_pages_in_its_order() {
    for (name, browse) in INLINE.into_iter().chain(BESIDE) {
        // One, fewer than there are cores, more than there are, and shares that are not even.
        for requests in [vec![], vec![0], vec![1], vec![2, 3], vec![5, 0, 1, 2], vec![1; 20]] {
            let origin = Origin::in_thread().unwrap();
            let (mut shares, mut expected) = (Vec::new(), Vec::new());
            for share in requests {
                let lengths = expected.len() as u64..expected.len() as u64 + share;
                shares.push(lengths.clone().map(|n| format!("{}/bytes/{n}", origin.url())).collect());
                expected.extend(lengths.map(|bytes| Some((200, bytes))));
            }
            assert_eq!(seen(browse, shares), expected, "{name}");
            let (all, counts) = (expected.len() as u64, counts(&origin));
            assert_eq!((counts.requests, counts.finished), (all, all), "{name}: {counts:?}");
            assert_eq!(counts.bytes, (0..all).sum::<u64>(), "{name}: {counts:?}");
        }
    }
}

#[test]
fn what_fails_is_told_in_its_place_and_the_next_is_fetched_all_the_same() {
    let pages = [
        ("/bytes/5", Some((200, 5))),
        ("/status/404", Some((404, 14))),
        ("/truncated/1000", None),
        ("/bytes/6", Some((200, 6))),
        ("/reset-after/100", None),
        ("/redirect/1", Some((302, 0))),
        ("/reset-after/0", None),
        ("/bytes/100000", Some((200, 100_000))),
    ];
    for (name, browse) in INLINE.into_iter().chain(BESIDE) {
        let origin = Origin::in_thread().unwrap();
        let mut urls: Vec<_> = pages.iter().map(|(path, _)| format!("{}{path}", origin.url())).collect();
        let mut expected: Seen = pages.iter().map(|(_, page)| *page).collect();
        urls.insert(1, "garbage".to_owned());
        expected.insert(1, None);
        let expected = [expected.clone(), expected].concat();
        assert_eq!(seen(browse, vec![urls.clone(), urls]), expected, "{name}");
        let counts = counts(&origin);
        assert!(counts.by_path.values().all(|&requests| requests == 2), "{name}: {counts:?}");
    }
}

#[test]
fn the_heart_stops_for_a_call_inline_and_for_no_other() {
    const USERS: u32 = 2;
    const CALLS: u32 = 3;
    // The stretches of time before, between and after the calls; each holds one beat for all that came before
    // it, and one that becomes due in it.
    const STRETCHES: u32 = USERS * CALLS + 1;
    let run = |browse: Browse, delay: Duration| {
        let origin = Origin::in_thread().unwrap();
        let urls = vec![format!("{}/bytes/1?delay_ms={}", origin.url(), delay.as_millis()); CALLS as usize];
        let started = Instant::now();
        let heartbeat = Arc::new(Heartbeat::every(PERIOD));
        let pages = browse(vec![urls; USERS as usize], &heartbeat);
        let elapsed = started.elapsed();
        assert!(pages.iter().all(Result::is_ok), "{pages:?}");
        (heartbeat.lateness(), elapsed)
    };
    for (name, browse) in INLINE {
        let delay = Duration::from_millis(100);
        let (lateness, elapsed) = run(browse, delay);
        // And one more for each period that went by outside of all calls, however slow the machine is.
        let outside = elapsed.saturating_sub(delay * USERS * CALLS);
        let most = 2.0 * f64::from(STRETCHES) + outside.as_secs_f64() / PERIOD.as_secs_f64();
        assert!(lateness.wakes as f64 <= most, "{name}: more than {most} of {lateness:?}");
        assert!(lateness.max_s >= delay.saturating_sub(PERIOD).as_secs_f64(), "{name}: {lateness:?}");
    }
    for (name, browse) in BESIDE {
        // How often it wakes in a call that takes longer is no matter of the model, on a busy machine either.
        let wakes = [100, 1_000, 3_000]
            .map(Duration::from_millis)
            .into_iter()
            .map(|delay| run(browse, delay).0.wakes);
        assert!(wakes.into_iter().any(|wakes| wakes > u64::from(6 * STRETCHES)), "{name}");
    }
}

#[test]
fn a_client_that_is_made_for_each_call_connects_for_each_and_the_others_keep_theirs() {
    const USERS: u64 = 4;
    const CALLS: u64 = 10;
    let connections = |browse: Browse| {
        let origin = Origin::in_thread().unwrap();
        let urls = vec![format!("{}/bytes/1?delay_ms=5", origin.url()); usize::try_from(CALLS).unwrap()];
        let pages = browse(vec![urls; usize::try_from(USERS).unwrap()], &Arc::new(Heartbeat::every(PERIOD)));
        assert!(pages.iter().all(Result::is_ok), "{pages:?}");
        counts(&origin).connections
    };
    assert_eq!(connections(tokio_client_per_call::run), USERS * CALLS);
    for (name, browse) in INLINE {
        assert_eq!(connections(browse), 1, "{name}");
    }
    for (name, browse) in BESIDE.into_iter().filter(|(name, _)| *name != "tokio_client_per_call") {
        let connections = connections(browse);
        // reqwest begins a connection when none is free, and does not stop when one becomes free meanwhile.
        let most = if name == "tokio" { USERS * CALLS / 2 } else { USERS };
        assert!(connections <= most, "{name}: {connections}");
    }
}
