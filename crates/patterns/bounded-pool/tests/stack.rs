//! What no pool can catch: work that recurses deeper than the stack of its thread. It ends the whole
//! process, so each try is a process of its own. More stack is the fix, as the files say.

use std::convert::Infallible;
use std::env::{current_exe, var_os};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use bounded_pool::{async_std, buffer_unordered, rayon, smol, threads, tokio};

use ::tokio::runtime::Builder;

const LIMIT: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// In KiB, by frames of at least one: more than a thread has by itself.
const DEEP: u32 = 4_000;

/// For the processes that are to try it: which one.
const VARIANT: &str = "BOUNDED_POOL_STACK_TRY";

fn recurse(deep: u32) -> u32 {
    let frame = black_box([1_u8; 1024]);
    if deep == 0 {
        0
    } else {
        u32::from(frame[7]) + recurse(deep - 1)
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the pool asks for a result")]
fn work(deep: u32) -> Result<u32, Infallible> {
    Ok(recurse(deep))
}

async fn work_async(deep: u32) -> Result<u32, Infallible> {
    work(deep)
}

/// Is none itself: it does something in the processes that the tests below start.
#[test]
fn one_try() {
    let Some(variant) = var_os(VARIANT) else {
        return;
    };
    let inputs = [1, DEEP, 1];
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let own_stack = || {
        Builder::new_multi_thread()
            .thread_stack_size(64 << 20)
            .build()
            .unwrap()
    };
    let results = match variant.to_str().unwrap() {
        "threads" => threads::map(inputs, LIMIT, work)
            .into_iter()
            .flatten()
            .collect(),
        "rayon" => rayon::map(inputs, LIMIT, work)
            .into_iter()
            .flatten()
            .collect(),
        "tokio" => flat(runtime.block_on(tokio::map(inputs, LIMIT, work_async))),
        "tokio with a stack of its own" => {
            flat(own_stack().block_on(tokio::map(inputs, LIMIT, work_async)))
        }
        "smol" => flat(::smol::block_on(smol::map(inputs, LIMIT, work_async))),
        "async_std" => flat(::async_std::task::block_on(async_std::map(
            inputs, LIMIT, work_async,
        ))),
        "buffer_unordered" => {
            let unordered = async move { buffer_unordered::map(inputs, LIMIT, work_async).await };
            flat(runtime.block_on(runtime.spawn(unordered)).unwrap())
        }
        other => panic!("no variant: {other}"),
    };
    assert_eq!(results, inputs);
}

fn flat<E>(results: Vec<Result<u32, E>>) -> Vec<u32> {
    results.into_iter().flatten().collect()
}

/// Whether a process comes to its end that has threads of so many bytes of stack, if it is told; and if it does not, by which
/// signal it is ended.
fn ends(variant: &str, stack_bytes: Option<&str>) -> Result<(), Option<i32>> {
    // Without a core file.
    let mut process = Command::new("sh");
    process
        .args(["-c", "ulimit -c 0; exec \"$@\"", "sh"])
        .arg(current_exe().unwrap());
    process
        .args(["--exact", "one_try", "--nocapture"])
        .env(VARIANT, variant);
    process
        .env_remove("RUST_MIN_STACK")
        .env_remove("RUST_TEST_THREADS");
    if let Some(bytes) = stack_bytes {
        process.env("RUST_MIN_STACK", bytes);
    }
    let output = process.output().unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(output.status.signal())
    }
}

#[test]
fn with_more_stack_each_variant_recurses_deep() {
    for variant in [
        "threads",
        "rayon",
        "tokio",
        "smol",
        "async_std",
        "buffer_unordered",
    ] {
        assert_eq!(ends(variant, Some("67108864")), Ok(()), "{variant}");
    }
    assert_eq!(ends("tokio with a stack of its own", None), Ok(()));
}

#[test]
fn without_it_the_process_ends() {
    for variant in ["threads", "tokio"] {
        assert!(
            matches!(ends(variant, None), Err(Some(_))),
            "{variant}: there is nothing to warn of"
        );
    }
}
