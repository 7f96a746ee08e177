//! Files and folders that are ours for a moment: they go when they are dropped, and when we are killed.

use std::fs;
use std::io::{self, Read, Write, stdin};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

use super::{keeper, ourselves};

/// The argument of the process that outlives us to remove what we could not.
pub(super) const SWEEP: &str = "__sweep";

/// To the sweeper; none if it could not be started, and then what a SIGKILL leaves is left.
static SWEEPER: LazyLock<Mutex<Option<UnixStream>>> = LazyLock::new(|| Mutex::new(start().ok()));

#[allow(clippy::disallowed_methods, reason = "it must outlive us, so that nothing may keep it")]
fn start() -> io::Result<UnixStream> {
    keeper::check()?;
    let (line, theirs) = UnixStream::pair()?;
    let mut sweeper = Command::new(ourselves());
    sweeper.arg(SWEEP).stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
    // What ends us must not end it.
    sweeper.process_group(0);
    sweeper.spawn()?;
    Ok(line)
}

/// What a path is told to the sweeper with.
const OURS: u8 = b'+';
const GONE: u8 = b'-';

fn tell_sweeper(what: u8, path: &Path) {
    let mut word = vec![what];
    word.extend_from_slice(path.as_os_str().as_bytes());
    word.push(0);
    if let Some(line) = &mut *SWEEPER.lock().unwrap_or_else(PoisonError::into_inner) {
        // It may have been killed, which is no worse than that it was never there.
        line.write_all(&word).ok();
    }
}

/// The sweeper's whole life: it removes what is ours still when we are gone.
pub(super) fn sweep() -> io::Result<()> {
    let mut told = Vec::new();
    stdin().read_to_end(&mut told)?;
    let mut left: Vec<PathBuf> = Vec::new();
    for word in told.split(|&byte| byte == 0) {
        let Some((&what, path)) = word.split_first() else { continue };
        let path = PathBuf::from(std::ffi::OsString::from_vec(path.to_vec()));
        match what {
            OURS => left.push(path),
            _ => left.retain(|one| *one != path),
        }
    }
    for path in left {
        fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)).ok();
    }
    Ok(())
}

/// A path that is ours until this is dropped.
struct Ours(PathBuf);

impl Ours {
    fn new(path: &Path) -> Self {
        let path = absolute(path).unwrap_or_else(|_| path.to_owned());
        tell_sweeper(OURS, &path);
        Self(path)
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        tell_sweeper(GONE, &self.0);
    }
}

/// A folder of our own.
pub struct Folder {
    // Dropped first, so that it is gone when the sweeper forgets it.
    folder: TempDir,
    _ours: Ours,
}

impl Folder {
    /// Makes one in `folder`.
    ///
    /// # Errors
    /// If nothing can be made there.
    pub fn new_in(folder: &Path) -> io::Result<Self> {
        let folder = Builder::new().prefix(".run-").tempdir_in(folder)?;
        let ours = Ours::new(folder.path());
        Ok(Self { folder, _ours: ours })
    }

    /// Where it is, until this is dropped.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Puts `text` in the place of `file`, whole or not at all.
pub(crate) fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut unfinished = unfinished_in(folder)?;
    let _ours = Ours::new(unfinished.path());
    unfinished.as_file_mut().write_all(text)?;
    unfinished.persist(file)?;
    Ok(())
}

/// A file of a name that nobody can have, which is removed when it is dropped. Others may read it, as far as the umask lets them.
///
/// # Errors
/// If nothing can be made in `folder`.
pub fn unfinished_in(folder: &Path) -> io::Result<NamedTempFile> {
    let anyone = fs::Permissions::from_mode(0o666);
    Builder::new().prefix(".unfinished-").permissions(anyone).tempfile_in(folder)
}
