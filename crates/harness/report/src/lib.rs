//! What was measured and judged, on pages and in pictures.

#![allow(clippy::missing_errors_doc, reason = "errors are sentences for the user, and name what to do")]

pub mod html;
pub mod markdown;
pub mod page;
pub mod plot;
pub mod site;
pub mod splice;
