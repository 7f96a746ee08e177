//! The plain scripts: when they are written, what is left alone, and that they run.

mod fixture;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use fixture::{Ended, Fixture, TOML, heeding_signals, path_after, shared_tools};

const SCRIPT: &str = "scripts/fixture.sh";

/// A fixture with its script.
fn scripted(variants: &[&str]) -> Fixture {
    let fixture = Fixture::with_hyperfine(variants);
    fixture.xtask(&["scripts"]).exits(0);
    fixture
}

/// The script as a person runs it, one round.
fn sh(fixture: &Fixture) -> Command {
    let mut sh = heeding_signals("sh");
    sh.arg(fixture.path(SCRIPT)).current_dir(fixture.root()).env("ROUNDS", "1");
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "SIZE"] {
        sh.env_remove(name);
    }
    sh
}

fn run(fixture: &Fixture, environment: &[(&str, &OsStr)]) -> Ended {
    let mut sh = sh(fixture);
    sh.envs(environment.iter().copied());
    sh.into()
}

/// The rows as hyperfine names them, in the order in which it timed them.
fn timed(ended: &Ended) -> Vec<&str> {
    let name = |line: &'_ str| line.starts_with("Benchmark 1: ");
    let names = ended.stdout.lines().filter(|line| name(line)).map(|line| &line["Benchmark 1: ".len()..]);
    names.map(|name| name.trim_end_matches(" (1 run)")).collect()
}

/// Adds cases of the other sizes after the quick one.
fn add_cases(fixture: &Fixture) {
    let cases = "\n[[case]]\nname = \"longer\"\n\n[[case]]\nname = \"longest\"\ntier = \"full\"\n";
    let text = fixture.read(TOML);
    let (head, variants) = text.split_once("\n[[variant]]").unwrap();
    fixture.write(TOML, &format!("{head}{cases}\n[[variant]]{variants}"));
}

/// Expects `--check` to find this, and to change nothing.
#[track_caller]
fn found(fixture: &Fixture, parts: &[&str]) {
    let before = fixture.files();
    let ended = fixture.xtask(&["scripts", "--check"]).exits(1).says(parts);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    assert!(before == fixture.files(), "it has written");
}

mod writing {
    use super::*;

