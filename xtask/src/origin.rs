//! The origin as a witness: started beside the runs, reset before each, asked after each.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use outcome::MOST;
use serde_json::{Map, Value};
use ureq::Agent;

use crate::process::Group;
use crate::text::clean;
use crate::workspace::Workspace;

/// Everything happens on the loopback; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);
/// Its counters take a page; it counts no more than some hundred paths.
const MOST_BYTES: u64 = 4 << 20;

pub(crate) struct Origin {
    pub(crate) url: String,
    agent: Agent,
    /// Killed when this is dropped; its stdin's end stops it should we be killed ourselves.
    _process: Group,
}

impl Origin {
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let program = workspace.target.join("release/origin");
        let mut command = Command::new(&program);
        command.arg("--stop-with-stdin").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process =
            Group::start(&mut command).with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = process.child.stdout.take().context("its stdout is a pipe")?;
        // On a thread, since a read has no time-out.
        let (said, first_line) = mpsc::channel();
        thread::spawn(move || said.send(BufReader::new(stdout).lines().next()));
        let url = first_line.recv_timeout(PATIENCE).ok().flatten().transpose()?.unwrap_or_default();
        ensure!(url.starts_with("http://"), "the origin did not start: it printed no URL");
        // A proxy from the environment must not stand between us and the loopback.
        let config = Agent::config_builder().proxy(None).timeout_global(Some(PATIENCE)).build();
        let agent = Agent::new_with_config(config);
        Ok(Self { url, agent, _process: process })
    }

    pub(crate) fn reset(&self) -> Result<()> {
        let reset = self.agent.post(format!("{}/reset", self.url)).send_empty();
        reset.context("the origin does not answer")?;
        Ok(())
    }

    /// What it has served since the reset.
    pub(crate) fn witness(&self) -> Result<Value> {
        let mut counters =
            self.agent.get(format!("{}/counters", self.url)).call().context("the origin does not answer")?;
        let body = counters.body_mut().with_config().limit(MOST_BYTES);
        let counters = body.read_json().context("the origin answers with no counters")?;
        check(&counters)?;
        Ok(counters)
    }
}

/// What an origin counts, some of it by the path or the status.
const MOST_COUNTERS: usize = 5_000;
const LONGEST_NAME: usize = 1_000;

/// Whether a witness can be believed: counters, each a whole number of things that have happened.
pub(crate) fn check(witness: &Value) -> Result<()> {
    let Value::Object(counters) = witness else { bail!("the origin answers with no counters") };
    let nested = counters.values().filter_map(Value::as_object);
    let count = counters.len() + nested.clone().map(Map::len).sum::<usize>();
    ensure!(count <= MOST_COUNTERS, "the origin answers with {count} counters, more than {MOST_COUNTERS}");
    let plain = counters.iter().filter(|(_, value)| !value.is_object());
    for (name, value) in plain.chain(nested.flatten()) {
        let name = clean(name);
        ensure!(name.len() <= LONGEST_NAME, "the origin counts under a name of {} letters", name.len());
        let is_count = value.as_u64().is_some_and(|count| count <= MOST);
        ensure!(is_count, "the origin has counted {name} {}, which cannot be", shown(value));
    }
    Ok(())
}

/// The beginning of what may be anything.
fn shown(value: &Value) -> String {
    clean(&value.to_string()).chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_witness_is_an_object_of_counts() {
        let said =
            |witness: &Value| check(witness).map_or_else(|error| error.to_string(), |()| String::new());
        let counted = json!({"finished": 3, "by_path": {"/bytes/16": 3}, "by_status": {"200": 3}});
        assert_eq!(said(&counted), "");
        assert_eq!(said(&json!({})), "");
        for (witness, part) in [
            (json!([1, 2]), "no counters"),
            (json!("ok"), "no counters"),
            (json!(null), "no counters"),
            (json!({"finished": -5}), "finished -5"),
            (json!({"peak_in_flight": 1e300}), "peak_in_flight 1e+300"),
            (json!({"finished": 1.5}), "finished 1.5"),
            (json!({"finished": "3"}), "finished \"3\""),
            (json!({"finished": null}), "finished null"),
            (json!({"finished": [3]}), "finished [3]"),
            (json!({"finished": u64::MAX}), "finished 18446744073709551615"),
            (json!({"by_path": {"/a": -1}}), "/a -1"),
            (json!({"by_path": {"/a": {"b": 1}}}), "/a {"),
            (json!({"a".repeat(2_000): 1}), "2000 letters"),
        ] {
            assert!(said(&witness).contains(part), "{witness}: {}", said(&witness));
        }
        let many: Map<_, _> = (0..=MOST_COUNTERS).map(|path| (path.to_string(), json!(1))).collect();
        assert!(said(&json!({"by_path": many})).contains("5002 counters"));
    }
}
