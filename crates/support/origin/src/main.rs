//! The origin by hand, or under a harness: prints its URL as the only line of standard output.
//!
//! `cargo run -p origin`, then `curl URL/` for what it serves. Exit: 0 told to stop, 1 it could not
//! serve, 2 wrong use.
#![warn(missing_docs)]

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use origin::{Error, Options};

/// The loopback internet: serves what the demos fetch, and counts what it served.
#[derive(Parser)]
struct Arguments {
    /// The address and port; port 0 lets the system choose one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Accept an address that other machines may reach.
    #[arg(long)]
    allow_remote: bool,

    /// Stop at the end of standard input, so as not to outlive whoever holds the other end.
    #[arg(long)]
    stop_with_stdin: bool,
}

fn main() -> ExitCode {
    let Arguments { listen, allow_remote, stop_with_stdin } = Arguments::parse();
    match origin::run(&Options { listen, allow_remote, stop_with_stdin }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("origin: {error}");
            ExitCode::from(if matches!(error, Error::NotLoopback(_)) { 2 } else { 1 })
        }
    }
}
