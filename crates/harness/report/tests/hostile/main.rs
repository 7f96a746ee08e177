//! What someone else's data file may hold, in each of its fields: it is refused when it is read, or it shows as text on each page.
//!
//! A page in which a field is hostile must have the very elements and attributes that it has if the field is harmless.

mod seen;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use bench::data::Data;
use bench::experiment::Experiment;
use bench::synthetic::experiment_in;
use bench::text::{Name, Text, clean};
use judge::{Agreement, Cell, Crossing, JudgedLeaf, Judgement, Summary, Tree, Verdict, Verdicts};
use report::plot::{self, Plot};
use report::{html, page};
use seen::{parsed, render, words};

const PAYLOADS: [&str; 24] = [
    "\"><script>document.title=\"PWNED\"</script>",
    "<script>document.title='PWNED'</script>",
    "<img src=x onerror=\"document.title='PWNED'\">",
    "x'<img src=x onerror=\"document.title='PWNED'\">'y",
    "<svg onload=document.title='PWNED'>",
    "\" onmouseover=\"document.title='PWNED'\" x=\"",
    "' autofocus onfocus='document.title=1",
    "[x](javascript:document.title=1)",
    "![x](http://example.org/pixel.png)",
    "<javascript:alert(1)> <http://example.org> <a@example.org>",
    "[x]: javascript:alert(1) \"x\"",
    "</td></table></section></main><h1>taken over</h1>",
    "a | b || c |",
    "`` ` `code` **bold** *it* _under_ __score__ ~~gone~~ $x$",
    "line\n\n## The experiments\n\n- point\n\n<b>html</b>\n",
    "\u{1b}]0;PWNED\u{7}\u{1b}[31mred\u{1b}[2J\u{9b}31m",
    "<![CDATA[ <b> ]]> --> <!-- x",
    "a\0b\u{8}c",
    "\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}",
    "&lt;b&gt; &#60;b&#62; &amp; &copy",
    "</style><style>*{display:none}</style></script><script>1</script>",
    "<!-- end results --> <!-- begin headline: written by `cargo xtask report` -->",
    "{{ constructor }} ${1+1} %3Cscript%3E \\\\<b>\\",
    "<details open ontoggle=alert(1)><base href=//example.org><meta http-equiv=refresh content=0>",
];

/// What shows as it is, in every field that may hold any text.
const TEXTS: [&str; 9] = [
    "/toolchain",
    "/build/RUSTFLAGS",
    "/hyperfine",
    "/machine/processor",
    "/machine/system",
    "/rows/0/args/0",
    "/rows/0/interpreter",
    "/rows/1/reason",
    "/rows/2/outcomes/0/refused/detail",
];

/// What is a name, a moment or a number, or is shown nowhere.
const OTHERS: [&str; 14] = [
    "/experiment",
    "/machine/label",
    "/started",
    "/commit",
    "/size",
    "/rows/0/case",
    "/rows/0/variant",
    "/rows/0/status",
    "/rows/0/times_s/0",
    "/rows/0/outcomes/0/experiment",
    "/rows/0/outcomes/0/variant",
    "/rows/0/outcomes/0/case",
    "/rows/0/outcomes/0/sequence",
    "/machine/cores",
];

/// Objects whose keys are not ours.
const KEYED: [&str; 6] = [
    "/build",
    "/rows/0/outcomes/0/metrics",
    "/rows/0/outcomes/0/series",
    "/rows/0/outcomes/0/errors",
    "/rows/0/outcomes/0/witness",
    "/rows/0/outcomes/0/witness/by_path",
];

