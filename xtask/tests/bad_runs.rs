//! Each way in which a run can go wrong is a row that says so, and takes nothing else with it.

mod fixture;

use fixture::{Fixture, TOML, eventually};
use serde_json::Value;

/// Measures `variant` after a good one; returns the reason why it failed.
#[track_caller]
fn reason_of(variant: &str) -> String {
    let fixture = Fixture::with_hyperfine(&["good", variant]);
    let ended = fixture.bench(&["--quick"]).exits(1);
    reason_in(&fixture, &ended, variant)
}

/// The reason why a row failed, which must be in the data, on the page and among the messages; the good
/// row beside it must be kept.
#[track_caller]
fn reason_in(fixture: &Fixture, ended: &fixture::Ended, variant: &str) -> String {
    let row = fixture.row(variant);
    assert_eq!(row["status"], "failed", "{row}");
    let reason = row["reason"].as_str().unwrap().to_owned();
    assert!(ended.stderr.contains(&format!("FAILED fixture/{variant} in only: {reason}")), "{ended}");
    let page = fixture.page();
    let line = page.lines().find(|line| line.starts_with(&format!("| `{variant}` |"))).unwrap();
    assert!(line.contains("**FAILED**: "), "{line}");

    let good = fixture.row("good");
    assert_eq!(good["status"], "ok", "{good}");
    assert!(!good["times_s"].as_array().unwrap().is_empty(), "{good}");
    assert_eq!(fixture.data()["complete"], true);
    reason
}

#[track_caller]
fn assert_has(reason: &str, parts: &[&str]) {
    for part in parts {
        assert!(reason.contains(part), "no {part:?} in {reason:?}");
    }
}

#[test]
fn an_exit_code_is_told_with_what_the_program_said() {
    assert_has(&reason_of("exits_one"), &["exited with 1", "the lever | is stuck"]);
}

#[test]
fn what_a_program_said_cannot_break_the_table_of_the_page() {
    let fixture = Fixture::with_hyperfine(&["exits_one"]);
    fixture.bench(&["--quick"]).exits(1);
    assert!(fixture.page().contains("the lever \\| is stuck"), "{}", fixture.page());
}

#[test]
fn a_panic_is_told_with_its_message() {
    assert_has(&reason_of("panics"), &["exited with 101", "the belt came off"]);
}

