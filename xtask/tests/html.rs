//! The page that has it all: one file, which asks for nothing and shows what it is told as text.

mod fixture;

use fixture::Fixture;
use serde_json::Value;

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
fn what_the_data_say_shows_as_text_whatever_it_is() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    let (folder, case) = ("crates/misconceptions/lost-updates", "4-workers-1000000-each");
    fixture.add_experiment(folder, &["threads_unsynchronized"]);
    fixture.edit(&format!("{folder}/experiment.toml"), "\"only\"", &format!("\"{case}\""));
    let rule = "rules.exact = { every = \"lost\", of = \"threads_unsynchronized\", at_most = 0 }";
    let claim = format!(
        "[[claim]]\nid = \"R1\"\nsays = \"It is so\"\n[claim.both]\ncase = \"{case}\"\nholds = \"exact\"\n{rule}\n"
    );
    fixture.write(&format!("{folder}/claims.toml"), &claim);
    fixture.bench(&["--quick"]).exits(0);
    let hostile =
        |name: &str| Value::from(format!("<script>{name}</script> \" onload='x' & <img src=x> ]]> -->"));
    let mut data = fixture.json("results/box/data/lost-updates.json");
    for name in ["toolchain", "hyperfine"] {
        data[name] = hostile(name);
    }
    for name in ["processor", "system"] {
        data["machine"][name] = hostile(name);
    }
    // On one core R1 says nothing of its row.
    data["machine"]["cores"] = 2.into();
    let row = &mut data["rows"][0];
    row["status"] = "failed".into();
    row["reason"] = hostile("reason");
    // One that is measured, so that there is something to tell of how it was.
    let mut measured = fixture.row("good");
    measured["case"] = case.into();
    measured["outcomes"][0]["case"] = case.into();
    measured["outcomes"][0]["experiment"] = "lost-updates".into();
    measured["interpreter"] = hostile("interpreter");
    data["rows"].as_array_mut().unwrap().push(measured);
    fixture.write("results/box/data/lost-updates.json", &data.to_string());
    fixture.xtask(&["report"]).exits(0);
    let page = fixture.read("results/box/index.html");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    let mut tags = page.split('<').map(|tag| tag.split('>').next().unwrap());
    assert!(!tags.any(|tag| tag.starts_with("img") || tag.contains("onload")), "{page}");
    for name in ["toolchain", "hyperfine", "processor", "system", "reason", "interpreter"] {
        assert!(page.contains(&format!("&lt;script&gt;{name}")), "no {name} in {page}");
    }
    // In a verdict's evidence too.
    let ledger = &page[page.find("<tr id=\"R1\"").unwrap()..];
    assert!(ledger[..ledger.find("</tr>").unwrap()].contains("&lt;script&gt;reason"), "{ledger}");
}

#[test]
fn several_machines_stand_beside_each_other() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture.write("results/reference", "box\n");
    let mut data = fixture.data();
    data["machine"]["processor"] = "Another".into();
    fixture.write("results/other/data/fixture.json", &data.to_string());
    // What is tracked is what the project keeps.
    fixture.git(&["init", "--quiet"]);
    fixture.git(&["add", "results/other"]);
    fixture.xtask(&["report"]).exits(0);
    let page = fixture.read("results/index.html");
    let heads = "<th scope=\"col\">Rust, box</th><th scope=\"col\">CPython, box</th>\
                 <th scope=\"col\">Rust, other</th><th scope=\"col\">CPython, other</th>";
    assert!(page.contains(heads), "{page}");
    assert!(page.contains("<th scope=\"row\">Machine</th><td>box</td><td>other</td>"), "{page}");
    assert!(page.contains("<td>Another</td></tr>"), "{page}");
    let not_measured =
        |of: &str| format!("<b>{of}</b> <span class=\"verdict not-measured\">not measured</span> ");
    for of in ["Rust, box", "CPython, box", "Rust, other", "CPython, other"] {
        assert!(page.contains(&(not_measured(of) + "1</li>")), "{of}: {page}");
    }
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

#[test]
fn the_page_is_not_in_a_clone_and_can_be_written_anywhere() {
    let fixture = Fixture::with_hyperfine(&["good"]);
    fixture
        .xtask(&["report", "--page", "sent.html"])
        .exits(1)
        .says_one_error()
        .says(&["cargo xtask bench-all"]);
    fixture.bench(&["--quick"]).exits(0);
    fixture.write("results/reference", "box\n");
    fixture.xtask(&["report"]).exits(0);
    let page = fixture.read("results/index.html");
    fixture.remove("results/index.html");
    fixture.xtask(&["report", "--check"]).exits(0);
    fixture.xtask(&["report", "--page", "sent.html"]).exits(0);
    assert_eq!(fixture.read("sent.html"), page);
    assert!(!fixture.path("results/index.html").exists());
    fixture.xtask(&["report", "--page", "sent.html", "--check"]).exits(2);
}
