//! The pictures that an experiment asks for are drawn from its data, and stand on its page and in its README.

mod fixture;

use fixture::{Fixture, TOML};

const PLOT: &str = "results/box/plots/fixture-lanes.svg";

/// A fixture that asks for a timeline of these variants, and is its own reference.
fn reported(variants: &[&str]) -> Fixture {
    let names: Vec<_> = variants.iter().map(|name| format!("\"{name}\"")).collect();
    let timeline = format!(
        "[[timeline]]\nname = \"lanes\"\ntitle = \"Who ran when\"\ncase = \"only\"\nvariants = [{}]\n\
         kinds = [{{ series = \"runs\", means = \"it runs\" }}]\n",
        names.join(", ")
    );
    reported_with(&timeline, variants)
}

/// One that asks for this picture.
fn reported_with(picture: &str, variants: &[&str]) -> Fixture {
    let fixture = Fixture::with_hyperfine(variants);
    fixture.edit(TOML, "[[case]]", &format!("{picture}\n[[case]]"));
    fixture.bench(&["--quick"]).exits(0);
    fixture.write("results/reference", "box\n");
    fixture.xtask(&["report"]).exits(0);
    fixture
}

#[test]
fn a_picture_is_drawn_and_shown() {
    let fixture = reported(&["tells_when", "good"]);
    let svg = fixture.read(PLOT);
    for part in
        ["Who ran when", "it runs", "tells_when", "run 1", "worker 0", "worker 1", "seconds", "quick run"]
    {
        assert!(svg.contains(part), "no {part:?} in {svg}");
    }
    assert_eq!(svg.matches("good").count(), 1, "a variant that tells nothing is drawn: {svg}");
    assert!(svg.contains("Not shown: good."), "{svg}");
    let shown = "![Who ran when](plots/fixture-lanes.svg)";
    assert!(fixture.page().contains(shown), "{}", fixture.page());
    let readme = fixture.read("crates/misconceptions/fixture/README.md");
    let shown = format!("![Who ran when](../../../{PLOT})");
    assert!(readme.contains(&shown), "{readme}");
}

#[test]
fn a_picture_that_was_edited_by_hand_is_named_and_drawn_again() {
    let fixture = reported(&["tells_when"]);
    fixture.xtask(&["report", "--check"]).exits(0);
    let kept = fixture.read(PLOT);
    fixture.edit(PLOT, "worker 1", "worker 2");
    let ended = fixture.xtask(&["report", "--check"]).exits(1);
    assert_eq!(ended.stderr, format!("{PLOT}:1: is not what the data say; run `cargo xtask report`\n"));
    fixture.xtask(&["report"]).exits(0);
    assert_eq!(fixture.read(PLOT), kept);
}

#[test]
fn a_picture_that_nothing_draws_any_more_is_named() {
    let fixture = reported(&["tells_when"]);
    fixture.edit(TOML, "name = \"lanes\"", "name = \"others\"");
    fixture.xtask(&["report"]).exits(0);
    let ended = fixture.xtask(&["report", "--check"]).exits(1);
    assert_eq!(ended.stderr, format!("{PLOT}:1: nothing draws it any more; delete it\n"));
}

#[test]
fn where_nothing_can_be_drawn_there_is_no_picture() {
    let fixture = reported(&["good"]);
    assert!(!fixture.exists(PLOT));
    assert!(!fixture.page().contains("!["), "{}", fixture.page());
}

#[test]
fn a_curve_of_all_variants_is_drawn_shown_and_kept() {
    let curve = "[[curve]]\nname = \"growth\"\ntitle = \"Let in until then\"\ncase = \"only\"\n\
                 series = \"admitted\"\ncounts = \"let in\"\n";
    let fixture = reported_with(curve, &["grows", "good"]);
    let plot = "results/box/plots/fixture-growth.svg";
    let svg = fixture.read(plot);
    for part in ["Let in until then", "grows", "1,200", "seconds", "Not shown: good.", "quick run"] {
        assert!(svg.contains(part), "no {part:?} in {svg}");
    }
    let shown = "![Let in until then](plots/fixture-growth.svg)";
    assert!(fixture.page().contains(shown), "{}", fixture.page());
    let readme = fixture.read("crates/misconceptions/fixture/README.md");
    assert!(readme.contains(&format!("![Let in until then](../../../{plot})")), "{readme}");
    fixture.xtask(&["report", "--check"]).exits(0);
    fixture.edit(plot, "1,200", "9,999");
    let ended = fixture.xtask(&["report", "--check"]).exits(1);
    assert_eq!(ended.stderr, format!("{plot}:1: is not what the data say; run `cargo xtask report`\n"));
}
