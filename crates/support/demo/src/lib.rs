//! The main that all demos share. An experiment's own `main.rs` has the table of its variants, its arguments, and what is
//! measured; here a variant is found by its name, or all of them run as one table.

#![warn(missing_docs)]

#[cfg(feature = "origin")]
pub mod fetch;

use std::env;

use anyhow::Context;
use clap::builder::PossibleValuesParser;
use clap::{Arg, Parser};
use outcome::timeline::draw;
use outcome::{Outcome, Run};
use workload::Lateness;

use prelude::{ExitCode, Result, Threads};

/// What the `main.rs` of every demo names.
pub mod prelude {
    pub use std::process::ExitCode;

    pub use anyhow::Result;
    pub use outcome::{Failure, Threads, Work};

    #[cfg(feature = "origin")]
    pub use super::fetch::{self, OriginFlag};
    pub use super::{All, Kinds, One};
}

/// The table of the variants of a crate, each of whose modules has a function `run`: `variants![my_demo: threads, tokio]`. If these
/// are not all of one type, an enum has the types: `variants![my_demo: Blocking(threads), Async(tokio, smol)]`. Functions of one module
/// that have the variants' names are `variants![in module: threads, tokio]`.
#[macro_export]
macro_rules! variants {
    (in $module:ident: $($function:ident),+ $(,)?) => { [$((stringify!($function), $module::$function)),+] };
    ($experiment:ident: $($module:ident),+ $(,)?) => { [$((stringify!($module), $experiment::$module::run)),+] };
    ($experiment:ident: $($kind:ident($($module:ident),+ $(,)?)),+ $(,)?) => {
        [$($((stringify!($module), $kind($experiment::$module::run))),+),+]
    };
}

