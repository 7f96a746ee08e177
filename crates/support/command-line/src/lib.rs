//! The test of every demo's command line. Each experiment has a file `tests/command.toml`: rows of arguments, and what the program
//! is to print, how it exits, and what it reports. `shared.toml` has the rows that are the same for all of them. `command.rs` beside
//! this crate's `src` is their test program.

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
use toml::Table;
pub use trials::{Trial, test as trial};

/// A program that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// No program listens here: no system hands out this port by itself.
const NOWHERE: &str = "http://127.0.0.1:1";

/// What would change a run, and a person's shell may have.
const VARIABLES: [&str; 5] =
    ["OUTCOME_FILE", "OUTCOME_CASE", "SMOL_THREADS", "TOKIO_WORKER_THREADS", "ASYNC_STD_THREAD_COUNT"];

/// The file `tests/command.toml`, or `shared.toml`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rows {
    /// Arguments that are wrong use: they exit with 2 and a line that says why.
    wrong: Vec<String>,
    rows: Vec<Row>,
}

/// One set of arguments. In each text `{variant}` stands for every variant in turn, `{origin}` for the URL of one that runs,
/// `{nowhere}` for one where no program answers, and `{list}` for the file of `list`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    args: String,
    /// Which variants these are: all that one of the globs fits, ...
    only: Option<Vec<String>>,
    /// ... and none that this one does.
    except: Option<String>,
    /// What a file has in it, for `--urls {list}`.
    list: Option<String>,
    /// A limit that the shell sets before, such as `-n 64`.
    ulimit: Option<String>,
    env: BTreeMap<String, String>,
    exit: i32,
    /// What it prints, in this order, however many spaces are between two words, with `^` for its beginning and `$` for its end. Nothing if it is empty.
    stdout: Option<Vec<String>>,
    /// The same of what it says. Left out, nothing if it exits with 0.
    stderr: Option<Vec<String>>,
    /// Words of the head of a table that has a row for each variant, in their order.
    table: Option<Vec<String>>,
    /// How many lines it prints.
    lines: Option<usize>,
    /// How many lines of a picture it prints, each of which shows what a worker did when.
    lanes: Option<usize>,
    /// Figures of the outcome by their path, `"work.done" = "== 9"`, or parts of it that are equal to what stands here.
    outcome: BTreeMap<String, Value>,
}

/// Runs a test for each row of `tests/command.toml` and each of its variants, and those of `others`; the code is for the end of `main`.
/// The experiment in `folder` has built `program`.
pub fn test(program: &'static str, folder: &str, others: Vec<Trial>) -> ExitCode {
    let own = |file| fs::read_to_string(Path::new(folder).join(file)).expect("the experiment has it");
    let experiment: Table = own("experiment.toml").parse().expect("it is TOML");
    let variants = experiment["variant"].as_array().expect("it has variants").iter();
    let names = variants.filter_map(|variant| variant["name"].as_str());
    let all: Vec<_> = names.filter(|name| !name.starts_with("python_")).map(str::to_owned).collect();
    let mut rows = read(&own("tests/command.toml"));
    let help = Command::new(program).arg("--help").output().expect("the program starts").stdout;
    let (help, shared) = (String::from_utf8_lossy(&help), read(include_str!("../shared.toml")));
    let knows = |flag: &str| !flag.starts_with("--") || help.contains(&format!("{flag} "));
    rows.extend(shared.into_iter().filter(|row| row.args.split(' ').all(knows)));
    let mut trials = others;
    for (number, row) in rows.into_iter().enumerate() {
        let fits = |glob: &str, name: &str| Pattern::new(glob).expect("it is a glob").matches(name);
        let mut chosen = all.clone();
        chosen.retain(|name| row.only.as_ref().is_none_or(|globs| globs.iter().any(|glob| fits(glob, name))));
        chosen.retain(|name| row.except.as_ref().is_none_or(|glob| !fits(glob, name)));
        assert!(!chosen.is_empty(), "{}: fits no variant", row.args);
        let each = if row.args.contains("{variant}") { chosen.clone() } else { vec![String::new()] };
        let row = Arc::new(row);
        for variant in each {
            let name = format!("{number:02} {}", row.args.replace("{variant}", &variant));
            let (row, chosen) = (Arc::clone(&row), chosen.clone());
            let test = move || row.test(program, &variant, &chosen).map_err(|error| error.to_string().into());
            trials.push(Trial::test(name, test));
        }
    }
    trials::run(trials)
}

fn read(text: &str) -> Vec<Row> {
    let Rows { wrong, mut rows } = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    rows.extend(wrong.into_iter().map(|args| {
        let says_why = Some(vec!["^error: ".to_owned()]);
        Row { args, exit: 2, stdout: Some(vec![]), stderr: says_why, ..Row::default() }
    }));
    rows
}

