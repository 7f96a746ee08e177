//! What is wrong in an experiment.toml is told with its line, before anything is built or measured.

mod fixture;

use fixture::{EXPERIMENT, Fixture, TOML};

/// Stands in a test's text at the end of the line that is to be named, and is taken out before the file is written.
const HERE: &str = " # here";

/// What stands in the place of `@`, and what the message must say of it.
type Row<'a> = (&'a str, &'a [&'a str]);

/// An experiment with two cases, of which `idle` runs the second alone, in a workspace that has a crate with a version and one without.
fn fixture() -> Fixture {
    let fixture = Fixture::new(&["good", "better", "idle"]);
    let table = "\n[workspace.dependencies]\nfastrand = \"2\"\nours = { path = \"crates/ours\" }\n";
    fixture.write("Cargo.toml", &(fixture.read("Cargo.toml") + table));
    fixture.write(&format!("{EXPERIMENT}/python/snake.py"), "\"\"\"Does nothing.\"\"\"\n");
    let snake = "\n[[variant]]\nname = \"python_snake\"\nmodel = \"serial\"\nrole = \"right\"\n";
    let other = "cases = [\"other\"]\n\n[[case]]\nname = \"other\"\n";
    fixture.write(TOML, &(fixture.read(TOML) + other + snake));
    fixture
}

/// Runs bench-all with `old`, which is there once, replaced by `new` for each of the rows. If several lines are marked, the last of
/// them is to be named.
#[track_caller]
fn refused(old: &str, new: &str, rows: &[Row]) {
    let fixture = fixture();
    let whole = fixture.read(TOML);
    assert_eq!(whole.matches(old).count(), 1, "{old:?} in:\n{whole}");
    for (row, parts) in rows {
        refused_as_a_whole(&fixture, &whole.replace(old, &new.replace('@', row)), parts);
    }
}

#[track_caller]
fn refused_as_a_whole(fixture: &Fixture, marked: &str, parts: &[&str]) {
    let (before, _) = marked.rsplit_once(HERE).expect("a line that is marked");
    fixture.write(TOML, &marked.replace(HERE, ""));
    let ended = fixture.bench(&["--quick"]).exits(1).says(parts).says_one_error();
    let place = format!("error: {TOML}:{}: ", 1 + before.matches('\n').count());
    assert!(ended.stderr.starts_with(&place), "not {place:?} of\n{marked}\n{ended}");
    fixture.has_measured_nothing();
}

#[test]
fn the_head() {
    refused(
        "title =",
        "@ # here\ntitle =",
        &[
            ("colour = \"red\"", &["unknown field `colour`"]),
            ("needs = [\"luck\"]", &["`luck`", "origin"]),
            ("[[case", &["`]]`"]),
        ],
    );
    refused(
        "title = \"A fixture\"\nclaims = [\"R1\"]\n",
        "@",
        &[
            ("claims = [\"R1\"] # here\n", &["missing field `title`"]),
            ("title = \"\"\nclaims = [\"first\"] # here\n", &["`first` is no claim"]),
        ],
    );
    let timeout = |rows: &[Row]| refused("timeout_s = 60", "timeout_s = @ # here", rows);
    timeout(&["0", "-1", "nan", "inf"].map(|number| -> Row { (number, &["positive"]) }));
    timeout(&[("\"60\"", &["string"])]);
}

#[test]
fn an_empty_file_or_no_case_or_no_variant() {
    let fixture = fixture();
    refused_as_a_whole(&fixture, " # here", &["missing field"]);
    let head = "title = \"\"\nclaims = []\ntimeout_s = 1\nanalysis = \"\"\n";
    let no_case = "case = [] # here\n[[variant]]\nname = \"good\"\nmodel = \"serial\"\nrole = \"right\"\n";
    refused_as_a_whole(&fixture, &format!("{head}{no_case}"), &["case"]);
    let no_variant = "variant = [] # here\n[[case]]\nname = \"only\"\n";
    refused_as_a_whole(&fixture, &format!("{head}{no_variant}"), &["variant"]);
}

#[test]
fn a_file_that_is_no_text() {
    let fixture = fixture();
    std::fs::write(fixture.path(TOML), [b't', 0xff]).unwrap();
    fixture.bench(&["--quick"]).exits(1).says_one_error().says(&[TOML, "UTF-8"]);
    fixture.has_measured_nothing();
}

