#!/bin/sh
# A closure that blocks, begun but not awaited when the program ends: tokio waits for it, smol and async-std lose it.
#
# tokio 1.54.1, smol 2.0.2, async-std 1.13.2, with blocking 1.7.0.
#
# `tokio::task::spawn_blocking`, `smol::unblock` and `async_std::task::spawn_blocking` look alike. Dropping tokio's runtime,
# as `#[tokio::main]` does, waits for each closure that has begun. The pool of smol and async-std is a global one, which
# nothing drops: its threads end with the process, in the middle of what they do. What must be done to its end, a write to a
# file say, has to be awaited there.
#
# Seen:
#   tokio: the closure has ended
#   smol: lost
#   async-std: lost
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "finding"
edition = "2021"

[dependencies]
tokio = { version = "=1.54.1", features = ["rt-multi-thread"] }
smol = "=2.0.2"
async-std = "=1.13.2"
blocking = "=1.7.0"

[workspace]
TOML
cat >"$work/src/main.rs" <<'RUST'
use std::sync::mpsc;
use std::time::Duration;

fn main() {
    let model = std::env::args().nth(1).expect("a model");
    let (begun, has_begun) = mpsc::channel();
    let closure = move || {
        begun.send(()).expect("main waits for it");
        std::thread::sleep(Duration::from_secs(2));
        println!("ended");
    };
    match model.as_str() {
        "tokio" => {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let _ = runtime.spawn_blocking(closure);
            has_begun.recv().expect("it begins");
        }
        "smol" => {
            smol::unblock(closure).detach();
            has_begun.recv().expect("it begins");
        }
        _ => {
            drop(async_std::task::spawn_blocking(closure));
            has_begun.recv().expect("it begins");
        }
    }
}
RUST
cd "$work"
CARGO_TARGET_DIR=$work/target cargo build --quiet
seen=$(for model in tokio smol async-std; do
    ended=$("$work/target/debug/finding" "$model")
    if [ "$ended" = ended ]; then echo "$model: the closure has ended"; else echo "$model: lost"; fi
done)
echo "$seen"
expected='tokio: the closure has ended
smol: lost
async-std: lost'
if [ "$seen" != "$expected" ]; then
    echo "no longer so" >&2
    exit 1
fi
