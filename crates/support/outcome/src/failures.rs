//! Items of a run that failed, and how that is told.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::iter::successors;

use anyhow::{Result, bail};

use crate::{Outcome, Refused};

/// What kept one item of a run from being done, whatever its client calls it.
pub type Failure = Box<dyn Error + Send + Sync>;

impl Outcome {
    /// Reports as [`Outcome::report`] does, with what `failed`: how many for which reason, and the limit of the system
    /// that was behind it, if one was.
    ///
    /// # Errors
    /// When the file cannot be written. By hand, where nobody reads the outcome, also when any has failed.
    pub fn report_failures(mut self, failed: &[Failure], what: &str) -> Result<()> {
        self.refused = limit(failed, self.work.done);
        self.errors = kinds(failed);
        self.report()?;
        if env::var_os("OUTCOME_FILE").is_none() { tell(failed, self.work.expected, what) } else { Ok(()) }
    }
}

/// An error and those behind it, the innermost last.
pub fn causes(failure: &Failure) -> impl Iterator<Item = &dyn Error> {
    successors(Some(failure.as_ref() as &dyn Error), |&error| error.source())
}

/// What `failed` of so many as one error, with the most frequent reason; `what` names them in the plural.
///
/// # Errors
/// When any has failed.
pub fn tell(failed: &[Failure], of: u64, what: &str) -> Result<()> {
    let Some((most, _)) = kinds(failed).into_iter().max_by_key(|(_, count)| *count) else {
        return Ok(());
    };
    let limit =
        limit(failed, 0).map_or(String::new(), |refused| format!(" (the limit is {})", refused.limit));
    bail!("{} of {of} {what} failed, most of them with: {most}{limit}", failed.len())
}

/// How many failed for the same reason: the innermost, since the layers above it differ from client to client.
fn kinds(failed: &[Failure]) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    for innermost in failed.iter().filter_map(|failure| causes(failure).last()) {
        *kinds.entry(innermost.to_string()).or_default() += 1;
    }
    kinds
}

fn limit(failed: &[Failure], done: u64) -> Option<Refused> {
    failed.iter().find_map(|failure| Refused::by(failure.as_ref(), done))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_most_frequent_reason_is_told_with_its_limit() {
        let failure = |code| -> Failure { io::Error::from_raw_os_error(code).into() };
        let (refused, files) = (111, 24);
        let failed = [failure(refused), failure(files), failure(files)];
        let said = tell(&failed, 9, "requests").unwrap_err().to_string();
        assert!(said.starts_with("3 of 9 requests failed, most of them with: Too many open files"), "{said}");
        assert!(said.ends_with("(the limit is RLIMIT_NOFILE)"), "{said}");
        assert!(tell(&[], 9, "requests").is_ok());
    }
}
