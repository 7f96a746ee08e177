//! What `cargo xtask scripts` writes.

use super::*;

#[test]
fn one_script_an_experiment_that_can_be_executed() {
    let fixture = Fixture::new(&["good"]);
    fixture.add_experiment("crates/patterns/other", &["good"]);
    let ended = fixture.xtask(&["scripts"]).exits(0);
    assert!(ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended}");
    for (name, folder) in [("fixture", "crates/misconceptions/fixture"), ("other", "crates/patterns/other")] {
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
    fixture.write("scripts/notes.txt", "# Written by `cargo xtask scripts` from ../notes/experiment.toml.\n");
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
