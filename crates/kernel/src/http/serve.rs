//! Connections: accepting them, TLS, and letting them end in peace.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::ServiceExt as _;
use tower_http::normalize_path::NormalizePath;

use super::attend::Peer;
use super::polite::Polite;

/// Its sender is gone once the server stops.
type Going = watch::Receiver<()>;

/// What answers requests.
pub type Service = NormalizePath<Router>;

/// A client has this long to send a request's head, or to shake hands.
const PATIENCE: Duration = Duration::from_secs(10);
/// Headers of a request at most; more is 431.
const HEADERS_AT_MOST: usize = 64;
/// Bytes of a request's head at most.
const HEAD_AT_MOST: usize = 64 << 10;
/// Connections at once; more wait in the system's queue.
const CONNECTIONS_AT_MOST: usize = 10_000;

/// A certificate and its key, ready to serve with.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's file cannot be read as PEM.
    #[error("the certificate {0} cannot be read: {1}")]
    Certificate(String, String),
    /// The key's file cannot be read as PEM.
    #[error("the private key {0} cannot be read: {1}")]
    Key(String, String),
    /// They do not go together.
    #[error("the certificate and the private key cannot be used: {0}")]
    Pair(String),
}

impl Tls {
    /// Reads a chain of certificates and its private key from PEM files.
    ///
    /// # Errors
    /// [`TlsError`] says which file cannot be used, and why.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let named = |path: &Path| path.display().to_string();
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| TlsError::Certificate(named(certificate), error.to_string()))?;
        let secret = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| TlsError::Key(named(key), error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_no_client_auth())
            .and_then(|builder| builder.with_single_cert(chain, secret))
            .map_err(|error| TlsError::Pair(error.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// Serves `app` until `stop` is over; then accepts nobody more, lets requests under way end for at most
/// `grace`, and returns.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    app: Service,
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_AT_MOST));
    let (go, going) = watch::channel(());
    tokio::pin!(stop);
    loop {
        let accepted = async {
            // Closed it never is: it lives as long as this loop.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            listener.accept().await.map(|(stream, peer)| (stream, peer, place))
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let connection =
                    connection(stream, peer, tls.clone(), app.clone(), graceful.watcher(), going.clone());
                tokio::spawn(async move {
                    let _place = place;
                    connection.await;
                });
            }
            Err(error) => hold_back(&error).await,
        }
    }
    drop((listener, go));
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way when the time to stop was over");
    }
}

/// A failed accept is about one client, or about all files being open: then trying at once would only burn.
async fn hold_back(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Tls>,
    app: Service,
    watcher: Watcher,
    mut going: Going,
) {
    drop(stream.set_nodelay(true));
    let Some(Tls(acceptor)) = tls else {
        return match greeted(begins_with_http2(&stream), &mut going).await {
            Ok(true) => speak_http2(stream, peer, app, watcher).await,
            Ok(false) => speak_http1(stream, peer, app, watcher).await,
            Err(_) => {}
        };
    };
    match greeted(acceptor.accept(stream), &mut going).await {
        Ok(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            speak_http2(stream, peer, app, watcher).await;
        }
        Ok(stream) => speak_http1(stream, peer, app, watcher).await,
        Err(error) => tracing::debug!(%error, "no TLS handshake"),
    }
}

/// What a client says first, unless that takes too long or the server stops before.
async fn greeted<T>(greeting: impl Future<Output = io::Result<T>>, going: &mut Going) -> io::Result<T> {
    tokio::select! {
        greeted = tokio::time::timeout(PATIENCE, greeting) => greeted?,
        _ = going.changed() => Err(io::Error::other("the server stops")),
    }
}

/// Looks at a client's first bytes. HTTP/2 without TLS begins with a method that no other protocol has (RFC 9113,
/// section 3.4).
async fn begins_with_http2(stream: &TcpStream) -> io::Result<bool> {
    const METHOD: &[u8] = b"PRI ";
    let mut first = [0; METHOD.len()];
    loop {
        let seen = stream.peek(&mut first).await?;
        match first.get(..seen).unwrap_or_default() {
            [] => return Err(io::ErrorKind::UnexpectedEof.into()),
            METHOD => return Ok(true),
            part if METHOD.starts_with(part) => tokio::time::sleep(Duration::from_millis(10)).await,
            _ => return Ok(false),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

async fn speak_http1(stream: impl Stream, peer: SocketAddr, app: Service, watcher: Watcher) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_headers(HEADERS_AT_MOST)
        .max_buf_size(HEAD_AT_MOST)
        .serve_connection(TokioIo::new(stream), answering(peer, app));
    note(watcher.watch(connection).await);
}

async fn speak_http2(stream: impl Stream, peer: SocketAddr, app: Service, watcher: Watcher) {
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PATIENCE)
        .keep_alive_timeout(PATIENCE)
        .max_concurrent_streams(128)
        .max_header_list_size(HEAD_AT_MOST as u32)
        .serve_connection(TokioIo::new(stream), answering(peer, app));
    note(watcher.watch(connection).await);
}

fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

fn answering(
    peer: SocketAddr,
    app: Service,
) -> impl hyper::service::Service<hyper::Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
{
    service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        app.clone().oneshot(request.map(|body| Body::new(Polite(Some(body)))))
    })
}
