//! One run for each folder of results, and a word where two runs share a machine: they would measure each other.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::unistd::Uid;
use outcome::read_text;
use serde::{Deserialize, Serialize};

use crate::terminal::tell;
use crate::text::{Moment, Text};

/// Both locks end with this process, however it ends.
pub struct Alone {
    /// On the folder itself, so that nothing is left in it. None on a file system that has no locks.
    _folder: Option<Flock<File>>,
    listed: Option<Listed>,
}

/// A run in the list of those of this user, which stands in the temporary folder: a file each, locked as long as it goes on.
struct Listed {
    file: PathBuf,
    _lock: Flock<File>,
}

#[derive(Serialize, Deserialize)]
struct Run {
    pid: u32,
    since: Moment,
    /// As the system knows it, and as a reader does.
    folder: PathBuf,
    shown: Text,
}

impl Alone {
    /// Nobody else measures into this folder until this is dropped; an error names who does already. Who measures into another one is
    /// named among the messages.
    ///
    /// # Errors
    /// If `folder` does not exist, or another run measures into it: the message names that run, and offers `--out` and
    /// `--machine`.
    pub fn in_folder(folder: &Path, shown: &str) -> Result<Self> {
        let canonical = folder.canonicalize().with_context(|| format!("cannot find {shown}"))?;
        let own = Run { pid: process::id(), since: Moment::now(), folder: canonical, shown: shown.into() };
        // Where there can be no list, the folder's own lock is enough.
        let list = list().and_then(|list| Some((lock(open(&list)?, true).ok()?, list)));
        let others = list.as_ref().map_or(Vec::new(), |(_, list)| runs(list));
        let lock = match open(&own.folder).map(|opened| lock(opened, false)) {
            Some(Err(Errno::EWOULDBLOCK)) => bail!("{}", in_use(&own, &others)),
            Some(Ok(lock)) => Some(lock),
            _ => None,
        };
        for other in others {
            tell(&format!(
                "another run (pid {}, since {}) measures on this machine, into {}: the two measure each other; wait until it has ended",
                other.pid,
                other.since,
                other.shown.plain()
            ));
        }
        let listed = list.and_then(|(_guard, list)| Listed::new(&list, &own));
        Ok(Self { _folder: lock, listed })
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // While its lock is held, so that it is nobody else's.
        if let Some(Listed { file, .. }) = &self.listed {
            fs::remove_file(file).ok();
        }
    }
}

/// Who measures into the folder that we wanted.
fn in_use(own: &Run, others: &[Run]) -> String {
    let listed = others.iter().find(|other| other.folder == own.folder);
    let who = listed.map(|other| format!("pid {}, since {}", other.pid, other.since));
    let who = who.or_else(|| holder(&own.folder).map(|pid| format!("pid {pid}")));
    let who = who.map_or(String::new(), |who| format!(" ({who})"));
    let shown = own.shown.plain();
    format!(
        "another run{who} measures into {shown} already: wait until it has ended, or give this one another folder with --out DIR or another \
         label with --machine LABEL"
    )
}

/// The process that has locked a folder, where the system tells.
fn holder(folder: &Path) -> Option<u32> {
    let inode = folder.metadata().ok()?.ino();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let mut locks = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    locks.find_map(|words| match words[..] {
        [_, "FLOCK", _, _, pid, place, ..] if place.rsplit(':').next() == Some(&inode.to_string()) => {
            pid.parse().ok()
        }
        _ => None,
    })
}

/// The folder of the list, which must be ours alone.
fn list() -> Option<PathBuf> {
    let user = Uid::effective();
    let list = env::temp_dir().join(format!("yieldpoint-runs-{user}"));
    DirBuilder::new().mode(0o700).create(&list).ok();
    let metadata = list.symlink_metadata().ok()?;
    (metadata.is_dir() && metadata.uid() == user.as_raw() && metadata.mode() & 0o022 == 0).then_some(list)
}

fn open(folder: &Path) -> Option<File> {
    OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(folder).ok()
}

/// The lock of a file or folder; `waits` for a second if another has it, since nobody holds that of the list for longer.
fn lock(mut file: File, waits: bool) -> Result<Flock<File>, Errno> {
    let mut tries = if waits { 100 } else { 1 };
    loop {
        tries -= 1;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(lock),
            Err((_, error)) if error != Errno::EWOULDBLOCK || tries == 0 => return Err(error),
            Err((again, _)) => file = again,
        }
        sleep(Duration::from_millis(10));
    }
}

/// Those of the list that go on; what a killed one has left is taken away.
fn runs(list: &Path) -> Vec<Run> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(list).into_iter().flatten().flatten() {
        let path = entry.path();
        match open(&path).map(|file| lock(file, false)) {
            Some(Err(Errno::EWOULDBLOCK)) => {
                runs.extend(read_text(&path, 100_000).ok().and_then(|text| serde_json::from_str(&text).ok()));
            }
            _ => drop(fs::remove_file(path)),
        }
    }
    runs
}

impl Listed {
    fn new(list: &Path, run: &Run) -> Option<Self> {
        let file = list.join(run.pid.to_string());
        let mut opened =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&file).ok()?;
        opened.write_all(&serde_json::to_vec(run).ok()?).ok()?;
        Some(Self { file, _lock: lock(opened, false).ok()? })
    }
}