#[test]
fn list_tidy_and_report_refuse_it_alike() {
    let fixture = fixture();
    fixture.xtask(&["list"]).exits(0);
    fixture.edit(TOML, "timeout_s = 60", "timeout_s = 0");
    for command in ["list", "tidy", "report"] {
        let ended = fixture.xtask(&[command]).exits(1).says_one_error();
        assert!(ended.stderr.starts_with(&format!("error: {TOML}:3: ")), "{ended}");
    }
}

#[test]
fn a_case() {
    refused(
        "\"only\"",
        "@ # here",
        &[
            ("\"Only one\"", &["`Only one` is no name"]),
            ("\"\"", &["`` is no name"]),
            // The second of them is the one too many.
            ("\"only\"\n\n[[case]]\nname = \"only\"", &["`only` is there twice"]),
        ],
    );
    refused(
        "tier = \"quick\"",
        "@ # here",
        &[
            ("arguments = []", &["unknown field `arguments`", "args"]),
            ("tier = \"tiny\"", &["`tiny`", "quick", "default", "full"]),
            ("size = 0", &["size", "positive whole number"]),
            ("size = -1", &["size", "positive whole number"]),
            ("size = 1.5", &["floating point", "1.5"]),
            ("size = \"10\"", &["string"]),
            ("size = 10\n\n[[case]]\nname = \"again\"\nsize = 10", &["the size 10 is there twice"]),
        ],
    );
}

#[test]
fn an_expectation() {
    refused(
        "\"work.done\" = \"== 42\" }",
        "@ } # here",
        &[
            ("\"work.done\" = \"=> 42\"", &["`=> 42`", "== != < <= > >="]),
            ("\"work.done\" = \"== many\"", &["`== many`", "a number"]),
            // No number can meet it.
            ("\"work.done\" = \"== nan\"", &["`== nan`", "a number"]),
            ("\"work.done\" = 43", &["integer `43`", "string"]),
            ("\"wrok.done\" = \"== 42\"", &["`wrok.done`", "work.NAME"]),
        ],
    );
}

#[test]
fn a_variant() {
    refused(
        "\"better\"",
        "@ # here",
        &[
            ("\"best\"", &["`best`", "crates/misconceptions/fixture/src/best.rs"]),
            ("\"python_best\"", &["`python_best`", "crates/misconceptions/fixture/python/best.py"]),
            ("\"good\"", &["`good` is there twice"]),
            ("\"../better\"", &["`../better` is no name", "a-z, 0-9, _ and -"]),
        ],
    );
    refused(
        "[[variant]]\nname = \"better\"\nmodel = \"serial\"\nrole = \"right\"\n",
        "[[variant]] # here\nname = \"better\"\n@\n",
        &[
            ("role = \"right\"", &["missing field `model`"]),
            (
                "model = \"fibres\" # here\nrole = \"right\"",
                &["`fibres`", "threads", "async", "processes", "serial"],
            ),
            ("model = \"serial\"\nrole = \"hero\" # here", &["`hero`", "right", "wrong", "floor", "library"]),
        ],
    );
    refused(
        "name = \"better\"\n",
        "name = \"better\"\n@ # here\n",
        &[
            ("size = 3", &["unknown field `size`"]),
            ("expect = { \"work.done\" = \"about 5\" }", &["`about 5`"]),
            ("cases = [\"onyl\"]", &["`onyl` matches no case"]),
            ("cases = [\"[\"]", &["attern"]),
            ("tier = { \"onyl\" = \"full\" }", &["`onyl` matches no case"]),
            ("tier = { \"only\" = \"huge\" }", &["`huge`", "full"]),
            ("twin = \"nobody\"", &["the twin `nobody` is no variant"]),
            ("twin = \"better\"", &["`better`", "twin"]),
            ("each_version = [\"only\"]", &["`better` is not Python"]),
            ("each_version = true", &["`better` is not Python"]),
            ("each_build = true", &["`better` is not Python"]),
            ("needs_packages = true", &["`better` is not Python"]),
        ],
    );
}

#[test]
fn a_variant_in_python() {
    refused(
        "name = \"python_snake\"\n",
        "name = \"python_snake\"\n@ # here\n",
        &[
            ("each_version = [\"onyl\"]", &["`onyl` matches no case"]),
            ("each_version = [1]", &["each_version", "true or a list of globs"]),
            ("each_version = \"only\"", &["each_version", "true or a list of globs"]),
            ("each_build = [\"onyl\"]", &["`onyl` matches no case"]),
            ("each_build = [1]", &["each_build", "true or a list of globs"]),
            ("each_build = \"only\"", &["each_build", "true or a list of globs"]),
            (
                "each_version = true\neach_build = [\"only\"]",
                &["say one of each_version and each_build for `only`"],
            ),
        ],
    );
}

