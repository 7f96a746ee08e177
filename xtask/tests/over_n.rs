//! The cases that have a size stand side by side on the page.

mod fixture;

use fixture::{Fixture, TOML};

/// An experiment with a case for each size, measured once.
fn sized(sizes: &[u64], variants: &[&str]) -> Fixture {
    let fixture = Fixture::with_hyperfine(variants);
    let cases = sizes.iter().map(|size| {
        format!("[[case]]\nname = \"{size}-tasks\"\nargs = []\ntier = \"quick\"\nsize = {size}\n\n")
    });
    let text = fixture.read(TOML).replacen("\"serial\"", "\"threads\"", 1).replace("\"serial\"", "\"async\"");
    fixture.write(TOML, &text.replace("[[case]]", &format!("{}[[case]]", cases.collect::<String>())));
    fixture.bench(&["--quick"]).exits(0);
    fixture
}

#[track_caller]
fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
}

#[test]
fn three_sizes_have_their_tables_slopes_and_a_comparison() {
    let page = sized(&[1_000, 1, 10], &["good", "better"]).page();
    has(
        &page,
        &["## Over n\n", "| Variant | 1 | 10 | 1,000 |\n", "| `better` | 1.0 MB | 1.0 MB | 1.0 MB |\n"],
    );
    // The fixture's kernel stacks are not told, so there is no column for them.
    has(&page, &["| Variant | Fitted over n = | Resident | Page tables | Virtual | CPU |\n"]);
    has(&page, &["| `better` | 1 · 10 · 1,000 | 0 B | 0 B | 0 B | 0 ns |\n"]);
    has(
        &page,
        &["| `better` against `good` | too few runs at every n | too few runs at every n | not told at"],
    );
    has(&page, &["The cases from `1-tasks` to `1000-tasks` are the same but for n,"]);
    assert!(page.find("## What the article says") < page.find("## Over n"), "{page}");
    assert!(page.find("## Over n") < page.find("## 1000-tasks"), "{page}");
}

#[test]
fn small_sizes_have_no_slope_and_two_no_tables() {
    assert!(!sized(&[1, 10, 100], &["good"]).page().contains("What one more costs"));
    assert!(!sized(&[1, 10], &["good"]).page().contains("Over n"));
}

#[test]
fn a_refusal_is_told_with_what_the_machine_said() {
    let page = sized(&[1, 10, 100], &["refuses", "good"]).page();
    has(
        &page,
        &["| `refuses` | refused at 16,368: vm.max_map_count | refused at 16,368: vm.max_map_count |"],
    );
    has(&page, &["`good` against `refuses` | `refuses` was refused at every n |"]);
    has(
        &page,
        &["What the machine refused:\n\n- `refuses`: refused at 16,368 by vm.max_map_count: no more\n"],
    );
}

#[test]
fn what_the_origin_saw_stands_on_the_page_where_there_was_one() {
    let fixture = sized(&[1, 10, 100], &["good"]);
    assert!(!fixture.page().contains("Served"));
    let witness = "\"sequence\":1,\"witness\":{\"finished\":41,\"peak_in_flight\":7}";
    fixture.edit("results/box/data/fixture.json", "\"sequence\":1", witness);
    fixture.xtask(&["report"]).exits(0);
    has(&fixture.page(), &["| Lost | Served | Peak in flight | Time |", "| 42 | 0 | 41 | 7 | "]);
}

#[test]
fn cases_that_differ_in_more_than_n_are_not_called_the_same() {
    let fixture = sized(&[1, 10, 100], &["good"]);
    for size in ["10", "100"] {
        let with = |args: &str| format!("name = \"{size}-tasks\"\nargs = [{args}]\n");
        // Another argument may happen to be as large as an n.
        fixture.edit(TOML, &with(""), &with(&format!("\"{size}\", \"100\"")));
    }
    let one = |args: &str| format!("name = \"1-tasks\"\nargs = [{args}]\n");
    fixture.edit(TOML, &one(""), &one("\"1\", \"100\""));
    fixture.xtask(&["report"]).exits(0);
    has(&fixture.page(), &["are the same but for n,"]);
    fixture.edit(TOML, &one("\"1\", \"100\""), &one("\"1\", \"90\""));
    fixture.xtask(&["report"]).exits(0);
    has(&fixture.page(), &["differ in n,", "compare times down a column"]);
}

#[test]
fn each_async_variant_is_compared_with_every_variant_with_threads() {
    let fixture = sized(&[1, 10, 100], &["good", "better", "best"]);
    let model = |variant: &str, model: &str| format!("name = \"{variant}\"\nmodel = \"{model}\"");
    fixture.edit(TOML, &model("better", "async"), &model("better", "threads"));
    fixture.xtask(&["report"]).exits(0);
    has(&fixture.page(), &["| `best` against `good` |", "| `best` against `better` |"]);
    assert!(!fixture.page().contains("against `best`"), "{}", fixture.page());
}
