//! A place for checks, with no code of its own: the tests take async variants in, unmodified, and run them on
//! shuttle's scheduler, since here `tokio` is the name of a stand-in for it.
//!
//! shuttle searches interleavings at random. What it finds is proven; what it does not find is not.