#[test]
fn what_copy_needs_of_a_variant() {
    let piece = "crates/misconceptions/fixture/src/fixture/piece.rs";
    let editions = "2015, 2018, 2021, 2024";
    refused(
        "name = \"better\"\n",
        "name = \"better\"\n@ # here\n",
        &[
            ("with = [\"piece\"]", &["`piece` has no file", piece]),
            ("with = [\"../good\"]", &["`../good` is no name"]),
            ("when = \"\"", &["one line"]),
            ("when = \"one\\ntwo\"", &["one line"]),
            ("setup = \"\"", &["one line"]),
            ("setup = \"one\\ntwo\"", &["one line"]),
            ("edition = \"2020\"", &["`2020` is no edition", editions]),
            ("rust_version = \"new\"", &["is no version of Rust"]),
            ("rust_version = \"\"", &["is no version of Rust"]),
            ("rust_version = \"1.2.3.4\"", &["is no version of Rust"]),
        ],
    );
    refused(
        "name = \"better\"\n",
        "name = \"better\"\ndependencies = { @ } # here\n",
        &[
            ("fastrand = {}, nothing = {}", &["`nothing` has no version", "Cargo.toml"]),
            ("ours = {}", &["`ours` has no version", "Cargo.toml"]),
            ("fastrand = { version = \"2\" }", &["unknown field `version`", "features", "default-features"]),
            ("fastrand = \"2\"", &["string"]),
            ("fastrand = { features = \"alloc\" }", &["string"]),
            ("fastrand = { default-features = 0 }", &["integer", "bool"]),
        ],
    );
}

/// A table of this kind before the first case, with what all of the rows have.
#[track_caller]
fn refused_table(kind: &str, all_have: &str, rows: &[Row]) {
    let new = format!("[[{kind}]] # here\n{all_have}\n@\n\n[[case]]\nname = \"only\"");
    refused("[[case]]\nname = \"only\"", &new, rows);
}

/// The same with a title.
#[track_caller]
fn refused_titled(kind: &str, all_have: &str, rows: &[Row]) {
    refused_table(kind, &format!("title = \"\"\n{all_have}"), rows);
}

#[test]
fn a_figure() {
    let is_none = ["`beats` is no figure of an outcome", "metrics.NAME", "elapsed_s"];
    let one_of = "one of twin, over, worst and sum";
    refused_table("figure", "", &[("path = \"metrics.beats\"", &["missing field `title`"])]);
    refused_titled("figure", "", &[("path = \"beats\" # here", &is_none)]);
    refused_titled(
        "figure",
        "path = \"metrics.beats\"",
        &[
            ("unit = \"s\" # here", &["unknown field `unit`", "path", "title", "twin", "worst", "sum"]),
            ("over = \"nobody\" # here", &["there is no variant `nobody`"]),
            ("twin = false\nworst = true\nsum = true # here", &[one_of]),
            ("worst = true # here\ntwin = true", &[one_of, "medians"]),
        ],
    );
}

const KIND: &str = "{ series = \"runs\", means = \"runs\" }";
/// One character more than there is room for.
const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

#[test]
fn the_variants_of_a_picture_of_one_case() {
    let timeline = format!("name = \"all\"\ncase = \"only\"\nkinds = [{KIND}]");
    let curve = "name = \"all\"\ncase = \"only\"\nseries = \"admitted\"\ncounts = \"admitted\"";
    for (kind, all_have) in [("timeline", &*timeline), ("curve", curve)] {
        refused_titled(
            kind,
            all_have,
            &[
                ("variants = [] # here", &["nothing to draw"]),
                ("variants = [\"good\", \"nobody\"] # here", &["no variant `nobody` of the case `only`"]),
                ("variants = [\"idle\"] # here", &["there is no variant `idle` of the case `only`"]),
                ("variants = [\"good\", \"good\"] # here", &["`good` is there twice"]),
            ],
        );
    }
}

