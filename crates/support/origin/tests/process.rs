//! How the binary starts, holds and stops.

mod common;

use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use std::{fs, thread};

use common::{Server, eventually, read_one, send};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const ORIGIN: &str = env!("CARGO_BIN_EXE_origin");

fn output(arguments: &[&str]) -> Output {
    // If it serves where it should not, it ends at once.
    Command::new(ORIGIN).arg("--stop-with-stdin").args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// An origin under a limit that a shell sets.
fn limited(limit: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit {limit} && exec \"$0\" --stop-with-stdin")).arg(ORIGIN);
    command
}

#[test]
fn ten_thousand_idle_connections_do_not_keep_one_request_from_its_answer() {
    const IDLE: u64 = 10_000;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if hard < IDLE + 200 {
        println!("skipped: the hard limit of open files is {hard}");
        return;
    }
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    // It raises the soft limit itself.
    let server = Server::spawn(&mut limited("-Sn 256"));
    // Half of them have asked already and are kept; half have never said a word.
    let idle: Vec<TcpStream> = (0..IDLE)
        .map(|n| {
            let mut stream = server.connect();
            if n % 2 == 0 {
                send(&mut stream, "GET", "/bytes/1", "");
                read_one(&mut stream);
            }
            stream
        })
        .collect();
    let counts = server.counts_when(|counts| counts.connections_open == IDLE);
    assert_eq!((counts.connections, counts.requests), (IDLE, IDLE / 2));
    assert_eq!(server.get("/bytes/1000").body.len(), 1_000);
    assert_eq!(server.counts_when(|counts| counts.in_flight == 0).connections_open, IDLE);
    drop(idle);
    server.counts_when(|counts| counts.connections_open == 0);
}

#[test]
fn it_outlives_a_lack_of_file_descriptors() {
    let server = Server::spawn(limited("-n 40").stderr(Stdio::null()));
    let mut many: Vec<_> = (0..100).map(|_| server.connect()).collect();
    // The last is still in the backlog, and gets its turn when the first go away.
    let mut last = many.pop().unwrap();
    send(&mut last, "GET", "/bytes/5", "");
    assert_idle(server.child.id());
    drop(many);
    assert_eq!(read_one(&mut last).body.len(), 5);
}

/// It tries again and again to accept, but with pauses.
#[cfg(target_os = "linux")]
fn assert_idle(process: u32) {
    let ticks = || -> u64 {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        // After the name in brackets; user and system time, in hundredths of a second.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = ticks();
    thread::sleep(Duration::from_millis(500));
    assert!(ticks() - before < 10, "busy while it waits for file descriptors");
}

#[cfg(not(target_os = "linux"))]
fn assert_idle(_process: u32) {}

#[test]
fn it_stops_when_standard_input_ends() {
    let mut server = Server::start();
    server.get("/bytes/1");
    let _idle = server.connect();
    drop(server.stdin.take());
    assert_eq!(server.exit_status().code(), Some(0));
    eventually("the refusal", || TcpStream::connect(server.address).is_err());
}

#[test]
fn it_does_not_stop_with_standard_input_unless_told_so() {
    let mut server = Server::spawn(&mut Command::new(ORIGIN));
    drop(server.stdin.take());
    // The first may still be answered by one that stops; the second would be refused.
    for _ in 0..2 {
        assert_eq!(server.get("/bytes/5?delay_ms=200").body.len(), 5);
    }
    assert_eq!(server.child.try_wait().unwrap(), None);
}

#[test]
fn it_stops_cleanly_when_asked_to() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut server = Server::start();
        // One that is idle, one that never spoke, one that waits longer than anyone would.
        let mut idle = server.connect();
        send(&mut idle, "GET", "/bytes/1", "");
        read_one(&mut idle);
        let _silent = server.connect();
        let _held = server.ask("/bytes/1?delay_ms=600000");
        server.counts_when(|counts| counts.in_flight == 1 && counts.connections_open == 3);
        kill(Pid::from_raw(i32::try_from(server.child.id()).unwrap()), signal).unwrap();
        assert_eq!(server.exit_status().code(), Some(0), "{signal}");
    }
}

#[test]
fn an_answer_under_way_is_finished_before_it_stops() {
    let says_that_it_closes = || {
        let mut server = Server::start();
        let mut stream = server.connect();
        send(&mut stream, "GET", "/bytes/5?delay_ms=200", "");
        server.counts_when(|counts| counts.requests == 1);
        drop(server.stdin.take());
        let answer = read_one(&mut stream);
        assert_eq!(answer.body.len(), 5);
        assert_eq!(server.exit_status().code(), Some(0));
        answer.header("connection") == Some("close")
    };
    // On a slow machine the answer may be finished before the stop is noticed, but not every time.
    assert!((0..5).any(|_| says_that_it_closes()));
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let second = output(&["--listen", &address]);
    assert_eq!(second.status.code(), Some(1));
    assert!(second.stdout.is_empty());
    let expected = format!(
        "origin: {address} is in use by another program: choose another port, or port 0 for any free one\n"
    );
    assert_eq!(String::from_utf8(second.stderr).unwrap(), expected);
}

#[test]
fn wrong_use_exits_with_two() {
    for arguments in [
        &["--frobnicate"][..],
        &["--listen", "localhost"],
        &["--listen", "0.0.0.0:0"],
        &["--listen", "[::]:0"],
    ] {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn another_address_is_served_where_it_is_allowed() {
    let server = Server::spawn(Command::new(ORIGIN).args(["--listen", "0.0.0.0:0", "--allow-remote"]));
    assert_eq!(server.get("/bytes/5").body.len(), 5);
}

#[test]
#[cfg(target_os = "linux")]
fn the_backlog_is_as_long_as_the_kernel_allows() {
    // A stopped process accepts nothing, so all that connects is in the backlog. The kernel drops what
    // does not fit, and the client's second attempt would come after a second.
    let somaxconn = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    // More than the 128 of std and the 1,024 of mio.
    let wanted = somaxconn.trim().parse().unwrap_or(4_096).min(1_500);
    let server = Server::start();
    let pid = Pid::from_raw(i32::try_from(server.child.id()).unwrap());
    kill(pid, Signal::SIGSTOP).unwrap();
    let waiting: Vec<_> = (0..wanted)
        .map_while(|_| {
            TcpStream::connect_timeout(&server.address, std::time::Duration::from_millis(900)).ok()
        })
        .collect();
    kill(pid, Signal::SIGCONT).unwrap();
    assert_eq!(waiting.len(), wanted);
}
