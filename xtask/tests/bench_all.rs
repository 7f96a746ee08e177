//! What bench-all writes, where it writes it, and what it leaves alone.

mod fixture;

use std::collections::BTreeSet;
use std::path::Path;

use fixture::{EXPERIMENT, Fixture, TOML};
use serde_json::Value;

#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "no {key} in {value}");
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_data_keep_the_contract() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.edit(TOML, "args = []", "args = [\"--size\", \"two words\"]");
    fixture.bench(&["--quick"]).exits(0);
    let data = fixture.data();
    has_keys(&data, &["schema", "machine", "toolchain", "commit", "dirty", "started", "rows"]);
    assert_eq!((&data["experiment"], &data["size"]), (&"fixture".into(), &"quick".into()));
    assert_eq!((&data["schema"], &data["complete"]), (&1.into(), &true.into()));
    assert_eq!(data["machine"]["label"], "box");
    let row = &data["rows"][0];
    let row_keys = ["args", "case", "outcomes", "reason", "status", "stopped", "times_s", "variant"];
    assert_eq!(keys(row), BTreeSet::from(row_keys));
    assert_eq!(row["args"], serde_json::json!(["--size", "two words"]));
    assert_eq!((&row["case"], &row["variant"]), (&"only".into(), &"good".into()));
    assert_eq!((&row["status"], &row["reason"]), (&"ok".into(), &Value::Null));
    assert!(row["times_s"][0].as_f64().unwrap() > 0.0);
    let outcome = &row["outcomes"][0];
    has_keys(outcome, &["schema", "experiment", "variant", "case", "elapsed_s", "work", "metrics", "series"]);
    has_keys(outcome, &["cpu", "memory", "threads_peak", "switches", "refused", "errors", "sequence"]);
    // What the system did not tell is null, not zero.
    assert_eq!(outcome["memory"]["kernel_stack_bytes"], Value::Null);
}

#[test]
fn every_claim_is_judged_in_both_languages() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    let claims = fixture.json("results/box/data/claims.json");
    let claims = claims.as_array().unwrap();
    let verdicts = ["holds", "holds-but", "fails", "unsettled", "not-measured"];
    for claim in claims {
        assert_eq!(
            keys(claim),
            BTreeSet::from(["evidence", "finding", "id", "language", "threshold", "verdict"])
        );
        assert!(verdicts.contains(&claim["verdict"].as_str().unwrap()), "{claim}");
    }
    for language in ["rust", "python"] {
        let judged = claims.iter().filter(|claim| claim["id"] == "R1" && claim["language"] == language);
        assert_eq!(judged.count(), 1, "{language}");
    }
}

#[test]
fn rounds_are_interleaved_and_numbered() {
    let fixture = Fixture::with_hyperfine(&["a", "b", "c"]);
    fixture.bench(&[]).exits(0);
    let data = fixture.data();
    let mut runs = Vec::new();
    for row in data["rows"].as_array().unwrap() {
        let outcomes = row["outcomes"].as_array().unwrap();
        assert_eq!(row["times_s"].as_array().unwrap().len(), outcomes.len());
        let places: Vec<u64> = outcomes.iter().map(|run| run["sequence"].as_u64().unwrap()).collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
        runs.extend(places.into_iter().map(|place| (place, row["variant"].as_str().unwrap())));
    }
    runs.sort_unstable();
    assert!(runs.len() >= 15, "fewer than five rounds: {runs:?}");
    // The first of them are samples as all others are.
    for ((place, variant), (due, name)) in
        runs.into_iter().zip((1..).zip(["a", "b", "c"].into_iter().cycle()))
    {
        assert_eq!((place, variant), (due, name));
    }
}

