//! What a client says that it did is checked against what the origin saw.

mod fixture;

use fixture::{Fixture, TOML};

/// An experiment that needs the origin, of which each run must see one request.
fn witnessed(variants: &[&str]) -> Fixture {
    let fixture = Fixture::with_hyperfine(variants);
    fixture.edit(TOML, "title =", "needs = [\"origin\"]\ntitle =");
    fixture.edit(TOML, "\"work.done\" = \"== 42\"", "\"witness.requests\" = \"== 1\"");
    fixture
}

fn with_origin(variants: &[&str]) -> Fixture {
    let fixture = witnessed(variants);
    fixture.add_origin();
    fixture
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn each_run_has_an_origin_of_its_own_count_and_leaves_none() {
    let fixture = with_origin(&["fetches"]);
    fixture.bench(&[]).exits(0);
    let row = fixture.row("fetches");
    assert_eq!(row["status"], "ok", "{row}");
    for outcome in row["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["witness"]["requests"], 1, "{outcome}");
    }
    fixture.leaves_no_process();
}

#[test]
fn a_client_that_only_says_so_is_found_out() {
    let fixture = with_origin(&["fetches", "says_so"]);
    fixture.bench(&["--quick"]).exits(1).says(&["FAILED fixture/says_so in only", "witness.requests 0"]);
    assert_eq!(fixture.row("fetches")["status"], "ok");
}

#[test]
fn an_origin_that_is_not_there_is_named() {
    let fixture = witnessed(&["fetches"]);
    fixture.bench(&["--quick"]).exits(1).says_one_error().says(&["cargo has built no program origin"]);
}
