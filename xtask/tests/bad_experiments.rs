//! What is wrong in an experiment.toml is told with its line, before anything is built or measured.

mod fixture;

use fixture::{Fixture, TOML};

/// Runs bench-all with `old` replaced by `new` in the experiment.toml. The message must name the line
/// on which `at` stands, and say `parts`.
#[track_caller]
fn refused(old: &str, new: &str, at: &str, parts: &[&str]) {
    let fixture = Fixture::new(&["good", "better"]);
    fixture.edit(TOML, old, new);
    let text = fixture.read(TOML);
    assert_eq!(text.matches(at).count(), 1, "{at:?} is not on one line:\n{text}");
    let line = 1 + text.lines().position(|line| line.contains(at)).unwrap();
    refused_at_line(&fixture, line, parts);
}

#[track_caller]
fn refused_at_line(fixture: &Fixture, line: usize, parts: &[&str]) {
    let ended = fixture.bench(&["--quick"]).exits(1).says(parts).says_one_error();
    let place = format!("error: {TOML}:{line}: ");
    assert!(ended.stderr.starts_with(&place), "not {place:?}: {ended}");
    fixture.has_measured_nothing();
}

/// The second variant, with more lines to its table.
fn better_with(lines: &str) -> String {
    format!("name = \"better\"\n{lines}")
}

const BETTER: &str = "name = \"better\"\n";

#[test]
fn an_unknown_key() {
    refused("title =", "colour = \"red\"\ntitle =", "colour", &["unknown field `colour`"]);
}

#[test]
fn an_unknown_key_of_a_case() {
    refused("args = []", "arguments = []", "arguments", &["unknown field `arguments`", "args"]);
}

#[test]
fn an_unknown_key_of_a_variant() {
    refused(BETTER, &better_with("size = 3 # no\n"), "# no", &["unknown field `size`"]);
}

#[test]
fn a_missing_key() {
    let fixture = Fixture::new(&["good"]);
    fixture.edit(TOML, "title = \"A fixture\"\n", "");
    refused_at_line(&fixture, 1, &["missing field `title`"]);
}

#[test]
fn a_missing_key_of_a_variant() {
    let fixture = Fixture::new(&["good", "better"]);
    fixture.edit(TOML, "name = \"better\"\nmodel = \"serial\"\n", "name = \"better\"\n");
    let text = fixture.read(TOML);
    let table = text.lines().collect::<Vec<_>>().iter().rposition(|line| *line == "[[variant]]").unwrap();
    refused_at_line(&fixture, 1 + table, &["missing field `model`"]);
}

#[test]
fn no_toml_at_all() {
    refused("[[case]]", "[[case", "[[case", &["`]]`"]);
}

#[test]
fn an_empty_file() {
    let fixture = Fixture::new(&["good"]);
    fixture.write(TOML, "");
    refused_at_line(&fixture, 1, &["missing field"]);
}

#[test]
fn a_file_that_is_no_text() {
    let fixture = Fixture::new(&["good"]);
    std::fs::write(fixture.path(TOML), [b't', 0xff]).unwrap();
    fixture.bench(&["--quick"]).exits(1).says_one_error().says(&[TOML, "UTF-8"]);
    fixture.has_measured_nothing();
}

#[test]
fn no_case_or_no_variant() {
    let head = "title = \"\"\nclaims = []\ntimeout_s = 1\nanalysis = \"\"\n";
    let case = "[[case]]\nname = \"only\"\n";
    let variant = "[[variant]]\nname = \"good\"\nmodel = \"serial\"\nrole = \"right\"\n";
    let fixture = Fixture::new(&["good"]);
    fixture.write(TOML, &format!("{head}case = []\n{variant}"));
    refused_at_line(&fixture, 5, &["case"]);
    fixture.write(TOML, &format!("{head}variant = []\n{case}"));
    refused_at_line(&fixture, 5, &["variant"]);
}

#[test]
fn a_variant_without_a_file() {
    refused("\"better\"", "\"best\"", "\"best\"", &["`best`", "crates/misconceptions/fixture/src/best.rs"]);
}

#[test]
fn a_file_to_copy_along_that_is_not_there() {
    let file = "crates/misconceptions/fixture/src/fixture/piece.rs";
    let with = better_with("with = [\"piece\"]\n");
    refused(BETTER, &with, "piece", &["`piece` has no file", file]);
    let with = better_with("with = [\"../good\"]\n");
    refused(BETTER, &with, "../good", &["`../good` is no name"]);
}

