//! Each variant with its own client, where one URL in ten goes wrong: the others come back whole and in their places, each
//! fault is told as what it is, all of it ends, and nothing is left running.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use bounded_pool::clients::{self, Download, FetchError, MOST_REDIRECTS, Time};
use origin::{Counts, Origin};
use socket2::SockRef;
use ureq::Agent;

const URLS: usize = 200;
const LIMIT: NonZeroUsize = NonZeroUsize::new(50).unwrap();

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a byte comes each second, which takes a quarter of an hour. Elsewhere a page may take as long as a loaded machine needs.
const TIMEOUT: Duration = Duration::from_secs(5);
const DRIPS: &str = "a byte a second";

/// What goes wrong, at which page of the origin or elsewhere, and how it is told.
type Fault = (&'static str, &'static str, fn(&FetchError) -> bool);

macro_rules! told_as {
    ($error:pat) => {
        |error| matches!(error, $error)
    };
}

const FAULTS: [Fault; 10] = [
    (
        "reset in the head",
        HALF_A_HEAD,
        told_as!(FetchError::Reset),
    ),
    (
        "reset in the body",
        "/reset-after/100",
        told_as!(FetchError::Reset),
    ),
    (
        "truncated",
        "/truncated/1000",
        told_as!(FetchError::Truncated),
    ),
    (
        "no answer",
        "/truncated/1000?sent=0",
        told_as!(FetchError::Truncated),
    ),
    ("500", "/status/500", told_as!(FetchError::Status(500))),
    (
        DRIPS,
        "/drip/1000?bytes_per_s=1",
        told_as!(FetchError::TimedOut),
    ),
    ("not UTF-8", "/invalid-utf8", told_as!(FetchError::NotUtf8)),
    (
        "redirected for ever",
        "/loop",
        told_as!(FetchError::Redirects),
    ),
    (
        "refused",
        "http://127.0.0.1:1/",
        told_as!(FetchError::Refused),
    ),
    ("no such name", NO_NAME, told_as!(FetchError::NameNotFound)),
];

const HALF_A_HEAD: &str = "a server of our own, since the origin knows no such page";

/// Longer than a name may be: it fails at once on any machine, since nobody has to be asked.
const NO_NAME: &str =
    "http://a-name-of-more-than-the-sixty-three-letters-that-there-may-be-at-most.invalid/";

fn url(origin: &Origin, at: &str) -> String {
    match at {
        HALF_A_HEAD => half_a_head(),
        at if at.starts_with('/') => page(origin, at),
        at => at.to_owned(),
    }
}

fn page(origin: &Origin, path: &str) -> String {
    format!("{}{path}", origin.url())
}

/// A server that sends half a head and resets the connection.
fn half_a_head() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let asked = stream.read(&mut [0; 4096]).unwrap();
            assert!(asked > 0, "a request came first");
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").unwrap();
            // Closing a socket that does not linger is what sends RST in place of FIN.
            SockRef::from(&stream)
                .set_linger(Some(Duration::ZERO))
                .unwrap();
        }
    });
    url
}

/// Other than all others, and every seventh longer than any buffer.
fn bytes_of(place: usize) -> u64 {
    place as u64
        + if place.is_multiple_of(7) {
            100_000
        } else {
            1000
        }
}

fn is_faulty(place: usize) -> bool {
    place % 10 == 3
}

/// What `download` makes of `urls`, in bounded time.
fn run(
    download: Download,
    urls: Vec<String>,
    each: Duration,
    all: Duration,
) -> Vec<Result<Vec<u8>, FetchError>> {
    let (sender, pages) = channel();
    let time = Time {
        each,
        until: Instant::now() + all,
    };
    spawn(move || sender.send(download(urls, LIMIT, time)));
    pages.recv_timeout(PATIENCE).expect("it comes to an end")
}

