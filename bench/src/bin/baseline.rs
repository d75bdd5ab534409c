//! What axum alone can do: the same bytes for every request, from memory.
//!
//! `baseline FILE ADDRESS` serves the contents of FILE. A GET is answered at once, a POST after its body was
//! read. Allocator, runtime and build profile are the server's.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().context("baseline FILE ADDRESS")?;
    let address: SocketAddr = arguments.next().context("baseline FILE ADDRESS")?.parse()?;
    let body = Bytes::from(std::fs::read(file)?);
    let router = Router::new().route("/{*path}", get(answer).post(read_and_answer)).with_state(body);
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn answer(State(body): State<Bytes>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

async fn read_and_answer(state: State<Bytes>, _received: Bytes) -> Response {
    answer(state).await
}
