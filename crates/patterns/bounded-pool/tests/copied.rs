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
    buffer_unordered private_buffer_unordered "../src/buffer_unordered.rs"
    by_rayon private_rayon "../src/rayon.rs"
}

#[test]
fn no_line_is_wider_than_a_hundred() {
    for (name, text) in FILES {
        for (line, number) in text.lines().zip(1..) {
            assert!(line.chars().count() <= 100, "{name}:{number}: {line}");
        }
    }
}

/// Several shapes in which the work is written, with what is around it.
mod shapes {
    use std::convert::Infallible;
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::thread::scope;

    use futures_util::StreamExt;

    use crate::{buffer_unordered, by_rayon, on_async_std, on_smol, on_tokio, threads};

    const LIMIT: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    /// One whose clones are handles on the same, and each call of which awaits.
    #[derive(Clone)]
    struct Client;

    impl Client {
        async fn get(&self, url: &str) -> Result<String, Infallible> {
            tokio::task::yield_now().await;
            Ok(url.to_owned())
        }

        async fn text(&self, page: String) -> Result<usize, Infallible> {
            tokio::task::yield_now().await;
            Ok(page.len())
        }
    }

    fn urls() -> Vec<String> {
        ["a", "bc", "def"].map(str::to_owned).to_vec()
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    }

    /// The example of each file: clone outside, `async move` inside, and two awaits.
    #[test]
    fn the_work_may_await_twice_with_a_client_of_its_own() {
        macro_rules! fetch {
            () => {{
                let client = Client;
                move |url: String| {
                    let client = client.clone();
                    async move {
                        let page = client.get(&url).await?;
                        client.text(page).await
                    }
                }
            }};
        }
        let runtime = runtime();
        let on_tokio = async { on_tokio::map(urls(), LIMIT, fetch!()).await };
        assert_eq!(
            runtime.block_on(runtime.spawn(on_tokio)).unwrap(),
            [Ok(1), Ok(2), Ok(3)]
        );
        let on_smol = on_smol::map(urls(), LIMIT, fetch!());
        assert_eq!(smol::block_on(smol::spawn(on_smol)), [Ok(1), Ok(2), Ok(3)]);
        let on_async_std = on_async_std::map(urls(), LIMIT, fetch!());
        assert_eq!(
            async_std::task::block_on(on_async_std),
            [Ok(1), Ok(2), Ok(3)]
        );
        let unordered = async { buffer_unordered::map(urls(), LIMIT, fetch!()).await };
        assert_eq!(
            runtime.block_on(runtime.spawn(unordered)).unwrap(),
            [Ok(1), Ok(2), Ok(3)]
        );
    }

    /// As each file says in its example.
    #[test]
    fn the_examples_clone_outside_and_await_twice_inside() {
        for (name, text) in crate::FILES {
            let example = text
                .split("# Examples")
                .nth(1)
                .unwrap()
                .split("pub ")
                .next()
                .unwrap();
            if example.contains(".await") {
                let outside = example.find("let client = client.clone();").expect(name);
                let inside = example.find("async move {").expect(name);
                assert!(outside < inside && example[inside..].matches(".await").count() == 3);
            }
        }
    }

    #[test]
    fn a_closure_that_is_async_needs_to_capture_nothing() {
        let work = async |url: String| Client.get(&url).await;
        let pages = runtime().block_on(on_tokio::map(urls(), LIMIT, work));
        assert_eq!(pages, urls().into_iter().map(Ok).collect::<Vec<_>>());
    }

    #[test]
    fn buffer_unordered_borrows_where_it_is_awaited_and_in_a_task() {
        let (client, all) = (Client, urls());
        let here = async {
            let lengths = buffer_unordered::map(all.iter().map(String::as_str), LIMIT, |url| {
                let client = &client;
                async move { client.text(client.get(url).await?).await }
            });
            lengths.await
        };
        let runtime = runtime();
        assert_eq!(runtime.block_on(here), [Ok(1), Ok(2), Ok(3)]);
        // In a task, all that is borrowed is owned by the task, and inputs are borrowed as they are.
        let in_a_task = async {
            let (client, all) = (Client, urls());
            let client = &client;
            let work = |url| async move { client.text(client.get(url).await?).await };
            buffer_unordered::map(all.iter(), LIMIT, |url| work(url)).await
        };
        assert_eq!(
            runtime.block_on(runtime.spawn(in_a_task)).unwrap(),
            [Ok(1), Ok(2), Ok(3)]
        );
        // What an iterator makes of them has to be owned.
        let owned = async {
            let all = urls().into_iter().map(|url| url.to_uppercase());
            let get = |url: String| async move { Client.get(&url).await };
            buffer_unordered::map(all, LIMIT, get).await
        };
        let upper = ["A", "BC", "DEF"].map(|url| Ok(url.to_owned()));
        assert_eq!(runtime.block_on(runtime.spawn(owned)).unwrap(), upper);
        let mut results =
            std::pin::pin!(buffer_unordered::stream(&all, LIMIT, |url| client.get(url)));
        assert_eq!(
            runtime.block_on(results.next()),
            Some((0, Ok("a".to_owned())))
        );
    }

    /// Whoever has to borrow on threads does it in a scope, with what `threads` says in its stead.
    #[test]
    fn threads_own_or_share_what_they_use_and_rayon_borrows() {
        let table = Arc::new([10, 20, 30]);
        let shared = Arc::clone(&table);
        let work = move |place: usize| Ok::<_, Infallible>(shared[place]);
        assert_eq!(threads::map(0..3, LIMIT, work), [Ok(10), Ok(20), Ok(30)]);
        let borrowed = by_rayon::map(table.iter(), LIMIT, |number| Ok::<_, Infallible>(*number));
        assert_eq!(borrowed, [Ok(10), Ok(20), Ok(30)]);
        let sum: u64 = scope(|scope| {
            let halves = table
                .chunks(2)
                .map(|half| scope.spawn(|| half.iter().sum::<u64>()));
            halves
                .collect::<Vec<_>>()
                .into_iter()
                .map(|half| half.join().unwrap())
                .sum()
        });
        assert_eq!(sum, 60);
    }
}
