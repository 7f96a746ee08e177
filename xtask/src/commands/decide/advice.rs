//! From what somebody needs and what was measured to what to take.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Isolation, Library, Needs, Results, Room, Work};
use bench::text::{Name, Text};
use bench::units::thousands;
use judge::{Agreement, Asked, Crossing, JudgedLeaf};

/// A thread for each is no longer granted near here: `vm.max_map_count` is 65,530 unless it was raised, and a thread takes four.
const MOST_THREADS: u64 = 10_000;
/// More than so many tasks are many, to the article.
const MANY: u64 = 100;

/// What to take, and why.
#[derive(Serialize)]
pub(crate) struct Advice {
    #[serde(flatten)]
    pub(crate) choice: &'static Choice,
    /// The questions that mattered, each with its answer.
    pub(crate) path: Vec<String>,
    pub(crate) evidence: Vec<Ground>,
    pub(crate) article: Article,
}

/// What one claim says, or where one figure crosses.
#[derive(Serialize)]
pub(crate) struct Ground {
    pub(crate) what: String,
    pub(crate) finding: Text,
    pub(crate) evidence: Text,
}

/// Where the article's tree leads.
#[derive(Serialize)]
pub(crate) struct Article {
    pub(crate) path: Vec<Text>,
    pub(crate) model: Text,
    pub(crate) leads_there_too: bool,
    /// Whether the data agree with it.
    pub(crate) agreement: Agreement,
    pub(crate) finding: Text,
    pub(crate) evidence: Text,
}

/// Something to take: how it is called, and where it stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) model: String,
    /// What to do, in a sentence.
    pub(crate) how: String,
    /// What `cargo xtask copy` is asked for, where there is a file to copy.
    pub(crate) copy: Option<String>,
    /// The experiment that it is from.
    #[serde(rename = "crate")]
    pub(crate) package: String,
    pub(crate) file: String,
}

/// All that may be advised, which crates/guidelines/choices.toml names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    /// An experiment, and the two of its variants that are compared.
    crossing: [String; 3],
    plain: Choice,
    threads: Choice,
    r#async: Choice,
    executor: Choice,
    rayon: Choice,
    processes: Choice,
    threaded_pipeline: Choice,
    async_pipeline: Choice,
}

static CHOICES: LazyLock<Choices> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../crates/guidelines/choices.toml")).expect("a test has read it")
});

/// What to take for these needs, by these results.
pub(super) fn advise(needs: &Needs, results: &Results) -> Advice {
    let mut path = vec![match needs.work {
        Work::Cpu => "it computes".to_owned(),
        Work::Io => "it waits".to_owned(),
        Work::Both => "it waits, and computes".to_owned(),
    }];
    let mut evidence = Vec::new();
    let mut claims = |ids: &[&str]| evidence.extend(ids.iter().filter_map(|id| results.claim(id)));
    let at_once = needs.at_once.unwrap_or(1);
    let is_async = needs.library == Some(Library::Async);
    let leaf = results.leaf(Asked { computes: needs.work != Work::Io, at_once, has_async_library: is_async });
    let choice = if needs.isolation == Isolation::Yes {
        path.push("a crash of one must leave the others alone".to_owned());
        claims(&["C2", "M8"]);
        &CHOICES.processes
    } else if needs.work == Work::Cpu {
        claims(&["N3", "C1"]);
        if leaf.agreement == Agreement::Agree { &CHOICES.processes } else { &CHOICES.rayon }
    } else if needs.work == Work::Both {
        path.push(library(is_async));
        claims(&["P3", "B1", "N3"]);
        if is_async { &CHOICES.async_pipeline } else { &CHOICES.threaded_pipeline }
    } else if at_once == 1 {
        path.push("one at a time".to_owned());
        claims(&["N5"]);
        &CHOICES.plain
    } else {
        path.push(format!("{} at once", thousands(at_once)));
        path.push(library(is_async));
        if is_async {
            let (choice, step, grounds) = results.by_crossing(at_once, needs.memory);
            claims(&[if at_once > MANY { "N2" } else { "N1" }]);
            path.push(step);
            evidence.extend(grounds);
            choice
        } else {
            claims(&["N4", "K3"]);
            let by_executor =
                (leaf.model.plain() == CHOICES.executor.model) == (leaf.agreement == Agreement::Agree);
            let decided = matches!(leaf.agreement, Agreement::Agree | Agreement::Disagree);
            // Where the data do not decide, what needs no runtime.
            if decided && by_executor { &CHOICES.executor } else { &CHOICES.threads }
        }
    };
    let article = Article {
        path: leaf.path.clone(),
        model: leaf.model.clone(),
        leads_there_too: leaf.model.plain() == choice.model,
        agreement: leaf.agreement,
        finding: leaf.finding.clone(),
        evidence: leaf.evidence.clone(),
    };
    Advice { choice, path, evidence, article }
}

