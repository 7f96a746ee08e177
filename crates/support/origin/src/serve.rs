//! Listening, accepting, answering and stopping.

use std::error::Error as _;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;
use std::{future, thread};

use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;
use tokio::{select, task, time};

use crate::Error;
use crate::body::{Body, Cut};
use crate::counters::{Counters, Link, Ticket};
use crate::routes::{self, Reply};

/// Connections that may wait to be accepted. std and mio ask for 128 and 1,024, which a thousand
/// clients at once overrun: each connection lost so costs its client a second until it tries again.
const BACKLOG: u32 = 16_384;

/// How long a connection that could not be accepted waits for the next attempt. For want of file
/// descriptors the system reports it as ready all the while, and trying at once would be a busy loop.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// How long answers under way may take to finish once the origin was told to stop.
const GRACE: Duration = Duration::from_secs(1);

/// hyper's buffers: the longest head it reads, and how much of a body it takes on before it is sent.
const BUFFER_BYTES: usize = 16 * 1024;

/// Where an origin listens and when it stops.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address and port; port 0 lets the system choose. By default 127.0.0.1:0.
    pub listen: SocketAddr,
    /// Whether an address that other machines may reach is accepted. By default it is not.
    pub allow_remote: bool,
    /// Whether the end of standard input stops the origin: with a pipe that its parent holds, it ends
    /// when the parent does, however that dies. By default not.
    pub stop_with_stdin: bool,
}

impl Default for Options {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, allow_remote: false, stop_with_stdin: false }
    }
}

/// Serves in this thread until Ctrl-C, SIGTERM or, if so chosen, the end of standard input. Prints the
/// URL as the only line of standard output as soon as connections are accepted.
///
/// Raises the process's soft limit of open files to the hard one. The backlog it asks for is 16,384;
/// the kernel clips it to `net.core.somaxconn`.
///
/// # Errors
///
/// [`Error::NotLoopback`], [`Error::PortInUse`], [`Error::Listen`] for the address;
/// [`Error::System`] if the runtime, the signal handlers or standard output fail.
pub fn run(options: &Options) -> Result<(), Error> {
    runtime()?.block_on(async {
        let listener = bind(options.listen, options.allow_remote)?;
        // Before the URL is printed: whoever reads it may send a signal at once.
        let stop = told_to_stop(options.stop_with_stdin)?;
        let url = url(&listener)?;
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{url}").and_then(|()| stdout.flush()).map_err(Error::system("print the URL"))?;
        serve(listener, stop).await;
        Ok(())
    })
}

/// The one thread's runtime.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    outcome::raise_open_files();
    runtime::Builder::new_current_thread().enable_all().build().map_err(Error::system("start the runtime"))
}

/// A listening socket on `address`. Must be called within a runtime.
pub(crate) fn bind(address: SocketAddr, allow_remote: bool) -> Result<TcpListener, Error> {
    if !address.ip().is_loopback() && !allow_remote {
        return Err(Error::NotLoopback(address));
    }
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A port given by name is free again at once after a restart.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse(address),
        _ => Error::Listen { address, source },
    })
}

/// Where `listener` is reached.
pub(crate) fn url(listener: &TcpListener) -> Result<String, Error> {
    let address = listener.local_addr().map_err(Error::system("read the address"))?;
    Ok(format!("http://{address}"))
}

/// Accepts and answers until `stop` is done, then lets what is under way finish, for a second at most.
pub(crate) async fn serve(listener: TcpListener, stop: impl Future<Output = ()>) {
    let connections = LocalSet::new();
    connections.run_until(accept(listener, stop)).await;
}

