//! Connections: hanging up without a word is done here, since a handler can only answer.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// A request may go on for so long when it is time to stop. What was made slow may be slower.
const GRACE: Duration = Duration::from_secs(1);

/// Marks a response that is not to be sent: the connection is closed instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

impl std::fmt::Display for HangUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up, as it was asked to")
    }
}

impl std::error::Error for HangUp {}

pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        drop(stream.set_nodelay(true));
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), request));
        let connection =
            Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).into_owned();
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop(listener);
    drop(tokio::time::timeout(GRACE, graceful.shutdown()).await);
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> Result<Response, HangUp> {
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    if response.extensions().get::<HangUp>().is_some() { Err(HangUp) } else { Ok(response) }
}