fn library(is_async: bool) -> String {
    if is_async { "an async library" } else { "a blocking library" }.to_owned()
}

impl Results {
    fn claim(&self, id: &str) -> Option<Ground> {
        let claim = self.claims.iter().find(|claim| claim.id == id && claim.language == "rust")?;
        let what = format!("{id}, \"{}\", {}", self.ledger.says(id), claim.verdict.words());
        Some(Ground { what, finding: claim.finding.clone(), evidence: claim.evidence.text() })
    }

    fn leaf(&self, asked: Asked) -> &JudgedLeaf {
        &self.tree.leaves[self.ledger.advice.leaf_for(asked)]
    }

    /// Tasks from where they begin to take less of what counts than threads do, whose buffers are as small; threads below.
    fn by_crossing(&self, at_once: u64, memory: Option<Room>) -> (&'static Choice, String, Vec<Ground>) {
        let wanted: &[&str] = match memory {
            Some(Room::Tight) => &["whole time", "resident memory"],
            _ => &["whole time"],
        };
        let is_asked = |crossing: &&Crossing| {
            let pair = [&crossing.experiment, &crossing.threads, &crossing.tasks].map(Name::as_str);
            pair == CHOICES.crossing && wanted.contains(&crossing.figure.plain())
        };
        let crossings: Vec<_> = self.tree.crossings.iter().filter(is_asked).collect();
        let grounds = crossings.iter().map(|crossing| Ground {
            what: format!("{} of downloads, async takes less than threads", crossing.figure.plain()),
            finding: crossing.words.clone(),
            evidence: crossing.words.clone(),
        });
        let grounds = grounds.collect();
        let from = crossings.iter().filter_map(|crossing| crossing.from).min();
        let what = if memory == Some(Room::Tight) { "time or memory" } else { "time" };
        match from {
            Some(from) if at_once >= from => {
                (&CHOICES.r#async, format!("async takes less {what} from {} on", thousands(from)), grounds)
            }
            _ if at_once > MOST_THREADS => {
                (&CHOICES.r#async, "more than a machine grants threads".to_owned(), grounds)
            }
            Some(from) => (
                &CHOICES.threads,
                format!("async takes less {what} only from {} on", thousands(from)),
                grounds,
            ),
            None => {
                (&CHOICES.threads, format!("async takes less {what} at no number that was measured"), grounds)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::workspace::Workspace;
    use judge::Ledger;
    use judge::{Judgement, Tree};

    fn leaf(path: &[&str], model: &str, agreement: Agreement) -> JudgedLeaf {
        let path = path.iter().map(|&step| step.into()).collect();
        let [finding, evidence, rule] = [(); 3].map(|()| Text::default());
        JudgedLeaf { path, model: model.into(), agreement, finding, evidence, rule }
    }

    /// All leaves with this agreement, and async that takes less time from 300 on and less memory from 30 on.
    fn results(agreement: Agreement) -> Results {
        let leaves = vec![
            leaf(&["CPU-bound"], "processes", agreement),
            leaf(&["I/O-bound", "no concurrency wanted"], "processes", agreement),
            leaf(&["I/O-bound", "more than 100 tasks", "an async library"], "async", agreement),
            leaf(
                &["I/O-bound", "more than 100 tasks", "no async library"],
                "async with an executor",
                agreement,
            ),
            leaf(&["I/O-bound", "100 tasks or fewer", "an async library"], "async", agreement),
            leaf(&["I/O-bound", "100 tasks or fewer", "no async library"], "threads", agreement),
        ];
        let crossing = |figure: &str, from| Crossing {
            experiment: Name::of("mass-download"),
            language: Name::of("rust"),
            threads: Name::of("threads_small_buffers"),
            tasks: Name::of("tokio"),
            figure: figure.into(),
            from: Some(from),
            words: Text::default(),
        };
        let crossings = vec![crossing("whole time", 300), crossing("resident memory", 30)];
        let claims = Vec::<Judgement>::new();
        let workspace = Workspace::of_this_crate();
        let ledger = Ledger::of(&workspace).unwrap().1;
        Results { claims, tree: Tree { leaves, crossings }, ledger }
    }

    fn needs(work: Work, at_once: u64, library: Library) -> Needs {
        let (at_once, library, memory) = (Some(at_once), Some(library), Some(Room::Plenty));
        Needs { work, isolation: Isolation::No, at_once, library, memory }
    }

    #[test]
    fn the_articles_tree_is_followed_to_each_of_its_leaves() {
        let leads_to = |work, at_once, library| {
            let article = advise(&needs(work, at_once, library), &results(Agreement::Agree)).article;
            (
                article.path.iter().map(Text::plain).collect::<Vec<_>>().join(", "),
                article.model.plain().to_owned(),
            )
        };
        let leaf = |path: &str, model: &str| (path.to_owned(), model.to_owned());
        assert_eq!(leads_to(Work::Cpu, 9, Library::Async), leaf("CPU-bound", "processes"));
        assert_eq!(
            leads_to(Work::Io, 1, Library::Async),
            leaf("I/O-bound, no concurrency wanted", "processes")
        );
        let many = "I/O-bound, more than 100 tasks, ";
        assert_eq!(
            leads_to(Work::Io, 101, Library::Async),
            leaf(&format!("{many}an async library"), "async")
        );
        let executor = "async with an executor";
        assert_eq!(
            leads_to(Work::Io, 101, Library::Blocking),
            leaf(&format!("{many}no async library"), executor)
        );
        let few = "I/O-bound, 100 tasks or fewer, ";
        assert_eq!(leads_to(Work::Io, 100, Library::Async), leaf(&format!("{few}an async library"), "async"));
        assert_eq!(
            leads_to(Work::Io, 2, Library::Blocking),
            leaf(&format!("{few}no async library"), "threads")
        );
    }

    #[test]
    fn the_data_decide_where_they_can() {
        let model = |work, at_once, library, agreement| {
            advise(&needs(work, at_once, library), &results(agreement)).choice.model.as_str()
        };
        let (agree, disagree, open) = (Agreement::Agree, Agreement::Disagree, Agreement::Undecided);
        assert_eq!(model(Work::Cpu, 4, Library::Blocking, agree), "processes");
        assert_eq!(model(Work::Cpu, 4, Library::Blocking, disagree), "threads");
        assert_eq!(model(Work::Io, 400, Library::Blocking, agree), "async with an executor");
        assert_eq!(model(Work::Io, 400, Library::Blocking, disagree), "threads");
        assert_eq!(model(Work::Io, 400, Library::Blocking, open), "threads");
        assert_eq!(model(Work::Io, 50, Library::Blocking, agree), "threads");
        assert_eq!(model(Work::Io, 50, Library::Blocking, disagree), "async with an executor");
        assert_eq!(model(Work::Io, 1, Library::Async, agree), "no model at all");
    }

    #[test]
    fn async_is_taken_from_where_it_takes_less_of_what_counts() {
        let model = |at_once, memory| {
            let needs = Needs { memory: Some(memory), ..needs(Work::Io, at_once, Library::Async) };
            advise(&needs, &results(Agreement::Agree)).choice.model.as_str()
        };
        assert_eq!((model(299, Room::Plenty), model(300, Room::Plenty)), ("threads", "async"));
        assert_eq!((model(29, Room::Tight), model(30, Room::Tight)), ("threads", "async"));
        let mut none = results(Agreement::Agree);
        none.tree.crossings.iter_mut().for_each(|crossing| crossing.from = None);
        let model = |at_once| advise(&needs(Work::Io, at_once, Library::Async), &none).choice.model.as_str();
        assert_eq!((model(10_000), model(10_001)), ("threads", "async"));
    }

    #[test]
    fn isolation_takes_processes_whatever_the_work() {
        for work in [Work::Cpu, Work::Io, Work::Both] {
            let needs = Needs { isolation: Isolation::Yes, ..needs(work, 50, Library::Async) };
            assert_eq!(advise(&needs, &results(Agreement::Disagree)).choice.model, "processes");
        }
    }

    #[test]
    fn what_it_names_is_there_and_can_be_copied() {
        let workspace = Workspace::of_this_crate();
        let experiments = workspace.experiments().unwrap();
        for choice in [
            &CHOICES.plain,
            &CHOICES.threads,
            &CHOICES.r#async,
            &CHOICES.executor,
            &CHOICES.rayon,
            &CHOICES.processes,
            &CHOICES.threaded_pipeline,
            &CHOICES.async_pipeline,
        ] {
            assert!(workspace.root.join(&choice.file).is_file(), "{}", choice.file);
            assert!(choice.file.contains(&choice.package), "{}", choice.file);
            let Some((name, variant)) = choice.copy.as_ref().and_then(|copy| copy.split_once('/')) else {
                continue;
            };
            let experiment = experiments.iter().find(|experiment| experiment.name == name).unwrap();
            let variant = experiment.variant(variant).unwrap();
            assert_eq!(super::super::super::copy::refusal(experiment, variant), None);
        }
    }
}
