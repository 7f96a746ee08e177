//! A script of one request, with ureq on the one thread there is: `cold_threads URL`.
//!
//! It prints the status and the length of the body, then waits for the end of its input, so that it can be looked at.

use std::env;
use std::io::{self, sink, stdin};

use blocking_client::page::{BUFFER_BYTES, Failure};
use ureq::Agent;

fn main() -> Result<(), Failure> {
    let url = env::args().nth(1).ok_or("a URL is wanted")?;
    let client = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .build()
        .new_agent();
    let response = client.get(&url).call()?;
    let status = response.status().as_u16();
    let bytes = io::copy(&mut response.into_body().into_reader(), &mut sink())?;
    println!("{status} {bytes}");
    io::copy(&mut stdin(), &mut sink())?;
    Ok(())
}
