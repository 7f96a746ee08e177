//! One variant of a pattern, put into another package: its file as it is, with those that it takes in, and the crates that they
//! import.

mod change;
mod check;
mod dependencies;
mod package;
mod there;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail, ensure};
use change::Change;
use clap::Args;
use dependencies::{How, Step, locked};
use package::Package;
use semver::{Version, VersionReq};

use bench::Usage;
use bench::experiment::{Dependency, Experiment, Role, Variant};
use bench::process::{self, Interrupted};
use bench::terminal::{say, tell};
use bench::workspace::Workspace;
use judge::Ledger;

#[derive(Args)]
pub(crate) struct Options {
    /// What to copy; shows what there is if it, or its variant, is left out
    #[arg(value_name = "EXPERIMENT/VARIANT")]
    what: Option<String>,
    /// The folder of the package that gets it
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The name of the module, and so of the file; that of the experiment if left out
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Do not compile the file first; for a package whose crates take long to build
    #[arg(long)]
    no_check: bool,
    /// Write nothing; only say what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let (experiments, _) = Ledger::of(&workspace)?;
    let what = options.what.as_deref().unwrap_or_default();
    if options.folder.is_none() && !what.contains('/') {
        list(&experiments, what)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (experiment, variant) = find(&experiments, what)?;
    let Some(folder) = &options.folder else {
        bail!(Usage(format!("which package gets it? cargo xtask copy {what} DIR")));
    };
    let mut text = Text::read(&workspace, variant)?;
    let usual = experiment.name.replace('-', "_");
    let module = options.name.as_deref().map_or(Ok(usual.as_str()), module_name)?;
    let package = Package::check(&workspace, folder, module)?;
    for part in &mut text.parts {
        part.is_there = package.has_part(part)?;
    }
    let copy = Copy {
        what,
        variant,
        text: &text,
        usual: &usual,
        package,
        target: workspace.target.join("copies"),
        checked: !options.no_check,
    };
    copy.package.check_compiler(what, variant)?;
    let steps = copy.package.steps(variant)?;
    copy.take(&steps, options.dry_run)?;
    Ok(ExitCode::SUCCESS)
}

/// What a variant is made of.
struct Text {
    own: String,
    parts: Vec<Part>,
}

/// A file that the variant's own takes in.
struct Part {
    /// From the folder of that file.
    path: PathBuf,
    text: String,
    /// Whether the package has it already.
    is_there: bool,
}

impl Text {
    fn read(workspace: &Workspace, variant: &Variant) -> Result<Self> {
        let read = |file: &Path| {
            let text = fs::read_to_string(workspace.root.join(file));
            text.with_context(|| format!("cannot read {}", file.display()))
        };
        let folder = variant.file.parent().context("it is in no folder")?;
        let part = |file: &PathBuf| {
            let path = file.strip_prefix(folder)?.to_owned();
            Ok(Part { path, text: read(file)?, is_there: false })
        };
        let parts = variant.with.iter().map(part).collect::<Result<_>>()?;
        Ok(Self { own: read(&variant.file)?, parts })
    }
}

/// Refuses what cannot be the name of a module with a file of its own.
fn module_name(name: &str) -> Result<&str> {
    // Those of all editions, and those that are kept for later.
    const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern false \
        final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct \
        super trait true try type typeof unsafe unsized use virtual where while yield _";
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    let why = if !is_name {
        "no name of a module: use a-z, 0-9 and _"
    } else if KEYWORDS.split_whitespace().any(|word| word == name.to_ascii_lowercase()) {
        "a keyword of Rust"
    } else if ["lib", "main"].contains(&name) {
        "the root of a crate"
    } else {
        return Ok(name);
    };
    bail!(Usage(format!("--as {name}: that is {why}")))
}

/// A variant on its way into a package.
struct Copy<'a> {
    what: &'a str,
    variant: &'a Variant,
    text: &'a Text,
    /// The name that the module has if no other is asked for.
    usual: &'a str,
    package: Package,
    target: PathBuf,
    checked: bool,
}

