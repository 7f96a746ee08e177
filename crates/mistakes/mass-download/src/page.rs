//! What a download comes to: a page, or the error that kept it from being one.

use std::error::Error;

/// An answer that arrived whole, whatever its status; its body was read to the end and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub status: u16,
    pub bytes: u64,
}

pub type Failure = Box<dyn Error + Send + Sync>;
