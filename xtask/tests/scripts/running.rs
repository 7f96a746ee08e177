//! A script as a person runs it.

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
    let artifact =
        r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"fixture"},"executable":"/bin/sh"}"#;
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
