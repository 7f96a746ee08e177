//! A script of one request, with reqwest on a runtime of one thread: `cold_tokio URL`.
//!
//! It prints the status and the length of the body, then waits for the end of its input, so that it can be looked at.

use std::env;
use std::io::{self, sink, stdin};

use blocking_client::page::Failure;
use reqwest::Client;
use reqwest::redirect::Policy;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let url = env::args().nth(1).ok_or("a URL is wanted")?;
    let client = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    let mut response = client.get(&url).send().await?;
    let status = response.status().as_u16();
    let mut bytes = 0;
    while let Some(piece) = response.chunk().await? {
        bytes += piece.len();
    }
    println!("{status} {bytes}");
    io::copy(&mut stdin(), &mut sink())?;
    Ok(())
}
