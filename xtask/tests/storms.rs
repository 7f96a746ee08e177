//! Ends runs at random moments, again and again: nothing is left of them, and the next one works.
//!
//! `cargo test -p xtask --test storms -- --ignored --nocapture` prints how long it took until the last process had gone.
#![cfg(target_os = "linux")]

mod fixture;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fixture::{EXPERIMENT, Fixture, litter};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long what was started may outlive who started it.
const TO_GO: Duration = Duration::from_secs(2);

/// A run that takes a while everywhere: it builds, its variants take their time, and one leaves a child behind.
fn fixture() -> Fixture {
    let fixture = Fixture::with_hyperfine(&["good", "takes_a_while", "leaves_a_child", "takes_longer"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture
}

/// Ends so many runs with `end`, each at a moment of its own, and returns how long the last process of each took to go.
fn storm(times: u32, start: impl Fn(&Fixture) -> Command, end: impl Fn(&Fixture, &mut Child)) {
    let fixture = fixture();
    let whole = {
        let started = Instant::now();
        fixture.bench(&["--quick"]).exits(0);
        started.elapsed()
    };
    let mut longest = Duration::ZERO;
    for time in 0..times {
        if time % 4 == 0 {
            // Something to build.
            let main = format!("{EXPERIMENT}/src/main.rs");
            fixture.write(&main, &(fixture.read(&main) + "//\n"));
        }
        let mut running = start(&fixture).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole.mul_f64(fastrand::f64()));
        end(&fixture, &mut running);
        let ended = Instant::now();
        running.wait().unwrap();
        while !fixture.processes().is_empty() {
            assert!(ended.elapsed() < TO_GO, "{time}: after {TO_GO:?} there are {:?}", fixture.processes());
            sleep(Duration::from_millis(5));
        }
        longest = longest.max(ended.elapsed());
        let results = litter(&fixture.path("results"));
        assert!(results.is_empty(), "{time}: it left {results:?}");
        let scratch = fixture::eventually(|| folders_of_runs(&fixture).is_empty());
        assert!(scratch, "{time}: it left {:?}", folders_of_runs(&fixture));
    }
    fixture.bench(&["--quick"]).exits(0);
    println!("{times} times in runs of {whole:.1?}: the last process went after {longest:.1?}");
}

fn folders_of_runs(fixture: &Fixture) -> Vec<String> {
    let entries = fs::read_dir(fixture.path("target")).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".run-")).collect()
}

/// Without the interpreters there is more time for all that comes after them.
fn alone(fixture: &Fixture) -> Command {
    fixture.bench_command(if fastrand::bool() { &["--quick", "--no-python"] } else { &["--quick"] })
}

fn send(signal: Signal) -> impl Fn(&Fixture, &mut Child) {
    // It may be over already.
    move |_, child| {
        kill(Pid::from_raw(child.id().cast_signed()), signal).ok();
    }
}

#[test]
#[ignore = "it takes minutes"]
fn forty_sigkills() {
    storm(40, alone, send(Signal::SIGKILL));
}

#[test]
#[ignore = "it takes minutes"]
fn twenty_sigterms() {
    storm(20, alone, send(Signal::SIGTERM));
}

#[test]
#[ignore = "it takes minutes, and needs util-linux's script"]
fn twenty_closed_terminals() {
    let in_terminal = |fixture: &Fixture| {
        let bench = fixture.bench_command(&["--quick"]);
        let mut script = Command::new("script");
        script.arg("--quiet").arg("--command");
        script.arg(format!("exec '{}' bench-all --machine box --quick", bench.get_program().display()));
        script.arg("/dev/null").current_dir(fixture.root()).stdin(Stdio::null());
        script
    };
    // With it the other end of the terminal is gone.
    storm(20, in_terminal, send(Signal::SIGKILL));
}