#[test]
fn a_timeline() {
    refused_titled(
        "timeline",
        &format!("kinds = [{KIND}]\nvariants = []"),
        &[
            ("name = \"../all\" # here\ncase = \"only\"", &["`../all` is no name"]),
            ("name = \"all\"\ncase = \"none\" # here", &["there is no case `none`"]),
        ],
    );
    let four = [KIND; 4].join(", ");
    let long = KIND.replace("means = \"runs\"", &format!("means = \"{LONG}\""));
    for (kinds, part) in
        [("", "shows 1 to 3 kinds"), (&four, "shows 1 to 3 kinds"), (&long, "room for 36 characters")]
    {
        let all_have = "name = \"all\"\ncase = \"only\"\nvariants = [\"good\"]";
        refused_titled("timeline", all_have, &[(&format!("kinds = [{kinds}] # here"), &[part])]);
    }
}

#[test]
fn a_chart() {
    refused_titled(
        "chart",
        "name = \"late\"",
        &[
            ("path = \"late_s\" # here\ncases = []", &["`late_s` is no figure of an outcome"]),
            ("path = \"metrics.late_s\"\ncases = [] # here", &["nothing to draw"]),
            ("path = \"metrics.late_s\"\ncases = [\"only\", \"none\"] # here", &["there is no case `none`"]),
        ],
    );
}

#[test]
fn a_curve() {
    let known = ["unknown field `colour`", "name", "title", "case", "series", "counts", "variants"];
    refused_titled(
        "curve",
        "name = \"all\"\nseries = \"admitted\"",
        &[
            ("case = \"only\"", &["missing field `counts`"]),
            ("counts = \"\"\ncase = \"none\" # here", &["there is no case `none`"]),
            ("counts = \"\"\ncase = \"only\"\ncolour = \"red\" # here", &known),
            (&format!("counts = \"{LONG}\" # here\ncase = \"only\""), &["room for 36 characters"]),
        ],
    );
}

#[test]
fn a_curve_of_more_variants_than_can_be_told_apart() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let fixture = Fixture::new(&names);
    let whole = fixture.read(TOML);
    let with = |lines: &str| {
        let curve = "[[curve]]\nname = \"all\"\ntitle = \"\"\nseries = \"\"\ncounts = \"\"";
        whole.replace("[[case]]", &format!("{curve}\n{lines}\n\n[[case]]"))
    };
    let parts = ["9 variants cannot be told apart", "at most 8"];
    refused_as_a_whole(&fixture, &with("case = \"only\" # here"), &parts);
    refused_as_a_whole(&fixture, &with(&format!("case = \"only\"\nvariants = {names:?} # here")), &parts);
    fixture.write(TOML, &with(&format!("case = \"only\"\nvariants = {:?}", &names[1..])));
    fixture.xtask(&["list"]).exits(0);
}

#[test]
fn a_growth() {
    let growth =
        "[[growth]]\nname = \"all\" # here\ntitle = \"\"\nn = \"tasks\"\n@\n\n[[case]]\nname = \"only\"\n";
    let time = growth.replace('@', "figure = \"time\"\n@");
    let refused = |new: &str, rows: &[Row]| refused("[[case]]\nname = \"only\"\n", new, rows);
    refused(&time, &[("variants = [\"good\"]", &["no case has a size: there is no n"])]);
    let figures = ["unknown variant `speed`", "time", "memory", "address-space", "speed-up"];
    let speed = "figure = \"speed\" # here\nvariants = [\"good\"]";
    refused(&(growth.to_owned() + "size = 1\n"), &[(speed, &figures)]);
    refused(
        &(time + "size = 1\n"),
        &[
            ("variants = [] # here", &["nothing to draw"]),
            ("variants = [\"good\", \"nobody\"] # here", &["there is no variant `nobody`"]),
            ("variants = [\"good\", \"good\"] # here", &["`good` is there twice"]),
            (
                "variants = [\"good\"]\ncrossing = [\"good\", \"better\"] # here",
                &["between two of the variants that are shown"],
            ),
        ],
    );
}

#[test]
fn two_pictures_of_one_name() {
    let kinds = "kinds = [{ series = \"runs\", means = \"runs\" }]";
    let first = format!("name = \"all\"\ntitle = \"\"\ncase = \"only\"\nvariants = [\"good\"]\n{kinds}\n\n");
    let chart =
        "[[chart]]\nname = \"all\" # here\ntitle = \"\"\npath = \"metrics.late_s\"\ncases = [\"only\"]";
    let curve =
        "[[curve]]\nname = \"all\" # here\ntitle = \"\"\ncase = \"only\"\nseries = \"\"\ncounts = \"\"";
    for second in [chart, curve] {
        refused_table("timeline", "", &[(&(first.clone() + second), &["`all` is there twice"])]);
    }
}
