//! hyper alone, on any runtime, with the connections that are kept for the next request.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::header::{HOST, LOCATION};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use url::{Position, Url};

use super::{BUFFER_BYTES, FetchError, MOST_REDIRECTS, check_status, check_text};

pub(super) type Sender = SendRequest<Empty<Bytes>>;

/// The connections that nobody uses just now, with the `host:port` that each leads to.
pub(super) struct Idle {
    senders: Mutex<Vec<(String, Sender)>>,
    limit: usize,
}

impl Idle {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self {
            senders: Mutex::default(),
            limit: limit.get(),
        }
    }

    /// Fetches `url`, over a connection that is kept or one that `connect` opens.
    pub(super) async fn fetch<F>(
        &self,
        url: &str,
        connect: impl Fn(String) -> F,
    ) -> Result<Vec<u8>, FetchError>
    where
        F: Future<Output = Result<Sender, FetchError>>,
    {
        let mut url = Url::parse(url).map_err(FetchError::of)?;
        for _ in 0..=MOST_REDIRECTS {
            let (address, request) = request(&url)?;
            let mut sender = match self.take(&address).await {
                Some(sender) => sender,
                None => connect(address.clone()).await?,
            };
            let response = sender.send_request(request).await.map_err(FetchError::of)?;
            let location = redirect(&url, &response)?;
            let (head, body) = response.into_parts();
            let body = read(body).await;
            if body.is_ok() {
                // Only one whose answer was read to its end can be used again.
                self.keep(address, sender);
            }
            check_status(head.status.as_u16())?;
            let body = body?;
            match location {
                Some(location) => url = location,
                None => return check_text(&head.headers, body),
            }
        }
        Err(FetchError::Redirects)
    }

    /// The one used last that can still be used.
    async fn take(&self, address: &str) -> Option<Sender> {
        loop {
            let mut sender = self.pop(address)?;
            // It is once its task has seen the end of the last answer; and never again if it has seen that of the connection.
            if sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    fn pop(&self, address: &str) -> Option<Sender> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let at = senders
            .iter()
            .rposition(|(leads_to, _)| leads_to == address)?;
        Some(senders.remove(at).1)
    }

    fn keep(&self, address: String, sender: Sender) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.len() == self.limit {
            senders.remove(0);
        }
        senders.push((address, sender));
    }
}

async fn read(mut body: Incoming) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(FetchError::of)?.into_data() {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes)
}

/// The `host:port` to connect to for `url`, and the request to send there.
fn request(url: &Url) -> Result<(String, Request<Empty<Bytes>>), FetchError> {
    let host = url.host_str().filter(|_| url.scheme() == "http");
    let host = host.ok_or_else(|| FetchError::of(format!("{url} is not an http URL")))?;
    let address = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
    let request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .body(Empty::new())
        .map_err(FetchError::of)?;
    Ok((address, request))
}

/// Where the answer of `url` leads, if it is a redirect.
fn redirect(url: &Url, response: &Response<Incoming>) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    let location = location.to_str().map_err(FetchError::of)?;
    url.join(location).map(Some).map_err(FetchError::of)
}

/// The two ends of HTTP on `stream`: what takes requests, and what does the work, in a task of its own.
pub(super) async fn handshake<S>(
    stream: S,
) -> Result<(Sender, Connection<S, Empty<Bytes>>), FetchError>
where
    S: Read + Write + Unpin,
{
    let mut client = Builder::new();
    client.read_buf_exact_size(Some(BUFFER_BYTES));
    client.handshake(stream).await.map_err(FetchError::of)
}