impl Copy<'_> {
    /// All of it, or nothing: an error or an interrupt leaves the package as it was.
    fn take(&self, steps: &[Step], dry_run: bool) -> Result<()> {
        let package = &self.package;
        let before = change::read_if_there(&package.lock)?;
        let versions = self.compile(steps, before.as_deref(), &package.name)?;
        if dry_run {
            steps.iter().try_for_each(|step| change::add(package, step, true))?;
            return say(&self.told(steps, true));
        }
        let mut all_done = false;
        let ended = process::carefully(|| {
            let mut change = Change::begin(package)?;
            match self.write(steps, &versions, &mut change) {
                Ok(()) => {
                    change.keep();
                    all_done = true;
                    Ok(())
                }
                Err(error) => match change.undo() {
                    Ok(()) => Err(error),
                    Err(undone) => Err(error.context(format!("{undone:#}"))),
                },
            }
        });
        // An interrupt that comes after that has interrupted nothing.
        if all_done { Ok(()) } else { ended }
    }

    fn write(&self, steps: &[Step], checked: &BTreeMap<String, Version>, change: &mut Change) -> Result<()> {
        // The file first: of two copies at the same time, one finds it there and has changed nothing.
        change.create(&self.package.file, &self.text.own)?;
        for part in self.text.parts.iter().filter(|part| !part.is_there) {
            change.create(&self.package.file_of(part), &part.text)?;
        }
        steps.iter().try_for_each(|step| change::add(&self.package, step, false))?;
        self.check_again(steps, checked)?;
        process::check_interrupt()?;
        say(&self.told(steps, false)).context("cannot say what was done, so nothing was")
    }

    /// Checks that the file compiles with what `lock` holds; the versions with which it did.
    fn compile(&self, steps: &[Step], lock: Option<&[u8]>, of: &str) -> Result<BTreeMap<String, Version>> {
        let (what, shown) = (self.what, self.package.shown());
        let held = locked(lock.unwrap_or_default(), of);
        let old = older(steps, &held);
        if !self.checked {
            let hints = old.join("; ");
            ensure!(old.is_empty(), "{what} may not compile in {shown}, and nothing was copied: {hints}");
            return Ok(BTreeMap::new());
        }
        match check::compile(&self.package, steps, self.text, lock, &self.target) {
            Ok(lock) => Ok(locked(&lock, check::NAME)),
            Err(error) if error.is::<Interrupted>() => Err(error),
            Err(error) => {
                let hints = old.iter().fold(String::new(), |hints, hint| hints + "; " + hint);
                Err(anyhow!(
                    "the check build of {what} in {shown} failed, and nothing was copied{hints} (--no-check copies it all the \
                     same)\n{error:#}"
                ))
            }
        }
    }

    /// Checks again if the package got other versions than those with which it was checked, for a reason that lies outside of it.
    fn check_again(&self, steps: &[Step], checked: &BTreeMap<String, Version>) -> Result<()> {
        let Some(lock) = change::read_if_there(&self.package.lock)? else { return Ok(()) };
        let has = locked(&lock, &self.package.name);
        let same = |step: &Step| {
            let name = &step.dependency.name;
            self.checked && checked.get(name) == has.get(name)
        };
        if !steps.iter().all(same) {
            self.compile(steps, Some(&lock), &self.package.name)?;
        }
        Ok(())
    }
}

/// Which crates are locked at a version that is not the one the file is made for.
fn older(steps: &[Step], held: &BTreeMap<String, Version>) -> Vec<String> {
    let old = steps.iter().filter_map(|step| {
        let Dependency { name, version, .. } = step.dependency;
        let has = held.get(name)?;
        let right = VersionReq::parse(version).is_ok_and(|right| right.matches(has));
        // What is added anew moves the lock.
        (!right && step.how != How::Add).then(|| {
            format!("{name} is locked there at {has}, and the file is made for {version} or later: `cargo update {name}`")
        })
    });
    old.collect()
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

impl Copy<'_> {
    /// What was done, or would be, and what is left to do by hand.
    fn told(&self, steps: &[Step], dry_run: bool) -> String {
        let Self { package, variant, text, .. } = self;
        let (wrote, added, kept) =
            if dry_run { ("would write", "would add", "would keep") } else { ("wrote", "added", "kept") };
        let mut told = format!("{wrote} {}\n", package.shown_path(&package.file).display());
        for part in &text.parts {
            let done = if part.is_there { kept } else { wrote };
            told += &format!("{done} {}\n", package.shown_path(&package.file_of(part)).display());
        }
        for step in steps {
            let Dependency { name, version, features, default_features } = step.dependency;
            told += &match step.how {
                How::Add => format!("{added} {name} {version}"),
                How::Inherit => format!(
                    "{added} {name}, with the version of the workspace (the file is made for {version})"
                ),
                How::Keep { .. } => format!("{kept} the version of {name} (the file is made for {version})"),
            };
            if !features.is_empty() {
                told += &format!(" with {}", features.join(", "));
            }
            if step.how == How::Add && !default_features {
                told += ", without its default features";
            }
            told += "\n";
        }
        told += "\n";
        if let Some(setup) = &variant.setup {
            told += &format!("First in `main`: {}\n", self.renamed(setup));
        }
        for (name, features) in &variant.main {
            let given = |feature| {
                let added = steps.iter().find(|step| step.dependency.name == *name);
                added.is_some_and(|step| step.dependency.features.contains(feature))
            };
            let lacks = features.iter().filter(|one| !given(one) && !package.has_feature(name, one));
            let lacks: Vec<_> = lacks.map(String::as_str).collect();
            if !lacks.is_empty() {
                let attribute = name.replace('-', "_");
                told += &format!(
                    "`#[{attribute}::main]` needs features of {name} that are not there: `cargo add {name} --features {}`\n",
                    lacks.join(",")
                );
            }
        }
        let condition = package.condition(steps);
        let cfg = condition.as_ref().map(|condition| format!("#[cfg({condition})] ")).unwrap_or_default();
        told += &format!("Write `{cfg}mod {};` in {}. ", package.module, package.shown_roots());
        if condition.is_some() {
            told += "Without that feature, crates that it needs are not there. ";
        }
        match example(&text.own) {
            Some(example) => told + &format!("To call it:\n\n{}", self.renamed(&example)),
            None => told + "The comments in the file say how to call it.\n",
        }
    }

    /// The documentation calls the module by its usual name.
    fn renamed(&self, text: &str) -> String {
        text.replace(&format!("{}::", self.usual), &format!("{}::", self.package.module))
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