    #[test]
    fn one_script_an_experiment_that_can_be_executed() {
        let fixture = Fixture::new(&["good"]);
        fixture.add_experiment("crates/patterns/other", &["good"]);
        let ended = fixture.xtask(&["scripts"]).exits(0);
        assert!(ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended}");
        for (name, folder) in
            [("fixture", "crates/misconceptions/fixture"), ("other", "crates/patterns/other")]
        {
            let file = format!("scripts/{name}.sh");
            let text = fixture.read(&file);
            assert!(text.contains(&format!("from {folder}/experiment.toml")), "{text}");
            let mode = fixture.path(&file).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755);
        }
        let before = fixture.files();
        fixture.xtask(&["scripts", "--check"]).exits(0);
        fixture.xtask(&["scripts"]).exits(0);
        assert!(before == fixture.files(), "twice is not once");
        fixture.has_measured_nothing();
    }

    #[test]
    fn a_script_that_is_missing_or_stale() {
        let fixture = Fixture::new(&["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        for file in [SCRIPT, "scripts/shared/measure.sh"] {
            fixture.remove(file);
            found(&fixture, &[&format!("{file}:1: is missing"), "cargo xtask scripts"]);
            fixture.xtask(&["scripts"]).exits(0);
        }
        fixture.edit("scripts/shared/measure.sh", "rounds=", "turns=");
        found(&fixture, &["scripts/shared/measure.sh:1: is stale"]);
        fixture.xtask(&["scripts"]).exits(0);
        fixture.edit(TOML, "args = []", "args = [\"--size\", \"3\"]");
        found(&fixture, &["scripts/fixture.sh:1: is stale", "cargo xtask scripts"]);
        fixture.xtask(&["scripts"]).exits(0);
        assert!(fixture.read(SCRIPT).contains("measure quick only \"good\" --size 3\n"));
        fixture.xtask(&["scripts", "--check"]).exits(0);
    }

    #[test]
    fn a_script_that_cannot_be_executed_is_stale() {
        let fixture = Fixture::new(&["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        fs::set_permissions(fixture.path(SCRIPT), fs::Permissions::from_mode(0o644)).unwrap();
        found(&fixture, &["scripts/fixture.sh:1: is stale"]);
        fixture.xtask(&["scripts"]).exits(0);
        fixture.xtask(&["scripts", "--check"]).exits(0);
    }

    #[test]
    fn a_script_whose_experiment_is_gone() {
        let fixture = Fixture::new(&["good"]);
        fixture.add_experiment("crates/patterns/gone", &["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        fs::remove_dir_all(fixture.path("crates/patterns/gone")).unwrap();
        found(&fixture, &["scripts/gone.sh:1: its experiment is gone"]);
        fixture.xtask(&["scripts"]).exits(0).says(&["removed scripts/gone.sh"]);
        assert!(!fixture.exists("scripts/gone.sh") && fixture.exists(SCRIPT));
        fixture.xtask(&["scripts", "--check"]).exits(0);
    }

    #[test]
    fn a_file_of_the_users_own_is_left_alone() {
        let fixture = Fixture::new(&["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        fixture.write("scripts/mine.sh", "echo mine\n");
        fixture.write(
            "scripts/notes.txt",
            "# Written by `cargo xtask scripts` from ../notes/experiment.toml.\n",
        );
        // Their own too: a copy of ours under another name.
        fixture.write("scripts/my-fixture.sh", &fixture.read(SCRIPT));
        fixture.edit(TOML, "A fixture", "Another title");
        let mut before = fixture.files();
        fixture.xtask(&["scripts"]).exits(0);
        fixture.xtask(&["scripts", "--check"]).exits(0);
        let mut after = fixture.files();
        assert!(before.remove(Path::new(SCRIPT)) != after.remove(Path::new(SCRIPT)), "it is not written");
        assert!(before == after, "more than the script has changed");
    }

    #[test]
    fn a_file_of_the_users_own_in_the_place_of_a_script() {
        let fixture = Fixture::new(&["good"]);
        fixture.add_experiment("crates/patterns/other", &["good"]);
        for text in ["echo mine\n", ""] {
            fixture.write("scripts/other.sh", text);
            let before = fixture.files();
            let ended = fixture.xtask(&["scripts"]).exits(1).says_one_error();
            ended.says(&["scripts/other.sh was not written by `cargo xtask scripts`", "move it"]);
            assert!(before == fixture.files(), "it has written");
            let ended = fixture.xtask(&["scripts", "--check"]).exits(1);
            ended.says(&["scripts/other.sh:1: was not written by", "scripts/fixture.sh:1: is missing"]);
        }
    }

    #[test]
    fn an_experiment_that_cannot_be_read_costs_no_script() {
        let fixture = Fixture::new(&["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        let before = fixture.read(SCRIPT);
        fixture.edit(TOML, "title =", "titel =");
        for arguments in [["scripts"].as_slice(), &["scripts", "--check"]] {
            fixture.xtask(arguments).exits(1).says_one_error().says(&["titel"]);
        }
        assert_eq!(fixture.read(SCRIPT), before);
    }

    #[test]
    fn tidy_tells_of_it_too() {
        let fixture = Fixture::new(&["good"]);
        fixture.xtask(&["report"]).exits(0);
        fixture.xtask(&["tidy"]).exits(1).says(&["scripts/fixture.sh:1: is missing"]);
        fixture.xtask(&["scripts"]).exits(0);
        fixture.xtask(&["tidy"]).exits(0);
    }
}

mod running {
    use super::*;

    #[test]
    fn every_row_is_timed_and_tells_of_itself() {
        let fixture = Fixture::with_hyperfine(&["good", "better"]);
        add_cases(&fixture);
        fixture.xtask(&["scripts"]).exits(0);
        let ended = run(&fixture, &[("SIZE", "full".as_ref())]).exits(0);
        let cases = ["only", "longer", "longest"];
        let mut rows = Vec::new();
        for case in cases {
            for variant in ["good", "better"] {
                rows.push(format!("{case} {variant}"));
                let file = format!("target/scripts/fixture/{case}/{variant}-1");
                assert_eq!(fixture.json(&format!("{file}.json"))["results"].as_array().unwrap().len(), 1);
                let outcome = fixture.json(&format!("{file}.outcome.json"));
                assert_eq!((&outcome["case"], &outcome["variant"]), (&case.into(), &variant.into()));
                assert!(outcome["memory"]["hwm_bytes"].is_number());
            }
        }
        assert_eq!(timed(&ended), rows);
        assert!(ended.stdout.contains("Results are in target/scripts/fixture"), "{ended}");
    }

    #[test]
    fn a_size_has_its_cases_and_rounds_are_interleaved() {
        let fixture = Fixture::with_hyperfine(&["a", "b"]);
        add_cases(&fixture);
        fixture.xtask(&["scripts"]).exits(0);
        let quick = run(&fixture, &[("SIZE", "quick".as_ref()), ("ROUNDS", "2".as_ref())]).exits(0);
        assert_eq!(timed(&quick), ["only a", "only b", "only a", "only b"]);
        assert!(fixture.exists("target/scripts/fixture/only/b-2.json"));
        let default = run(&fixture, &[]).exits(0);
        assert_eq!(timed(&default), ["only a", "only b", "longer a", "longer b"]);
        assert!(!fixture.exists("target/scripts/fixture/only/b-2.json"), "an earlier run's figures are left");
    }

    #[test]
    fn from_another_folder_and_with_another_target() {
        let fixture = scripted(&["good"]);
        let elsewhere = tempfile::tempdir().unwrap();
        let target = fixture.path("a target");
        let mut sh = sh(&fixture);
        sh.current_dir(elsewhere.path()).env("CARGO_TARGET_DIR", &target);
        sh.env("PATH", path_after(shared_tools().join("bin"))).env("CDPATH", "/");
        Ended::from(sh).exits(0);
        assert!(target.join("scripts/fixture/only/good-1.outcome.json").exists());
        assert!(!fixture.exists("target/release"), "it was built elsewhere too");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn arguments_arrive_as_they_were_written() {
        let fixture = Fixture::with_hyperfine(&["tells_its_arguments"]);
        let arguments = ["two words", "it's", "\"", "$HOME", "`pwd`", "*", "", "#", "~", "\\", "a;b", "{x}"];
        fixture.edit(TOML, "args = []", &format!("args = {}", serde_json::json!(arguments)));
        fixture.xtask(&["scripts"]).exits(0);
        run(&fixture, &[]).exits(0);
        assert_eq!(fixture.read("target/release/fixture.arguments"), arguments.join("\n"));
    }

    #[test]
    fn a_title_is_no_command() {
        let fixture = Fixture::with_hyperfine(&["good"]);
        fixture.edit(TOML, "\"A fixture\"", "\"A `date`\\ntouch ran\"");
        fixture.xtask(&["scripts"]).exits(0);
        run(&fixture, &[]).exits(0);
        assert!(!fixture.exists("ran"));
    }

    #[test]
    fn a_run_that_fails_is_named_and_the_others_go_on() {
        let fixture = scripted(&["exits_one", "good"]);
        let ended = run(&fixture, &[]).exits(1);
        assert_eq!(timed(&ended), ["only exits_one", "only good"]);
        let by_hand =
            format!("To see why, run: '{}' exits_one", fixture.path("target/release/fixture").display());
        let ended = ended.says(&[&by_hand, "FAILED: only exits_one\n"]);
        assert!(!ended.stderr.contains("the lever"), "the program's own output shows: {ended}");
        assert!(!fixture.exists("target/scripts/fixture/only/exits_one-1.json"), "an empty file is left");
        assert!(fixture.exists("target/scripts/fixture/only/good-1.json"));
    }

    #[test]
    fn a_run_that_tells_of_errors_has_failed_and_one_that_is_only_wrong_has_not() {
        let fixture = scripted(&["tells_of_errors", "wrong_sum"]);
        let by_hand = format!("run: '{}' tells_of_errors", fixture.path("target/release/fixture").display());
        let ended = run(&fixture, &[]).exits(1).says(&[&by_hand, "FAILED: only tells_of_errors\n"]);
        assert_eq!(timed(&ended), ["only tells_of_errors", "only wrong_sum"]);
        assert!(!fixture.exists("target/scripts/fixture/only/tells_of_errors-1.json"), "its time is left");
        assert!(fixture.exists("target/scripts/fixture/only/tells_of_errors-1.outcome.json"));
        assert!(fixture.exists("target/scripts/fixture/only/wrong_sum-1.json"));
    }

    #[test]
    fn a_run_that_was_refused_says_so_beside_its_time() {
        let fixture = scripted(&["refuses", "good"]);
        let ended = run(&fixture, &[]).exits(0).says(&["REFUSED", "only/refuses-1.outcome.json"]);
        assert_eq!(ended.stderr.matches("REFUSED").count(), 1, "{ended}");
        assert_eq!(timed(&ended), ["only refuses", "only good"]);
    }

    #[test]
    fn wrong_use() {
        let fixture = scripted(&["good"]);
        for (name, value) in
            [("SIZE", "huge"), ("ROUNDS", "0"), ("ROUNDS", "many"), ("ROUNDS", "3x"), ("ROUNDS", "-1")]
        {
            run(&fixture, &[(name, value.as_ref())]).exits(2).says(&["usage: "]);
        }
        let mut sh = sh(&fixture);
        sh.arg("--help");
        Ended::from(sh).exits(2).says(&["usage: ", "SIZE=quick|default|full"]);
        fixture.has_measured_nothing();
    }

    #[test]
    fn a_hyperfine_that_is_missing_or_too_old_is_told_before_anything_is_built() {
        let fixture = Fixture::without_tools(&["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        for version in ["exit 127", "echo hyperfine 1.19.0", "echo hyperfine 1.9.0", "echo hyperfine 1.2.0"] {
            fixture.program("bin/hyperfine", version);
            let ended = run(&fixture, &[("PATH", &fixture.with_bin_first())]).exits(1).says_one_error();
            ended.says(&["hyperfine 1.20 or newer is not on PATH", "cargo install hyperfine"]);
        }
        fixture.has_measured_nothing();
    }

    #[test]
    fn a_hyperfine_that_is_new_enough_is_used() {
        let fixture = Fixture::without_tools(&["good"]);
        fixture.xtask(&["scripts"]).exits(0);
        let artifact = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"fixture"},"executable":"/bin/sh"}"#;
        fixture.program("bin/cargo", &format!("echo '{artifact}'"));
        for version in ["1.20.0", "1.97.3", "2.0.0", "3.1.0"] {
            let script = format!(
                "echo hyperfine {version}; echo \"$@\" >>called
                 for word; do [ \"$before\" != --export-json ] || echo {{}} >\"$word\"; before=$word; done"
            );
            fixture.program("bin/hyperfine", &script);
            run(&fixture, &[("PATH", &fixture.with_bin_first())]).exits(0);
            assert!(fixture.read("called").contains("--command-name only good"), "{version}");
            fixture.remove("called");
        }
    }

    #[test]
    fn python_variants_are_run_by_python_if_there_is_one() {
        let fixture = Fixture::with_hyperfine(&["good"]);
        let variant = "\n[[variant]]\nname = \"python_good\"\nmodel = \"serial\"\nrole = \"right\"\n";
        fixture.write(TOML, &(fixture.read(TOML) + variant));
        fixture.write("crates/misconceptions/fixture/python/good.py", "\"\"\"Does nothing.\"\"\"\n");
        fixture.edit(TOML, "args = []", "args = [\"--size\", \"3\"]");
        fixture.xtask(&["scripts"]).exits(0);
        fixture.program("bin/python3", "echo \"$@\" >>called");
        let path = fixture.with_bin_first();
        assert_eq!(timed(&run(&fixture, &[("PATH", &path)]).exits(0)), ["only good", "only python_good"]);
        let called = fixture.read("called");
        assert!(called.ends_with("crates/misconceptions/fixture/python/main.py good --size 3\n"), "{called}");

        fixture.program("bin/python3", "exit 127");
        let ended = run(&fixture, &[("PATH", &path)]).exits(0).says(&["python3, 3.9 or newer, is missing"]);
        assert_eq!(timed(&ended), ["only good"]);
    }

    #[test]
    fn a_variant_with_a_later_tier_waits_for_the_larger_run() {
        let fixture = Fixture::with_hyperfine(&["good", "slow"]);
        fixture.write(TOML, &(fixture.read(TOML) + "tier = { \"only\" = \"full\" }\n"));
        fixture.xtask(&["scripts"]).exits(0);
        assert_eq!(timed(&run(&fixture, &[]).exits(0)), ["only good"]);
        assert_eq!(timed(&run(&fixture, &[("SIZE", "full".as_ref())]).exits(0)), ["only good", "only slow"]);
    }

    #[test]
    fn a_variant_that_imports_packages_is_left_out_without_them() {
        let fixture = Fixture::with_hyperfine(&["good"]);
        let variant = "\n[[variant]]\nname = \"python_good\"\nmodel = \"serial\"\nrole = \"right\"\nneeds_packages = true\n";
        fixture.write(TOML, &(fixture.read(TOML) + variant));
        fixture.write("crates/misconceptions/fixture/python/good.py", "\"\"\"Does nothing.\"\"\"\n");
        fixture.xtask(&["scripts"]).exits(0);
        let path = fixture.with_bin_first();
        fixture.program("bin/python3", "");
        assert_eq!(timed(&run(&fixture, &[("PATH", &path)]).exits(0)), ["only good", "only python_good"]);

        fixture.program("bin/python3", "[ \"$2\" != 'import aiohttp' ]");
        let ended = run(&fixture, &[("PATH", &path)]).exits(0).says(&["python3 finds no aiohttp"]);
        assert_eq!(timed(&ended), ["only good"]);
    }
}

mod with_an_origin {
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
}