#[test]
fn a_killed_run_is_told_by_its_signal() {
    assert_has(&reason_of("killed"), &["SIGABRT"]);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn a_run_that_hangs_is_killed_with_its_children() {
    // On a busy machine its child may not run as soon.
    for limit in [2, 60] {
        let fixture = Fixture::with_hyperfine(&["good", "hangs"]);
        fixture.edit(TOML, "timeout_s = 60", &format!("timeout_s = {limit}"));
        let ended = fixture.bench(&["--quick"]).exits(1);
        assert_has(&reason_in(&fixture, &ended, "hangs"), &[&format!("killed after {limit} s"), "timeout_s"]);
        fixture.leaves_no_process();
        if fixture.is_napping() {
            return;
        }
    }
    panic!("its child never ran");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn what_a_good_run_leaves_running_is_ended_too() {
    let fixture = Fixture::with_hyperfine(&["leaves_a_child"]);
    fixture.bench(&["--quick"]).exits(0);
    assert!(fixture.is_napping(), "its child never ran");
    fixture.leaves_no_process();
}

#[test]
fn a_wrong_count_is_told_with_the_right_one() {
    assert_has(&reason_of("wrong_sum"), &["work.done 41", "== 42"]);
}

#[test]
fn a_failed_row_keeps_the_outcome_that_was_refused_and_no_time() {
    let fixture = Fixture::with_hyperfine(&["wrong_sum"]);
    fixture.bench(&["--quick"]).exits(1);
    let row = fixture.row("wrong_sum");
    assert_eq!(row["outcomes"][0]["work"]["done"], 41);
    assert_eq!(row["times_s"], Value::Array(Vec::new()));
}

#[test]
fn a_variant_may_expect_to_be_wrong() {
    let fixture = Fixture::with_hyperfine(&["wrong_sum"]);
    fixture.edit(TOML, "role = \"right\"", "role = \"wrong\"\nexpect = { \"work.done\" = \"< 42\" }");
    fixture.bench(&["--quick"]).exits(0);
    assert_eq!(fixture.row("wrong_sum")["status"], "ok");
}

#[test]
fn an_expectation_of_what_no_run_reports_is_not_met() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.edit(TOML, "\"work.done\"", "\"metrics.beats\"");
    fixture.bench(&["--quick"]).exits(1).says(&["reported no metrics.beats", "== 42"]);
}

#[test]
fn half_an_outcome_is_none() {
    assert_has(&reason_of("half_outcome"), &["outcome", "not whole"]);
}

#[test]
fn an_outcome_of_the_run_before_does_not_stand_in_for_a_missing_one() {
    assert_has(&reason_of("no_outcome"), &["wrote no outcome"]);
}

#[test]
fn an_outcome_of_another_layout_is_refused() {
    assert_has(&reason_of("other_schema"), &["schema 999"]);
}

#[test]
fn an_outcome_under_another_name_is_refused() {
    assert_has(
        &reason_of("misnamed"),
        &["reported fixture, good, only", "asked for fixture, misnamed, only"],
    );
}

#[test]
fn no_run_works_longer_than_its_process_lives() {
    assert_has(&reason_of("lies"), &["reported 1000 s of work", "its process took"]);
}

#[test]
fn a_limit_that_was_hit_is_a_result() {
    let fixture = Fixture::with_hyperfine(&["good", "refuses"]);
    let ended = fixture.bench(&["--quick"]).exits(0);
    assert!(!ended.stderr.contains("FAILED"), "{ended}");
    let row = fixture.row("refuses");
    assert_eq!(row["status"], "refused");
    assert_has(row["reason"].as_str().unwrap(), &["refused at 16,368", "vm.max_map_count"]);
    assert!(fixture.page().contains("refused at 16,368: vm.max_map_count"), "{}", fixture.page());
    assert_eq!(fixture.row("good")["status"], "ok");
}

#[test]
fn a_row_that_is_right_at_first_and_wrong_in_a_later_round_fails() {
    let fixture = Fixture::with_hyperfine(&["good", "wrong_later"]);
    let ended = fixture.bench(&[]).exits(1);
    assert_has(&reason_in(&fixture, &ended, "wrong_later"), &["work.done 41", "== 42"]);
    // The runs of three rounds were right; the good variant went on without it.
    let row = fixture.row("wrong_later");
    assert_eq!(row["times_s"].as_array().unwrap().len(), 3, "{row}");
    assert_eq!(row["outcomes"].as_array().unwrap().len(), 4, "{row}");
    assert!(fixture.row("good")["times_s"].as_array().unwrap().len() >= 5);
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.remove("crates/misconceptions/fixture/src/main.rs");
    fixture.write("crates/misconceptions/fixture/src/lib.rs", "");
    fixture
        .bench(&["--quick"])
        .exits(1)
        .says(&["FAILED fixture/good in only: cargo has built no program fixture"]);
}

#[test]
fn a_python_row_is_run_by_the_one_that_is_named() {
    let fixture = with_python_variant();
    let python = fixture.path("bin/python3");
    fixture.bench(&["--quick", "--python", python.to_str().unwrap()]).exits(0);
    let row = fixture.row("python_good");
    assert_eq!((&row["status"], &row["interpreter"]), (&"ok".into(), &"CPython 3.99.0".into()));
    assert!(fixture.page().contains("`python_good`, CPython 3.99.0"), "{}", fixture.page());
    assert_eq!(fixture.row("good")["interpreter"], Value::Null);
}

#[test]
fn a_row_with_a_later_tier_is_not_in_a_smaller_run() {
    let fixture = Fixture::with_hyperfine(&["good", "slow"]);
    let toml = "crates/misconceptions/fixture/experiment.toml";
    fixture.write(toml, &(fixture.read(toml) + "tier = { \"o*\" = \"default\" }\n"));
    fixture.bench(&["--quick"]).exits(0);
    assert!(!fixture.page().contains("`slow`"), "{}", fixture.page());
    assert!(fixture.page().contains("`good`"), "{}", fixture.page());
}

#[test]
fn without_python_its_rows_are_skipped_with_the_reason() {
    let fixture = with_python_variant();
    fixture.remove("bin/python3");
    let mut bench = fixture.bench_command(&["--quick"]);
    fixture.hide_python(&mut bench);
    fixture::Ended::from(bench).exits(0).says(&["CPython", "install python3"]);
    let row = fixture.row("python_good");
    assert_eq!(row["status"], "skipped");
    assert_has(row["reason"].as_str().unwrap(), &["no CPython"]);
    assert!(fixture.page().contains("not measured: no CPython"), "{}", fixture.page());
}

#[test]
fn python_is_left_out_where_that_is_asked_for() {
    let fixture = with_python_variant();
    fixture.bench(&["--quick", "--no-python"]).exits(0);
    assert_eq!(fixture.row("python_good")["status"], "skipped");
    assert_has(fixture.row("python_good")["reason"].as_str().unwrap(), &["--no-python"]);
}

#[test]
fn a_python_that_is_none_is_wrong_use_and_measures_nothing() {
    let fixture = with_python_variant();
    fixture
        .bench(&["--quick", "--python", "/no/such/python"])
        .exits(2)
        .says_one_error()
        .says(&["/no/such/python"]);
    fixture.bench(&["--python", "python3", "--no-python"]).exits(2);
    assert!(!fixture.exists("target/release"), "it has built");
}

/// A variant in Python, and a python3 that says what it is and does what the variant is to do.
fn with_python_variant() -> Fixture {
    let fixture = Fixture::with_hyperfine(&["good", "python_good"]);
    fixture.write("crates/misconceptions/fixture/python/good.py", "\"\"\"Does nothing.\"\"\"\n");
    let (demo, python) = (fixture.path("target/release/fixture"), fixture.path("bin/python3"));
    let is = format!(
        r#"{{"executable": "{}", "implementation": "CPython", "version": "3.99.0", "free_threaded": false}}"#,
        python.display()
    );
    fixture.program(
        "bin/python3",
        &format!("[ \"$1\" != -I ] || {{ echo '{is}'; exit; }}\nexec '{}' python_good", demo.display()),
    );
    fixture
}

#[cfg(target_os = "linux")]
mod interrupts {
    use std::process::Stdio;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::{Fixture, TOML, Value, eventually, fixture::Ended, fixture::VARIANT};

    /// Sends `signal` to the command alone when the measured program hangs.
    fn interrupt(fixture: &Fixture, arguments: &[&str], signal: Signal) -> Ended {
        let mut bench = fixture.bench_command(arguments);
        let bench = bench.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        assert!(eventually(|| fixture.is_napping()), "the program was never run");
        assert!(!fixture.processes().is_empty(), "the program does not run");
        kill(Pid::from_raw(bench.id().cast_signed()), signal).unwrap();
        bench.wait_with_output().unwrap().into()
    }

    #[test]
    fn an_interrupt_keeps_the_rows_that_are_finished_and_no_process() {
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let fixture = Fixture::with_hyperfine(&["good", "hangs", "never_run"]);
            let ended = interrupt(&fixture, &["--quick"], signal).exits(130);
            fixture.leaves_no_process();
            ended.says(&["interrupted", "what was finished is in results/box"]);
            assert_eq!(fixture.data()["complete"], false);
            assert_eq!(fixture.data()["rows"].as_array().unwrap().len(), 1);
            let good = fixture.row("good");
            assert_eq!(good["status"], "ok");
            assert_eq!(good["times_s"].as_array().unwrap().len(), 1);
            assert!(fixture.page().contains("**Interrupted"), "{}", fixture.page());
            assert!(fixture.read("results/box/README.md").contains("interrupted"));
            assert!(fixture.json("results/box/data/claims.json").is_array());
        }
    }

    #[test]
    fn an_interrupt_leaves_an_earlier_run_as_it_was() {
        let fixture = Fixture::with_hyperfine(&["good", "hangs"]);
        fixture.edit(TOML, "\"hangs\"", "\"better\"");
        fixture.write("crates/misconceptions/fixture/src/better.rs", VARIANT);
        fixture.bench(&["--quick"]).exits(0);
        let mut before = fixture.files();
        before.retain(|file, _| file.starts_with("results"));
        fixture.edit(TOML, "\"better\"", "\"hangs\"");
        interrupt(&fixture, &["--quick"], Signal::SIGINT).exits(130).says(&["is in results/box-interrupted"]);
        let mut after = fixture.files();
        after.retain(|file, _| before.contains_key(file));
        assert!(before == after, "the earlier results have changed");
        let kept = fixture.json("results/box-interrupted/data/fixture.json");
        assert_eq!((&kept["complete"], &kept["rows"][0]["status"]), (&false.into(), &"ok".into()));
    }

    #[test]
    fn an_interrupt_between_rounds_keeps_every_run_so_far() {
        let fixture = Fixture::with_hyperfine(&["good", "hangs_later"]);
        interrupt(&fixture, &[], Signal::SIGINT).exits(130);
        fixture.leaves_no_process();
        // Three whole rounds; in the fourth the other one hung.
        let runs = |variant| fixture.row(variant)["times_s"].as_array().map(Vec::len);
        assert_eq!((runs("good"), runs("hangs_later")), (Some(4), Some(3)));
        assert_eq!(fixture.data()["complete"], Value::Bool(false));
    }
}
