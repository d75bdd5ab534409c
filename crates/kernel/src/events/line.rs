//! The socket below a connection to the broker.
//!
//! lapin has a thread for each connection, which waits for its socket even when nobody waits for the connection any
//! more: a peer that accepts and then says nothing would cost a thread a try. So the socket is opened here, and
//! shut when its [`Line`] is dropped, which ends the thread. TLS comes from the rustls that the rest of the server
//! uses; lapin's own would bring a second set of cryptographic crates.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::Stream;
use lapin::tcp::AsyncTcpStream;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Error};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;

/// Keeps the socket of a connection open; dropping it shuts it.
pub(super) struct Line(Handle);

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Open(socket) = std::mem::replace(&mut *state, State::Cut) {
            // A socket that is closed already is as good.
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}

type Handle = Arc<Mutex<State>>;

enum State {
    NotYet,
    Open(std::net::TcpStream),
    Cut,
}

/// Opens a connection. Dropping the future, or the line, ends everything about it.
pub(super) async fn open(
    uri: AMQPUri,
    properties: ConnectionProperties,
    is_encrypted: bool,
) -> Result<(Line, Connection), Error> {
    let tls = if is_encrypted { Some(tls()?) } else { None };
    let line = Line(Arc::new(Mutex::new(State::NotYet)));
    let handle = Arc::clone(&line.0);
    let runtime = Runtime::new(RuntimeParts::new(Tokio::current(), Sockets(Tokio::current())));
    let connect = async move |uri: AMQPUri, _| {
        let wire = connect(&uri, tls.as_ref(), &handle).await?;
        Ok(AsyncTcpStream::Plain(wire))
    };
    let connection = Connection::connector(uri, runtime, connect, properties).await?;
    Ok((line, connection))
}

fn tls() -> io::Result<TlsConnector> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(io::Error::other)?
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn connect(uri: &AMQPUri, tls: Option<&TlsConnector>, handle: &Handle) -> io::Result<Wire> {
    let host = &uri.authority.host;
    let stream = TcpStream::connect((host.as_str(), uri.authority.port)).await?;
    stream.set_nodelay(true)?;
    // A second name for the socket, to shut it by.
    let stream = stream.into_std()?;
    let twin = stream.try_clone()?;
    match &mut *handle.lock().unwrap_or_else(PoisonError::into_inner) {
        State::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
        state => *state = State::Open(twin),
    }
    let stream = TcpStream::from_std(stream)?;
    Ok(match tls {
        None => Wire(Box::new(stream)),
        Some(tls) => {
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            Wire(Box::new(tls.connect(name, stream).await?))
        }
    })
}

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

/// A stream of tokio's with the traits that lapin asks for.
struct Wire(Box<dyn Both>);

impl futures_util::io::AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut into = ReadBuf::new(into);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut into))?;
        Poll::Ready(Ok(into.filled().len()))
    }
}

impl futures_util::io::AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Tokio's timers for lapin. What opens sockets is not asked: [`open`] does that itself.
#[derive(Clone, Debug)]
struct Sockets(Tokio);

impl Reactor for Sockets {
    type TcpStream = Wire;
    type Sleep = tokio::time::Sleep;

    fn register<H: Read + Write + Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl futures_util::io::AsyncRead + futures_util::io::AsyncWrite + Send + Unpin + 'static>
    {
        Err::<Wire, _>(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, pause: Duration) -> Self::Sleep {
        self.0.sleep(pause)
    }

    fn interval(&self, pause: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(pause)
    }

    fn tcp_connect_addr(
        &self,
        _: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        std::future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
