//! What a bare connection has to be told: where it leads, and what to ask there. A client finds out by itself.

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{Request, Uri};

use super::page::Failure;

/// The `host:port` to connect to for `url`, and the request to send there.
///
/// # Errors
/// When it is not a URL, or not one of http: there is no TLS on a bare connection.
pub fn request(url: &str) -> Result<(String, Request<Empty<Bytes>>), Failure> {
    let uri: Uri = url.parse()?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or("not an http URL")?;
    let (_user, host) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
    let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok((address, Request::get(path).header(HOST, host).body(Empty::new())?))
}
