//! The loopback internet: a small HTTP server that every experiment fetches from, and the witness of
//! what was fetched.
//!
//! It runs in a process of its own, single-threaded, on 127.0.0.1 and a port the system chooses, so
//! that it competes with the client under test for as little as possible. `GET /` lists its pages;
//! `GET /counters` says what it served since the last `POST /reset` (see [`Counts`]).
//!
//! A demo starts one as a child by running its own program again:
//!
//! ```no_run
//! fn main() -> Result<(), origin::Error> {
//!     origin::serve_if_child(); // the first line: in the child this never returns
//!     let origin = origin::Origin::start()?;
//!     println!("fetch from {}/bytes/1024?delay_ms=100", origin.url());
//!     Ok(()) // dropping `origin` ends the child
//! }
//! ```
//!
//! Or the binary `origin` runs by hand, or under a harness that reads the URL from its only line of
//! standard output.
#![warn(missing_docs)]

mod body;
mod child;
mod content;
mod counters;
mod error;
mod routes;
mod serve;

pub use child::{Origin, serve_if_child};
pub use content::{byte, number};
pub use counters::Counts;
pub use error::Error;
pub use serve::{Options, run};
