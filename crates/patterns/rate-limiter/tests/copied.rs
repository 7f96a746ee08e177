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

files! {
    threads private_threads "../src/threads.rs"
    on_tokio private_tokio "../src/tokio.rs"
    on_smol private_smol "../src/smol.rs"
    on_async_std private_async_std "../src/async_std.rs"
    by_governor private_governor "../src/governor.rs"
    by_leaky_bucket private_leaky_bucket "../src/leaky_bucket.rs"
}

#[test]
fn no_line_is_wider_than_a_hundred() {
    for (name, text) in FILES {
        for (line, number) in text.lines().zip(1..) {
            assert!(line.chars().count() <= 100, "{name}:{number}: {line}");
        }
    }
}
