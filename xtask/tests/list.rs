//! What `list` shows.

mod fixture;

use fixture::{Fixture, TOML};
use serde_json::{Value, json};

fn list(fixture: &Fixture) -> Value {
    serde_json::from_str(&fixture.xtask(&["list", "--json"]).exits(0).stdout).unwrap()
}

#[test]
fn as_json_it_keeps_the_contract() {
    let fixture = Fixture::new(&["good", "better"]);
    fixture.edit(TOML, "[\"R1\"]", "[\"R1\", \"R2\"]");
    let variants = json!([
        {"name": "good", "model": "serial", "role": "right"},
        {"name": "better", "model": "serial", "role": "right"},
    ]);
    let fixture_of_list = json!({
        "experiment": "fixture",
        "group": "misconceptions",
        "claims": ["R1", "R2"],
        "variants": variants,
        "cases": ["only"],
    });
    assert_eq!(list(&fixture), json!([fixture_of_list]));
    fixture.has_measured_nothing();
}

#[test]
fn a_new_folder_is_an_experiment() {
    let fixture = Fixture::new(&["good"]);
    fixture.add_experiment("crates/patterns/added", &["good"]);
    let listed = list(&fixture);
    let names: Vec<_> =
        listed.as_array().unwrap().iter().map(|one| (&one["group"], &one["experiment"])).collect();
    let expected = json!([["misconceptions", "fixture"], ["patterns", "added"]]);
    assert_eq!(json!(names), expected);
}

#[test]
fn for_people_it_names_the_same() {
    let fixture = Fixture::new(&["good", "better"]);
    let ended = fixture.xtask(&["list"]).exits(0);
    for part in ["misconceptions/fixture: A fixture", "R1", "only", "good, better"] {
        assert!(ended.stdout.contains(part), "no {part:?}: {ended}");
    }
}
