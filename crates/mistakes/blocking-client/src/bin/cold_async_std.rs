//! A script of one request, with hyper on async-std: `cold_async_std URL`. async-std is discontinued
//! (RUSTSEC-2025-0052), and `cold_smol` is the way out.
//!
//! It prints the status and the length of the body, then waits for the end of its input, so that it can be looked at.

use std::env;
use std::io::{self, sink, stdin};

use async_std::net::TcpStream;
use async_std::task::{block_on, spawn_local};
use blocking_client::page::{BUFFER_BYTES, Failure};
use blocking_client::request::request;
use http_body_util::BodyExt;
use hyper::client::conn::http1::Builder;
use smol_hyper::rt::FuturesIo;

fn main() -> Result<(), Failure> {
    block_on(fetch())
}

async fn fetch() -> Result<(), Failure> {
    let url = env::args().nth(1).ok_or("a URL is wanted")?;
    let (address, request) = request(&url)?;
    let stream = TcpStream::connect(address).await?;
    let mut client = Builder::new();
    client.read_buf_exact_size(Some(BUFFER_BYTES));
    let (mut sender, connection) = client.handshake(FuturesIo::new(stream)).await?;
    spawn_local(connection);
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |piece| piece.len() as u64);
    }
    println!("{status} {bytes}");
    io::copy(&mut stdin(), &mut sink())?;
    Ok(())
}