fn counts(origin: &Origin) -> Counts {
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    let mut answer = agent.get(page(origin, "/counters")).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// What the origin has seen, once nothing is under way any more and nobody is connected.
fn counts_at_rest(origin: &Origin) -> Counts {
    let started = Instant::now();
    loop {
        let counts = counts(origin);
        if counts.in_flight == 0 && counts.connections_open == 0 {
            return counts;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "something is left running: {counts:?}"
        );
        sleep(Duration::from_millis(10));
    }
}

fn survives_all_faults(download: Download) {
    for (name, at, is_told) in FAULTS {
        let origin = Origin::in_thread().unwrap();
        let faulty = url(&origin, at);
        let good = |place| page(&origin, &format!("/bytes/{}", bytes_of(place)));
        let urls = (0..URLS).map(|place| {
            if is_faulty(place) {
                faulty.clone()
            } else {
                good(place)
            }
        });
        let each = if name == DRIPS { TIMEOUT } else { PATIENCE };
        let pages = run(download, urls.collect(), each, PATIENCE);
        assert_eq!(pages.len(), URLS, "{name}");
        for (place, page) in pages.into_iter().enumerate() {
            match page {
                Err(error) if is_faulty(place) => assert!(is_told(&error), "{name}: {error:?}"),
                page => {
                    let asked: Vec<_> = (0..bytes_of(place)).map(origin::byte).collect();
                    assert!(
                        page.is_ok_and(|page| page == asked),
                        "{name}: {place} is as it was asked for"
                    );
                }
            }
        }
        let counts = counts_at_rest(&origin);
        assert!(
            counts.peak_in_flight <= LIMIT.get() as u64,
            "{name}: {counts:?}"
        );
        for place in (0..URLS).filter(|place| !is_faulty(*place)) {
            assert_eq!(
                counts.by_path[&format!("/bytes/{}", bytes_of(place))],
                1,
                "{name}: nothing is asked for twice"
            );
        }
    }
}

fn stops_at_the_deadline(download: Download) {
    let origin = Origin::in_thread().unwrap();
    // Ten times as many as can be begun at once, and each would take an hour.
    let urls = vec![page(&origin, "/drip/3600?bytes_per_s=1"); 10 * LIMIT.get()];
    let pages = run(download, urls, PATIENCE, Duration::from_secs(2));
    let (late, never): (Vec<_>, Vec<_>) = pages
        .into_iter()
        .map(Result::unwrap_err)
        .partition(|error| matches!(error, FetchError::TimedOut));
    assert!(late.len() <= LIMIT.get(), "no more were begun");
    assert!(
        never
            .iter()
            .all(|error| matches!(error, FetchError::DeadlinePassed)),
        "{never:?}"
    );
    assert!(counts_at_rest(&origin).requests <= late.len() as u64);
}

fn follows_a_few_redirects(download: Download) {
    let origin = Origin::in_thread().unwrap();
    let urls = [MOST_REDIRECTS, MOST_REDIRECTS + 1]
        .map(|many| page(&origin, &format!("/redirect/{many}")));
    let pages = run(download, urls.to_vec(), PATIENCE, PATIENCE);
    assert!(
        matches!(&pages[..], [Ok(page), Err(FetchError::Redirects)] if page.len() == 64),
        "{pages:?}"
    );
}

fn keeps_its_connections(download: Download, is_reqwest: bool) {
    let origin = Origin::in_thread().unwrap();
    // Where the answer is an error too, which has a body like any other.
    let urls = ["/bytes/1000", "/status/404"].map(|path| page(&origin, path));
    let urls = urls.into_iter().cycle().take(2000).collect();
    let pages = run(download, urls, PATIENCE, PATIENCE);
    let good = pages.iter().filter(|page| page.is_ok()).count();
    let told = |page: &&Result<_, _>| matches!(page, Err(FetchError::Status(404)));
    assert_eq!((good, pages.iter().filter(told).count()), (1000, 1000));
    let counts = counts_at_rest(&origin);
    // reqwest starts to connect while another is given back, and takes what is there first: luck says how often.
    let most = if is_reqwest { 1000 } else { LIMIT.get() as u64 };
    assert!(counts.connections <= most, "{counts:?}");
}

macro_rules! each_variant {
    ($($variant:ident)*) => { $(
        mod $variant {
            #[test]
            fn survives_all_faults() {
                super::survives_all_faults(super::clients::$variant);
            }

            #[test]
            fn stops_at_the_deadline() {
                super::stops_at_the_deadline(super::clients::$variant);
            }

            #[test]
            fn follows_a_few_redirects() {
                super::follows_a_few_redirects(super::clients::$variant);
            }

            #[test]
            fn keeps_its_connections() {
                let is_reqwest = ["tokio", "buffer_unordered"].contains(&stringify!($variant));
                super::keeps_its_connections(super::clients::$variant, is_reqwest);
            }
        }
    )* };
}

each_variant!(threads tokio tokio_hyper smol async_std buffer_unordered buffer_unordered_hyper rayon);
