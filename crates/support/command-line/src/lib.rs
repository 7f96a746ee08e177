//! The test of every demo's command line. Each experiment has a file `tests/command.toml`: rows of arguments, and what the program
//! is to print, how it exits, and what it reports. Its `tests/command.rs` hands the program over to [`test`].

#![warn(missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use assert_cmd::Command;
use glob::Pattern;
use origin::Origin;
use serde::Deserialize;
use serde_json::Value;
pub use trials::{Trial, test as trial};

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where nobody listens: at a port that no system hands out by itself.
const NOWHERE: &str = "http://127.0.0.1:1";

/// What would change a run, and a person's shell may have.
const VARIABLES: [&str; 5] =
    ["OUTCOME_FILE", "OUTCOME_CASE", "SMOL_THREADS", "TOKIO_WORKER_THREADS", "ASYNC_STD_THREAD_COUNT"];

/// The file `tests/command.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    /// Arguments that are wrong use: they exit with 2 and a line that says why.
    wrong: Vec<String>,
    rows: Vec<Row>,
}

/// One set of arguments. In each text `{variant}` stands for every variant in turn, `{origin}` for the URL of one that runs,
/// `{nowhere}` for one where nobody answers, and `{list}` for the file of `list`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    args: String,
    /// Which variants these are: all that the glob fits, ...
    only: Option<String>,
    /// ... and none that this one does.
    except: Option<String>,
    /// What a file has in it, for `--urls {list}`.
    list: Option<String>,
    /// A limit that the shell sets before, such as `-n 64`.
    ulimit: Option<String>,
    env: BTreeMap<String, String>,
    exit: i32,
    /// What it prints, in this order, however many spaces are between two words; a `^` stands for the beginning. Nothing if it is empty.
    stdout: Option<Vec<String>>,
    /// The same of what it says. Left out, nothing if it exits with 0.
    stderr: Option<Vec<String>>,
    /// What is on neither.
    never: Vec<String>,
    /// Words of the head of a table that has a row for each variant, in their order.
    table: Option<Vec<String>>,
    /// How many lines it prints.
    lines: Option<usize>,
    /// How many lines of a picture it prints, each of which shows what a worker did when.
    lanes: Option<usize>,
    /// Figures of the outcome by their path, `"work.done" = "== 9"`, or parts of it that are equal to what stands here.
    outcome: BTreeMap<String, Value>,
}

