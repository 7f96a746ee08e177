//! The pages: from a request's path and query to what is answered. Nothing here waits or counts.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue, LOCATION};

use crate::body::{Cut, Plan};
use crate::content;

/// What `GET /` answers, and what an unknown path gets beside its 404.
pub(crate) const PAGES: &str = "\
GET  /bytes/N                          N bytes; the byte at place i is i % 251
GET  /numbers/N                        a JSON array; number i is 1000000 + i * 7919 % 9000000
GET  /status/CODE                      that status, 200 to 599
GET  /redirect/N                       N redirects, the last one to /bytes/64
GET  /loop                             a redirect to itself
GET  /drip/N?bytes_per_s=R             N bytes, R each second (100 if left out)
GET  /truncated/N?sent=S               promises N bytes, closes after S (half if left out)
GET  /reset-after/N                    promises one byte more, resets the connection after N
GET  /invalid-utf8                     text that says it is UTF-8, and is not
GET  /invalid-json                     an object that says it is JSON, and breaks off
GET  /counters                         what was served since the last reset, as JSON
POST /reset                            counts from zero again

Every page but the last two waits before its head if asked to: ?delay_ms=MS. With ?together=N it waits
until N requests have been in flight together since the last reset, too, half a minute at most.
Where nothing at all is sent (/reset-after/0, /truncated/N?sent=0) there is no head either.
";

const MAX_BYTES: u64 = 1 << 30;
const MAX_DELAY_MS: u64 = 600_000;
const MAX_TOGETHER: u64 = 1_000_000;
const MAX_REDIRECTS: u64 = 100;
/// A reset takes back what the receiver's window had no room for. This much fits into it on loopback,
/// so the client can read all of it before the reset.
const MAX_BEFORE_RESET: u64 = 32_768;

/// An answer, before its delay.
pub(crate) struct Reply {
    pub(crate) delay: Duration,
    /// How many have to be in flight before it is answered.
    pub(crate) together: Option<u64>,
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    pub(crate) body: Plan,
}

impl Reply {
    fn new(content_type: &'static str, body: Plan) -> Self {
        let (delay, status) = (Duration::ZERO, StatusCode::OK);
        Self { delay, together: None, status, content_type, header: None, body }
    }

    fn bytes(body: Plan) -> Self {
        Self::new("application/octet-stream", body)
    }

    pub(crate) fn json(text: impl Into<hyper::body::Bytes>) -> Self {
        Self::new("application/json", Plan::text(text))
    }

    pub(crate) fn text(status: StatusCode, text: impl Into<hyper::body::Bytes>) -> Self {
        Self { status, ..Self::new("text/plain; charset=utf-8", Plan::text(text)) }
    }
}

/// The answer to `GET path?query`.
pub(crate) fn page(path: &str, query: Option<&str>) -> Reply {
    find(path, query.unwrap_or_default())
        .unwrap_or_else(|mistake| Reply::text(StatusCode::BAD_REQUEST, mistake + "\n"))
}

fn find(path: &str, query: &str) -> Result<Reply, String> {
    let relative = path.strip_prefix('/').unwrap_or(path);
    let (name, argument) = relative.split_once('/').unwrap_or((relative, ""));
    let given = |key| pairs(query).find_map(|(name, value)| (name == key).then_some(value));
    let reply = match (name, argument) {
        ("", "") => Reply::text(StatusCode::OK, PAGES),
        ("bytes", _) => Reply::bytes(Plan::pattern(whole("N", argument, 0..=MAX_BYTES)?)),
        ("numbers", _) => Reply::json(content::numbers(whole("N", argument, 0..=content::MAX_NUMBERS)?)),
        ("status", _) => status(whole("CODE", argument, 200..=599)?),
        ("redirect", _) => match whole("N", argument, 1..=MAX_REDIRECTS)? {
            1 => redirect("/bytes/64".to_owned())?,
            n => redirect(format!("/redirect/{}", n - 1))?,
        },
        ("loop", "") => redirect("/loop".to_owned())?,
        ("drip", _) => {
            let rate = given("bytes_per_s").unwrap_or("100");
            let bytes_per_s = Some(whole("bytes_per_s", rate, 1..=MAX_BYTES)?);
            Reply::bytes(Plan { bytes_per_s, ..Plan::pattern(whole("N", argument, 0..=MAX_BYTES)?) })
        }
        ("truncated", _) => {
            let promised = whole("N", argument, 1..=MAX_BYTES)?;
            let sent = match given("sent") {
                Some(sent) => whole("sent", sent, 0..=promised - 1)?,
                None => promised / 2,
            };
            Reply::bytes(Plan { sent, cut: Some(Cut::Close), ..Plan::pattern(promised) })
        }
        ("reset-after", _) => {
            let sent = whole("N", argument, 0..=MAX_BEFORE_RESET)?;
            Reply::bytes(Plan { sent, cut: Some(Cut::Reset), ..Plan::pattern(sent + 1) })
        }
        ("invalid-utf8", "") => Reply::text(StatusCode::OK, &b"caf\xe9 \xff\n"[..]),
        ("invalid-json", "") => Reply::json("{\"numbers\": [1, 2,"),
        _ => return Ok(Reply::text(StatusCode::NOT_FOUND, format!("no page {path}; there is:\n{PAGES}"))),
    };
    let own_key = match name {
        "drip" => "bytes_per_s",
        "truncated" => "sent",
        _ => "delay_ms",
    };
    if let Some((key, _)) = pairs(query).find(|(key, _)| !["delay_ms", "together", own_key].contains(key)) {
        return Err(format!("/{name} has no parameter `{key}`"));
    }
    let delay_ms = given("delay_ms").map_or(Ok(0), |ms| whole("delay_ms", ms, 0..=MAX_DELAY_MS))?;
    let delay = Duration::from_millis(delay_ms);
    let together = given("together").map(|many| whole("together", many, 1..=MAX_TOGETHER)).transpose()?;
    Ok(Reply { delay, together, ..reply })
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let given = query.split('&').filter(|pair| !pair.is_empty());
    given.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn whole<T>(name: &str, text: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let (low, high) = range.into_inner();
            Err(format!("{name} is `{text}`; it must be a whole number from {low} to {high}"))
        }
    }
}

fn status(code: u16) -> Reply {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    // These two have no body in HTTP, whatever their head says.
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Reply::text(status, "");
    }
    Reply::text(status, format!("{status}\n"))
}

fn redirect(to: String) -> Result<Reply, String> {
    let location = HeaderValue::try_from(to).map_err(|error| error.to_string())?;
    let reply = Reply::text(StatusCode::FOUND, "");
    Ok(Reply { header: Some((LOCATION, location)), ..reply })
}
