//! A script that starts the origin.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::*;
use crate::fixture::eventually;

fn needing_an_origin(variants: &[&str]) -> Fixture {
    let fixture = Fixture::with_hyperfine(variants);
    fixture.edit(TOML, "title =", "needs = [\"origin\"]\ntitle =");
    fixture.add_origin();
    fixture.xtask(&["scripts"]).exits(0);
    fixture
}

/// Programs are named in full, so that they can be told from those of other tests. An origin left running
/// would hold standard error open, and a test that reads it to the end would wait instead of failing.
fn sh_to_watch(fixture: &Fixture) -> Command {
    let mut sh = sh(fixture);
    sh.env("CARGO_TARGET_DIR", fixture.path("target")).stdout(Stdio::piped()).stderr(Stdio::null());
    sh
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn each_run_is_told_where_it_is_and_it_ends_with_the_script() {
    let fixture = needing_an_origin(&["fetches", "good"]);
    let ended = Ended::from(sh_to_watch(&fixture)).exits(0);
    assert_eq!(timed(&ended), ["only fetches", "only good"]);
    fixture.leaves_no_process();
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn a_signal_to_the_script_alone_ends_all_that_it_has_started() {
    let fixture = needing_an_origin(&["hangs"]);
    let signals =
        [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129), (Signal::SIGQUIT, 131)];
    for (signal, code) in signals {
        let sh = sh_to_watch(&fixture).spawn().unwrap();
        assert!(eventually(|| fixture.is_napping()), "the program was never run");
        kill(Pid::from_raw(sh.id().cast_signed()), signal).unwrap();
        Ended::from(sh.wait_with_output().unwrap()).exits(code);
        fixture.leaves_no_process();
        let left =
            fs::read_dir(fixture.path("target/scripts")).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["fixture"], "{signal}");
        fixture.remove("target/release/fixture.napping");
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn an_interrupt_ends_it_too() {
    let fixture = needing_an_origin(&["hangs", "good"]);
    // As in a terminal, where Ctrl-C reaches all of them.
    let sh = sh_to_watch(&fixture).process_group(0).spawn().unwrap();
    assert!(eventually(|| fixture.is_napping()), "the program was never run");
    killpg(Pid::from_raw(sh.id().cast_signed()), Signal::SIGINT).unwrap();
    let ended = Ended::from(sh.wait_with_output().unwrap()).exits(130);
    assert_eq!(timed(&ended), ["only hangs"]);
    fixture.leaves_no_process();
}

#[test]
fn a_run_that_fails_is_told_by_hand_with_where_it_is() {
    let fixture = needing_an_origin(&["exits_one"]);
    fixture.edit(TOML, "args = []", "args = [\"--size\", \"3\"]");
    fixture.xtask(&["scripts"]).exits(0);
    let program = fixture.path("target/release/fixture");
    let by_hand = format!("run: '{}' exits_one --size 3 --origin http://127.0.0.1:", program.display());
    run(&fixture, &[]).exits(1).says(&[&by_hand]);
}

#[test]
fn one_that_does_not_start_is_named() {
    let fixture = needing_an_origin(&["fetches"]);
    fixture.write("crates/support/origin/src/main.rs", "fn main() {}");
    let ended = run(&fixture, &[]).exits(1).says_one_error().says(&["the origin did not start"]);
    assert!(timed(&ended).is_empty(), "{ended}");
}
