//! An origin that a program starts for itself.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{env, process};

use tokio::sync::oneshot;

use crate::Error;
use crate::serve::{Options, bind, run, runtime, serve, url};

/// Set in a process that is to be an origin.
const CHILD: &str = "ORIGIN_CHILD";

/// How long a child may take to print its URL. It takes milliseconds; a machine under load takes more.
const CHILD_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Serves and never returns if [`Origin::start`] started this process; else does nothing.
///
/// It must be the first line of `main`: before it, no thread may run and nothing may be printed to
/// standard output. The process exits with 0 when its parent ends, or with 1 and a line on standard
/// error if it cannot serve.
pub fn serve_if_child() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let options = Options { stop_with_stdin: true, ..Options::default() };
    match run(&options) {
        Ok(()) => process::exit(0),
        Err(error) => {
            eprintln!("origin: {error}");
            process::exit(1)
        }
    }
}

/// An origin to fetch from. Dropping it ends the origin, if this process started it.
#[derive(Debug)]
pub struct Origin {
    url: String,
    home: Home,
}

/// Where it runs.
#[derive(Debug)]
enum Home {
    Elsewhere,
    Child(Child),
    Thread(Option<(oneshot::Sender<()>, JoinHandle<()>)>),
}

impl Origin {
    /// Starts one as a child, by running this program again; its `main` must begin with
    /// [`serve_if_child`]. The child ends when this value is dropped, and also when this process dies
    /// without dropping it.
    ///
    /// Blocks until the child listens, milliseconds as a rule and ten seconds at most: call it before
    /// a runtime is started.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the process cannot be started; [`Error::ChildSilent`],
    /// [`Error::ChildEnded`] or [`Error::ChildSaid`] if it does not serve; [`Error::InsideChild`]
    /// where [`serve_if_child`] was forgotten, so that no process starts itself without end.
    pub fn start() -> Result<Self, Error> {
        if env::var_os(CHILD).is_some() {
            return Err(Error::InsideChild);
        }
        let program = env::current_exe().map_err(Error::system("find this program's file"))?;
        let child = Command::new(program)
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Out of reach of a terminal's Ctrl-C: who fetches may want to bring that to its end.
            .process_group(0)
            .spawn()
            .map_err(Error::system("start the origin's process"))?;
        // From here on every early return drops it, which ends the child.
        let mut origin = Self { url: String::new(), home: Home::Child(child) };
        let line = origin.first_line()?;
        origin.url = base(&line).ok_or(Error::ChildSaid(line))?;
        Ok(origin)
    }

    /// One that runs already, at `url` as it printed it: `http://HOST:PORT`.
    ///
    /// # Errors
    ///
    /// [`Error::NotAUrl`]. Whether anyone answers there is not tried.
    pub fn at(url: &str) -> Result<Self, Error> {
        let url = base(url).ok_or_else(|| Error::NotAUrl(url.to_owned()))?;
        Ok(Self { url, home: Home::Elsewhere })
    }

    /// Starts one in a thread of this process: for tests, where the program cannot run itself again.
    /// What it costs is then mixed with what asks it, so nothing is measured against it. Like [`run`],
    /// it raises the soft limit of open files to the hard one, here for the whole process.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] or [`Error::System`] if the system refuses a socket or a thread.
    pub fn in_thread() -> Result<Self, Error> {
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime()?;
        let listener = {
            let _within = runtime.enter();
            bind(Options::default().listen, false)?
        };
        let url = url(&listener)?;
        let thread = thread::Builder::new()
            .name("origin".to_owned())
            .spawn(move || runtime.block_on(serve(listener, async { drop(stopped.await) })))
            .map_err(Error::system("start a thread"))?;
        Ok(Self { url, home: Home::Thread(Some((stop, thread))) })
    }

    /// Where it is, as `http://127.0.0.1:PORT`, with no slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn first_line(&mut self) -> Result<String, Error> {
        let Home::Child(child) = &mut self.home else { return Ok(String::new()) };
        let Some(stdout) = child.stdout.take() else { return Ok(String::new()) };
        let (send, receive) = mpsc::channel();
        // Reading cannot be given up; a thread that does it can. It ends with the child at the latest.
        let reader = thread::Builder::new()
            .spawn(move || {
                let mut line = String::new();
                let _ = BufReader::new(stdout).read_line(&mut line);
                let _ = send.send(line);
            })
            .map_err(Error::system("start a thread"))?;
        let line = receive
            .recv_timeout(CHILD_ANSWERS_WITHIN)
            .map_err(|_| Error::ChildSilent(CHILD_ANSWERS_WITHIN))?;
        // Whoever counts the threads of a run would count it too.
        let _ = reader.join();
        if line.is_empty() {
            let status = child.wait().map_err(Error::system("wait for the origin's process"))?;
            return Err(Error::ChildEnded(status));
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        match &mut self.home {
            Home::Elsewhere => {}
            Home::Child(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Home::Thread(thread) => {
                if let Some((stop, thread)) = thread.take() {
                    drop(stop);
                    let _ = thread.join();
                }
            }
        }
    }
}

/// `http://HOST:PORT` out of `url`, if it is nothing more than that and a slash.
fn base(url: &str) -> Option<String> {
    let url = url.trim_end_matches('/');
    let (host, port) = url.strip_prefix("http://")?.rsplit_once(':')?;
    let plain = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    (plain && port.parse::<u16>().is_ok()).then(|| url.to_owned())
}
