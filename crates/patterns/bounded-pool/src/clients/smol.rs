//! hyper on smol.

use std::num::NonZeroUsize;

use smol::future::or;
use smol::net::{TcpStream, resolve};
use smol::{Timer, spawn};
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
        let timer = async {
            Timer::after(left).await;
            Err(FetchError::TimedOut)
        };
        or(self.idle.fetch(url, connect), timer).await
    }
}

async fn connect(address: String) -> Result<Sender, FetchError> {
    let addresses = resolve(address)
        .await
        .map_err(|_| FetchError::NameNotFound)?;
    let stream = TcpStream::connect(&*addresses)
        .await
        .map_err(FetchError::of)?;
    // As the other clients do of themselves.
    stream.set_nodelay(true).map_err(FetchError::of)?;
    let (sender, connection) = handshake(FuturesIo::new(stream)).await?;
    // Dropping its handle would cancel it here, hence `detach`.
    spawn(connection).detach();
    Ok(sender)
}
