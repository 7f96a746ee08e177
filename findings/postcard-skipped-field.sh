#!/bin/sh
# postcard reads back another value than was written, as Ok, if a field was skipped with serde's `skip_serializing_if`.
#
# postcard 1.1.3, serde 1.0.229.
#
# postcard writes no names, only values one after the other. serde's attribute leaves a field out, which JSON survives and
# postcard cannot see: it reads what comes next in the place of the field. Often that is an error; where the types fit it is
# a value that nobody wrote. Types that are sent to a worker process as postcard must not have the attribute.
#
# Seen:
#   written: Message { reply_to: None, hops: 1, path: [2, 1, 9] }
#   read: Ok(Message { reply_to: Some(3), hops: 2, path: [9] })
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
postcard = { version = "=1.1.3", default-features = false, features = ["use-std"] }
serde = { version = "=1.0.229", features = ["derive"] }

[workspace]
TOML
cat >"$work/src/main.rs" <<'RUST'
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u8>,
    hops: u8,
    path: Vec<u8>,
}

fn main() {
    let written = Message { reply_to: None, hops: 1, path: vec![2, 1, 9] };
    let bytes = postcard::to_stdvec(&written).expect("it can be written");
    println!("written: {written:?}");
    println!("read: {:?}", postcard::from_bytes::<Message>(&bytes));
}
RUST
cd "$work"
seen=$(CARGO_TARGET_DIR=$work/target cargo run --quiet)
echo "$seen"
expected='written: Message { reply_to: None, hops: 1, path: [2, 1, 9] }
read: Ok(Message { reply_to: Some(3), hops: 2, path: [9] })'
if [ "$seen" != "$expected" ]; then
    echo "no longer so" >&2
    exit 1
fi
