//! What is done by a pipeline, whichever it is.

pub(crate) mod pipelines;
pub(crate) mod work;
