//! Each user is a task and talks over a connection of its own with hyper, which is async, without a runtime of tokio;
//! tasks and heart share one thread.
//!
//! Expect all pages, a heart that is on time, and as many connections as users. Reach for it when the program runs on
//! smol.

use std::rc::Rc;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Builder, SendRequest};
use smol::net::TcpStream;
use smol::{LocalExecutor, Timer, block_on};
use smol_hyper::rt::FuturesIo;

use super::Heartbeat;
use super::page::{BUFFER_BYTES, Failure, Page};
use super::request::request;

/// Lets each user fetch its share of URLs one after the other, all users at once, and the heart beat beside them;
/// returns what became of each URL, user by user.
pub fn run(shares: Vec<Vec<String>>, heartbeat: &Arc<Heartbeat>) -> Vec<Result<Page, Failure>> {
    let executor = Rc::new(LocalExecutor::new());
    block_on(executor.run(async {
        let heart = executor.spawn(beat(Arc::clone(heartbeat)));
        let handles: Vec<_> =
            shares.into_iter().map(|urls| executor.spawn(browse(Rc::clone(&executor), urls))).collect();
        let mut pages = Vec::new();
        for handle in handles {
            pages.extend(handle.await);
        }
        heartbeat.stop();
        heart.await;
        pages
    }))
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        Timer::at(due).await;
        heartbeat.beat();
    }
}

async fn browse(executor: Rc<LocalExecutor<'static>>, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut connection = None;
    let mut pages = Vec::new();
    for url in urls {
        // Right: the call waits in an await, and the loop goes on with the others meanwhile.
        pages.push(fetch(&executor, &mut connection, &url).await);
    }
    pages
}

/// Over the `connection` that is kept, or a new one; all URLs of a user lead to one host. One that has failed is not
/// kept.
async fn fetch(
    executor: &LocalExecutor<'static>,
    connection: &mut Option<SendRequest<Empty<Bytes>>>,
    url: &str,
) -> Result<Page, Failure> {
    let (address, request) = request(url)?;
    let mut sender = match connection.take() {
        Some(sender) => sender,
        None => connect(executor, &address).await?,
    };
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |piece| piece.len() as u64);
    }
    *connection = Some(sender);
    Ok(Page { status, bytes })
}

async fn connect(
    executor: &LocalExecutor<'static>,
    address: &str,
) -> Result<SendRequest<Empty<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    let mut client = Builder::new();
    client.read_buf_exact_size(Some(BUFFER_BYTES));
    let (sender, connection) = client.handshake(FuturesIo::new(stream)).await?;
    // A connection does its work in a task too. Dropping its handle would cancel it here, hence `detach`.
    executor.spawn(connection).detach();
    Ok(sender)
}