async fn accept(listener: TcpListener, stop: impl Future<Output = ()>) {
    let counters = Rc::new(Counters::default());
    let stopping = watch::Sender::new(());
    let mut stop = pin!(stop);
    let mut refused = false;
    loop {
        let accepted = select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                refused = false;
                let link = Link::new(&counters);
                task::spawn_local(converse(stream, link, stopping.subscribe()));
            }
            Err(error) => {
                // Once for each time of trouble, not for each attempt.
                if !refused {
                    eprintln!("origin: cannot accept connections for now: {error}");
                }
                refused = true;
                time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    stopping.send_replace(());
    // Each connection holds a receiver, so "closed" means that the last one is gone.
    let _ = time::timeout(GRACE, stopping.closed()).await;
}

/// One connection, from its acceptance to its end.
async fn converse(stream: TcpStream, link: Link, mut stopping: watch::Receiver<()>) {
    // A small answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request| Box::pin(answer(request, &link)));
    // No timer: with one, hyper's time-out for a head would also end idle connections after 30 s.
    let mut connection =
        http1::Builder::new().max_buf_size(BUFFER_BYTES).serve_connection(TokioIo::new(stream), answer);
    let ended = select! {
        ended = &mut connection => Some(ended),
        _ = stopping.changed() => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    if let Err(error) = ended
        && let Some(Cut::Reset) = error.source().and_then(|cut| cut.downcast_ref())
    {
        // Closing a socket that does not linger is what sends RST in place of FIN.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

async fn answer(request: Request<Incoming>, link: &Link) -> Result<Response<Body>, Cut> {
    let path = request.uri().path();
    let (reply, ticket) = match (path, request.method()) {
        ("/counters", &Method::GET) => {
            let counts = link.witness().counts();
            let text = serde_json::to_string_pretty(&counts).unwrap_or_default();
            (Reply::json(text + "\n"), Ticket::uncounted())
        }
        ("/reset", &Method::POST) => {
            link.witness().reset();
            (Reply::text(StatusCode::NO_CONTENT, ""), Ticket::uncounted())
        }
        ("/reset", _) => (only("POST"), Ticket::uncounted()),
        ("/counters", _) => (only("GET"), Ticket::uncounted()),
        (_, &Method::GET) => (routes::page(path, request.uri().query()), link.begin(path)),
        _ => (only("GET"), link.begin(path)),
    };
    if !reply.delay.is_zero() {
        time::sleep(reply.delay).await;
    }
    if let Some(many) = reply.together {
        ticket.gather(many).await;
    }
    respond(reply, ticket)
}

fn only(method: &'static str) -> Reply {
    let text = format!("this page answers {method} only\n");
    let reply = Reply::text(StatusCode::METHOD_NOT_ALLOWED, text);
    Reply { header: Some((ALLOW, HeaderValue::from_static(method))), ..reply }
}

/// The head of `reply`, with the body still to come. An error breaks the connection off without one.
fn respond(reply: Reply, ticket: Rc<Ticket>) -> Result<Response<Body>, Cut> {
    if let Some(cut) = reply.body.cut
        && reply.body.sent == 0
    {
        return Err(cut);
    }
    ticket.answer(reply.status.as_u16(), reply.body.promised);
    let mut response = Response::new(Body::new(reply.body, ticket));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    headers.extend(reply.header);
    Ok(response)
}

/// Done when the process is asked to end. The signals are caught from this call on, not from the first
/// poll.
fn told_to_stop(with_stdin: bool) -> Result<impl Future<Output = ()>, Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::system("catch Ctrl-C"))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::system("catch SIGTERM"))?;
    let (hold, stdin_ended) = oneshot::channel::<()>();
    if with_stdin {
        // A thread: a pipe's end cannot be awaited portably, and this one only ever blocks.
        thread::Builder::new()
            .spawn(move || {
                let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
                drop(hold);
            })
            .map_err(Error::system("start a thread"))?;
    }
    Ok(async move {
        let stdin_ended = async {
            if with_stdin { stdin_ended.await.unwrap_or_default() } else { future::pending().await }
        };
        select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = stdin_ended => {}
        }
    })
}