#[test]
fn a_python_variant_without_a_file() {
    let file = "crates/misconceptions/fixture/python/best.py";
    refused("\"better\"", "\"python_best\"", "\"python_best\"", &["`python_best`", file]);
}

#[test]
fn two_variants_of_one_name() {
    refused(BETTER, "name = \"good\" # again\n", "# again", &["`good` is there twice"]);
}

#[test]
fn two_cases_of_one_name() {
    let again = "[[case]]\nname = \"only\" # again\n\n[[case]]";
    let fixture = Fixture::new(&["good"]);
    fixture.edit(TOML, "[[case]]", again);
    let line = 1 + fixture.read(TOML).lines().position(|line| line.starts_with("name = \"only\"")).unwrap();
    // The second of them is the one too many.
    refused_at_line(&fixture, line + 3, &["`only` is there twice"]);
}

#[test]
fn an_expectation_with_an_unknown_operator() {
    refused("\"== 42\" }", "\"=> 42\" }", "=> 42", &["`=> 42`", "== != < <= > >="]);
}

#[test]
fn an_expectation_without_a_number() {
    refused("\"== 42\" }", "\"== many\" }", "== many", &["`== many`", "a number"]);
}

#[test]
fn an_expectation_that_no_number_can_meet() {
    refused("\"== 42\" }", "\"== nan\" }", "== nan", &["`== nan`", "a number"]);
}

#[test]
fn an_expectation_of_an_unknown_figure() {
    refused("\"work.done\"", "\"wrok.done\"", "wrok", &["`wrok.done`", "work.NAME"]);
}

#[test]
fn an_expectation_that_is_a_bare_number() {
    refused("\"== 42\" }", "43 }", "43 }", &["integer `43`", "string"]);
}

#[test]
fn an_expectation_of_a_variant() {
    let expect = better_with("expect = { \"work.done\" = \"about 5\" }\n");
    refused(BETTER, &expect, "about 5", &["`about 5`"]);
}

#[test]
fn a_glob_that_matches_no_case() {
    refused(BETTER, &better_with("cases = [\"onyl\"]\n"), "onyl", &["`onyl` matches no case"]);
}

#[test]
fn a_tier_of_no_case() {
    refused(BETTER, &better_with("tier = { \"onyl\" = \"full\" }\n"), "onyl", &["`onyl` matches no case"]);
}

#[test]
fn versions_of_what_is_not_python() {
    for key in
        ["each_version = [\"only\"]", "each_version = true", "each_build = true", "needs_packages = true"]
    {
        let name = key.split(' ').next().unwrap();
        refused(BETTER, &better_with(&format!("{key}\n")), name, &["`better` is not Python"]);
    }
}

/// These lines of a variant in Python, and what the last of them is refused for.
#[track_caller]
fn refused_of_python(lines: &str, parts: &[&str]) {
    let fixture = Fixture::new(&["good", "python_better"]);
    fixture.write("crates/misconceptions/fixture/python/better.py", "\"\"\"Does nothing.\"\"\"\n");
    fixture.edit(TOML, "name = \"python_better\"\n", &format!("name = \"python_better\"\n{lines}\n"));
    let last = lines.lines().last().unwrap();
    let line = 1 + fixture.read(TOML).lines().position(|line| line == last).unwrap();
    refused_at_line(&fixture, line, parts);
}

#[test]
fn versions_of_no_case() {
    for key in ["each_version", "each_build"] {
        refused_of_python(&format!("{key} = [\"onyl\"]"), &["`onyl` matches no case"]);
        for value in ["[1]", "\"only\""] {
            refused_of_python(&format!("{key} = {value}"), &[key, "true or a list of globs"]);
        }
    }
}

#[test]
fn a_case_for_each_version_and_for_each_build() {
    refused_of_python(
        "each_version = true\neach_build = [\"only\"]",
        &["say one of each_version and each_build for `only`"],
    );
}

#[test]
fn a_tier_that_is_none() {
    refused(BETTER, &better_with("tier = { \"only\" = \"huge\" }\n"), "huge", &["`huge`", "full"]);
}

#[test]
fn a_glob_that_is_none() {
    refused(BETTER, &better_with("cases = [\"[\"] # no\n"), "# no", &["attern"]);
}

