#!/bin/sh
# governor keeps its interval in whole nanoseconds, rounded down: it lets more through than the quota says.
#
# governor 0.10.4, on its own fake clock.
#
# `Quota::per_second(n)` divides a second by n. What is cut off is nothing at ten a second, up to 1 % around ten million a
# second, and at 600 million 1.67 ns become 1, so that 67 % more are let through. A rate that divides 1,000,000,000 is kept.
#
# Seen:
#   500000000 a second: 500000 in a millisecond
#   600000000 a second: 1000000 in a millisecond
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
governor = "=0.10.4"

[workspace]
TOML
cat >"$work/src/main.rs" <<'RUST'
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};

fn main() {
    for rate in [500_000_000, 600_000_000] {
        let clock = FakeRelativeClock::default();
        let quota = Quota::per_second(NonZeroU32::new(rate).expect("not 0")).allow_burst(NonZeroU32::MIN);
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        let mut let_through = 0;
        for _ in 0..1_000_000 {
            let_through += u32::from(limiter.check().is_ok());
            clock.advance(Duration::from_nanos(1));
        }
        println!("{rate} a second: {let_through} in a millisecond");
    }
}
RUST
cd "$work"
seen=$(CARGO_TARGET_DIR=$work/target cargo run --quiet)
echo "$seen"
expected='500000000 a second: 500000 in a millisecond
600000000 a second: 1000000 in a millisecond'
if [ "$seen" != "$expected" ]; then
    echo "no longer so" >&2
    exit 1
fi
