//! `report` writes what the data say, and `report --check` finds what does not.

mod fixture;

use fixture::{Ended, Fixture};

/// A fixture that is measured, is its own reference, and whose pages are written.
fn reported() -> Fixture {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture.write("results/reference", "box\n");
    fixture.xtask(&["report"]).exits(0);
    fixture.xtask(&["report", "--check"]).exits(0);
    fixture
}

#[test]
fn the_tables_of_the_readmes_come_from_the_reference() {
    let fixture = reported();
    let front = fixture.read("README.md");
    assert!(front.contains("[fixture](crates/misconceptions/fixture/README.md)"), "{front}");
    assert!(front.contains("| R1 |") && front.contains("results/box/README.md"), "{front}");
    let readme = fixture.read("crates/misconceptions/fixture/README.md");
    assert!(readme.contains("| `good` |"), "{readme}");
}

#[test]
fn to_report_twice_changes_nothing() {
    let fixture = reported();
    let before = fixture.files();
    fixture.xtask(&["report"]).exits(0);
    assert!(before == fixture.files());
}

#[test]
fn a_file_that_was_edited_by_hand_is_named_and_left_alone() {
    let pages = [
        ("results/box/fixture.md", "`good`"),
        ("results/box/README.md", "R1"),
        ("results/box/data/claims.json", "R1"),
        ("crates/misconceptions/fixture/README.md", "`good`"),
        ("README.md", "R1"),
    ];
    let fixture = reported();
    for (page, text) in pages {
        let kept = fixture.read(page);
        fixture.edit(page, text, "by hand");
        let tampered = fixture.files();
        let ended = fixture.xtask(&["report", "--check"]).exits(1);
        let message = format!("{page}:1: is not what the data say; run `cargo xtask report`\n");
        assert_eq!(ended.stderr, message, "{ended}");
        assert!(tampered == fixture.files(), "--check has written");
        fixture.xtask(&["report"]).exits(0);
        assert_eq!(fixture.read(page), kept);
    }
}

#[test]
fn a_page_that_is_missing_is_named() {
    let fixture = reported();
    fixture.remove("results/box/fixture.md");
    fixture.xtask(&["report", "--check"]).exits(1).says(&["results/box/fixture.md"]);
}

#[test]
fn data_of_a_later_run_make_the_pages_stale() {
    let fixture = reported();
    fixture.edit("results/box/data/fixture.json", "\"done\":42", "\"done\":43");
    let ended = fixture.xtask(&["report", "--check"]).exits(1);
    ended.says(&["results/box/fixture.md", "crates/misconceptions/fixture/README.md"]);
}

#[test]
fn a_readme_without_its_markers_is_named_with_them() {
    for (file, name) in [("README.md", "experiments"), ("crates/misconceptions/fixture/README.md", "results")]
    {
        let fixture = reported();
        fixture.write(file, "# Nothing to splice into\n");
        for arguments in [["report"].as_slice(), &["report", "--check"]] {
            let ended = fixture.xtask(arguments).exits(1).says_one_error();
            ended.says(&[file, &format!("<!-- begin {name}:"), &format!("<!-- end {name} -->"), "missing"]);
        }
        assert_eq!(fixture.read(file), "# Nothing to splice into\n");
    }
}

#[test]
fn without_a_reference_the_readmes_show_no_figures() {
    let fixture = Fixture::new(&["good"]);
    fixture.xtask(&["report"]).exits(0);
    let front = fixture.read("README.md");
    assert!(front.contains("crates/misconceptions/fixture/README.md") && !front.contains("R1 | "), "{front}");
    fixture.xtask(&["report", "--check"]).exits(0);
}

#[test]
fn data_that_are_not_ours_are_named() {
    let fixture = reported();
    let file = "results/box/data/fixture.json";
    let whole = fixture.read(file);
    let other_schema =
        whole.replace("\"schema\": 1,\n  \"experiment\"", "\"schema\": 999,\n  \"experiment\"");
    for (text, part) in
        [(&whole[..whole.len() / 2], "not what bench-all writes"), (&other_schema, "schema 999")]
    {
        fixture.write(file, text);
        fixture.xtask(&["report"]).exits(1).says_one_error().says(&[file, part]);
    }
}

#[test]
fn data_of_an_experiment_that_is_gone_are_kept() {
    let fixture = reported();
    let data = fixture.read("results/box/data/fixture.json");
    fixture.write("results/box/data/gone.json", &data.replace("\"fixture\"", "\"gone\""));
    fixture.xtask(&["report"]).exits(0);
    assert!(!fixture.exists("results/box/gone.md"));
    assert!(fixture.exists("results/box/data/gone.json"));
}

#[test]
fn every_row_of_a_table_has_a_cell_for_each_column() {
    let fixture = reported();
    for page in ["README.md", "results/box/README.md", "results/box/fixture.md"] {
        let text = fixture.read(page).replace("\\|", "");
        let cells = |line: &str| line.matches('|').count();
        let mut header = None;
        for line in text.lines() {
            header = line.starts_with('|').then(|| header.unwrap_or(cells(line)));
            assert!(header.is_none_or(|header| header == cells(line)), "{page}: {line}");
        }
    }
}

#[test]
fn a_reference_without_data_is_named() {
    let fixture = reported();
    fixture.write("results/reference", "nobody\n");
    fixture.xtask(&["report", "--check"]).exits(1).says_one_error().says(&["results/reference names nobody"]);
}

/// Where `report --open` leads, with this as the program that opens.
fn opened(fixture: &Fixture, script: &str) -> (Ended, String) {
    fixture.program("bin/xdg-open", script);
    let mut command = fixture.command(&["report", "--open"]);
    command.env("PATH", fixture.with_bin_first());
    let ended = command.into();
    let told = if fixture.exists("opened") { fixture.read("opened") } else { String::new() };
    (ended, told)
}

#[test]
#[cfg(target_os = "linux")]
fn the_newest_of_ones_own_pages_is_opened_and_else_that_of_the_reference() {
    let fixture = reported();
    fixture.remove("results/box/index.html");
    let kept = fixture.path("results/index.html").display().to_string();
    let own = fixture.path("results/newer/index.html").display().to_string();
    let open = "printf %s \"$1\" > opened";
    let (ended, told) = opened(&fixture, open);
    assert_eq!(told, kept, "{}", ended.exits(0));
    let data = fixture.json("results/box/data/fixture.json");
    for (machine, started) in [("newer", "2099-01-02 00:00:00 UTC"), ("older", "2099-01-01 00:00:00 UTC")] {
        let mut data = data.clone();
        data["started"] = started.into();
        fixture.write(&format!("results/{machine}/data/fixture.json"), &data.to_string());
    }
    let (ended, told) = opened(&fixture, open);
    assert_eq!(told, own, "{}", ended.exits(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_page_that_nothing_opens_or_that_is_not_there_is_named() {
    let fixture = Fixture::new(&["good"]);
    let (ended, _) = opened(&fixture, "true");
    ended.exits(1).says_one_error().says(&["results/index.html", "cargo xtask bench-all"]);
    let (ended, _) = opened(&reported(), "exit 3");
    ended.exits(1).says_one_error().says(&["xdg-open", "open results/box/index.html by hand"]);
}
