//! What git says of a folder: nothing but what it finds from there.

use std::path::Path;
use std::process::Command;

use crate::process::{self, said_by};

/// What `git rev-parse --local-env-vars` lists: each names another repository than the one around a folder, or changes it.
const OF_ANOTHER: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// git, which asks the repository around the current folder and takes no lock.
pub(crate) fn git(arguments: &[&str]) -> Command {
    let mut git = process::command("git");
    git.arg("--no-optional-locks").args(arguments);
    for name in OF_ANOTHER {
        git.env_remove(name);
    }
    git
}

/// The commit that `root` is at, and whether it differs from that; none if no repository holds it.
pub(crate) fn commit(root: &Path) -> Option<(String, bool)> {
    let said = |arguments: &[&str]| said_by(git(arguments).current_dir(root));
    // Unpacked in the folder of another project, it is not what that project's commit names.
    let top = said(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    said(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    let commit = said(&["rev-parse", "--verify", "HEAD"])?;
    // Results are what a run makes; they change nothing of what it measures. What git cannot tell may be a change.
    let status = said(&["status", "--porcelain", "--branch", "-z", "--", ".", ":(exclude)results"]);
    // The branch comes first, and after it whatever has changed.
    let is_clean = status.is_some_and(|status| !status.trim_end_matches('\0').contains('\0'));
    Some((commit, !is_clean))
}

/// Whether git tracks something in `folder`.
pub fn is_tracked(folder: &Path) -> bool {
    said_by(git(&["ls-files"]).arg(folder)).is_some_and(|file| !file.is_empty())
}
