//! The origin as a witness: started beside the runs, reset before each, asked after each.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::unistd::Pid;
use outcome::MOST;
use serde_json::{Map, Value};

use crate::process::{self, Group, check_interrupt, is_readable_by};
use crate::text::{beginning, clean};

/// Everything happens on the loopback; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(5);
/// An attempt to connect; between two of them Ctrl-C is heeded.
const ATTEMPT: Duration = Duration::from_millis(100);
/// Its counters take a page; it counts no more than some hundred paths.
const LONGEST: usize = 4 << 20;

pub(crate) struct Origin {
    pub(crate) url: String,
    address: SocketAddr,
    /// Ended when this is dropped, and when we are gone.
    process: Group,
}

impl Origin {
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut command = process::command_with_stdin(program);
        let mut process = Group::start(command.arg("--stop-with-stdin").stdout(Stdio::piped()))?;
        let stdout = process.stdout().context("its stdout is a pipe")?;
        let url = first_line(stdout)?;
        let address =
            url.strip_prefix("http://").and_then(|address| address.trim_end_matches('/').parse().ok());
        let address = address.context("the origin did not start: it printed no URL")?;
        Ok(Self { url, address, process })
    }

    pub(crate) fn reset(&self) -> Result<()> {
        self.ask("POST /reset").map(drop)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Option<Pid> {
        self.process.program()
    }

    /// What it has served since the reset.
    pub(crate) fn witness(&self) -> Result<Value> {
        let counters = serde_json::from_slice(&self.ask("GET /counters")?);
        let counters = counters.context("the origin answers with no counters")?;
        check(&counters)?;
        Ok(counters)
    }

    /// What it answers. Asked by hand, since a client that waits heeds no Ctrl-C.
    fn ask(&self, request: &str) -> Result<Vec<u8>> {
        let asked = self.exchange(request);
        asked.map_err(|error| {
            if error.is::<process::Interrupted>() {
                error
            } else {
                error.context("the origin does not answer")
            }
        })
    }

    fn exchange(&self, request: &str) -> Result<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut stream = connect(self.address, deadline)?;
        let host = self.address;
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )?;
        let (mut said, mut has_ended) = (Vec::new(), false);
        loop {
            if let Some(body) = body_of(&said, has_ended)? {
                return Ok(body.to_vec());
            }
            ensure!(!has_ended, "it ended in the middle of its answer");
            ensure!(said.len() < LONGEST, "it says more than {LONGEST} bytes");
            ensure!(
                is_readable_by(stream.as_fd(), Some(deadline))?,
                "it said nothing for {} s",
                PATIENCE.as_secs()
            );
            let mut piece = [0; 4096];
            match stream.read(&mut piece)? {
                0 => has_ended = true,
                length => said.extend_from_slice(&piece[..length]),
            }
        }
    }
}

/// The line that it begins with.
fn first_line(mut stdout: impl Read + AsFd) -> Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut said = Vec::new();
    // As its own lines come at once, one byte more than a line is as much as is ever read.
    while !said.contains(&b'\n') && said.len() < 4096 && is_readable_by(stdout.as_fd(), Some(deadline))? {
        let mut piece = [0; 256];
        match stdout.read(&mut piece)? {
            0 => break,
            length => said.extend_from_slice(&piece[..length]),
        }
    }
    Ok(String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned())
}

fn connect(address: SocketAddr, deadline: Instant) -> Result<TcpStream> {
    loop {
        match TcpStream::connect_timeout(&address, ATTEMPT) {
            Err(error) if error.kind() == ErrorKind::TimedOut && Instant::now() < deadline => {
                check_interrupt()?;
            }
            connected => return Ok(connected?),
        }
    }
}

/// The body of an answer that is whole; none if there is more to come. One that does not tell its length ends with the connection.
fn body_of(said: &[u8], has_ended: bool) -> Result<Option<&[u8]>> {
    let Some(end) = said.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&said[..end]);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    ensure!(status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')), "it says {status:?}");
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    let body = &said[end + 4..];
    Ok(match length {
        Some(length) => body.get(..length),
        None => has_ended.then_some(body),
    })
}

/// What an origin counts, some of it by the path or the status.
const MOST_COUNTERS: usize = 5_000;
const LONGEST_NAME: usize = 1_000;

/// Whether a witness can be believed: counters, each a whole number of things that have happened.
pub(crate) fn check(witness: &Value) -> Result<()> {
    let Value::Object(counters) = witness else { bail!("the origin answers with no counters") };
    let nested = counters.values().filter_map(Value::as_object);
    let count = counters.len() + nested.clone().map(Map::len).sum::<usize>();
    ensure!(count <= MOST_COUNTERS, "the origin answers with {count} counters, more than {MOST_COUNTERS}");
    let plain = counters.iter().filter(|(_, value)| !value.is_object());
    for (name, value) in plain.chain(nested.flatten()) {
        let name = clean(name);
        ensure!(name.len() <= LONGEST_NAME, "the origin counts under a name of {} letters", name.len());
        let is_count = value.as_u64().is_some_and(|count| count <= MOST);
        ensure!(is_count, "the origin has counted {name} {}, which cannot be", beginning(value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_witness_is_an_object_of_counts() {
        let said =
            |witness: &Value| check(witness).map_or_else(|error| error.to_string(), |()| String::new());
        let counted = json!({"finished": 3, "by_path": {"/bytes/16": 3}, "by_status": {"200": 3}});
        assert_eq!(said(&counted), "");
        assert_eq!(said(&json!({})), "");
        for (witness, part) in [
            (json!([1, 2]), "no counters"),
            (json!("ok"), "no counters"),
            (json!(null), "no counters"),
            (json!({"finished": -5}), "finished -5"),
            (json!({"peak_in_flight": 1e300}), "peak_in_flight 1e+300"),
            (json!({"finished": 1.5}), "finished 1.5"),
            (json!({"finished": "3"}), "finished \"3\""),
            (json!({"finished": null}), "finished null"),
            (json!({"finished": [3]}), "finished [3]"),
            (json!({"finished": u64::MAX}), "finished 18446744073709551615"),
            (json!({"by_path": {"/a": -1}}), "/a -1"),
            (json!({"by_path": {"/a": {"b": 1}}}), "/a {"),
            (json!({"a".repeat(2_000): 1}), "2000 letters"),
        ] {
            assert!(said(&witness).contains(part), "{witness}: {}", said(&witness));
        }
        let many: Map<_, _> = (0..=MOST_COUNTERS).map(|path| (path.to_string(), json!(1))).collect();
        assert!(said(&json!({"by_path": many})).contains("5002 counters"));
    }

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
        assert_eq!(body_of(&head[..20], false).unwrap(), None);
        assert_eq!(body_of(head, false).unwrap(), None);
        assert_eq!(body_of(&[head, b"{}".as_slice()].concat(), false).unwrap(), Some(b"{}".as_slice()));
    }

    #[test]
    fn without_a_length_it_is_whole_at_its_end() {
        let answer = b"HTTP/1.1 200 OK\r\n\r\n{}";
        assert_eq!(body_of(answer, false).unwrap(), None);
        assert_eq!(body_of(answer, true).unwrap(), Some(b"{}".as_slice()));
    }

    #[test]
    fn an_answer_that_is_an_error_is_one() {
        let error = body_of(b"HTTP/1.1 500 Oh no\r\n\r\n", false).unwrap_err();
        assert!(error.to_string().contains("500 Oh no"), "{error}");
    }
}