#[test]
fn a_larger_case_waits_for_a_larger_run() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    for size in ["default", "full"] {
        let case = format!("[[case]]\nname = \"{size}\"\ntier = \"{size}\"\n\n[[variant]]");
        fixture.edit(TOML, "[[variant]]", &case);
    }
    let cases_of = |arguments: &[&str]| {
        fixture.bench(arguments).exits(0);
        let rows = fixture.data()["rows"].clone();
        let cases = rows.as_array().unwrap().iter().map(|row| row["case"].as_str().unwrap().to_owned());
        cases.collect::<Vec<_>>()
    };
    assert_eq!(cases_of(&["--quick"]), ["only"]);
    assert_eq!(cases_of(&[]), ["only", "default"]);
    assert_eq!(cases_of(&["--full"]), ["only", "default", "full"]);
}

#[test]
fn a_variant_runs_only_the_cases_that_it_names() {
    let fixture = Fixture::with_hyperfine(&["a", "b"]);
    fixture.edit(TOML, "[[case]]", "[[case]]\nname = \"once\"\ntier = \"quick\"\n\n[[case]]");
    // Two globs that match the same case still mean one row.
    fixture.edit(TOML, "name = \"b\"", "name = \"b\"\ncases = [\"on*e\", \"once\"]");
    fixture.bench(&["--quick"]).exits(0);
    let rows = fixture.data()["rows"].clone();
    let rows: Vec<_> = rows.as_array().unwrap().iter().map(|row| (&row["case"], &row["variant"])).collect();
    let expected = [("once", "a"), ("once", "b"), ("only", "a")].map(|(a, b)| (a.into(), b.into()));
    assert_eq!(rows, expected.iter().map(|(a, b)| (a, b)).collect::<Vec<(&Value, &Value)>>());
}

#[test]
fn a_smaller_run_goes_beside_a_fuller_one() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let sizes = [
        (["--full"].as_slice(), "box", "full"),
        (&[], "box-default", "default"),
        (&["--quick"], "box-quick", "quick"),
    ];
    for (arguments, label, size) in sizes {
        let before = fixture.files();
        fixture.bench(arguments).exits(0);
        let data = fixture.json(&format!("results/{label}/data/fixture.json"));
        assert_eq!((&data["size"], &data["machine"]["label"]), (&size.into(), &label.into()));
        let folder = Path::new("results").join(label);
        let after = fixture.files();
        for (file, text) in before {
            assert!(file.starts_with(&folder) || after[&file] == text, "{} has changed", file.display());
        }
    }
}

#[test]
fn a_quick_run_goes_beside_a_default_one_and_the_next_one_over_it() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&[]).exits(0);
    let kept = fixture.read("results/box/data/fixture.json");
    for _ in 0..2 {
        fixture.bench(&["--quick"]).exits(0).says(&["results/box holds a fuller run, which is kept"]);
    }
    assert_eq!(fixture.read("results/box/data/fixture.json"), kept);
    assert!(fixture.exists("results/box-quick/data/fixture.json"));
    assert!(!fixture.exists("results/box-quick-quick"));
}

#[test]
fn a_run_changes_no_file_outside_its_folder() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    // A reference machine with its data is there, and pages that `report` would write anew.
    fixture.xtask(&["bench-all", "--quick", "--machine", "reference-machine"]).exits(0);
    fixture.write("results/reference", "reference-machine\n");
    fixture.edit("results/reference-machine/README.md", "A fixture", "A title of before");
    let before = fixture.files();
    fixture.bench(&["--quick"]).exits(0);
    let mut after = fixture.files();
    after.retain(|file, _| !file.starts_with("results/box"));
    assert!(before == after, "{:?}\n{:?}", before.keys(), after.keys());
}

#[test]
fn results_that_git_tracks_are_replaced_only_when_named() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let doctor = fixture.xtask(&["doctor"]).exits(0);
    let label = doctor.stdout.lines().find_map(|line| line.strip_prefix("machine")).unwrap().trim();
    let page = format!("results/{label}/README.md");
    fixture.write(&page, "Someone else's.\n");
    fixture.git(&["init", "--quiet"]);
    fixture.git(&["add", &page]);
    fixture.xtask(&["bench-all", "--quick"]).exits(0);
    assert_eq!(fixture.read(&page), "Someone else's.\n");
    assert!(fixture.exists(&format!("results/{label}-local/README.md")));
    fixture.xtask(&["bench-all", "--quick", "--machine", label]).exits(0);
    assert_ne!(fixture.read(&page), "Someone else's.\n");
}