/// A figure with these lines, before the case.
#[track_caller]
fn refused_figure(lines: &str, at: &str, parts: &[&str]) {
    refused("[[case]]", &format!("[[figure]]\n{lines}\n[[case]]"), at, parts);
}

#[test]
fn a_figure_that_no_outcome_has() {
    let lines = "path = \"beats\"\ntitle = \"\"\n";
    refused_figure(lines, "beats", &["`beats` is no figure of an outcome", "metrics.NAME", "elapsed_s"]);
}

#[test]
fn an_unknown_key_of_a_figure() {
    let lines = "path = \"metrics.beats\"\ntitle = \"\"\nunit = \"s\"\n";
    refused_figure(lines, "unit", &["unknown field `unit`", "path", "title", "twin", "worst", "sum"]);
}

#[test]
fn a_figure_over_a_variant_that_is_none() {
    let lines = "path = \"metrics.beats\"\ntitle = \"Beats\"\nover = \"nobody\"";
    refused_figure(lines, "over", &["there is no variant `nobody`"]);
}

#[test]
fn a_figure_without_a_title() {
    refused_figure("path = \"metrics.beats\"\n", "[[figure]]", &["missing field `title`"]);
}

#[test]
fn a_figure_that_is_two_things_at_once() {
    let lines = "path = \"metrics.beats\"\ntitle = \"\"\ntwin = false\nworst = true\nsum = true\n";
    refused_figure(lines, "sum", &["one of twin, over, worst and sum"]);
    let lines = "path = \"metrics.beats\"\ntitle = \"\"\nworst = true\ntwin = true\n";
    refused_figure(lines, "worst", &["one of twin, over, worst and sum", "medians"]);
}

/// A timeline with these lines, before the case.
#[track_caller]
fn refused_timeline(lines: &str, at: &str, parts: &[&str]) {
    refused("[[case]]", &format!("[[timeline]]\ntitle = \"\"\n{lines}\n[[case]]"), at, parts);
}

const KINDS: &str = "kinds = [{ series = \"runs\", means = \"runs\" }]";

#[test]
fn a_timeline_of_a_case_or_a_variant_that_is_none() {
    let lines = format!("name = \"all\"\ncase = \"none\"\nvariants = []\n{KINDS}");
    refused_timeline(&lines, "none", &["there is no case `none`"]);
    let lines = format!("name = \"all\"\ncase = \"only\"\nvariants = [\"good\", \"nobody\"]\n{KINDS}");
    refused_timeline(&lines, "nobody", &["there is no variant `nobody` of the case `only`"]);
}

#[test]
fn a_timeline_of_a_variant_that_does_not_run_the_case() {
    let fixture = Fixture::new(&["good", "better"]);
    let lines =
        format!("name = \"all\"\ntitle = \"\"\ncase = \"only\"\nvariants = [\"better\"] # no\n{KINDS}");
    let other = format!("[[timeline]]\n{lines}\n\n[[case]]\nname = \"other\"\n\n[[case]]");
    fixture.edit(TOML, "[[case]]", &other);
    fixture.edit(TOML, BETTER, &better_with("cases = [\"other\"]\n"));
    let line = 1 + fixture.read(TOML).lines().position(|line| line.contains("# no")).unwrap();
    refused_at_line(&fixture, line, &["there is no variant `better` of the case `only`"]);
}

#[test]
fn a_timeline_that_shows_nothing_or_too_much() {
    let of =
        |kinds: &str| format!("name = \"all\"\ncase = \"only\"\nvariants = [\"good\"]\nkinds = [{kinds}]");
    refused_timeline(&of(""), "kinds", &["a timeline shows 1 to 3 kinds"]);
    let kind = "{ series = \"runs\", means = \"runs\" }";
    refused_timeline(&of(&[kind; 4].join(", ")), "kinds", &["a timeline shows 1 to 3 kinds"]);
}

#[test]
fn a_picture_of_nothing() {
    let lines = format!("name = \"all\"\ncase = \"only\"\nvariants = []\n{KINDS}");
    refused_timeline(&lines, "variants = []", &["nothing to draw"]);
    let chart = "[[chart]]\nname = \"all\"\ntitle = \"\"\npath = \"metrics.late_s\"\ncases = []\n\n[[case]]";
    refused("[[case]]", chart, "cases = []", &["nothing to draw"]);
}

