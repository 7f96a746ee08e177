//! What was measured and judged, on pages and in pictures.
//!
//! The last of the harness's rooms. No file imports one that is named after it here: markdown, splice, plot, page, html, site.

#![warn(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout)]
#![warn(missing_docs)]

pub mod html;
mod markdown;
pub mod page;
pub mod plot;
pub mod site;
mod splice;
