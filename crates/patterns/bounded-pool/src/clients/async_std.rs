//! hyper on async-std, which is discontinued (RUSTSEC-2025-0052).

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use async_std::future::timeout;
use async_std::net::{TcpStream, ToSocketAddrs};
use async_std::task::spawn;
use smol_hyper::rt::FuturesIo;

use super::hyper::{Idle, Sender, handshake};
use super::{FetchError, Time};

/// Fetches pages.
pub struct Client {
    idle: Idle,
    time: Time,
}

impl Client {
    /// Keeps as many as `limit` connections.
    pub fn new(limit: NonZeroUsize, time: Time) -> Self {
        Self {
            idle: Idle::new(limit),
            time,
        }
    }

    /// Fetches the page at `url`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let left = self.time.left()?;
        timeout(left, self.idle.fetch(url, connect))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }
}

async fn connect(address: String) -> Result<Sender, FetchError> {
    let addresses = address
        .to_socket_addrs()
        .await
        .map_err(|_| FetchError::NameNotFound)?;
    let stream = TcpStream::connect(&*addresses.collect::<Vec<SocketAddr>>())
        .await
        .map_err(FetchError::of)?;
    // As the other clients do of themselves.
    stream.set_nodelay(true).map_err(FetchError::of)?;
    let (sender, connection) = handshake(FuturesIo::new(stream)).await?;
    spawn(connection);
    Ok(sender)
}
