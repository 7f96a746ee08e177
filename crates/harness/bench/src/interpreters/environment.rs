//! The packages that some variants import: an environment under `target`, made once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::Interpreter;
use crate::process::{self, check_interrupt, output};
use crate::terminal::tell;
use crate::workspace::Workspace;

/// Names each package that is there with all its files, none of them cut.
const WHOLE: &str = "
import importlib.metadata
def is_whole(distribution):
    for file in distribution.files or ():
        path = file.locate()
        if file.size is not None and (not path.is_file() or path.stat().st_size != file.size):
            return False
    return True
for package in sorted(importlib.metadata.distributions(), key=lambda one: one.metadata['Name']):
    if is_whole(package):
        print(package.metadata['Name'], package.version)
";

/// An interpreter that finds the packages of requirements.txt, at the versions that stand there.
///
/// # Errors
/// Where there is no pip, or it reaches no index.
pub(super) fn provide(workspace: &Workspace, interpreter: &Interpreter) -> Result<PathBuf> {
    let requirements = workspace.root.join("crates/support/python/requirements.txt");
    let wanted = fs::read_to_string(&requirements).context("cannot read requirements.txt")?;
    let folder = workspace.target.join("python").join(interpreter.name().replace(' ', "-").to_lowercase());
    let environment = Environment { folder, requirements, wanted };
    // What another run makes is ours as well.
    let _lock = environment.lock(workspace)?;
    if !environment.is_whole()? {
        environment.make(workspace, interpreter)?;
    }
    Ok(environment.program())
}

/// In the environment: its interpreter, what was asked for, and what was installed for that.
const PROGRAM: &str = "bin/python3";
const REQUIREMENTS: &str = "requirements.txt";
const PACKAGES: &str = "packages.txt";

struct Environment {
    folder: PathBuf,
    requirements: PathBuf,
    /// What stands in them.
    wanted: String,
}

impl Environment {
    fn program(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// What the folder is made with, by its name.
    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.folder.clone().into_os_string();
        name.push(format!(".{what}"));
        name.into()
    }

    /// Held by whoever looks or makes.
    fn lock(&self, workspace: &Workspace) -> Result<Flock<File>> {
        fs::create_dir_all(self.folder.parent().context("it is in a folder")?)?;
        let mut file = File::create(self.beside("lock"))?;
        let mut waits = false;
        loop {
            file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(lock),
                Err((file, Errno::EWOULDBLOCK | Errno::EINTR)) => file,
                Err((_, error)) => return Err(error.into()),
            };
            if !waits {
                tell(&format!("another run makes {}: waiting for it", workspace.shown(&self.folder)));
            }
            waits = true;
            check_interrupt()?;
            sleep(Duration::from_millis(20));
        }
    }

    /// Whether it is there with all that was installed. Somebody may have taken some away since.
    fn is_whole(&self) -> Result<bool> {
        let [asked, made] = [REQUIREMENTS, PACKAGES].map(|file| fs::read_to_string(self.folder.join(file)));
        let (Ok(asked), Ok(made)) = (asked, made) else { return Ok(false) };
        if asked != self.wanted || !self.program().exists() {
            return Ok(false);
        }
        let found = packages(&self.program());
        check_interrupt()?;
        Ok(found.is_ok_and(|found| found == made))
    }

    /// Makes it beside, and puts it in its place when all of it is there.
    fn make(&self, workspace: &Workspace, interpreter: &Interpreter) -> Result<()> {
        let packages = one_line(&self.wanted);
        tell(&format!("installing {packages} for {} under", interpreter.name()));
        tell(&format!("{}, once", workspace.shown(&self.folder)));
        let unfinished = self.beside("unfinished");
        let cleared = || -> Result<()> {
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished)?;
            }
            Ok(())
        };
        cleared()?;
        let made = self.make_in(&unfinished, interpreter);
        if made.is_err() {
            cleared()?;
            return made;
        }
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        fs::rename(&unfinished, &self.folder).context("cannot put the environment in its place")
    }

    fn make_in(&self, folder: &Path, interpreter: &Interpreter) -> Result<()> {
        let mut environment = process::command(&interpreter.program);
        run(environment.args(["-I", "-m", "venv"]).arg(folder), "venv cannot make an environment")?;
        let program = folder.join(PROGRAM);
        let mut install = process::command(&program);
        install.args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
        // Where there is no network, that is soon known.
        install
            .args(["--only-binary=:all:", "--retries=1", "--timeout=10", "--requirement"])
            .arg(&self.requirements);
        run(&mut install, "pip cannot install them")?;
        fs::write(folder.join(PACKAGES), packages(&program)?)?;
        Ok(fs::write(folder.join(REQUIREMENTS), &self.wanted)?)
    }
}

/// What an interpreter finds of packages that are whole.
fn packages(program: &Path) -> Result<String> {
    let said = output(process::command(program).args(["-I", "-c", WHOLE]))?;
    ensure!(said.status.success(), "{} cannot list its packages", program.display());
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

/// Venv and pip take as long as the disk and the network do; those that hang are ended by this.
const TO_INSTALL: Duration = Duration::from_secs(300);

fn run(command: &mut Command, failure: &'static str) -> Result<()> {
    // What pip has to say of a network that is not there is long, and the mend is one.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    match process::run(command, Some(TO_INSTALL))? {
        Some(status) if status.success() => Ok(()),
        Some(_) => bail!(failure),
        None => bail!("{failure} within {} s", TO_INSTALL.as_secs()),
    }
}

/// The packages by name, those that the others bring left out.
fn one_line(requirements: &str) -> String {
    let first = requirements.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
    first.unwrap_or_default().to_owned()
}
