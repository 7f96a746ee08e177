//! smol and async-std do without a runtime of tokio: while they download, none of its threads is there.
//!
//! The only test of its file, because it looks at all threads of its process.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use mass_download::page::{Failure, Page};
use mass_download::{async_std, hyper, smol};
use origin::Origin;

/// Whether a thread whose name speaks of tokio is seen while `run` downloads.
fn shows_tokio(run: fn(Vec<String>) -> Vec<Result<Page, Failure>>) -> bool {
    let origin = Origin::in_thread().unwrap();
    let url = format!("{}/bytes/1?delay_ms=500", origin.url());
    let download = thread::spawn(move || run(vec![url]));
    let mut names = BTreeSet::new();
    while !download.is_finished() {
        for task in fs::read_dir("/proc/self/task").unwrap() {
            names.extend(fs::read_to_string(task.unwrap().path().join("comm")));
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(download.join().unwrap().remove(0).unwrap().bytes, 1);
    names.iter().any(|name| name.contains("tokio"))
}

#[test]
fn smol_and_async_std_need_no_runtime_of_tokio() {
    assert!(!shows_tokio(smol::run));
    assert!(!shows_tokio(async_std::run));
    assert!(shows_tokio(hyper::run), "the test sees what it looks for");
}
