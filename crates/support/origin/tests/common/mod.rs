//! An origin in a process of its own, and a client so plain that it hides nothing of the wire.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use origin::Counts;

/// No test waits longer than this for anything; none passes because of it.
const GENEROUS: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_origin")).arg("--stop-with-stdin"))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect(&line).parse().unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin, address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(GENEROUS)).unwrap();
        stream
    }

    /// Sends the request and leaves the rest to the caller.
    pub(crate) fn ask(&self, path: &str) -> TcpStream {
        let mut stream = self.connect();
        send(&mut stream, "GET", path, "Connection: close\r\n");
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        read_all(self.ask(path))
    }

    pub(crate) fn reset(&self) {
        let mut stream = self.connect();
        send(&mut stream, "POST", "/reset", "Connection: close\r\n");
        assert_eq!(read_all(stream).status, 204);
    }

    pub(crate) fn counts(&self) -> Counts {
        serde_json::from_slice(&self.get("/counters").body).unwrap()
    }

    /// Asks for the counters until they are as wished.
    pub(crate) fn counts_when(&self, wish: impl Fn(&Counts) -> bool) -> Counts {
        let mut counts = self.counts();
        eventually("the counters", || {
            counts = self.counts();
            wish(&counts)
        });
        counts
    }

    pub(crate) fn exit_status(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the exit", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// How reading ended, if not with the connection's regular end.
    pub(crate) error: Option<io::Error>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn promised(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) fn send(stream: &mut TcpStream, method: &str, path: &str, headers: &str) {
    // One write: several would wait for one another's acknowledgement.
    let head = format!("{method} {path} HTTP/1.1\r\nHost: origin\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
}

/// Reads to the end of the connection.
pub(crate) fn read_all(mut stream: TcpStream) -> Answer {
    let mut all = Vec::new();
    let error = stream.read_to_end(&mut all).err();
    let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else {
        assert!(all.is_empty(), "half a head: {all:?}");
        return Answer { status: 0, head: String::new(), body: all, error };
    };
    let body = all.split_off(end + 4);
    let head = String::from_utf8(all).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body, error }
}

/// Reads one head and nothing of its body.
pub(crate) fn read_head(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: Vec::new(), error: None }
}

/// Reads one answer and leaves the connection open.
pub(crate) fn read_one(stream: &mut TcpStream) -> Answer {
    let mut answer = read_head(stream);
    answer.body = vec![0; answer.promised()];
    stream.read_exact(&mut answer.body).unwrap();
    answer
}

pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < GENEROUS, "{what}: not within {GENEROUS:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
