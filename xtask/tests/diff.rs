//! `diff` holds one run against another.

mod fixture;

use fixture::Fixture;

/// Two runs of five rounds, of which the second took as much longer.
fn measured_twice(factor: f64) -> Fixture {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    let text = fixture.read("results/box/data/fixture.json");
    let mut data: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (label, seconds) in [("old", 1.0), ("new", factor)] {
        data["rows"][0]["times_s"] = vec![seconds; 5].into();
        fixture.write(&format!("results/{label}/data/fixture.json"), &data.to_string());
    }
    fixture
}

#[test]
fn a_slower_row_is_named_with_its_ratio() {
    let ended = measured_twice(1.5).xtask(&["diff", "old", "new"]).exits(0);
    assert!(ended.stdout.contains("slower  1.50 [1.50, 1.50] times  fixture/good in only"), "{ended}");
    assert!(ended.stdout.contains("1 rows: 1 slower, 0 faster, 0 no different (0 %)"), "{ended}");
    let ended = measured_twice(1.05).xtask(&["diff", "old", "new"]).exits(0);
    assert!(ended.stdout.contains("1 no different (100 %)"), "{ended}");
    assert!(ended.stdout.contains("Verdicts that changed: none"), "{ended}");
}

#[test]
fn a_folder_does_as_well_as_a_name() {
    let fixture = measured_twice(1.5);
    let folders = ["old", "new"].map(|label| fixture.path(&format!("results/{label}")).display().to_string());
    fixture.xtask(&["diff", &folders[0], &folders[1]]).exits(0);
}

#[test]
fn a_regression_above_the_bound_fails() {
    let fixture = measured_twice(1.5);
    fixture
        .xtask(&["diff", "old", "new", "--fail-on-regression", "40"])
        .exits(1)
        .says(&["1 rows are slower by more than 40 %"]);
    fixture.xtask(&["diff", "old", "new", "--fail-on-regression", "60"]).exits(0);
    fixture.xtask(&["diff", "new", "old", "--fail-on-regression", "0"]).exits(0);
    fixture.xtask(&["diff", "old", "new", "--fail-on-regression", "-1"]).exits(2);
}

#[test]
fn another_schema_is_refused() {
    let fixture = measured_twice(1.5);
    fixture.edit("results/new/data/fixture.json", "\"schema\":1", "\"schema\":2");
    fixture.xtask(&["diff", "old", "new"]).exits(1).says_one_error().says(&["schema 2, not 1"]);
}

#[test]
fn results_that_are_not_there_are_wrong_use() {
    measured_twice(1.5)
        .xtask(&["diff", "old", "newer"])
        .exits(2)
        .says_one_error()
        .says(&["newer: there are no results"]);
}
