//! The files as others have them in their own crates: under the lints that many projects deny, and
//! no wider than what rustfmt makes of them by itself.

#![deny(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::pedantic,
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    unreachable_pub,
    unused_qualifications
)]
#![allow(
    clippy::duplicate_mod,
    reason = "some lints look at a `pub mod` only, some at a `mod`"
)]

use std::process::Command;

macro_rules! files {
    ($($public:ident $private:ident $file:literal)*) => {
        $(
            #[path = $file]
            pub mod $public;

            #[path = $file]
            mod $private;
        )*

        const FILES: &[(&str, &str)] = &[$((stringify!($public), include_str!($file))),*];
    };
}

macro_rules! parts {
    ($($part:ident)*) => {
        const PARTS: &[(&str, &str)] = &[$((
            stringify!($part),
            include_str!(concat!("../src/hybrid_pipeline/", stringify!($part), ".rs")),
        )),*];
    };
}

files! {
    threads private_threads "../src/threads.rs"
    tokio_rayon private_tokio_rayon "../src/tokio_rayon.rs"
    tokio_spawn_blocking private_tokio_spawn_blocking "../src/tokio_spawn_blocking.rs"
    tokio_processes private_tokio_processes "../src/tokio_processes.rs"
    by_procspawn private_by_procspawn "../src/procspawn.rs"
    smol_unblock private_smol_unblock "../src/smol_unblock.rs"
}

parts! { failure frame pool process_failure sent stage }

#[test]
fn no_line_is_wider_than_a_hundred() {
    for (name, text) in FILES.iter().chain(PARTS) {
        for (line, number) in text.lines().zip(1..) {
            assert!(line.chars().count() <= 100, "{name}:{number}: {line}");
        }
    }
}

#[test]
fn rustfmt_changes_nothing_in_any_edition() {
    for edition in ["2018", "2021", "2024"] {
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition", edition, "src/lib.rs"]);
        let output = rustfmt.current_dir(env!("CARGO_MANIFEST_DIR")).output();
        let output = output.unwrap();
        let changes = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "in edition {edition}:\n{changes}");
    }
}

#[test]
fn what_is_the_same_in_two_parts_is_done_the_same() {
    let [failure, process_failure] = ["failure", "process_failure"].map(|part| {
        let (_, text) = PARTS.iter().find(|(name, _)| *name == part).unwrap();
        ["fn settle", "fn message"].map(|name| {
            let (_, body) = text.split_once(name).unwrap();
            body.split_once("\n}\n").unwrap().0
        })
    });
    assert_eq!(failure, process_failure);
}
