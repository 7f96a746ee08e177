//! Reads what an experiment is, builds it, runs it in rounds, and keeps what was verified.
//!
//! The first of the harness's rooms: it knows nothing of claims or pages. No file imports one that is named after it here: units,
//! interrupt, terminal, process, text, git, file, experiment, workspace, build, hyperfine, interpreters, fitness, machine, others, origin, data,
//! measure, alone.

// Programs are started in `process`, and streams written to in `terminal`: one place for each, where all that can go wrong is seen to.
#![warn(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout)]
#![warn(missing_docs)]

pub mod alone;
pub mod build;
pub mod data;
pub mod experiment;
pub mod file;
mod fitness;
pub mod git;
pub mod hyperfine;
pub mod interpreters;
pub mod interrupt;
pub mod machine;
pub mod measure;
mod origin;
mod others;
pub mod process;
#[cfg(any(test, feature = "synthetic"))]
pub mod synthetic;
pub mod terminal;
pub mod text;
pub mod units;
pub mod workspace;

use thiserror::Error;

/// The caller asked for something that does not exist: exit code 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Usage(pub String);