#[test]
fn a_picture_whose_words_do_not_fit() {
    let kind = format!("kinds = [{{ series = \"runs\", means = \"{}\" }}]", "x".repeat(37));
    let lines = format!("name = \"all\"\ncase = \"only\"\nvariants = [\"good\"]\n{kind}");
    refused_timeline(&lines, &"x".repeat(37), &["room for 36 characters"]);
}

#[test]
fn a_timeline_whose_name_is_no_name() {
    let lines = format!("name = \"../all\"\ncase = \"only\"\nvariants = []\n{KINDS}");
    refused_timeline(&lines, "../all", &["`../all` is no name"]);
}

#[test]
fn a_chart_of_a_figure_or_a_case_that_is_none() {
    let refused_chart = |lines: &str, at: &str, parts: &[&str]| {
        refused("[[case]]", &format!("[[chart]]\ntitle = \"\"\n{lines}\n[[case]]"), at, parts);
    };
    let lines = "name = \"late\"\npath = \"late_s\"\ncases = []\n";
    refused_chart(lines, "late_s", &["`late_s` is no figure of an outcome"]);
    let lines = "name = \"late\"\npath = \"metrics.late_s\"\ncases = [\"only\", \"none\"]\n";
    refused_chart(lines, "none", &["there is no case `none`"]);
}

/// A curve with these lines, before the case.
#[track_caller]
fn refused_curve(lines: &str, at: &str, parts: &[&str]) {
    let curve = format!("[[curve]]\ntitle = \"\"\nseries = \"admitted\"\n{lines}\n[[case]]");
    refused("[[case]]", &curve, at, parts);
}

const ONLY: &str = "name = \"all\"\ncounts = \"admitted\"\ncase = \"only\"";

#[test]
fn a_curve_of_a_case_or_a_variant_that_is_none() {
    refused_curve("name = \"all\"\ncounts = \"\"\ncase = \"none\"", "none", &["there is no case `none`"]);
    let lines = format!("{ONLY}\nvariants = [\"good\", \"nobody\"]");
    refused_curve(&lines, "nobody", &["there is no variant `nobody` of the case `only`"]);
    refused_curve(&format!("{ONLY}\nvariants = []"), "variants", &["nothing to draw"]);
}

#[test]
fn a_curve_of_a_variant_that_does_not_run_the_case() {
    let fixture = Fixture::new(&["good", "better"]);
    let curve = format!("[[curve]]\ntitle = \"\"\nseries = \"\"\n{ONLY}\nvariants = [\"better\"] # no\n");
    fixture.edit(TOML, "[[case]]", &format!("{curve}\n[[case]]\nname = \"other\"\n\n[[case]]"));
    fixture.edit(TOML, BETTER, &better_with("cases = [\"other\"]\n"));
    let line = 1 + fixture.read(TOML).lines().position(|line| line.contains("# no")).unwrap();
    refused_at_line(&fixture, line, &["there is no variant `better` of the case `only`"]);
}

#[test]
fn an_unknown_or_a_missing_key_of_a_curve() {
    let known = ["name", "title", "case", "series", "counts", "variants"];
    let parts = [&["unknown field `colour`"][..], &known].concat();
    refused_curve(&format!("{ONLY}\ncolour = \"red\""), "colour", &parts);
    refused_curve("name = \"all\"\ncase = \"only\"", "[[curve]]", &["missing field `counts`"]);
}

#[test]
fn a_variant_that_is_shown_twice() {
    let lines = "variants = [\"good\", \"good\"] # again";
    refused_curve(&format!("{ONLY}\n{lines}"), "# again", &["`good` is there twice"]);
    let lines = format!("name = \"all\"\ncase = \"only\"\n{lines}\n{KINDS}");
    refused_timeline(&lines, "# again", &["`good` is there twice"]);
}

#[test]
fn a_curve_whose_words_do_not_fit() {
    let counts = "x".repeat(37);
    let lines = format!("name = \"all\"\ncase = \"only\"\ncounts = \"{counts}\"");
    refused_curve(&lines, &counts, &["room for 36 characters"]);
}

