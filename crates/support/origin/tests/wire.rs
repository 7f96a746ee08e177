//! What each page looks like on the wire.

mod common;

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use common::{Server, read_all, read_head, read_one, send};

fn assert_pattern(body: &[u8], length: usize) {
    assert_eq!(body.len(), length);
    assert!(body.iter().zip(0..).all(|(got, place)| *got == origin::byte(place)));
}

#[test]
fn bytes_are_as_many_as_asked_and_as_promised() {
    let server = Server::start();
    // One more than a block, and more than a socket's buffers hold.
    for length in [0, 1, 1_024, 64_257, 20_000_000] {
        let answer = server.get(&format!("/bytes/{length}"));
        assert_eq!((answer.status, answer.promised()), (200, length));
        assert_pattern(&answer.body, length);
    }
}

#[test]
fn the_head_waits_for_the_delay() {
    let server = Server::start();
    let start = Instant::now();
    let mut stream = server.ask("/bytes/1?delay_ms=150");
    read_one(&mut stream);
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[test]
fn numbers_are_json_and_add_up() {
    let server = Server::start();
    for count in [0, 1, 2, 1_000, 100_000] {
        let answer = server.get(&format!("/numbers/{count}?delay_ms=1"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let numbers: Vec<u64> = serde_json::from_slice(&answer.body).unwrap();
        let expected: Vec<u64> = (0..count).map(origin::number).collect();
        assert_eq!(numbers, expected);
    }
}

#[test]
fn a_status_is_the_one_asked_for() {
    let server = Server::start();
    for status in [200, 201, 204, 304, 404, 429, 500, 503, 599] {
        let answer = server.get(&format!("/status/{status}"));
        assert_eq!(answer.status, status);
        assert_eq!(answer.body.is_empty(), [204, 304].contains(&status), "{answer:?}");
    }
}

#[test]
fn redirects_lead_down_to_bytes_and_the_loop_to_itself() {
    let server = Server::start();
    let mut path = "/redirect/3".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = server.get(&path);
        seen.push((path, answer.status));
        match answer.header("location") {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    let seen: Vec<_> = seen.iter().map(|(path, status)| (path.as_str(), *status)).collect();
    assert_eq!(seen, [("/redirect/3", 302), ("/redirect/2", 302), ("/redirect/1", 302), ("/bytes/64", 200)]);

    let answer = server.get("/loop");
    assert_eq!((answer.status, answer.header("location")), (302, Some("/loop")));
}

#[test]
fn a_reset_comes_after_the_bytes_and_is_a_reset() {
    let server = Server::start();
    for length in [1, 1_000, 32_768] {
        let answer = server.get(&format!("/reset-after/{length}"));
        assert_eq!(answer.error.as_ref().map(std::io::Error::kind), Some(ErrorKind::ConnectionReset));
        assert_eq!(answer.promised(), length + 1);
        assert_pattern(&answer.body, length);
    }
    let nothing = server.get("/reset-after/0");
    assert_eq!(nothing.error.map(|error| error.kind()), Some(ErrorKind::ConnectionReset));
    assert_eq!(nothing.status, 0);
}

#[test]
fn a_truncated_body_ends_early_and_regularly() {
    let server = Server::start();
    // The second is more than the sockets' buffers hold: all of it is sent before the close.
    for (path, promised, sent) in [
        ("/truncated/1000", 1_000, 500),
        ("/truncated/20000000?sent=19999999", 20_000_000, 19_999_999),
        ("/truncated/10?sent=9&delay_ms=1", 10, 9),
    ] {
        let answer = server.get(path);
        assert!(answer.error.is_none(), "{answer:?}");
        assert_eq!(answer.promised(), promised);
        assert_pattern(&answer.body, sent);
    }
    let nothing = server.get("/truncated/10?sent=0");
    assert!(nothing.error.is_none());
    assert_eq!(nothing.status, 0);
}

#[test]
fn a_drip_takes_its_time_and_is_complete() {
    let server = Server::start();
    let start = Instant::now();
    let mut stream = server.ask("/drip/30?bytes_per_s=100&delay_ms=100");
    let answer = read_one(&mut stream);
    // The last byte is due 300 ms after the delay of 100, and no byte comes before it is due.
    assert!(start.elapsed() >= Duration::from_millis(400));
    assert_pattern(&answer.body, 30);
    // Faster than the timer's resolution: the schedule is kept with several bytes at a time.
    assert_pattern(&server.get("/drip/100000?bytes_per_s=1000000").body, 100_000);
}

#[test]
fn a_drip_arrives_in_pieces() {
    let server = Server::start();
    let mut stream = server.ask("/drip/1000000?bytes_per_s=50");
    read_head(&mut stream);
    stream.read_exact(&mut [0; 5]).unwrap();
    let counts = server.counts();
    assert_eq!(counts.in_flight, 1);
    assert!((5..1_000_000).contains(&counts.bytes), "{counts:?}");
}

#[test]
fn invalid_text_is_invalid() {
    let server = Server::start();
    let text = server.get("/invalid-utf8");
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(str::from_utf8(&text.body).is_err());
    let json = server.get("/invalid-json");
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert!(serde_json::from_slice::<serde_json::Value>(&json.body).is_err());
    assert!(str::from_utf8(&json.body).is_ok());
}

#[test]
fn a_bad_parameter_is_named() {
    let server = Server::start();
    for (path, complaint) in [
        ("/bytes/many", "N is `many`; it must be a whole number from 0 to 1073741824\n"),
        ("/bytes", "N is ``; it must be a whole number from 0 to 1073741824\n"),
        ("/bytes/-1", "N is `-1`; it must be a whole number from 0 to 1073741824\n"),
        ("/bytes/1/2", "N is `1/2`; it must be a whole number from 0 to 1073741824\n"),
        ("/bytes/1?delay_ms=soon", "delay_ms is `soon`; it must be a whole number from 0 to 600000\n"),
        ("/bytes/1?dealy_ms=1", "/bytes has no parameter `dealy_ms`\n"),
        ("/bytes/1?sent=1", "/bytes has no parameter `sent`\n"),
        ("/numbers/100001", "N is `100001`; it must be a whole number from 0 to 100000\n"),
        ("/status/100", "CODE is `100`; it must be a whole number from 200 to 599\n"),
        ("/redirect/0", "N is `0`; it must be a whole number from 1 to 100\n"),
        ("/reset-after/32769", "N is `32769`; it must be a whole number from 0 to 32768\n"),
        ("/truncated/10?sent=10", "sent is `10`; it must be a whole number from 0 to 9\n"),
        ("/drip/1?bytes_per_s=0", "bytes_per_s is `0`; it must be a whole number from 1 to 1073741824\n"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.text()), (400, complaint), "{path}");
    }
}

#[test]
fn an_unknown_path_gets_the_list() {
    let server = Server::start();
    let list = server.get("/");
    assert_eq!(list.status, 200);
    assert!(list.text().contains("/bytes/N"));
    for path in ["/nothing", "/nothing?what=1", "/loop/1", "/Bytes/1"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().ends_with(list.text()));
    }
}

#[test]
fn another_method_is_refused_with_the_right_one() {
    let server = Server::start();
    for (method, path, allow) in
        [("POST", "/bytes/1", "GET"), ("POST", "/counters", "GET"), ("GET", "/reset", "POST")]
    {
        let mut stream = server.connect();
        send(&mut stream, method, path, "Connection: close\r\n");
        let answer = read_all(stream);
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}

#[test]
fn a_connection_is_kept_and_used_again() {
    let server = Server::start();
    let mut stream = server.connect();
    for length in [10, 0, 70_000, 3] {
        send(&mut stream, "GET", &format!("/bytes/{length}"), "");
        assert_pattern(&read_one(&mut stream).body, length);
    }
    assert_eq!(server.counts().connections, 1);
}

#[test]
fn small_writes_do_not_wait_for_acknowledgements() {
    // A drip's head and body are two small writes. With Nagle's algorithm the second waits for the
    // client's delayed acknowledgement of the first, 40 ms each time, so a second for them all.
    let server = Server::start();
    let time = |path: &str| {
        let mut stream = server.connect();
        let start = Instant::now();
        for _ in 0..25 {
            send(&mut stream, "GET", path, "");
            read_one(&mut stream);
        }
        start.elapsed()
    };
    // Answers of one write each say how slow the machine is at present, which one that is busy may not be for long.
    let waits = || time("/drip/1?bytes_per_s=1000").saturating_sub(3 * time("/bytes/1"));
    assert!((0..20).any(|_| waits() < Duration::from_millis(700)));
}
