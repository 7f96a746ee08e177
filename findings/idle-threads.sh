#!/bin/sh
# Threads of smol's and async-std's pool for what blocks, once nothing is left to do: 1.7.0 of the crate keeps them for good.
#
# blocking 1.6.2 and 1.7.0, on Linux.
#
# 40 closures that block run at once, and all end. 1.6.2 ends a thread that was idle for half a second. 1.7.0 never does, and
# each of them wakes twice a second, to look whether it may end. After one burst of 500 calls that is 500 threads, and 1,000
# wakes a second, until the process ends. `blocking = "=1.6.2"` in Cargo.toml avoids it.
#
# Seen:
#   blocking 1.6.2: 40 threads at work; after 4 s idle: 0, which woke 0 times in 4 s
#   blocking 1.7.0: 40 threads at work; after 4 s idle: 40, which woke 320 times in 4 s
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/src"
cat >"$work/src/main.rs" <<'RUST'
use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// Threads but the first, and how often they have gone to sleep.
fn threads() -> (usize, u64) {
    let main = std::process::id().to_string();
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let others = tasks.filter_map(|task| task.ok()).filter(|task| task.file_name() != main.as_str());
    // One that has ended meanwhile has no status.
    let statuses: Vec<_> = others.filter_map(|task| fs::read_to_string(task.path().join("status")).ok()).collect();
    let slept = |status: &String| -> u64 {
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.and_then(|line| line.split_whitespace().last()).and_then(|count| count.parse().ok()).unwrap_or(0)
    };
    (statuses.len(), statuses.iter().map(slept).sum())
}

fn main() {
    let calls: Vec<_> = (0..40).map(|_| blocking::unblock(|| sleep(Duration::from_secs(2)))).collect();
    sleep(Duration::from_secs(1));
    let (at_work, _) = threads();
    for call in calls {
        futures_lite::future::block_on(call);
    }
    sleep(Duration::from_secs(4));
    let (idle, before) = threads();
    sleep(Duration::from_secs(4));
    let (_, after) = threads();
    println!("{at_work} {idle} {}", after.saturating_sub(before));
}
RUST
of() {
    cat >"$work/Cargo.toml" <<TOML
[package]
name = "finding"
edition = "2021"

[dependencies]
blocking = "=$1"
futures-lite = "=2.6.1"

[workspace]
TOML
    (cd "$work" && CARGO_TARGET_DIR=$work/target cargo run --quiet)
}
old=$(of 1.6.2)
new=$(of 1.7.0)
read -r old_at_work old_idle old_wakes <<END
$old
END
read -r new_at_work new_idle new_wakes <<END
$new
END
echo "blocking 1.6.2: $old_at_work threads at work; after 4 s idle: $old_idle, which woke $old_wakes times in 4 s"
echo "blocking 1.7.0: $new_at_work threads at work; after 4 s idle: $new_idle, which woke $new_wakes times in 4 s"
# All of them, or next to none.
if [ "$old_idle" -gt 4 ] || [ "$new_idle" -lt 36 ] || [ "$new_wakes" -lt 80 ]; then
    echo "no longer so" >&2
    exit 1
fi
