//! The pool with no work: what it costs to hand an input to a worker and its result back.

use std::convert::{Infallible, identity};
use std::num::NonZeroUsize;

use bounded_pool::clients::runtimes;
use bounded_pool::{async_std, buffer_unordered, rayon, smol, threads, tokio};
use futures_util::StreamExt;

/// How many inputs, the limit, and whether to take the results as they come, in; how many came back right out.
pub(crate) type Pool = fn(u64, NonZeroUsize, bool) -> u64;

macro_rules! blocking {
    ($pattern:ident) => {
        pub(crate) fn $pattern(inputs: u64, limit: NonZeroUsize, as_they_come: bool) -> u64 {
            if as_they_come {
                $pattern::stream(0..inputs, limit, Ok::<_, Infallible>)
                    .map(came_back)
                    .sum()
            } else {
                in_order($pattern::map(0..inputs, limit, Ok::<_, Infallible>))
            }
        }
    };
}

macro_rules! asynchronous {
    ($pattern:ident, $runtime:path, $to_poll:path) => {
        pub(crate) fn $pattern(inputs: u64, limit: NonZeroUsize, as_they_come: bool) -> u64 {
            $runtime(async move {
                if !as_they_come {
                    return in_order($pattern::map(0..inputs, limit, echo).await);
                }
                let mut results = $to_poll($pattern::stream(0..inputs, limit, echo));
                let mut done = 0;
                while let Some(result) = results.next().await {
                    done += came_back(result);
                }
                done
            })
        }
    };
}

blocking!(threads);
blocking!(rayon);
asynchronous!(tokio, runtimes::tokio, identity);
asynchronous!(smol, runtimes::smol, identity);
asynchronous!(async_std, runtimes::async_std, identity);
asynchronous!(buffer_unordered, runtimes::tokio, Box::pin);

async fn echo(input: u64) -> Result<u64, Infallible> {
    Ok(input)
}

fn in_order<E>(results: Vec<Result<u64, E>>) -> u64 {
    results.into_iter().enumerate().map(came_back).sum()
}

fn came_back<E>((index, result): (usize, Result<u64, E>)) -> u64 {
    u64::from(result.is_ok_and(|input| input == index as u64))
}
