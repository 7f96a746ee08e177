//! One variant of a pattern, put into another package: its file as it is, and the crates that it imports.

mod package;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use package::Package;

use crate::experiment::{Dependency, Experiment, Role, Variant};
use crate::workspace::Workspace;
use crate::{Usage, say, tell};

#[derive(Args)]
pub(crate) struct Options {
    /// What to copy; shows what there is if it, or its variant, is left out
    #[arg(value_name = "EXPERIMENT/VARIANT")]
    what: Option<String>,
    /// The folder of the package that gets it
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Write nothing; only say what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let experiments = workspace.experiments()?;
    let what = options.what.as_deref().unwrap_or_default();
    if options.folder.is_none() && !what.contains('/') {
        list(&experiments, what)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (experiment, variant) = find(&experiments, what)?;
    let Some(folder) = &options.folder else {
        bail!(Usage(format!("which package gets it? cargo xtask copy {what} DIR")));
    };
    let text = fs::read_to_string(workspace.root.join(&variant.file))
        .with_context(|| format!("cannot read {}", variant.file.display()))?;
    let module = experiment.name.replace('-', "_");
    let package = Package::check(&workspace, folder, &module)?;
    package.take(variant, &text, options.dry_run)?;
    say(&told(&package, variant, &text, options.dry_run))?;
    Ok(ExitCode::SUCCESS)
}

/// Why nobody should take this variant home, if so.
pub(crate) fn refusal(experiment: &Experiment, variant: &Variant) -> Option<&'static str> {
    if experiment.group != "patterns" {
        Some("only a pattern is made for that, the file of any other experiment takes pieces from beside it")
    } else if variant.role == Role::Wrong {
        Some("it is wrong, and here to be seen failing")
    } else if variant.is_python() {
        Some("it is not Rust")
    } else {
        None
    }
}

/// What can be copied, by the name to ask for it.
fn copies(experiments: &[Experiment]) -> impl Iterator<Item = (String, &Variant)> {
    let all = experiments.iter().flat_map(|one| one.variants.iter().map(move |variant| (one, variant)));
    all.filter(|(experiment, variant)| refusal(experiment, variant).is_none())
        .map(|(experiment, variant)| (format!("{}/{}", experiment.name, variant.name), variant))
}

fn list(experiments: &[Experiment], pattern: &str) -> Result<()> {
    let asked = |name: &str| pattern.is_empty() || name.starts_with(&format!("{pattern}/"));
    let lines: Vec<_> = copies(experiments).filter(|(name, _)| asked(name)).collect();
    if lines.is_empty() && !pattern.is_empty() {
        find(experiments, pattern)?;
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, variant) in lines {
        say(&format!("{name:width$}  {}\n", variant.when.as_deref().unwrap_or_default()))?;
    }
    tell("cargo xtask copy EXPERIMENT/VARIANT DIR puts one of them into the package in DIR");
    Ok(())
}

fn find<'a>(experiments: &'a [Experiment], what: &str) -> Result<(&'a Experiment, &'a Variant)> {
    let (name, variant) = what.split_once('/').unwrap_or((what, ""));
    let experiment = experiments.iter().find(|experiment| experiment.name == name);
    let found = experiment.and_then(|experiment| Some((experiment, experiment.variant(variant)?)));
    let why = match found {
        None => "it is no variant of a pattern",
        Some((experiment, variant)) => match refusal(experiment, variant) {
            None => return Ok((experiment, variant)),
            Some(why) => why,
        },
    };
    let names: Vec<_> = copies(experiments).map(|(name, _)| name).collect();
    bail!(Usage(format!("cannot copy `{what}`: {why}; there are {}", names.join(", "))))
}

/// What was done, or would be, and what is left to do by hand.
fn told(package: &Package, variant: &Variant, text: &str, dry_run: bool) -> String {
    let (wrote, added, kept) =
        if dry_run { ("would write", "would add", "would keep") } else { ("wrote", "added", "kept") };
    let mut told = format!("{wrote} {}\n", package.shown_file().display());
    for Dependency { name, version, features, default_features } in &variant.dependencies {
        let is_new = !package.has(name);
        told += &if is_new {
            format!("{added} {name} {version}")
        } else {
            format!("{kept} the version of {name} (the file is made for {version})")
        };
        if !features.is_empty() {
            told += &format!(" with {}", features.join(", "));
        }
        if is_new && !default_features {
            told += ", without its default features";
        }
        told += "\n";
    }
    told += "\n";
    if let Some(setup) = &variant.setup {
        told += &format!("First in `main`: {setup}\n");
    }
    told += &format!("Write `mod {};` in main.rs or lib.rs. ", package.module);
    match example(text) {
        Some(example) => told + &format!("To call it:\n\n{example}"),
        None => told + "The comments in the file say how to call it.\n",
    }
}

/// The first block of code in the documentation, indented.
fn example(text: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
        Some(line.strip_prefix(' ').unwrap_or(line))
    });
    lines.find(|line| line.starts_with("```"))?;
    // What rustdoc hides is hidden here too.
    let shown = |line: &&str| *line != "#" && !line.starts_with("# ");
    let code = lines.take_while(|line| !line.starts_with("```")).filter(shown);
    Some(code.fold(String::new(), |example, line| example + &format!("    {line}\n")))
}
