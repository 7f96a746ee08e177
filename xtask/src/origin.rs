//! The origin as a witness: started beside the runs, reset before each, asked after each.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use ureq::Agent;

use crate::process::Group;
use crate::workspace::Workspace;

/// Everything happens on the loopback; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);

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
        Ok(counters.body_mut().read_json()?)
    }
}
