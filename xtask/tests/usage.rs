//! A command that asks for what there is not is told so, and ends with 2.

mod fixture;

use fixture::{Ended, Fixture};

/// Runs the command, which must refuse to before it does anything.
#[track_caller]
fn misused(arguments: &[&str]) -> Ended {
    let fixture = Fixture::new(&["good"]);
    fixture.add_experiment("crates/patterns/other", &["good"]);
    let ended = fixture.xtask(arguments).exits(2);
    fixture.has_measured_nothing();
    ended
}

#[test]
fn no_command() {
    misused(&[]).says(&["Usage: cargo xtask", "bench-all"]);
}

#[test]
fn an_unknown_command() {
    misused(&["bench"]).says_one_error().says(&["'bench'", "bench-all"]);
}

#[test]
fn an_unknown_flag() {
    misused(&["bench-all", "--fast"]).says_one_error().says(&["'--fast'"]);
}

#[test]
fn quick_and_full_at_once() {
    misused(&["bench-all", "--quick", "--full"]).says_one_error().says(&["'--quick'", "'--full'"]);
}

#[test]
fn a_glob_that_matches_no_experiment() {
    let ended = misused(&["bench-all", "--only", "nothing*"]).says_one_error();
    ended.says(&["--only 'nothing*'", "there are fixture, other"]);
}

#[test]
fn one_glob_of_two_that_matches_no_experiment() {
    misused(&["bench-all", "--only", "other", "--only", "nothing"]).says(&["--only 'nothing'"]);
}

#[test]
fn a_glob_that_is_none() {
    misused(&["bench-all", "--only", "["]).says_one_error().says(&["--only '['"]);
}

#[test]
fn a_label_that_is_no_folder_of_ours() {
    for label in ["../x", "x/y", "Box", "", ".", "-x"] {
        let argument = format!("--machine={label}");
        misused(&["bench-all", "--quick", &argument]).says_one_error().says(&["--machine", "a-z, 0-9"]);
    }
}

#[test]
fn outside_a_workspace_it_says_what_it_looked_for() {
    let fixture = Fixture::new(&[]);
    fixture.remove("Cargo.toml");
    for command in ["bench-all", "copy", "list", "report", "scripts", "doctor", "tidy"] {
        fixture.xtask(&[command]).exits(1).says_one_error().says(&["could not find `Cargo.toml`"]);
    }
}

#[test]
fn a_workspace_without_experiments_is_told_where_they_belong() {
    let fixture = Fixture::new(&[]);
    fixture.remove(fixture::TOML);
    fixture.xtask(&["bench-all"]).exits(1).says_one_error().says(&["experiment.toml", "crates"]);
    fixture.has_measured_nothing();
}

#[test]
fn help_and_version_are_results() {
    let fixture = Fixture::new(&[]);
    for (arguments, part) in [
        (["--help"].as_slice(), "bench-all"),
        (&["bench-all", "--help"], "--quick"),
        (&["--version"], "xtask"),
    ] {
        let ended = fixture.xtask(arguments).exits(0);
        assert!(ended.stdout.contains(part), "{ended}");
    }
}
