//! All variants say the same of the same URLs, in their order, and the origin says so too.

use std::net::TcpListener;
use std::thread;

use mass_download::page::{Failure, Page};
use mass_download::{async_std, floor, hyper, smol, threads, threads_small_buffers, tokio};
use origin::{Counts, Origin};
use ureq::Agent;

type Download = fn(Vec<String>) -> Vec<Result<Page, Failure>>;

const VARIANTS: [(&str, Download); 7] = [
    ("threads", threads::run),
    ("threads_small_buffers", threads_small_buffers::run),
    ("tokio", tokio::run),
    ("hyper", hyper::run),
    ("smol", smol::run),
    ("async_std", async_std::run),
    ("floor", floor::run),
];

/// Status and bytes of each page; none for an error.
type Seen = Vec<Option<(u16, u64)>>;

fn seen(pages: Vec<Result<Page, Failure>>) -> Seen {
    pages.into_iter().map(|page| page.ok().map(|page| (page.status, page.bytes))).collect()
}

fn counts(origin: &Origin) -> Counts {
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    let mut answer = agent.get(format!("{}/counters", origin.url())).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// A port that was free a moment ago.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/bytes/1", listener.local_addr().unwrap())
}

#[test]
fn a_mixed_list_comes_to_the_same_in_the_same_order() {
    let pages = [
        // Last to arrive, first in the list.
        ("/bytes/1024?delay_ms=300", Some((200, 1024))),
        ("/bytes/0", Some((200, 0))),
        ("/bytes/1000000", Some((200, 1_000_000))),
        ("/status/404", Some((404, 14))),
        ("/status/500", Some((500, 26))),
        ("/status/204", Some((204, 0))),
        ("/redirect/1", Some((302, 0))),
        ("/truncated/1000", None),
        ("/truncated/100000?sent=99999", None),
        ("/reset-after/100", None),
        ("/reset-after/0", None),
        ("/bytes/7?delay_ms=100", Some((200, 7))),
    ];
    for (name, run) in VARIANTS {
        let origin = Origin::in_thread().unwrap();
        let mut urls: Vec<_> = pages.iter().map(|(path, _)| format!("{}{path}", origin.url())).collect();
        let mut expected: Seen = pages.iter().map(|(_, page)| *page).collect();
        for (place, wrong) in [(3, closed()), (8, "http://".to_owned()), (0, "garbage".to_owned())] {
            urls.insert(place, wrong);
            expected.insert(place, None);
        }
        assert_eq!(seen(run(urls)), expected, "{name}");
        let counts = counts(&origin);
        assert_eq!(counts.requests, pages.len() as u64, "{name}: {counts:?}");
        assert!(counts.by_path.values().all(|&requests| requests == 1), "{name}: {counts:?}");
    }
}

#[test]
fn none_and_one_are_downloaded_too() {
    let origin = Origin::in_thread().unwrap();
    for (name, run) in VARIANTS {
        assert_eq!(seen(run(Vec::new())), [], "{name}");
        assert_eq!(seen(run(vec![format!("{}/bytes/9", origin.url())])), [Some((200, 9))], "{name}");
    }
}

#[test]
fn all_are_in_flight_at_once() {
    const DOWNLOADS: usize = 200;
    // All variants beside each other, each with an origin of its own, since each run takes as long as the delay.
    let runs = VARIANTS.map(|(name, run)| {
        thread::spawn(move || {
            let origin = Origin::in_thread().unwrap();
            // As long as even a busy machine takes to start so few.
            let url = format!("{}/bytes/100?delay_ms=10000", origin.url());
            assert_eq!(seen(run(vec![url; DOWNLOADS])), [Some((200, 100)); DOWNLOADS], "{name}");
            (name, counts(&origin))
        })
    });
    for run in runs {
        let (name, counts) = run.join().unwrap();
        let all = DOWNLOADS as u64;
        assert_eq!((counts.requests, counts.finished, counts.peak_in_flight), (all, all, all), "{name}");
        assert_eq!(counts.bytes, all * 100, "{name}");
    }
}
