//! What goes from one process to another through a socket: each value in a frame, which begins with
//! its length.

use std::io;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::sent::{self, Sent};

/// Begins each frame, and its length follows: whatever else is written there is noticed.
const FRAME: u128 = 0xf7a3_91c5_0e6b_d824 << 64;

/// A value as it is sent. Panics if another would be read than this one.
pub(super) fn frame<T: Sent>(value: &T) -> Vec<u8> {
    let bytes = sent::write(value);
    let head = FRAME | bytes.len() as u128;
    [&head.to_be_bytes()[..], &bytes].concat()
}

/// Writes a frame, and reads the answer. One that is cut off cannot be read.
pub(super) async fn exchange<T: DeserializeOwned>(
    socket: &mut UnixStream,
    frame: &[u8],
) -> io::Result<T> {
    socket.write_all(frame).await?;
    let head = socket.read_u128().await?;
    let length = u64::try_from(head ^ FRAME).map_err(io::Error::other)?;
    // Room is made for what comes, and not for what is said to come.
    let mut bytes = Vec::new();
    socket.take(length).read_to_end(&mut bytes).await?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}
