//! `tidy` passes a house in order, and names the file and the line that is not.

mod fixture;

use fixture::{Fixture, TOML, VARIANT};

const PATTERN: &str = "crates/patterns/copied/experiment.toml";
const GOOD: &str = "crates/misconceptions/fixture/src/good.rs";

/// A fixture with one variant whose file is `text`; what is generated is written.
fn house(text: &str) -> Fixture {
    let fixture = Fixture::new(&["good"]);
    fixture.write(GOOD, text);
    generate(&fixture);
    fixture
}

fn generate(fixture: &Fixture) {
    for command in ["report", "scripts"] {
        fixture.xtask(&[command]).exits(0);
    }
}

/// Expects one finding, `place` with each of `parts`.
#[track_caller]
fn found(fixture: &Fixture, place: &str, parts: &[&str]) {
    let ended = fixture.xtask(&["tidy"]).exits(1).says(parts);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    assert!(ended.stderr.starts_with(place), "not at {place}: {ended}");
}

#[test]
fn a_house_in_order_passes_in_silence() {
    let fixture = house(VARIANT);
    let before = fixture.files();
    let ended = fixture.xtask(&["tidy"]).exits(0);
    assert!(ended.stderr.is_empty(), "{ended}");
    assert!(before == fixture.files(), "it has written");
    fixture.has_measured_nothing();
}

#[test]
fn a_crate_of_the_harness() {
    for name in ["outcome", "origin", "clap", "serde_json"] {
        let fixture = house(&format!("{VARIANT}\nuse {name}::Thing;\n"));
        found(&fixture, &format!("{GOOD}:6: "), &[&format!("`{name}`")]);
    }
}

#[test]
fn a_crate_of_the_harness_among_others() {
    let fixture = house(&format!("{VARIANT}\nuse {{\n    std::fs,\n    outcome::{{Run, Work}},\n}};\n"));
    found(&fixture, &format!("{GOOD}:8: "), &["`outcome`"]);
}

#[test]
fn a_comment_may_name_the_harness() {
    let fixture = house(&format!("{VARIANT}\n// Unlike outcome::Run, this needs no clock.\n"));
    fixture.xtask(&["tidy"]).exits(0);
}

#[test]
fn no_opening_comment() {
    let fixture = house(VARIANT.strip_prefix("//! Does nothing.\n\n").unwrap());
    found(&fixture, &format!("{GOOD}:1: "), &["//!"]);
}

#[test]
fn more_than_120_lines_of_code() {
    // The variant has one line of code; comments and blanks do not count.
    let comments = "// Why.\n\n".repeat(100);
    let fixture = house(&format!("{VARIANT}{comments}{}", "const _: () = ();\n".repeat(119)));
    fixture.xtask(&["tidy"]).exits(0);
    fixture.write(GOOD, &format!("{VARIANT}{comments}{}", "const _: () = ();\n".repeat(120)));
    found(&fixture, &format!("{GOOD}:1: "), &["121 lines of code", "120"]);
}

#[test]
fn no_mark_at_the_line_that_decides() {
    let fixture = house(&VARIANT.replace("Right: ", "Because "));
    found(&fixture, &format!("{GOOD}:1: "), &["`// Right: `"]);
    fixture.edit(TOML, "role = \"right\"", "role = \"wrong\"");
    fixture.write(GOOD, VARIANT);
    found(&fixture, &format!("{GOOD}:1: "), &["`// Wrong: `"]);
}

#[test]
fn a_floor_and_a_library_decide_nothing() {
    let fixture = house(&VARIANT.replace("Right: ", "Because "));
    for (old, new) in [("right", "floor"), ("floor", "library")] {
        fixture.edit(TOML, &format!("role = \"{old}\""), &format!("role = \"{new}\""));
        fixture.xtask(&["tidy"]).exits(0);
    }
}

/// Adds a pattern that keeps the rules; what is generated is written.
fn add_pattern(fixture: &Fixture) {
    fixture.add_experiment("crates/patterns/copied", &["good"]);
    fixture.edit(
        PATTERN,
        "name = \"good\"",
        "name = \"good\"\nwhen = \"always\"\nedition = \"2018\"\nrust_version = \"1.65\"",
    );
    generate(fixture);
}

#[test]
fn a_pattern_that_needs_the_rest_of_its_crate() {
    let fixture = Fixture::new(&["good"]);
    add_pattern(&fixture);
    fixture.xtask(&["tidy"]).exits(0);
    let file = "crates/patterns/copied/src/good.rs";
    for path in ["crate", "super"] {
        fixture.write(file, &format!("{VARIANT}\nuse {path}::kernel;\n"));
        found(&fixture, &format!("{file}:6: "), &[&format!("`{path}`")]);
    }
}

