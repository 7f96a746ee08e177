//! All downloads on one thread, with bare sockets and epoll: requests are written, answers are counted, no more.
//!
//! As little memory as there can be, and as little time as one thread can take; on two, clients that do more are faster.
//! Nothing to build on: it knows the answers that a plain server gives, and no others.

use std::io::{self, ErrorKind, Read, Write};
use std::net::ToSocketAddrs;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::page::{Failure, Page};
use super::request::request;

/// One buffer for all downloads: an answer is counted as it arrives, and kept nowhere.
const BUFFER_BYTES: usize = 64 * 1024;

const STARTED_AT_A_TIME: usize = 16;

/// Downloads all `urls` at once; returns what became of each, in their order.
pub fn run(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut poll = Poll::new().expect("the system refuses an epoll");
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut urls = urls.into_iter().enumerate();
    let mut downloads = Vec::with_capacity(urls.len());
    let mut under_way = 0;
    while urls.len() + under_way > 0 {
        // A few at a time, so that the server has requests to answer while others still connect.
        for (place, url) in urls.by_ref().take(STARTED_AT_A_TIME) {
            let download = Download::start(&url, &poll, Token(place));
            under_way += usize::from(matches!(download, Download::UnderWay(_)));
            downloads.push(download);
        }
        let wait = (urls.len() > 0 || under_way == 0).then_some(Duration::ZERO);
        match poll.poll(&mut events, wait) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled.expect("the epoll is open"),
        }
        for event in &events {
            let download = &mut downloads[event.token().0];
            if let Download::UnderWay(exchange) = download
                && let Some(page) = exchange.proceed(event.is_readable(), &mut buffer).transpose()
            {
                // The socket closes with the exchange that is dropped here.
                *download = Download::Over(page);
                under_way -= 1;
            }
        }
    }
    let over = |download| match download {
        Download::Over(page) => Some(page),
        Download::UnderWay(_) => None,
    };
    downloads.into_iter().filter_map(over).collect()
}

enum Download {
    UnderWay(Exchange),
    Over(Result<Page, Failure>),
}

struct Exchange {
    stream: TcpStream,
    unsent: Vec<u8>,
    /// What has arrived of a head that is not whole yet.
    head: Vec<u8>,
    /// Known when the head is whole, with how much of its body has not arrived.
    page: Option<(Page, u64)>,
}

impl Download {
    fn start(url: &str, poll: &Poll, token: Token) -> Self {
        Exchange::start(url, poll, token).map_or_else(|failure| Self::Over(Err(failure)), Self::UnderWay)
    }
}

impl Exchange {
    fn start(url: &str, poll: &Poll, token: Token) -> Result<Self, Failure> {
        let (address, request) = request(url)?;
        let address = address.to_socket_addrs()?.next().ok_or("the host has no address")?;
        let mut stream = TcpStream::connect(address)?;
        poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        let host = request.headers()["host"].to_str()?;
        let unsent = format!("GET {} HTTP/1.1\r\nhost: {host}\r\n\r\n", request.uri()).into_bytes();
        Ok(Self { stream, unsent, head: Vec::new(), page: None })
    }

    /// Goes on until the socket has no more, which it will tell only once; returns the page when it is whole.
    fn proceed(&mut self, readable: bool, buffer: &mut [u8]) -> Result<Option<Page>, Failure> {
        loop {
            let sending = !self.unsent.is_empty();
            if !sending && !readable {
                return Ok(None);
            }
            let moved = if sending { self.stream.write(&self.unsent) } else { self.stream.read(buffer) };
            match moved {
                Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                Ok(bytes) if sending => drop(self.unsent.drain(..bytes)),
                Ok(bytes) => {
                    if let Some(page) = self.count(&buffer[..bytes])? {
                        return Ok(Some(page));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn count(&mut self, arrived: &[u8]) -> Result<Option<Page>, Failure> {
        let (page, missing) = if let Some((page, missing)) = self.page {
            (page, missing.saturating_sub(arrived.len() as u64))
        } else {
            self.head.extend_from_slice(arrived);
            let Some(end) = self.head.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                return Ok(None);
            };
            let page = promised(&String::from_utf8_lossy(&self.head[..end]))?;
            let body = self.head.len() - end - 4;
            (page, page.bytes.saturating_sub(body as u64))
        };
        self.page = Some((page, missing));
        Ok((missing == 0).then_some(page))
    }
}

/// The page that an answer's head promises.
fn promised(head: &str) -> Result<Page, Failure> {
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("an answer without a status")?.parse()?;
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let bytes = match fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        Some((_, length)) => length.trim().parse()?,
        // These two have no body.
        None if [204, 304].contains(&status) => 0,
        None => return Err("an answer without a length".into()),
    };
    Ok(Page { status, bytes })
}
