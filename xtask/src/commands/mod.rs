//! One file a subcommand.

pub(crate) mod bench_all;
pub(crate) mod copy;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod list;
pub(crate) mod report;
pub(crate) mod scripts;
pub(crate) mod tidy;