#[test]
fn the_reference_is_replaced_only_when_named_even_where_git_cannot_tell() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let doctor = fixture.xtask(&["doctor"]).exits(0);
    let label = doctor.stdout.lines().find_map(|line| line.strip_prefix("machine")).unwrap().trim();
    fixture.write("results/reference", &format!("{label}\n"));
    fixture.xtask(&["bench-all", "--quick"]).exits(0);
    assert!(fixture.exists(&format!("results/{label}-local/README.md")));
    assert!(!fixture.exists(&format!("results/{label}")));
}

#[test]
fn results_go_where_out_says() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let ended = fixture.bench(&["--quick", "--out", "else/where"]).exits(0);
    assert!(fixture.exists("else/where/box/README.md") && !fixture.exists("results"), "{ended}");
    assert!(ended.stdout.contains("else/where/box/README.md"), "{ended}");
}

#[test]
fn results_go_to_stdout_and_all_else_to_stderr_without_colour() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let ended = fixture.bench(&["--quick"]).exits(0);
    assert!(
        ended.stdout.contains("\nR1   not measured")
            && ended.stdout.ends_with("results/box/README.md\nresults/box/index.html\n"),
        "{ended}"
    );
    assert!(ended.stderr.contains("fixture: measuring 1 rows"), "{ended}");
    assert!(!ended.stdout.contains('\x1b') && !ended.stderr.contains('\x1b'), "{ended}");
}

#[test]
fn a_second_experiment_is_a_folder_and_nothing_else() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture.add_experiment("crates/patterns/added", &["good"]);
    fixture.bench(&["--quick"]).exits(0);
    assert_eq!(fixture.json("results/box/data/added.json")["rows"][0]["status"], "ok");
    let page = fixture.read("results/box/README.md");
    assert!(page.contains("(fixture.md)") && page.contains("(added.md)"), "{page}");
    assert!(fixture.exists("results/box/added.md"));
}

#[test]
fn only_what_is_asked_for_is_measured_and_the_rest_is_kept() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.add_experiment("crates/patterns/added", &["good"]);
    fixture.bench(&["--quick", "--only", "fix*"]).exits(0);
    assert!(!fixture.exists("results/box/data/added.json"));
    let kept = fixture.read("results/box/data/fixture.json");
    fixture.bench(&["--quick", "--only", "added"]).exits(0);
    assert_eq!(fixture.read("results/box/data/fixture.json"), kept);
    let page = fixture.read("results/box/README.md");
    assert!(page.contains("(fixture.md)") && page.contains("(added.md)"), "{page}");
}

#[test]
fn one_failing_experiment_does_not_keep_the_next_from_its_turn() {
    let fixture = Fixture::with_hyperfine(&["wrong_sum"]);
    fixture.add_experiment("crates/patterns/added", &["good"]);
    fixture.bench(&["--quick"]).exits(1).says(&["FAILED fixture/wrong_sum in only"]);
    assert_eq!(fixture.json("results/box/data/added.json")["rows"][0]["status"], "ok");
}

#[test]
fn crates_of_support_are_no_experiments() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.write("crates/support/helper/Cargo.toml", "[package]\nname = \"helper\"\nedition = \"2024\"\n");
    fixture.write("crates/support/helper/src/lib.rs", "");
    fixture.bench(&["--quick"]).exits(0);
    assert!(!fixture.exists("results/box/data/helper.json"));
}

#[test]
fn it_runs_from_any_folder_of_the_workspace() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let mut bench = fixture.bench_command(&["--quick"]);
    bench.current_dir(fixture.path(EXPERIMENT));
    fixture::Ended::from(bench).exits(0);
    assert_eq!(fixture.row("good")["status"], "ok");
}