#[test]
fn a_file_that_a_pattern_takes_in() {
    let fixture = Fixture::new(&["good"]);
    add_pattern(&fixture);
    let (file, piece) = ("crates/patterns/copied/src/good.rs", "crates/patterns/copied/src/copied/piece.rs");
    let text = "//! A piece.\n\nuse super::run;\n";
    fixture.write(piece, text);
    fixture.edit(PATTERN, "when =", "with = [\"piece\"]\nwhen =");
    // What is copied and what it takes in are the same.
    found(&fixture, &format!("{PATTERN}:1: "), &["`good` has no `with`", "`#[path]`"]);
    fixture.write(file, &format!("{VARIANT}\n#[path = \"copied/piece.rs\"]\nmod piece;\n"));
    fixture.xtask(&["tidy"]).exits(0);
    fixture.edit(PATTERN, "with = [\"piece\"]\n", "");
    found(&fixture, &format!("{PATTERN}:1: "), &["`good` has no `with`"]);
    // It keeps the rules, but for what it may take from above.
    fixture.edit(PATTERN, "when =", "with = [\"piece\"]\nwhen =");
    fixture.write(piece, &text.replace("super", "crate"));
    found(&fixture, &format!("{piece}:3: "), &["`crate`"]);
    fixture.write(piece, &(text.to_owned() + &"const _: () = ();\n".repeat(120)));
    found(&fixture, &format!("{piece}:1: "), &["121 lines of code", "120"]);
}

#[test]
fn a_pattern_that_says_not_when_to_take_it_and_what_it_needs() {
    let fixture = Fixture::new(&["good"]);
    for (key, line) in [
        ("edition", "edition = \"2018\"\n"),
        ("rust_version", "rust_version = \"1.65\"\n"),
        ("when", "when = \"always\"\n"),
    ] {
        add_pattern(&fixture);
        fixture.edit(PATTERN, line, "");
        found(&fixture, &format!("{PATTERN}:1: "), &[&format!("`good` has no `{key}`")]);
    }
    // Nobody is to take this one.
    fixture.edit(PATTERN, "role = \"right\"", "role = \"wrong\"");
    fixture.write("crates/patterns/copied/src/good.rs", &VARIANT.replace("Right", "Wrong"));
    fixture.xtask(&["tidy"]).exits(0);
}

#[test]
fn a_python_variant() {
    let fixture = house(VARIANT);
    let file = "crates/misconceptions/fixture/python/good.py";
    let variant = "\n[[variant]]\nname = \"python_good\"\nmodel = \"serial\"\nrole = \"right\"\n";
    fixture.write(TOML, &(fixture.read(TOML) + variant));
    let text = "\"\"\"Does nothing.\"\"\"\n\n# Right: there is nothing to do.\npass\n";
    fixture.write(file, text);
    generate(&fixture);
    fixture.xtask(&["tidy"]).exits(0);
    fixture.write(file, &text.replace("\"\"\"", "#"));
    found(&fixture, &format!("{file}:1: "), &["\"\"\""]);
    fixture.write(file, &text.replace("Right: ", ""));
    found(&fixture, &format!("{file}:1: "), &["`# Right: `"]);
}

#[test]
fn a_piece_that_variants_share_keeps_the_same_rules_without_a_mark() {
    let fixture = house(VARIANT);
    let file = "crates/misconceptions/fixture/src/kernel.rs";
    fixture.write(file, "//! Counts.\n\npub fn count() {}\n");
    fixture.xtask(&["tidy"]).exits(0);
    fixture.write(file, "pub fn count() {}\n");
    found(&fixture, &format!("{file}:1: "), &["//!"]);
}

#[test]
fn no_experiment_toml() {
    let fixture = house(VARIANT);
    fixture.remove(TOML);
    found(&fixture, "crates/misconceptions/fixture", &["has no experiment.toml"]);
}

#[test]
fn no_readme() {
    let fixture = house(VARIANT);
    fixture.remove("crates/misconceptions/fixture/README.md");
    found(&fixture, "crates/misconceptions/fixture", &["has no README.md"]);
}

#[test]
fn a_stale_page() {
    let fixture = house(VARIANT);
    fixture.edit("README.md", "A fixture", "The fixture");
    found(&fixture, "README.md:1: ", &["cargo xtask report"]);
}

#[test]
fn a_link_that_leads_nowhere() {
    let fixture = house(VARIANT);
    let good = "[a](.#part), [b](#part), [c](https://example.org)\n\n| [d](.) |\n| --- |\n";
    for (page, to) in [
        ("README.md", "docs/none.md"),
        ("CONTRIBUTING.md", "none.md"),
        ("docs/page.md", "../none.md#part"),
        ("crates/misconceptions/fixture/README.md", "src/none.rs"),
    ] {
        let before = if fixture.exists(page) { fixture.read(page) } else { String::new() };
        let text = format!("{good}| ![picture]({to}) |\n\n```markdown\n[as is](none.md)\n```\n");
        fixture.write(page, &format!("{before}\n{text}"));
        let line = before.lines().count() + 6;
        found(&fixture, &format!("{page}:{line}: "), &[&format!("links to {to}")]);
        fixture.write(page, &before);
    }
    fixture.xtask(&["tidy"]).exits(0);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let fixture = house("use outcome::Run;\n");
    let ended = fixture.xtask(&["tidy"]).exits(1);
    ended.says(&["`outcome`", "begins without //!", "`// Right: `"]);
}
