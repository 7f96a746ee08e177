//! The page in a real browser: no error, no request, no scrolling sideways on a phone, and what the filters hide. Where there is no
//! Chromium the tests say so and are passed over.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The page as it is committed.
fn committed() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join("results/index.html")).unwrap()
}

fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// What `probe`, an expression, comes to in the page when it is so wide, as JSON; none without a browser.
fn seen(page: &str, width: u32, probe: &str) -> Option<String> {
    let Some(chromium) = chromium() else {
        eprintln!("passed over: there is no Chromium on PATH");
        return None;
    };
    let folder = TempDir::new().unwrap();
    let errors =
        "<script>var errors = []; addEventListener('error', (event) => errors.push(event.message));</script>";
    fs::write(folder.path().join("page.html"), page.replacen("<head>", &format!("<head>{errors}"), 1))
        .unwrap();
    // A window is never as narrow as a phone, but a frame is.
    let frame = format!(
        "<!doctype html><iframe id=f src=page.html style=\"width:{width}px;height:800px;border:0\"></iframe><pre id=told></pre>\
         <script>f.onload = () => {{ const window = f.contentWindow, document = f.contentDocument;\n\
         told.textContent = 'seen:' + JSON.stringify({probe}) + ':end'; }};</script>"
    );
    let outer = folder.path().join("outer.html");
    fs::write(&outer, frame).unwrap();
    let ended = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--dump-dom"])
        .args(["--virtual-time-budget=10000", "--window-size=1400,900"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", outer.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&ended.stdout).into_owned();
    let told = dom.rsplit("seen:").next().and_then(|rest| rest.split_once(":end"));
    Some(told.unwrap_or_else(|| panic!("nothing was seen: {dom}")).0.to_owned())
}

#[test]
fn it_has_no_error_and_asks_for_nothing() {
    let probe = "[window.errors, window.performance.getEntriesByType('resource').map((one) => one.name)]";
    if let Some(seen) = seen(&committed(), 1200, probe) {
        assert_eq!(seen, "[[],[]]");
    }
}

#[test]
fn nobody_needs_to_scroll_sideways() {
    let probe = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]";
    for width in [360, 768, 1200] {
        let Some(seen) = seen(&committed(), width, probe) else { return };
        let [needed, shown]: [u32; 2] = serde_json::from_str(&seen).unwrap();
        assert!(needed <= shown, "{needed} of {shown} at {width}");
    }
}

#[test]
fn the_filters_hide_what_was_not_asked_for() {
    let probe = "(() => { const form = document.querySelector('form'); form.verdict.value = 'fails';\n\
        form.dispatchEvent(new window.Event('change'));\n\
        const rows = [...document.querySelectorAll('.ledger tbody tr')];\n\
        return [form.hidden, rows.some((row) => !row.hidden),\n\
        rows.every((row) => row.hidden !== row.dataset.verdicts.split(' ').includes('fails'))]; })()";
    if let Some(seen) = seen(&committed(), 1200, probe) {
        assert_eq!(seen, "[false,true,true]");
    }
}

#[test]
fn it_is_small_enough_to_be_sent() {
    assert!(committed().len() < 1_500_000, "{} bytes", committed().len());
}
