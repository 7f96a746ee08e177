//! All right variants count alike; the wrong ones are wrong in the way that is certain, and no other.

use lost_updates::{
    async_std, rayon, smol, threads_atomic, threads_local_sums, threads_mutex, threads_unsynchronized, tokio,
    tokio_await_inside, tokio_multi_thread, tokio_multi_thread_mutex, tokio_mutex,
};

type Add = fn(u64, u64) -> u64;

const RIGHT: [(&str, Add); 9] = [
    ("threads_mutex", threads_mutex::run),
    ("threads_atomic", threads_atomic::run),
    ("threads_local_sums", threads_local_sums::run),
    ("rayon", rayon::run),
    ("tokio", tokio::run),
    ("tokio_multi_thread_mutex", tokio_multi_thread_mutex::run),
    ("tokio_mutex", tokio_mutex::run),
    ("smol", smol::run),
    ("async_std", async_std::run),
];

const WRONG: [(&str, Add); 3] = [
    ("threads_unsynchronized", threads_unsynchronized::run),
    ("tokio_await_inside", tokio_await_inside::run),
    ("tokio_multi_thread", tokio_multi_thread::run),
];

/// No additions, one worker, more workers than cores, and more additions than one yield apart.
const SIZES: [(u64, u64); 5] = [(1, 0), (1, 1), (4, 1_000), (7, 333), (3, 200_001)];

#[test]
fn right_variants_count_every_addition() {
    for (name, run) in RIGHT {
        for (workers, additions) in SIZES {
            assert_eq!(run(workers, additions), workers * additions, "{name}, {workers} x {additions}");
        }
    }
}

#[test]
fn tokio_await_inside_counts_what_one_worker_alone_would() {
    for (workers, additions) in SIZES {
        assert_eq!(tokio_await_inside::run(workers, additions), additions, "{workers} x {additions}");
    }
}

#[test]
fn wrong_variants_are_exact_with_nobody_to_race() {
    for (name, run) in WRONG {
        assert_eq!(run(1, 200_001), 200_001, "{name}");
    }
}

#[test]
fn wrong_variants_never_invent_an_update() {
    for (name, run) in WRONG {
        let counted = run(4, 50_000);
        assert!((1..=200_000).contains(&counted), "{name} counted {counted}");
    }
}
