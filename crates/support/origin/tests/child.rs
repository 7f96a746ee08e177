//! Starting an origin as a demo does: this program runs itself again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, waitpid};
use origin::{Error, Origin};

fn main() -> ExitCode {
    if env::var_os("FORGETS").is_none() {
        origin::serve_if_child();
    }
    match env::var("ROLE").as_deref() {
        Ok("parent") => be_a_parent(),
        Ok("forgetful") => be_forgetful(),
        _ => {}
    }
    trials::run(vec![
        // It looks at all children of its process.
        trials::alone("it_serves_and_ends_with_the_value", it_serves_and_ends_with_the_value),
        trials::test("it_ends_when_its_parent_is_killed", it_ends_when_its_parent_is_killed),
        trials::test("a_main_that_forgets_is_told_so", a_main_that_forgets_is_told_so),
        trials::test("one_in_a_thread_serves_and_ends", one_in_a_thread_serves_and_ends),
        trials::test("one_that_runs_already_is_left_alone", one_that_runs_already_is_left_alone),
        trials::test("a_url_that_is_none_is_refused", a_url_that_is_none_is_refused),
    ])
}

fn address(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}

fn get(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address(url)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn assert_gone(url: &str) {
    let start = Instant::now();
    while TcpStream::connect(address(url)).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(120), "{url} still answers");
        thread::sleep(Duration::from_millis(5));
    }
}

fn it_serves_and_ends_with_the_value() {
    let origin = Origin::start().unwrap();
    let url = origin.url().to_owned();
    assert!(get(&url, "/numbers/1").ends_with("[1000000]"));
    drop(origin);
    assert_gone(&url);
    // Nor is a zombie left: this process has no children.
    assert_eq!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Err(Errno::ECHILD));
}

fn one_in_a_thread_serves_and_ends() {
    let origin = Origin::in_thread().unwrap();
    let url = origin.url().to_owned();
    assert!(get(&url, "/numbers/1").ends_with("[1000000]"));
    drop(origin);
    assert_gone(&url);
}

fn one_that_runs_already_is_left_alone() {
    let running = Origin::in_thread().unwrap();
    let other = Origin::at(&format!("{}/", running.url())).unwrap();
    assert_eq!(other.url(), running.url());
    drop(other);
    assert!(get(running.url(), "/numbers/0").ends_with("[]"));
}

fn a_url_that_is_none_is_refused() {
    for url in [
        "",
        "127.0.0.1:80",
        "https://127.0.0.1:80",
        "http://:80",
        "http://host",
        "http://h:80/x",
        "http://h:x",
    ] {
        assert!(matches!(Origin::at(url), Err(Error::NotAUrl(_))), "{url}");
    }
}

/// Starts an origin, tells where it is, and waits to be killed.
fn be_a_parent() {
    let origin = Origin::start().unwrap();
    println!("{}", origin.url());
    loop {
        thread::park();
    }
}

fn it_ends_when_its_parent_is_killed() {
    let mut parent = Command::new(env::current_exe().unwrap())
        .env("ROLE", "parent")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut url).unwrap();
    assert!(get(url.trim(), "/numbers/1").ends_with("[1000000]"));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert_gone(url.trim());
}

/// A `main` without `serve_if_child`: in the child, it starts an origin where it should be one.
fn be_forgetful() {
    match Origin::start() {
        Err(Error::InsideChild) => println!("inside"),
        Err(Error::ChildSaid(line)) => println!("the child said {line}"),
        other => println!("{other:?}"),
    }
    std::process::exit(0);
}

fn a_main_that_forgets_is_told_so() {
    let output = Command::new(env::current_exe().unwrap())
        .envs([("ROLE", "forgetful"), ("FORGETS", "1")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "the child said inside\n");
}
