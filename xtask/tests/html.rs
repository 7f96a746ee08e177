//! The page that has it all: one file, which asks for nothing and shows what it is told as text.

mod fixture;

use fixture::Fixture;

fn reported(fixture: &Fixture) -> String {
    fixture.bench(&["--quick"]).exits(0);
    fixture.read("results/box/index.html")
}

#[test]
fn it_has_the_ledger_the_tables_and_the_files_and_asks_for_nothing() {
    let fixture = Fixture::with_hyperfine(&["good", "better"]);
    let toml = "crates/misconceptions/fixture/experiment.toml";
    fixture.write(toml, &(fixture.read(toml) + "twin = \"good\"\n"));
    let page = reported(&fixture);
    for part in ["<th scope=\"row\">R1</th>", "<h2 id=\"fixture\">", "<code>good</code>", "src/better.rs"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(
        page.contains("<mark>// Right: there is nothing to do.</mark>\n<mark>pub fn run() {}</mark>"),
        "{page}"
    );
    for request in [" src=", "<link", "@import", "url(http", "fetch("] {
        assert!(!page.contains(request), "{request} in {page}");
    }
}

#[test]
fn what_is_hostile_shows_as_text() {
    let fixture = Fixture::with_hyperfine(&["good", "better"]);
    let toml = "crates/misconceptions/fixture/experiment.toml";
    let hostile = "<script>alert(1)</script> \" onload=x | `a` [b](javascript:c)";
    fixture.edit(toml, "title = \"A fixture\"\n", &format!("title = '''{hostile}'''\n"));
    fixture.write(toml, &(fixture.read(toml) + "twin = \"good\"\n"));
    fixture.write(
        "crates/misconceptions/fixture/src/good.rs",
        &format!("//! {hostile}\n\n// Right: {hostile}\n"),
    );
    let page = reported(&fixture);
    assert_eq!(page.matches("<script>").count(), 1, "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("href=\"javascript:"), "{page}");
}

#[test]
fn a_page_that_was_edited_is_stale() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture.write("results/reference", "box\n");
    fixture.xtask(&["report"]).exits(0);
    fixture.edit("results/index.html", "Threads or async?", "by hand");
    fixture.xtask(&["report", "--check"]).exits(1).says(&["results/index.html:1: is not what the data say"]);
}
