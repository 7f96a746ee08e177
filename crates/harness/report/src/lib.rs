//! What was measured and judged, on pages and in pictures.
//!
//! The last of the harness's rooms. No file imports one that is named after it here: markdown, splice, plot, page, html, site.

#![warn(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout)]
#![allow(clippy::missing_errors_doc, reason = "errors are sentences for the user, and name what to do")]

pub mod html;
mod markdown;
pub mod page;
pub mod plot;
pub mod site;
mod splice;
