//! What the demos that fetch share: where from, and a list of anyone's URLs.

use std::fs;
use std::io::{Write, stdout};
use std::iter::zip;
use std::path::Path;
use std::str::from_utf8;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use origin::Origin;
use outcome::{Failure, causes, tell};

/// The flag `--origin URL`.
#[derive(Args)]
pub struct OriginFlag {
    /// An origin that runs already, instead of one of our own
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
}

impl OriginFlag {
    /// The one that is given, or else one of our own.
    ///
    /// # Errors
    /// When what is given is no URL of an origin, or there is none to be had.
    pub fn start(&self) -> Result<Origin> {
        Ok(self.origin.as_deref().map_or_else(Origin::start, Origin::at)?)
    }
}

/// Fetches the URLs in `file`, one a line, of which blank lines and those that begin with `#` are skipped, and prints what became
/// of each: what `download` says of it, or `failed` with its reason. Together they are `what`, in the plural.
///
/// # Errors
/// When the file cannot be read or `check` refuses one of its lines, which the message names; or when any has failed.
pub fn list(
    variant: &str,
    file: &Path,
    check: impl Fn(&str) -> Result<()>,
    download: impl FnOnce(Vec<String>) -> Vec<Result<String, Failure>>,
    failed: &str,
    what: &str,
) -> Result<()> {
    let urls = read(file, check)?;
    let started = Instant::now();
    let pages = download(urls.clone());
    let elapsed = started.elapsed();
    let (mut failures, mut stdout) = (Vec::new(), stdout().lock());
    for (url, page) in zip(&urls, pages) {
        match page {
            Ok(page) => writeln!(stdout, "{page} {url}")?,
            Err(failure) => {
                let said: Vec<_> = causes(&failure).map(ToString::to_string).collect();
                writeln!(stdout, "{failed} {url}: {}", said.join(": "))?;
                failures.push(failure);
            }
        }
    }
    let done = urls.len() - failures.len();
    eprintln!("{variant}: {done} of {} in {:.3} s", urls.len(), elapsed.as_secs_f64());
    tell(&failures, urls.len() as u64, what)
}

fn read(file: &Path, check: impl Fn(&str) -> Result<()>) -> Result<Vec<String>> {
    let shown = file.display();
    let text = fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let mut urls = Vec::new();
    for (line, number) in text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).zip(1..) {
        if !line.is_empty() && !line.starts_with(b"#") {
            let url = from_utf8(line).context("not a URL, since it is not UTF-8");
            let url = url.and_then(|url| check(url).map(|()| url.to_owned()));
            urls.push(url.with_context(|| format!("{shown}:{number}"))?);
        }
    }
    ensure!(!urls.is_empty(), "{shown}: there is no URL in it");
    Ok(urls)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_that_is_not_utf_8_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.txt");
        std::fs::write(&list, b"# ours\nhttp://a/\xff\n").unwrap();
        let error = format!("{:#}", super::read(&list, |_| Ok(())).unwrap_err());
        assert!(error.contains("list.txt:2: not a URL, since it is not UTF-8"), "{error}");
    }
}