/// The names of the variants in Rust, as `experiment.toml` has them.
#[derive(Deserialize)]
struct Experiment {
    variant: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Runs a test for each row of `tests/command.toml` and each of its variants, and those of `others`; the code is for the end of `main`.
/// The experiment in `folder` has built `program`.
pub fn test(program: &'static str, folder: &str, others: Vec<Trial>) -> ExitCode {
    let rows: Rows = read(&Path::new(folder).join("tests/command.toml"));
    let experiment: Experiment = read(&Path::new(folder).join("experiment.toml"));
    let names = experiment.variant.into_iter().map(|variant| variant.name);
    let all: Vec<String> = names.filter(|name| !name.starts_with("python_")).collect();
    let wrong = rows.wrong.into_iter().map(|args| Row {
        args,
        exit: 2,
        stdout: Some(vec![]),
        stderr: Some(vec!["^error: ".to_owned()]),
        ..Row::default()
    });
    let mut trials = others;
    for (number, row) in rows.rows.into_iter().chain(wrong).enumerate() {
        let fits = |glob: &Option<String>, name: &str| {
            glob.as_deref().map(|glob| Pattern::new(glob).expect("it is a glob").matches(name))
        };
        let mut chosen = all.clone();
        chosen.retain(|name| fits(&row.only, name) != Some(false) && fits(&row.except, name) != Some(true));
        let row = Arc::new(row);
        let each = if row.args.contains("{variant}") { chosen.clone() } else { vec![String::new()] };
        assert!(!chosen.is_empty(), "{}: fits no variant", row.args);
        for variant in each {
            let name = format!("{number:02} {}", row.args.replace("{variant}", &variant));
            let (row, chosen) = (Arc::clone(&row), chosen.clone());
            let test =
                move || row.test(program, &variant, &chosen).map_err(|error| format!("{error:#}").into());
            trials.push(Trial::test(name, test));
        }
    }
    trials::run(trials)
}

fn read<T: for<'a> Deserialize<'a>>(file: &Path) -> T {
    let text = fs::read_to_string(file).expect("the experiment has it");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

impl Row {
    /// Runs `program` as `variant`; the names of `all` are those of a table.
    fn test(&self, program: &str, variant: &str, all: &[String]) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (list, file) = (folder.path().join("list.txt"), folder.path().join("outcome.json"));
        let asks = |text: &&String| text.contains("{origin}");
        let origin =
            [&self.args].into_iter().chain(&self.list).find(asks).map(|_| Origin::in_thread()).transpose()?;
        let filled = |text: &str| {
            text.replace("{variant}", variant)
                .replace("{origin}", origin.as_ref().map_or("", Origin::url))
                .replace("{nowhere}", NOWHERE)
        };
        if let Some(lines) = &self.list {
            fs::write(&list, filled(lines))?;
        }
        let mut shell = Command::new("sh");
        let limit = self.ulimit.as_ref().map_or(String::new(), |limit| format!("ulimit {limit} && "));
        shell.arg("-c").arg(limit + "exec \"$0\" \"$@\"").arg(program);
        // The folder of the list may have a space in its name.
        shell.args(self.args.split_whitespace().map(|word| match word {
            "{list}" => list.to_string_lossy().into_owned(),
            word => filled(word),
        }));
        for name in VARIABLES {
            shell.env_remove(name);
        }
        if !self.outcome.is_empty() {
            shell.env("OUTCOME_FILE", &file);
        }
        let ended = shell.envs(&self.env).timeout(PATIENCE).output()?;
        let [printed, said] =
            [&ended.stdout, &ended.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let checked = self.check(&printed, &said, ended.status.code(), all, filled);
        let checked = checked.and_then(|()| self.check_outcome(&file, variant));
        checked.map_err(|error| anyhow!("{error:#}\n{}\n{printed}\n{said}", ended.status))
    }

    fn check(
        &self,
        printed: &str,
        said: &str,
        code: Option<i32>,
        all: &[String],
        filled: impl Fn(&str) -> String,
    ) -> Result<()> {
        ensure!(code == Some(self.exit), "it does not exit with {}", self.exit);
        let silence = if self.exit == 0 { Some(vec![]) } else { None };
        for (text, words) in
            [(printed, &self.stdout), (said, if self.stderr.is_some() { &self.stderr } else { &silence })]
        {
            if let Some(words) = words {
                let words: Vec<_> = words.iter().map(|words| filled(words)).collect();
                has_in_order(text, &words)?;
            }
        }
        for words in &self.never {
            ensure!(!printed.contains(words) && !said.contains(words), "there is `{words}`");
        }
        if let Some(heads) = &self.table {
            let table = printed.split("\n\n").next().unwrap_or_default();
            let names: Vec<_> =
                table.lines().map(|line| line.split_whitespace().next().unwrap_or_default()).collect();
            has_in_order(table.lines().next().unwrap_or_default(), heads)?;
            ensure!(names[1..] == *all, "the table has no row for each of {all:?}");
        }
        let is_lane =
            |line: &&str| line.trim_start().starts_with(char::is_numeric) && line.contains(['█', '▒', '░']);
        for (wanted, found) in
            [(self.lines, printed.lines().count()), (self.lanes, printed.lines().filter(is_lane).count())]
        {
            ensure!(wanted.is_none_or(|wanted| wanted == found), "there are {found} lines or lanes");
        }
        Ok(())
    }

    fn check_outcome(&self, file: &Path, variant: &str) -> Result<()> {
        if self.outcome.is_empty() {
            return Ok(());
        }
        let outcome: Value = serde_json::from_slice(&fs::read(file).context("there is no outcome")?)?;
        ensure!(
            self.args.starts_with(outcome["variant"].as_str().unwrap_or("?"))
                || outcome["variant"] == variant
        );
        for (path, wanted) in &self.outcome {
            let found = outcome.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
            ensure!(meets(found, wanted)?, "{path} is {found}, and not {wanted}");
        }
        Ok(())
    }
}

fn has_in_order(text: &str, words: &[String]) -> Result<()> {
    let spaced = |text: &str| {
        text.split('\n')
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let text = spaced(text);
    ensure!(!words.is_empty() || text.is_empty(), "there is something where nothing is to be");
    let mut rest = text.as_str();
    for words in words {
        let (at_the_beginning, words) =
            words.strip_prefix('^').map_or((false, words.as_str()), |words| (true, words));
        let at = rest.find(words).filter(|at| *at == 0 || !at_the_beginning);
        rest = &rest
            [at.with_context(|| format!("there is no `{words}`, or not where it is to be"))? + words.len()..];
    }
    Ok(())
}

/// Whether it is as `== 9`, `<= 9`, `>= 9` or `> 9` asks, or is what is wanted.
fn meets(found: &Value, wanted: &Value) -> Result<bool> {
    let Some((sign, number)) = wanted.as_str().and_then(|wanted| wanted.split_once(' ')) else {
        return Ok(found == wanted);
    };
    let (number, found): (f64, _) = (number.parse()?, found.as_f64().unwrap_or(f64::NAN));
    Ok(match sign {
        "==" => (found - number).abs() < 1e-9,
        "<=" => found <= number,
        ">=" => found >= number,
        ">" => found > number,
        _ => bail!("{sign} is no comparison"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_their_order_and_a_row_that_is_not_met_fails() {
        let has = |text: &str, words: &[&str]| {
            has_in_order(text, &words.iter().map(ToString::to_string).collect::<Vec<_>>()).is_ok()
        };
        assert!(has("a   b\nc", &["^a b", "\nc"]) && has("", &[]));
        assert!(!has("a b", &["b", "a"]) && !has("a b", &["^b"]) && !has("a", &[]));
    }

    #[test]
    fn a_figure_is_compared_and_what_is_no_figure_fails() {
        let meets = |found: Value, wanted: &str| meets(&found, &wanted.into()).unwrap();
        assert!(
            meets(9.into(), "== 9")
                && meets(9.5.into(), "> 9")
                && meets(8.into(), "<= 8")
                && meets(8.into(), ">= 8")
        );
        assert!(
            !meets(8.into(), "== 9")
                && !meets(Value::Null, ">= 0")
                && !meets(9.into(), "> 9")
                && !meets(9.into(), "<= 8")
        );
        assert!(super::meets(&9.into(), &"~ 9".into()).is_err());
    }
}