#[test]
fn a_curve_of_more_variants_than_can_be_told_apart() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let line = |variants: &str| {
        let fixture = Fixture::new(&names);
        let curve = format!("[[curve]]\ntitle = \"\"\nseries = \"\"\n{ONLY} # all\n{variants}\n[[case]]");
        fixture.edit(TOML, "[[case]]", &curve);
        (1 + fixture.read(TOML).lines().position(|line| line.contains("# all")).unwrap(), fixture)
    };
    let parts = ["9 variants cannot be told apart", "at most 8"];
    let (case, fixture) = line("");
    refused_at_line(&fixture, case, &parts);
    let (case, fixture) = line(&format!("variants = {names:?}"));
    refused_at_line(&fixture, case + 1, &parts);
    let (_, fixture) = line(&format!("variants = {:?}", &names[1..]));
    fixture.xtask(&["list"]).exits(0);
}

/// A growth with these lines, before the case, which is one of a series.
#[track_caller]
fn refused_growth(lines: &str, at: &str, parts: &[&str]) {
    let growth =
        format!("[[growth]]\nname = \"all\"\ntitle = \"\"\nn = \"tasks\"\n{lines}\n[[case]]\nsize = 1");
    refused("[[case]]", &growth, at, parts);
}

#[test]
fn a_growth_of_what_is_not_there() {
    let of = |variants: &str| format!("figure = \"time\"\nvariants = {variants}\n");
    refused_growth(&of("[\"good\", \"nobody\"]"), "nobody", &["there is no variant `nobody`"]);
    refused_growth(&of("[]"), "variants", &["nothing to draw"]);
    refused_growth(&of("[\"good\", \"good\"]"), "variants", &["`good` is there twice"]);
    let crossing = of("[\"good\"]") + "crossing = [\"good\", \"better\"]";
    refused_growth(&crossing, "crossing", &["between two of the variants that are shown"]);
    let speed = "figure = \"speed\"\nvariants = [\"good\"]";
    refused_growth(
        speed,
        "figure",
        &["unknown variant `speed`", "time", "memory", "address-space", "speed-up"],
    );
}

#[test]
fn a_growth_without_an_n() {
    let lines = "[[growth]]\nname = \"all\"\ntitle = \"\"\nn = \"\"\nfigure = \"time\"\nvariants = [\"good\"]\n\n[[case]]";
    refused("[[case]]", lines, "name = \"all\"", &["no case has a size: there is no n"]);
}

#[test]
fn two_pictures_of_one_name() {
    let lines = format!("name = \"all\"\ntitle = \"\"\ncase = \"only\"\nvariants = [\"good\"]\n{KINDS}");
    let chart = "name = \"all\" # again\ntitle = \"\"\npath = \"metrics.late_s\"\ncases = [\"only\"]";
    let both = format!("[[timeline]]\n{lines}\n\n[[chart]]\n{chart}\n\n[[case]]");
    refused("[[case]]", &both, "# again", &["`all` is there twice"]);
    let curve = "name = \"all\" # again\ntitle = \"\"\ncase = \"only\"\nseries = \"\"\ncounts = \"\"";
    let both = format!("[[timeline]]\n{lines}\n\n[[curve]]\n{curve}\n\n[[case]]");
    refused("[[case]]", &both, "# again", &["`all` is there twice"]);
}

/// Dependencies of the second variant, in a workspace whose table has one crate with a version, and one without.
#[track_caller]
fn refused_dependencies(dependencies: &str, parts: &[&str]) {
    let fixture = Fixture::new(&["good", "better"]);
    let table = "\n[workspace.dependencies]\nfastrand = \"2\"\nours = { path = \"crates/ours\" }\n";
    fixture.write("Cargo.toml", &(fixture.read("Cargo.toml") + table));
    fixture.edit(TOML, BETTER, &better_with(&format!("dependencies = {{ {dependencies} }}\n")));
    let line = 1 + fixture.read(TOML).lines().position(|line| line.starts_with("dependencies")).unwrap();
    refused_at_line(&fixture, line, parts);
}

#[test]
fn a_dependency_that_has_no_version() {
    refused_dependencies("fastrand = {}, nothing = {}", &["`nothing` has no version", "Cargo.toml"]);
    refused_dependencies("ours = {}", &["`ours` has no version", "Cargo.toml"]);
}

#[test]
fn an_unknown_key_of_a_dependency() {
    refused_dependencies(
        "fastrand = { version = \"2\" }",
        &["unknown field `version`", "features", "default-features"],
    );
}

