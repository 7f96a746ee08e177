//! What a request comes to: a page, or the error that kept it from being one.

use std::error::Error;

/// How much a client reads or writes at once, where it can be told: a page of the memory, with room for a head and a body
/// of a kilobyte. A longer body takes more turns, a longer head is an error.
pub const BUFFER_BYTES: usize = 4 * 1024;

/// An answer that arrived whole, whatever its status; its body was read to the end and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub status: u16,
    pub bytes: u64,
}

pub type Failure = Box<dyn Error + Send + Sync>;

/// Nothing if `page` is the one that was asked for, with a body of so many bytes; else what is wrong with it.
///
/// # Errors
/// When it is another, or none.
pub fn check(page: Result<Page, Failure>, asked: u64) -> Result<(), Failure> {
    match page? {
        Page { status: 200, bytes } if bytes == asked => Ok(()),
        Page { status: 200, bytes } => Err(format!("a body of {bytes} bytes").into()),
        Page { status, .. } => Err(format!("status {status}").into()),
    }
}
