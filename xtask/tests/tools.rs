//! What a run needs and does not have is told before anything is built, with the mend.

mod fixture;

use std::env;
use std::process::Command;

use fixture::{Ended, Fixture, path_after, shared_tools};

/// Programs of the fixture's folder `bin` come first on PATH.
fn with_bin_first(fixture: &Fixture, mut command: Command) -> Ended {
    command.env("PATH", fixture.with_bin_first());
    command.into()
}

#[test]
fn results_that_could_not_be_written_are_no_reason_to_measure() {
    let fixture = Fixture::new(&["good"]);
    let ended = fixture.bench(&["--quick", "--out", "README.md/below"]).exits(1).says_one_error();
    ended.says(&["README.md/below", "--out DIR"]);
    fixture.has_measured_nothing();
}

#[test]
fn a_file_in_the_place_of_the_results_is_found_before_anything_is_measured() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.write("results/box", "");
    fixture.bench(&["--quick"]).exits(1).says_one_error().says(&["results/box", "--out DIR"]);
    assert!(!fixture.exists("target/release"), "it has built");
}

#[test]
fn a_hyperfine_that_is_too_old_gives_way_to_our_own() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.program("bin/hyperfine", "echo hyperfine 1.18.0");
    // Our own is the shared one under another version, so that the data tell which was used.
    fixture.remove("target/tools");
    let path = path_after(shared_tools().join("bin"));
    let script = format!(
        "[ \"$1\" != --version ] || exec echo hyperfine 1.97.3\nPATH='{}' exec hyperfine \"$@\"",
        path.to_str().unwrap()
    );
    fixture.program("target/tools/bin/hyperfine", &script);
    with_bin_first(&fixture, fixture.bench_command(&["--quick"])).exits(0);
    assert_eq!(fixture.data()["hyperfine"], "1.97.3");
    let doctor = with_bin_first(&fixture, fixture.command(&["doctor"])).exits(0);
    assert!(doctor.stdout.contains("1.97.3"), "{doctor}");
}

#[test]
fn a_hyperfine_on_path_that_is_new_enough_is_used() {
    let fixture = Fixture::without_tools(&["good"]);
    fixture.program("bin/hyperfine", "echo hyperfine 2.5.0");
    let doctor = with_bin_first(&fixture, fixture.command(&["doctor"])).exits(0);
    assert!(doctor.stdout.contains("2.5.0"), "{doctor}");
}

#[test]
fn a_hyperfine_that_cannot_be_installed_is_one_message_with_the_mend() {
    let fixture = Fixture::without_tools(&["good"]);
    fixture.program("bin/hyperfine", "echo hyperfine 1.18.0");
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let script =
        format!("[ \"$1\" != install ] || {{ echo no network >&2; exit 101; }}\nexec '{cargo}' \"$@\"");
    fixture.program("bin/forwarding-cargo", &script);
    let mut bench = fixture.bench_command(&["--quick"]);
    bench.env("CARGO", fixture.path("bin/forwarding-cargo"));
    let ended = with_bin_first(&fixture, bench).exits(1).says_one_error();
    ended.says(&["hyperfine could not be installed", "install hyperfine 1.20 or newer"]);
    assert!(!fixture.exists("target/release"), "it has built");
}

#[test]
fn the_doctor_names_what_there_is() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let ended = fixture.xtask(&["doctor"]).exits(0);
    for name in ["machine", "toolchain", "hyperfine", "CPython", "open files"] {
        assert!(ended.stdout.lines().any(|line| line.starts_with(name)), "no {name}: {ended}");
    }
    assert!(!fixture.exists("results") && !fixture.exists("target/release"), "it has done more than look");
}

#[test]
fn the_doctor_names_what_is_missing_and_the_mend() {
    let fixture = Fixture::without_tools(&["good"]);
    fixture.program("bin/hyperfine", "echo hyperfine 1.18.0");
    let mut doctor = fixture.command(&["doctor"]);
    fixture.hide_python(&mut doctor);
    let ended = fixture::Ended::from(doctor).exits(0);
    let after = |name: &str| ended.stdout.lines().skip_while(|line| !line.starts_with(name)).nth(1).unwrap();
    assert!(after("hyperfine").contains("bench-all installs one"), "{ended}");
    assert!(after("CPython").contains("install python3"), "{ended}");
    assert!(!fixture.exists("target/tools"), "it has installed something");
}

#[test]
fn a_crate_that_does_not_build_is_not_measured() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.write("crates/misconceptions/fixture/src/main.rs", "fn main() { nonsense }");
    fixture.bench(&["--quick"]).exits(1).says(&["error: the build failed", "nonsense"]);
    assert!(!fixture.exists("results/box/README.md"), "it has measured");
}
