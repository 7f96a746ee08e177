//! What this machine has, what it lacks, and the mend.

use std::process::ExitCode;

use anyhow::Result;

use bench::interpreters;
use bench::machine::{Machine, checks};
use bench::terminal::say;
use bench::workspace::Workspace;

pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    say(&format!("{:24}{}\n", "machine", Machine::this().label))?;
    for check in checks(&workspace, &interpreters::find()) {
        say(&format!("{:24}{}\n", check.name, check.found))?;
        if let Some(lack) = check.lack {
            say(&format!("{:24}  {lack}\n", ""))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
