//! Fetches the URLs given to it, fifty at a time: `cargo run -p bounded-pool --example fetch -- http://example.com/ ...`
//!
//! In a project of your own, where `cargo xtask copy bounded-pool/tokio DIR` has put the file, it says `mod bounded_pool;` in
//! place of the first `use`.

use std::env::args;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Error, Result};
use bounded_pool::tokio as bounded_pool;
use reqwest::Client;

const LIMIT: NonZeroUsize = NonZeroUsize::new(50).unwrap();
const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let urls: Vec<String> = args().skip(1).collect();
    // As many connections are kept as are used at once. reqwest has no time-out unless it is given one.
    let client = Client::builder()
        .pool_max_idle_per_host(LIMIT.get())
        .timeout(TIMEOUT)
        .build()?;

    let fetch = move |url: String| {
        // A clone is another handle on the same client and its connections.
        let client = client.clone();
        async move {
            let page = client.get(url).send().await?;
            let status = page.error_for_status_ref().map(drop);
            // Read if it is an error too: a connection with an unread body is not used again.
            let body = page.bytes().await;
            status.and(body)
        }
    };
    let mut failed = 0;
    let mut pages = bounded_pool::stream(urls.clone(), LIMIT, fetch);
    while let Some((index, page)) = pages.next().await {
        match page {
            Ok(page) => println!("{:>10} bytes  {}", page.len(), urls[index]),
            Err(why) => {
                failed += 1;
                // With what is behind it.
                println!(
                    "{:>10}        {}: {:#}",
                    "failed",
                    urls[index],
                    Error::new(why)
                );
            }
        }
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}
