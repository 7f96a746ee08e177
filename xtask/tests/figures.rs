//! The figures that an experiment asks for stand on its page and in its README.

mod fixture;

use fixture::{Fixture, TOML};

const README: &str = "crates/misconceptions/fixture/README.md";

/// Asks for a figure, with more keys.
fn ask(fixture: &Fixture, path: &str, title: &str, more: &str) {
    let figure = format!("[[figure]]\npath = \"{path}\"\ntitle = \"{title}\"\n{more}\n[[case]]");
    fixture.edit(TOML, "[[case]]", &figure);
}

#[track_caller]
fn has(page: &str, part: &str) {
    assert!(page.contains(part), "no {part:?} in {page}");
}

#[test]
fn the_figures_of_an_experiment_have_a_table_of_their_own() {
    let fixture = Fixture::with_hyperfine(&["beats", "beats_late", "good"]);
    fixture.edit(TOML, "name = \"beats\"", "name = \"beats\"\ntwin = \"beats_late\"");
    ask(&fixture, "metrics.late_p99_s", "Late, p99", "twin = true\n");
    ask(&fixture, "metrics.late_max_s", "Latest", "worst = true\n");
    ask(&fixture, "metrics.beats", "Beats", "sum = true\n");
    ask(&fixture, "metrics.beats_per_s", "A second", "");
    ask(&fixture, "metrics.nobody_tells", "Nothing", "");
    fixture.bench(&[]).exits(0);
    fixture.write("results/reference", "box\n");
    fixture.xtask(&["report"]).exits(0);

    let runs = fixture.row("beats")["times_s"].as_array().unwrap().len();
    let table = format!(
        "The experiment's own figures:\n\n\
         | Variant | Late, p99 | Against its twin | Latest | Beats | A second |\n\
         | --- | ---: | --- | ---: | ---: | ---: |\n\
         | `beats` | 1.00 ms | 0.10 [0.10, 0.10] times (`beats_late`) | {} s | {runs},000 | 12.3 /s |\n\
         | `beats_late` | 10.0 ms |  | {} s | {runs},000 | 12.3 /s |\n\
         | `good` |  |  |  |  |  |\n\n",
        100 + runs,
        100 + runs,
    );
    let page = fixture.page();
    has(&page, &table);
    assert!(page.find("| Variant | Model |") < page.find(&table), "{page}");
    assert!(page.find(&table) < page.find("The work by itself:"), "{page}");
    has(&page, "*Latest* is the largest of all runs, *Beats* is the sum of all runs.");
    has(&fixture.read(README), table.trim_end());
}

#[test]
fn an_experiment_without_figures_of_its_own_has_no_such_table() {
    let fixture = Fixture::with_hyperfine(&["beats"]);
    ask(&fixture, "metrics.nobody_tells", "Nothing", "sum = true\n");
    fixture.bench(&["--quick"]).exits(0);
    assert!(!fixture.page().contains("own figures"), "{}", fixture.page());
}

#[test]
fn what_the_origin_saw_may_be_a_figure() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    ask(&fixture, "witness.connections", "Connections", "");
    fixture.bench(&["--quick"]).exits(0);
    let witness = "\"sequence\":1,\"witness\":{\"connections\":100}";
    fixture.edit("results/box/data/fixture.json", "\"sequence\":1", witness);
    fixture.xtask(&["report"]).exits(0);
    has(&fixture.page(), "| Variant | Connections |\n| --- | ---: |\n| `good` | 100 |\n");
}

#[test]
fn no_script_changes_for_a_figure() {
    let fixture = Fixture::new(&["good"]);
    fixture.xtask(&["scripts"]).exits(0);
    ask(&fixture, "metrics.beats", "Beats", "");
    fixture.xtask(&["scripts", "--check"]).exits(0);
}
