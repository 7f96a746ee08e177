//! The experiments, their variants and cases.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use bench::experiment::{Experiment, Model, Role};
use bench::file::json;
use bench::terminal::say;
use bench::workspace::Workspace;
use judge::Ledger;

#[derive(Args)]
pub(crate) struct Options {
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed<'a> {
    experiment: &'a str,
    group: &'a str,
    claims: &'a [String],
    variants: Vec<ListedVariant<'a>>,
    cases: Vec<&'a str>,
}

#[derive(Serialize)]
struct ListedVariant<'a> {
    name: &'a str,
    model: Model,
    role: Role,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let (experiments, _) = Ledger::of(&Workspace::find()?)?;
    let listed: Vec<_> = experiments.iter().map(listed).collect();
    if options.json {
        say(&json(&listed)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for (experiment, listed) in experiments.iter().zip(listed) {
        let names: Vec<_> = listed.variants.iter().map(|variant| variant.name).collect();
        say(&format!(
            "{}/{}: {}\n  claims    {}\n  cases     {}\n  variants  {}\n",
            listed.group,
            listed.experiment,
            experiment.title,
            listed.claims.join(", "),
            listed.cases.join(", "),
            names.join(", ")
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(experiment: &Experiment) -> Listed<'_> {
    let variants = experiment.variants.iter();
    Listed {
        experiment: &experiment.name,
        group: &experiment.group,
        claims: &experiment.claims,
        variants: variants
            .map(|variant| ListedVariant { name: &variant.name, model: variant.model, role: variant.role })
            .collect(),
        cases: experiment.cases.iter().map(|case| case.name.as_str()).collect(),
    }
}