impl Row {
    /// Runs `program` as `variant`; a table has the names of `all`.
    fn test(&self, program: &str, variant: &str, all: &[String]) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (list, file) = (folder.path().join("list.txt"), folder.path().join("outcome.json"));
        let lines = self.list.as_deref().unwrap_or_default();
        let asks = self.args.contains("{origin}") || lines.contains("{origin}");
        let origin = asks.then(Origin::in_thread).transpose()?;
        let filled = |text: &str| {
            let text = text.replace("{variant}", variant).replace("{nowhere}", NOWHERE);
            origin.as_ref().map_or(text.clone(), |origin| text.replace("{origin}", origin.url()))
        };
        fs::write(&list, filled(lines))?;
        let limit = self.ulimit.as_ref().map_or(String::new(), |limit| format!("ulimit {limit} && "));
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(limit + "exec \"$0\" \"$@\"").arg(program);
        for word in self.args.split_whitespace() {
            if word == "{list}" {
                shell.arg(&list)
            } else {
                shell.arg(filled(word))
            };
        }
        for name in VARIABLES {
            shell.env_remove(name);
        }
        if !self.outcome.is_empty() {
            shell.env("OUTCOME_FILE", &file);
        }
        let ended = shell.envs(&self.env).timeout(PATIENCE).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, said) = (text(&ended.stdout), text(&ended.stderr));
        let checked = self.check(ended.status.code(), &printed, &said, filled);
        let checked = checked.and_then(|()| self.check_table(&printed, all));
        let checked = checked.and_then(|()| self.check_outcome(&file, variant));
        checked.map_err(|error| anyhow!("{error:#}\n{}\n{printed}\n{said}", ended.status))
    }

    fn check(
        &self,
        code: Option<i32>,
        printed: &str,
        said: &str,
        filled: impl Fn(&str) -> String,
    ) -> Result<()> {
        ensure!(code == Some(self.exit), "it does not exit with {}", self.exit);
        let silence = (self.exit == 0).then(Vec::new);
        for (text, words) in [(printed, &self.stdout), (said, &self.stderr.clone().or(silence))] {
            if let Some(words) = words {
                has_in_order(text, words.iter().map(|words| filled(words)))?;
            }
        }
        ensure!(!said.contains("panicked"), "it panicked");
        let is_lane = |line: &&str| line.starts_with(char::is_numeric) && line.contains(['█', '▒', '░']);
        let lanes = printed.lines().map(str::trim_start).filter(is_lane).count();
        for (wanted, found) in [(self.lines, printed.lines().count()), (self.lanes, lanes)] {
            ensure!(wanted.is_none_or(|wanted| wanted == found), "there are {found} lines or lanes");
        }
        Ok(())
    }

    fn check_table(&self, printed: &str, all: &[String]) -> Result<()> {
        let Some(heads) = &self.table else { return Ok(()) };
        let mut table = printed.lines().take_while(|line| !line.is_empty());
        has_in_order(table.next().unwrap_or_default(), heads.iter().cloned())?;
        let names: Vec<_> = table.filter_map(|line| line.split_whitespace().next()).collect();
        ensure!(names == all, "the table has no row for each of {all:?}");
        Ok(())
    }

    fn check_outcome(&self, file: &Path, variant: &str) -> Result<()> {
        if self.outcome.is_empty() {
            return Ok(());
        }
        let outcome: Value = serde_json::from_slice(&fs::read(file).context("there is no outcome")?)?;
        ensure!(variant.is_empty() || outcome["variant"] == variant, "it is of another variant");
        for (path, wanted) in &self.outcome {
            let found = outcome.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
            ensure!(meets(found, wanted)?, "{path} is {found}, and not {wanted}");
        }
        Ok(())
    }
}

/// Fails unless `text` has all these words one after the other, or nothing if there are none.
fn has_in_order(text: &str, mut words: impl ExactSizeIterator<Item = String>) -> Result<()> {
    let spaced: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let text = spaced.join(" ").replace("\n ", "\n");
    ensure!(words.len() > 0 || text.is_empty(), "it is not silent");
    words.try_fold(text.as_str(), |rest, words| {
        let (words, ends) = words.strip_suffix('$').map_or((&*words, false), |words| (words, true));
        let found = match words.strip_prefix('^') {
            Some(words) => rest.strip_prefix(words),
            None => rest.split_once(words).map(|(_, rest)| rest),
        };
        let found = found.filter(|rest| !ends || rest.is_empty());
        found.with_context(|| format!("there is no `{words}`, or not where it is to be"))
    })?;
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
    fn words_that_are_not_there_or_not_in_their_order_fail() {
        let has = |text, words: &[&str]| has_in_order(text, words.iter().map(ToString::to_string)).is_ok();
        assert!(has("a   b\n  c", &["^a b", "\nc"]) && has("", &[]));
        assert!(!has("a b", &["b", "a"]) && !has("a b", &["^b"]) && !has("a", &[]) && !has("a b", &["a$"]));
    }

    #[test]
    fn a_figure_that_is_another_or_not_there_fails() {
        let meets = |found: Value, wanted: &str| meets(&found, &wanted.into()).unwrap();
        assert!(meets(9.into(), "== 9") && meets(9.5.into(), "> 9"));
        assert!(meets(8.into(), "<= 8") && meets(8.into(), ">= 8"));
        assert!(!meets(8.into(), "== 9") && !meets(9.into(), "> 9") && !meets(Value::Null, ">= 0"));
    }
}
