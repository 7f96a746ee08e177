//! The program of a fixture whose variants are shell scripts.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn main() {
    let variant = env::args().nth(1).expect("the name of a variant");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    let error = Command::new("sh")
        .args(["-c", ". \"$0/variant.sh\"; . \"$0/$VARIANT.sh\"", folder])
        // What tells which fixture this process belongs to.
        .args([folder])
        .args(env::args().skip(2))
        .env("VARIANT", variant)
        .exec();
    panic!("cannot start sh: {error}");
}
