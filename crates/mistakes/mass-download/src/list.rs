//! Anyone's list of URLs: one a line; blank lines and those that begin with `#` are skipped.

use std::fs;
use std::path::Path;
use std::str::from_utf8;

use anyhow::{Context, Result, bail, ensure};
use hyper::Uri;

/// Reads the list in `file`, for a client that `knows_https` or does not.
///
/// # Errors
/// When the file cannot be read or has a line that cannot be fetched; the message says which.
pub(crate) fn read(file: &Path, knows_https: bool) -> Result<Vec<String>> {
    let shown = file.display();
    let text = fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let mut urls = Vec::new();
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let url = check(line, knows_https).with_context(|| format!("{shown}:{}", number + 1))?;
        urls.push(url.to_owned());
    }
    ensure!(!urls.is_empty(), "{shown}: there is no URL in it");
    Ok(urls)
}

fn check(line: &[u8], knows_https: bool) -> Result<&str> {
    let url = from_utf8(line).context("not a URL, since it is not UTF-8")?;
    let uri: Uri = url.parse().with_context(|| format!("`{url}` is not a URL"))?;
    match uri.scheme_str() {
        Some("http") => Ok(url),
        Some("https") if knows_https => Ok(url),
        Some("https") => bail!(
            "{url} is https, which takes `--features tls` and the variant threads, threads_small_buffers or tokio"
        ),
        _ => bail!("`{url}` does not begin with http://"),
    }
}