/// The command line of a demo, as the type `Arguments`. A field `name: u64 = 9 in 1..=99` is the flag `--name` with its default and
/// its range; any other has attributes of clap's.
#[macro_export]
macro_rules! arguments {
    ($(#[$about:meta])* struct Arguments { $($(#[$attribute:meta])* $name:ident: $kind:ty $(= $default:literal in $range:expr)?),+ $(,)? }) => {
        #[derive(clap::Parser)]
        $(#[$about])*
        struct Arguments {
            $(
                $(#[$attribute])*
                $(#[arg(long, default_value_t = $default, value_parser = clap::value_parser!($kind).range($range))])?
                $name: $kind,
            )+
        }
    };
}

/// What a worker did, as the series of an outcome name it, and what that means.
pub type Kinds<'a> = &'a [(&'a str, &'a str)];

/// All variants of a demo.
pub struct All<'a, V> {
    experiment: &'a str,
    variants: Vec<(&'static str, V)>,
}

/// The one that runs.
pub struct One<'a, V> {
    experiment: &'a str,
    /// Its name.
    pub name: &'static str,
    /// What runs it, as the table has it.
    pub run: V,
}

/// The main of a demo: its command line is `[VARIANT]` and what `A` reads. With a name `one` runs that variant, and without one
/// `all` compares them. Two flags of `A` are heeded here: `--runtime-threads`, and `--urls`, which is of one variant in any case.
pub fn main<V: Copy, A: Parser>(
    variants: &[(&'static str, V)],
    all: impl FnOnce(&All<V>, &A) -> Result<()>,
    one: impl FnOnce(&One<V>, &A) -> Result<()>,
) -> ExitCode {
    let command = A::command();
    let experiment = command.get_name().to_owned();
    let has = |flag| command.get_arguments().any(|argument| argument.get_id() == flag);
    let (has_list, has_threads) = (has("urls"), has("runtime_threads"));
    let left_out = if has_list { ", and tokio for --urls" } else { "" };
    let variant = Arg::new("variant")
        .value_name("VARIANT")
        .value_parser(PossibleValuesParser::new(variants.iter().map(|(name, _)| *name)))
        .help(format!("The variant to run; all of them if left out{left_out}"));
    let matches = command.arg(variant).get_matches();
    if has_threads {
        outcome::give_runtimes_their_threads(matches.get_one("runtime_threads").copied());
    }
    let arguments = A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let variants = All { experiment: &experiment, variants: variants.to_vec() };
    let of_list = (has_list && matches.contains_id("urls")).then_some("tokio");
    outcome::exit(match matches.get_one::<String>("variant").map(String::as_str).or(of_list) {
        Some(name) => variants.find(name).and_then(|variant| one(&variant, &arguments)),
        None => all(&variants, &arguments),
    })
}

impl<V: Copy> All<'_, V> {
    fn find(&self, name: &str) -> Result<One<'_, V>> {
        let found = self.variants.iter().find(|(other, _)| *other == name);
        let &(name, run) = found.context("not a variant")?;
        Ok(One { experiment: self.experiment, name, run })
    }

    /// All others.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let others = self.variants.iter().copied().filter(|(other, _)| *other != name);
        Self { experiment: self.experiment, variants: others.collect() }
    }

    /// Prints one table of them: `done` names what the work counts, and `metrics` which of its metrics get a column.
    ///
    /// # Errors
    /// When a variant fails; the others are run and shown all the same.
    pub fn compare(&self, done: &str, metrics: &[&str]) -> Result<()> {
        outcome::compare(&self.names(), done, metrics).map(drop)
    }

    /// Does what [`All::compare`] does, and draws what the workers of each did when below the table.
    ///
    /// # Errors
    /// As [`All::compare`].
    pub fn draw(&self, done: &str, metrics: &[&str], kinds: Kinds) -> Result<()> {
        draw(&outcome::compare(&self.names(), done, metrics)?, kinds)
    }

    fn names(&self) -> Vec<&str> {
        self.variants.iter().map(|(name, _)| *name).collect()
    }
}

impl<V> One<'_, V> {
    /// Does `run` in a child process, so that a limit of the machine is reported and not a crash: see [`outcome::guard`].
    ///
    /// # Errors
    /// When the run fails and no limit on threads is to blame.
    pub fn guard(&self, expected: u64, threads: Threads, run: impl FnOnce() -> Result<()>) -> Result<()> {
        outcome::guard(self.experiment, self.name, expected, threads, run)
    }

    /// `count` if it has a thread for each item, as those have that are named after threads; else those of a runtime.
    pub fn threads(&self, count: u64) -> Threads {
        let is_named_so = self.name.split('_').any(|word| word == "threads");
        if is_named_so { Threads::of(count) } else { Threads::of_a_runtime() }
    }

    /// Starts the clock: see [`Run::start`].
    ///
    /// # Errors
    /// When there is no thread to be had for the sampler.
    pub fn start(&self) -> Result<Run> {
        Run::start(self.experiment, self.name)
    }
}

/// The first of `answers`, and how many are the same. Whether it is the right one is not for the program to say
/// that has computed it: each case expects a number.
///
/// # Errors
/// When there is none.
pub fn agreed(answers: &[u32]) -> Result<(u32, u64)> {
    let first = *answers.first().context("there is no answer")?;
    Ok((first, answers.iter().filter(|answer| **answer == first).count() as u64))
}

/// Puts into `outcome` how late the beats came.
pub fn add_lateness(outcome: &mut Outcome, lateness: Lateness) {
    outcome.metrics.extend(lateness.metrics());
    outcome.series.insert("late_s".to_owned(), lateness.histogram);
}

/// Reports `outcome`, and draws what its workers did when, unless it goes to a file, which has the series.
///
/// # Errors
/// When it cannot be written.
pub fn report_drawn(outcome: Outcome, kinds: Kinds) -> Result<()> {
    outcome.report()?;
    if env::var_os("OUTCOME_FILE").is_none() { draw(&[outcome], kinds) } else { Ok(()) }
}
