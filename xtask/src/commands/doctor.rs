//! What this machine has, what it lacks, and the mend.

use std::process::ExitCode;

use anyhow::Result;

use crate::machine::{Machine, checks};
use crate::workspace::Workspace;

pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    println!("{:24}{}", "machine", Machine::this().label);
    for check in checks(&workspace) {
        println!("{:24}{}", check.name, check.found);
        if let Some(lack) = check.lack {
            println!("{:24}  {lack}", "");
        }
    }
    Ok(ExitCode::SUCCESS)
}
