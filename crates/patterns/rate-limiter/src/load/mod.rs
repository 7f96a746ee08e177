//! What is done with a limiter, whichever it is.

pub(crate) mod alone;
pub(crate) mod crowd;
pub(crate) mod limiters;
pub(crate) mod requests;
pub(crate) mod runtime;
pub(crate) mod seen;
