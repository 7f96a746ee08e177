//! A body on its way: whole, at a pace, or broken off; and counted as the socket takes it.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Buf, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::content;
use crate::counters::Ticket;

/// What to send, decided before the delay.
pub(crate) struct Plan {
    pub(crate) source: Source,
    /// The `Content-Length`.
    pub(crate) promised: u64,
    /// How many of them are sent.
    pub(crate) sent: u64,
    pub(crate) bytes_per_s: Option<u64>,
    /// What happens after the last byte, if not the regular end.
    pub(crate) cut: Option<Cut>,
}

/// Where a body's bytes come from.
pub(crate) enum Source {
    Text(Bytes),
    /// [`content::byte`] for each place.
    Pattern,
}

impl Plan {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        Self { source: Source::Text(text.clone()), ..Self::pattern(text.len() as u64) }
    }

    pub(crate) fn pattern(bytes: u64) -> Self {
        Self { source: Source::Pattern, promised: bytes, sent: bytes, bytes_per_s: None, cut: None }
    }
}

/// How a connection is broken off. hyper takes an error in place of a body's end, gives up the
/// connection and hands this back to `serve`, which closes the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cut {
    #[error("closed before the body's end, as asked")]
    Close,
    #[error("reset before the body's end, as asked")]
    Reset,
}

/// A [`Plan`] being carried out.
pub(crate) struct Body {
    plan: Plan,
    at: u64,
    pace: Option<Pace>,
    ticket: Rc<Ticket>,
}

impl Body {
    pub(crate) fn new(plan: Plan, ticket: Rc<Ticket>) -> Self {
        let pace = plan.bytes_per_s.map(Pace::new);
        Self { plan, at: 0, pace, ticket }
    }
}

impl hyper::body::Body for Body {
    type Data = Piece;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Cut>>> {
        let body = self.get_mut();
        if body.at < body.plan.sent {
            let due = match &mut body.pace {
                Some(pace) => ready!(pace.poll_due(context, body.at)).min(body.plan.sent),
                None => body.plan.sent,
            };
            let bytes = match &body.plan.source {
                Source::Text(text) => text.clone(),
                Source::Pattern => content::bytes(body.at, due - body.at),
            };
            body.at += bytes.len() as u64;
            body.ticket.queue(bytes.len() as u64);
            let ticket = Rc::clone(&body.ticket);
            return Poll::Ready(Some(Ok(Frame::data(Piece { bytes, ticket }))));
        }
        match body.plan.cut {
            None => Poll::Ready(None),
            // hyper drops what it has not sent when the body fails, so everything goes out first.
            Some(cut) if body.ticket.all_sent(context) => Poll::Ready(Some(Err(cut))),
            Some(_) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.at == self.plan.sent && self.plan.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.plan.promised - self.at)
    }
}

/// Some bytes of a body. hyper advances it by as many bytes as the socket took, which is where they are
/// counted; the last piece keeps the request in flight until it is sent.
pub(crate) struct Piece {
    bytes: Bytes,
    ticket: Rc<Ticket>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.ticket.sent(count as u64);
    }
}

/// A steady rate, kept against its schedule, so that a late timer is made up for.
struct Pace {
    bytes_per_s: u64,
    /// The first poll: the delay before the head is over by then.
    start: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Pace {
    fn new(bytes_per_s: u64) -> Self {
        let timer = Box::pin(sleep_until(Instant::now()));
        Self { bytes_per_s, start: None, timer }
    }

    /// How many bytes are due in all, once it is more than `at`. Byte n is due after n / rate.
    fn poll_due(&mut self, context: &mut Context<'_>, at: u64) -> Poll<u64> {
        const SECOND: u128 = Duration::from_secs(1).as_nanos();
        let rate = u128::from(self.bytes_per_s);
        let start = *self.start.get_or_insert_with(Instant::now);
        loop {
            let due = start.elapsed().as_nanos() * rate / SECOND;
            if due > u128::from(at) {
                return Poll::Ready(u64::try_from(due).unwrap_or(u64::MAX));
            }
            let next = (u128::from(at) + 1) * SECOND / rate + 1;
            let next = Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX));
            self.timer.as_mut().reset(start + next);
            ready!(self.timer.as_mut().poll(context));
        }
    }
}
