//! What the witness says.

mod common;

use std::collections::BTreeMap;
use std::io::Read;
use std::net::Shutdown;

use common::{Server, read_all, read_head, read_one, send};
use origin::Counts;

fn assert_sums(counts: &Counts) {
    assert_eq!(counts.requests, counts.finished + counts.cut_short + counts.in_flight, "{counts:?}");
    assert_eq!(counts.requests, counts.by_path.values().sum::<u64>(), "{counts:?}");
    assert!(counts.by_status.values().sum::<u64>() <= counts.requests, "{counts:?}");
}

#[test]
fn requests_and_bytes_are_counted_by_path_and_status() {
    let server = Server::start();
    for path in ["/bytes/10", "/bytes/10?delay_ms=1", "/bytes/100000", "/status/503", "/nothing", "/bytes/x"]
    {
        server.get(path);
    }
    let counts = server.counts_when(|counts| counts.in_flight == 0);
    assert_sums(&counts);
    assert_eq!((counts.requests, counts.finished, counts.peak_in_flight), (6, 6, 1));
    let by_path =
        [("/bytes/10", 2), ("/bytes/100000", 1), ("/bytes/x", 1), ("/nothing", 1), ("/status/503", 1)];
    assert_eq!(counts.by_path, by_path.map(|(path, n)| (path.to_owned(), n)).into());
    assert_eq!(counts.by_status, BTreeMap::from([(200, 3), (400, 1), (404, 1), (503, 1)]));
    assert_eq!(counts.connections, 6);
}

#[test]
fn bytes_are_those_of_bodies_that_were_sent() {
    let server = Server::start();
    for path in
        ["/bytes/1000", "/numbers/2", "/truncated/100?sent=60", "/reset-after/7", "/drip/5?bytes_per_s=1000"]
    {
        server.get(path);
    }
    let counts = server.counts_when(|counts| counts.in_flight == 0);
    assert_eq!(counts.bytes, 1_000 + 17 + 60 + 7 + 5);
    assert_eq!((counts.finished, counts.cut_short), (3, 2));
    assert_sums(&counts);
}

#[test]
fn the_witness_is_not_counted() {
    let server = Server::start();
    server.counts();
    server.counts();
    server.reset();
    // A wrong method, too, on a connection that began as the witness's.
    let mut stream = server.connect();
    send(&mut stream, "GET", "/reset", "");
    read_one(&mut stream);
    send(&mut stream, "GET", "/counters", "");
    let counts: Counts = serde_json::from_slice(&read_one(&mut stream).body).unwrap();
    assert_eq!(counts, Counts::default());
}

#[test]
fn requests_held_at_once_are_the_peak() {
    let server = Server::start();
    let held: Vec<_> = (0..20).map(|_| server.ask("/bytes/1?delay_ms=600000")).collect();
    let counts = server.counts_when(|counts| counts.in_flight == 20);
    assert_eq!((counts.peak_in_flight, counts.requests, counts.bytes), (20, 20, 0));
    assert!(counts.by_status.is_empty());
    // The release: they go away, and nothing else of them is left than the peak.
    drop(held);
    let counts = server.counts_when(|counts| counts.in_flight == 0);
    assert_eq!((counts.peak_in_flight, counts.cut_short, counts.finished), (20, 20, 0));
    assert_sums(&counts);
    server.get("/bytes/1");
    assert_eq!(server.counts().peak_in_flight, 20);
}

#[test]
fn requests_that_wait_for_each_other_are_answered_when_all_are_there() {
    let server = Server::start();
    let mut first = server.ask("/bytes/1?together=2");
    let waiting = server.counts_when(|counts| counts.in_flight == 1);
    assert!(waiting.by_status.is_empty(), "answered alone: {waiting:?}");
    let mut second = server.ask("/bytes/1?together=2");
    for stream in [&mut first, &mut second] {
        assert_eq!(read_one(stream).body.len(), 1);
    }
    let counts = server.counts_when(|counts| counts.in_flight == 0);
    assert_eq!((counts.peak_in_flight, counts.finished), (2, 2));
    // They have been together; and after a reset they have not.
    server.get("/bytes/1?together=2");
    server.reset();
    let _alone = server.ask("/bytes/1?together=2");
    let counts = server.counts_when(|counts| counts.in_flight == 1);
    assert!(counts.by_status.is_empty(), "answered alone: {counts:?}");
}

#[test]
fn a_client_that_goes_away_in_the_middle_is_uncounted() {
    let server = Server::start();
    // Waiting, dripping, and stuck in a body larger than what the sockets' buffers hold.
    let waiting = server.ask("/bytes/1?delay_ms=600000");
    let mut dripping = server.ask("/drip/1000000?bytes_per_s=10");
    let stuck = server.ask("/bytes/1000000000");
    dripping.read_exact(&mut [0; 1]).unwrap();
    let counts = server.counts_when(|counts| counts.in_flight == 3 && counts.bytes > 100_000);
    assert!(counts.bytes < 1_000_000_000, "counted before the socket took them: {counts:?}");
    assert_eq!(counts.connections_open, 3);
    for stream in [waiting, dripping, stuck] {
        stream.shutdown(Shutdown::Both).unwrap();
    }
    let counts = server.counts_when(|counts| counts.in_flight == 0 && counts.connections_open == 0);
    assert_eq!((counts.cut_short, counts.connections), (3, 3));
    assert_sums(&counts);
}

#[test]
fn a_reset_begins_anew_and_leaves_nothing_negative() {
    let server = Server::start();
    // More than the sockets' buffers hold, so it is in flight until it is read.
    let mut held = server.connect();
    send(&mut held, "GET", "/bytes/20000000", "");
    let answer = read_head(&mut held);
    server.get("/bytes/100");
    server.counts_when(|counts| counts.in_flight == 1 && counts.finished == 1);
    server.reset();

    let anew = Counts { connections_open: 1, ..Counts::default() };
    assert_eq!(server.counts(), anew);
    // What began before ends, and is not counted after.
    held.read_exact(&mut vec![0; answer.promised()]).unwrap();
    assert_eq!(server.counts(), anew);
    // The next request on the old connection is.
    send(&mut held, "GET", "/bytes/3", "Connection: close\r\n");
    assert_eq!(read_all(held).body.len(), 3);
    let counts = server.counts_when(|counts| counts.connections_open == 0);
    assert_eq!((counts.requests, counts.finished, counts.bytes), (1, 1, 3));
    assert_eq!((counts.peak_in_flight, counts.most_in_one_second, counts.connections), (1, 1, 0));
}

#[test]
fn the_names_in_the_json_are_those_of_the_expectations() {
    let server = Server::start();
    server.get("/bytes/1");
    let json: serde_json::Value = serde_json::from_slice(&server.get("/counters").body).unwrap();
    let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "requests",
        "finished",
        "cut_short",
        "in_flight",
        "peak_in_flight",
        "most_in_one_second",
        "bytes",
        "connections",
        "connections_open",
        "by_path",
        "by_status",
    ];
    assert_eq!(names, expected);
    assert_eq!(json["by_status"]["200"], 1);
}
