//! hyper on tokio.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::spawn;
use tokio::time::timeout;

use super::hyper::{Idle, Sender, handshake};
use super::{FetchError, Time};

pub(super) struct Client {
    idle: Idle,
    time: Time,
}

impl Client {
    pub(super) fn new(limit: NonZeroUsize, time: Time) -> Self {
        Self {
            idle: Idle::new(limit),
            time,
        }
    }

    pub(super) async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let left = self.time.left()?;
        timeout(left, self.idle.fetch(url, connect))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }
}

async fn connect(address: String) -> Result<Sender, FetchError> {
    let addresses = lookup_host(address)
        .await
        .map_err(|_| FetchError::NameNotFound)?;
    let stream = TcpStream::connect(&*addresses.collect::<Vec<SocketAddr>>())
        .await
        .map_err(FetchError::of)?;
    // As the other clients do of themselves.
    stream.set_nodelay(true).map_err(FetchError::of)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    spawn(connection);
    Ok(sender)
}