#[test]
fn a_dependency_that_is_no_table() {
    refused_dependencies("fastrand = \"2\"", &["string"]);
    refused_dependencies("fastrand = { features = \"alloc\" }", &["string"]);
    refused_dependencies("fastrand = { default-features = 0 }", &["integer", "bool"]);
}

#[test]
fn a_note_that_is_not_one_line() {
    for key in ["when", "setup"] {
        for text in ["\"\"", "\"one\\ntwo\""] {
            refused(BETTER, &better_with(&format!("{key} = {text} # no\n")), "# no", &["one line"]);
        }
    }
}

#[test]
fn an_unknown_role() {
    refused(
        &better_with("model = \"serial\"\nrole = \"right\"\n"),
        &better_with("model = \"serial\"\nrole = \"hero\"\n"),
        "hero",
        &["`hero`", "right", "wrong", "floor", "library"],
    );
}

#[test]
fn an_unknown_model() {
    refused(
        &better_with("model = \"serial\"\n"),
        &better_with("model = \"fibres\"\n"),
        "fibres",
        &["`fibres`", "threads", "async", "processes", "serial"],
    );
}

#[test]
fn an_unknown_tier() {
    refused("tier = \"quick\"", "tier = \"tiny\"", "tiny", &["`tiny`", "quick", "default", "full"]);
}

#[test]
fn a_size_that_is_no_positive_whole_number() {
    for size in ["0", "-1"] {
        refused("tier = \"quick\"", &format!("size = {size}"), "size", &["size", "positive whole number"]);
    }
    refused("tier = \"quick\"", "size = 1.5", "size", &["floating point", "1.5"]);
    refused("tier = \"quick\"", "size = \"10\"", "size", &["string"]);
}

#[test]
fn two_cases_of_one_size() {
    let again = "size = 10\n\n[[case]]\nname = \"again\"\nsize = 10 # again\n";
    refused("tier = \"quick\"", again, "# again", &["the size 10 is there twice"]);
}

#[test]
fn an_unknown_need() {
    refused("title =", "needs = [\"luck\"]\ntitle =", "luck", &["`luck`", "origin"]);
}

#[test]
fn an_unknown_twin() {
    refused(BETTER, &better_with("twin = \"nobody\"\n"), "nobody", &["the twin `nobody` is no variant"]);
}

#[test]
fn a_variant_that_is_its_own_twin() {
    refused(BETTER, &better_with("twin = \"better\" # no\n"), "# no", &["`better`", "twin"]);
}

#[test]
fn a_claim_of_no_claims_form() {
    refused("[\"R1\"]", "[\"first\"]", "first", &["`first` is no claim"]);
}

#[test]
fn a_name_that_leads_out_of_the_folder() {
    refused("\"better\"", "\"../better\"", "../better", &["`../better` is no name", "a-z, 0-9, _ and -"]);
}

#[test]
fn a_name_of_a_case_with_a_space() {
    refused("\"only\"", "\"Only one\"", "Only one", &["`Only one` is no name"]);
}

#[test]
fn a_name_that_is_empty() {
    refused("\"only\"", "\"\"", "\"\"", &["`` is no name"]);
}

#[test]
fn a_timeout_that_is_no_positive_number() {
    for timeout in ["0", "-1", "nan", "inf"] {
        refused("timeout_s = 60", &format!("timeout_s = {timeout}"), "timeout_s", &["positive"]);
    }
    refused("timeout_s = 60", "timeout_s = \"60\"", "timeout_s", &["string"]);
}

#[test]
fn list_and_tidy_refuse_it_alike() {
    let fixture = Fixture::new(&["good"]);
    fixture.edit(TOML, "timeout_s = 60", "timeout_s = 0");
    for command in ["list", "tidy", "report"] {
        let ended = fixture.xtask(&[command]).exits(1).says_one_error();
        assert!(ended.stderr.starts_with(&format!("error: {TOML}:3: ")), "{ended}");
    }
}

#[test]
fn an_edition_or_a_rust_that_there_is_not() {
    let lines = better_with("edition = \"2020\"\n");
    refused("name = \"better\"\n", &lines, "2020", &["`2020` is no edition", "2015, 2018, 2021, 2024"]);
    for version in ["new", "", "1.2.3.4"] {
        let lines = better_with(&format!("rust_version = \"{version}\"\n"));
        refused("name = \"better\"\n", &lines, "rust_version", &["is no version of Rust"]);
    }
}