const TABLES: &str = "[[timeline]]
name = \"all\"
title = \"Runs\"
case = \"only\"
variants = [\"good\", \"better\"]
kinds = [{ series = \"runs\", means = \"runs\" }]

[[chart]]
name = \"cpu\"
title = \"CPU\"
path = \"cpu.user_s\"
cases = [\"only\"]
";

fn outcome(variant: &str, sequence: u64) -> Value {
    json!({
        "schema": 1, "experiment": "demo", "variant": variant, "case": "only", "elapsed_s": 0.5,
        "work": {"expected": 2, "done": 2}, "metrics": {"harmless": 1.0}, "series": {"runs_harmless": [[0.0, 0.5]]},
        "cpu": {"user_s": 0.1, "system_s": 0.0},
        "memory": {"hwm_bytes": 1, "peak_virtual_bytes": 2, "page_table_bytes": 3, "kernel_stack_bytes": null},
        "threads_peak": 1, "switches": {"voluntary": 0, "involuntary": 0}, "refused": null,
        "errors": {"harmless": 1}, "sequence": sequence,
        "witness": {"finished": 2, "peak_in_flight": 1, "by_path": {"harmless": 2}}
    })
}

/// Data with a row of each kind.
fn harmless() -> Value {
    let mut refused = outcome("silent", 2);
    refused["refused"] = json!({"at": 9, "limit": "pid_max", "detail": "harmless"});
    json!({
        "schema": 1, "experiment": "demo",
        "machine": {"label": "box", "processor": "harmless", "cores": 2, "memory_bytes": 1, "system": "harmless"},
        "toolchain": "harmless", "hyperfine": "harmless", "commit": "34028a0e7ee8", "dirty": true,
        "started": "2026-11-25 14:43:33 UTC", "size": "default", "complete": true, "measuring_s": 1.0,
        "load": {"before": 0.5, "after": null}, "build": {"RUSTFLAGS": "harmless"},
        "rows": [
            {"case": "only", "args": ["harmless"], "variant": "good", "interpreter": "harmless", "status": "ok",
                "reason": null, "times_s": [0.75], "outcomes": [outcome("good", 1)]},
            {"case": "only", "args": [], "variant": "better", "status": "failed", "reason": "harmless", "times_s": [],
                "outcomes": []},
            {"case": "only", "args": [], "variant": "silent", "status": "refused", "reason": "refused at 9: pid_max",
                "times_s": [], "outcomes": [refused]}
        ]
    })
}

/// An experiment, and a folder for data.
struct Demo {
    root: TempDir,
    experiments: Vec<Experiment>,
}

/// All that is written of some data.
struct Written {
    markdown: String,
    html: String,
    pictures: Vec<String>,
}

impl Demo {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let experiments = vec![experiment_in(root.path(), TABLES)];
        Self { root, experiments }
    }

    fn read(&self, data: &Value) -> Result<Data, String> {
        let file = self.root.path().join("demo.json");
        fs::write(&file, data.to_string()).unwrap();
        Data::read(&file).map_err(|error| format!("{error:#}"))
    }

    /// `words` is what an evidence quotes.
    fn write(&self, data: Data, words: &str) -> Written {
        let experiment = &self.experiments[0];
        let judgement = |language: &'static str| Judgement {
            id: "R1".to_owned(),
            language: language.into(),
            verdict: Verdict::Fails,
            finding: words.into(),
            evidence: Text::from(format!("threads: {words}; {words} (more; {words})")).into(),
            threshold: "a rule".into(),
            says: "a claim".to_owned(),
            experiment: "demo".to_owned(),
            variants: BTreeSet::new(),
        };
        let judgements = vec![judgement("rust"), judgement("python")];
        let leaf = JudgedLeaf {
            path: vec!["CPU-bound".into()],
            model: words.into(),
            agreement: Agreement::Agree,
            finding: words.into(),
            evidence: words.into(),
            rule: words.into(),
        };
        let crossing = Crossing {
            experiment: Name::of("demo"),
            language: Name::of("rust"),
            threads: Name::of("good"),
            tasks: Name::of("better"),
            figure: words.into(),
            from: None,
            words: words.into(),
        };
        let tree = Tree { leaves: vec![leaf], crossings: vec![crossing] };
        let plots: Vec<Plot> = plot::plots(experiment, &data);
        let own = page::experiment(experiment, &data, &plots, &judgements, page::Extent::Whole);
        let data = [data];
        let rows = vec![("a row".to_owned(), vec![Cell::Measured("1".to_owned())])];
        let summary = Summary { columns: vec!["threads".to_owned()], rows };
        let verdicts = Verdicts { judgements, tree, summary };
        let overview = page::machine(&data, &self.experiments, &[], &verdicts);
        let machine = html::Machine {
            label: "box".to_owned(),
            judgements: &verdicts.judgements,
            data: &data,
            overview: &overview,
            picture: plots.first(),
        };
        let shown = html::Shown { experiment, page: &own, plots: &plots };
        let html = html::html(self.root.path(), &[machine], &[shown]).unwrap();
        let pictures = plots.into_iter().map(|plot| plot.svg).collect();
        Written { markdown: own + "\n" + &overview, html, pictures }
    }
}

impl Written {
    /// Every page and every picture as a browser gets it.
    fn pages(&self) -> Vec<String> {
        let html = [self.html.clone(), render(&self.markdown)];
        html.into_iter().chain(self.pictures.iter().cloned()).collect()
    }
}

/// The elements of the pages of harmless data.
struct Expected {
    pages: Vec<Vec<String>>,
    all: BTreeSet<String>,
}

impl Expected {
    fn of(harmless: &Written) -> Self {
        let pages: Vec<_> = harmless.pages().iter().map(|page| parsed(page).0).collect();
        Self { all: pages.iter().flatten().cloned().collect(), pages }
    }

    /// The same elements on every page, and nothing that commands a terminal.
    #[track_caller]
    fn is_had_by(&self, written: &Written, what: &str) {
        for (page, expected) in written.pages().iter().zip(&self.pages) {
            let found = parsed(page).0;
            let first = found.iter().zip(expected).find(|(found, expected)| found != expected);
            assert!(first.is_none() && found.len() == expected.len(), "{what}: {first:?}");
        }
        self.has_all_of(written, what);
    }

    /// No other elements, though there may be fewer; and nothing that commands a terminal.
    #[track_caller]
    fn has_all_of(&self, written: &Written, what: &str) {
        let new = |page: &String| parsed(page).0.into_iter().find(|element| !self.all.contains(element));
        let new: Vec<_> = written.pages().iter().filter_map(new).collect();
        assert!(new.is_empty(), "{what}: {new:?}");
        for line in [&written.html, &written.markdown]
            .into_iter()
            .chain(&written.pictures)
            .flat_map(|text| text.lines())
        {
            assert_eq!(clean(line), line, "{what}");
        }
    }
}

#[test]
fn a_text_shows_as_text_on_every_page() {
    let demo = Demo::new();
    let right = demo.write(demo.read(&harmless()).unwrap(), "harmless");
    assert_eq!(right.pictures.len(), 2);
    let expected = Expected::of(&right);
    for payload in PAYLOADS {
        for field in TEXTS {
            let mut data = harmless();
            *data.pointer_mut(field).unwrap() = payload.into();
            let what = format!("{payload:?} in {field}");
            let written =
                demo.write(demo.read(&data).unwrap_or_else(|error| panic!("{what}: {error}")), "harmless");
            expected.is_had_by(&written, &what);
            let shown = words(&clean(payload));
            let is_shown = |html: &str| words(&parsed(html).1).contains(&shown);
            if field != "/rows/0/args/0" {
                assert!(is_shown(&written.html), "{what} is not shown");
                assert!(is_shown(&render(&written.markdown)), "{what} is not shown in Markdown");
            }
        }
        // An evidence is divided at its semicolons, and what follows the first is folded away.
        let quoted = demo.write(demo.read(&harmless()).unwrap(), payload);
        expected.has_all_of(&quoted, &format!("{payload:?} in an evidence"));
    }
}

#[test]
fn what_is_no_text_is_refused_or_shown_nowhere() {
    let demo = Demo::new();
    let expected = Expected::of(&demo.write(demo.read(&harmless()).unwrap(), "harmless"));
    let harmless_said = |error: &str| {
        assert!(error.contains("demo.json is not what bench-all writes"), "{error}");
        assert!(error.chars().all(|c| !c.is_control()), "{error:?}");
    };
    for payload in PAYLOADS {
        for field in OTHERS {
            let mut data = harmless();
            *data.pointer_mut(field).unwrap() = payload.into();
            let error = demo.read(&data).err();
            harmless_said(&error.unwrap_or_else(|| panic!("{payload:?} in {field} was taken")));
        }
        for object in KEYED {
            let mut data = harmless();
            let kept = data.pointer_mut(object).unwrap().as_object_mut().unwrap();
            let value =
                ["harmless", "runs_harmless", "finished", "RUSTFLAGS"].iter().find_map(|key| kept.get(*key));
            let value = value.cloned().unwrap();
            // A lane is called by what follows the kind.
            let key = if object.ends_with("series") { format!("runs_{payload}") } else { payload.to_owned() };
            kept.remove("runs_harmless");
            kept.insert(key, value);
            match demo.read(&data) {
                Ok(data) => {
                    expected.has_all_of(&demo.write(data, "harmless"), &format!("{payload:?} in {object}"));
                }
                Err(error) => harmless_said(&error),
            }
        }
    }
}

#[test]
fn a_page_may_do_nothing_but_show_itself() {
    let demo = Demo::new();
    let page = demo.write(demo.read(&harmless()).unwrap(), "harmless").html;
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    // What it has by itself has the hashes that it names; what is added has none.
    let scripts: Vec<_> =
        page.split("<script>").skip(1).map(|rest| rest.split("</script>").next().unwrap()).collect();
    let styles: Vec<_> =
        page.split("<style>").skip(1).map(|rest| rest.split("</style>").next().unwrap()).collect();
    assert_eq!((scripts.len(), styles.len()), (1, 1));
    assert_eq!(html::policy(styles[0], scripts[0]), policy);
    assert!(!page.contains(" style=") && !page.contains(" onclick="));
}

#[test]
fn a_file_is_called_by_its_experiment_and_by_nothing_that_leads_elsewhere() {
    let demo = Demo::new();
    let read = |stem: &str, experiment: &str| {
        let mut data = harmless();
        data["experiment"] = experiment.into();
        let file = demo.root.path().join(format!("{stem}.json"));
        fs::write(&file, data.to_string()).unwrap();
        let read = Data::read(Path::new(&file)).map_err(|error| format!("{error:#}"));
        fs::remove_file(file).unwrap();
        read.map(|data| data.experiment.to_string())
    };
    assert!(read("evil", "../../../../evil").unwrap_err().contains("is no name"));
    assert!(read("evil", "demo").unwrap_err().contains("not the name of the file"));
}
