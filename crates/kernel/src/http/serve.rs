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
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::ServiceExt as _;
use tower_http::normalize_path::NormalizePath;

use super::attend::Peer;

/// What answers requests.
pub type Service = NormalizePath<Router>;

/// A client has this long to send a request's head, or to shake hands.
const PATIENCE: Duration = Duration::from_secs(10);
/// Headers of a request at most; more is 431.
const HEADERS_AT_MOST: usize = 64;

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
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, tls.clone(), app.clone(), graceful.watcher());
                tokio::spawn(connection);
            }
            Err(error) => hold_back(&error).await,
        }
    }
    drop(listener);
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

async fn connection(stream: TcpStream, peer: SocketAddr, tls: Option<Tls>, app: Service, watcher: Watcher) {
    drop(stream.set_nodelay(true));
    match tls {
        None => speak(stream, peer, app, watcher).await,
        Some(Tls(acceptor)) => match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, peer, app, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    app: Service,
    watcher: Watcher,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        answer(app.clone(), request.map(Body::new))
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_headers(HEADERS_AT_MOST);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .max_concurrent_streams(128);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn answer(app: Service, request: Request) -> Result<Response, Infallible> {
    app.oneshot(request).await
}
