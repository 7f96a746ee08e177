#!/bin/sh
# tokio keeps the task that was made ready last for the thread that made it, also while that thread computes.
#
# tokio 1.54.1, a runtime of 4 threads.
#
# A task spawns two others, and then keeps its thread for 100 ms, as a computation does. Three threads have nothing to do. The
# task that was spawned first is taken over by one of them at once. The one spawned last waits in the LIFO slot of its maker's
# thread, from which nobody takes it: it starts when the maker comes to its next await. The same happens to a task that is
# woken, by a channel say. Before a long computation, `tokio::task::yield_now().await` lets it go, or `spawn_blocking` computes.
#
# Seen, in 20 tries:
#   spawned first: started within 50 ms in 20
#   spawned last: started within 50 ms in 0
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

[workspace]
TOML
cat >"$work/src/main.rs" <<'RUST'
use std::time::{Duration, Instant};

const TRIES: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("a runtime");
    let mut in_time = [0; 2];
    for _ in 0..TRIES {
        let maker = runtime.spawn(async {
            let made = Instant::now();
            let others = [(); 2].map(|()| tokio::spawn(async move { made.elapsed() }));
            std::thread::sleep(Duration::from_millis(100));
            others
        });
        let others = runtime.block_on(maker).expect("the maker ends");
        for (other, count) in others.into_iter().zip(&mut in_time) {
            let started = runtime.block_on(other).expect("it ends");
            *count += usize::from(started < Duration::from_millis(50));
        }
    }
    println!("{} {}", in_time[0], in_time[1]);
}
RUST
cd "$work"
seen=$(CARGO_TARGET_DIR=$work/target cargo run --quiet)
first=${seen% *} last=${seen#* }
echo "spawned first: started within 50 ms in $first"
echo "spawned last: started within 50 ms in $last"
# On a busy machine the first may be late now and then; the last never is in time.
if [ "$first" -lt 10 ] || [ "$last" -ne 0 ]; then
    echo "no longer so" >&2
    exit 1
fi
