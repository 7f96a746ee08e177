//! The page that has all committed results, written for tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Written once for each process, where others may write the same at the same time.
pub(crate) fn page() -> &'static Path {
    static PAGE: OnceLock<PathBuf> = OnceLock::new();
    PAGE.get_or_init(|| {
        let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join("index.html");
        let mut report = Command::cargo_bin("xtask").unwrap();
        report.current_dir(root()).args(["report", "--page"]).arg(&page).assert().success();
        page
    })
}
