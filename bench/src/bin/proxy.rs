//! What axum and reqwest alone can do: an order goes on to the partner, and nothing of it is kept.
//!
//! `proxy URL ADDRESS` makes the two calls of the Orders API to the partner at URL, and answers in its shape. It
//! checks what it needs to go on, repeats nothing, and has forgotten the order before the next one. Allocator,
//! runtime, client and build profile are the server's.

use std::net::SocketAddr;

use anyhow::{Context as _, anyhow, ensure};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Idle connections to the partner; as many as the server keeps.
const IDLE_AT_MOST: usize = 128;

#[derive(Deserialize)]
struct Order {
    order_id: i64,
    client: Customer,
    their_pharmacy_id: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Customer {
    name: String,
    phone: String,
    email: String,
}

#[derive(Deserialize, Serialize)]
struct Item {
    their_id: String,
    price: String,
    count: u32,
    part: Option<String>,
}

#[derive(Clone)]
struct Partner {
    client: Client,
    url: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("proxy URL ADDRESS")?;
    let address: SocketAddr = arguments.next().context("proxy URL ADDRESS")?.parse()?;
    let client = Client::builder().pool_max_idle_per_host(IDLE_AT_MOST).build()?;
    let router = Router::new()
        .route("/ready", get(async || "ready"))
        .route("/v2/orders/", post(create))
        .with_state(Partner { client, url });
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn create(State(partner): State<Partner>, Json(order): Json<Order>) -> Response {
    match make(&partner, &order).await {
        Ok(their_order_id) => Json(json!({
            "result": "success", "their_order_id": their_order_id, "items": order.items,
        }))
        .into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

/// Makes an order at the partner, unless it has it, and gives the partner's id of it.
async fn make(Partner { client, url }: &Partner, order: &Order) -> anyhow::Result<String> {
    let find = client.get(format!("{url}/find-orders")).query(&[("external_id", order.order_id)]);
    let found: Value = serde_json::from_slice(&find.send().await?.bytes().await?)?;
    let ids = found.pointer("/data/ids").and_then(Value::as_array).context("find-orders without ids")?;
    ensure!(ids.is_empty(), "the order is there already");
    let mut form: Vec<(&str, String)> = vec![
        ("shop_id", order.their_pharmacy_id.clone()),
        ("phone", order.client.phone.clone()),
        ("first_name", order.client.name.clone()),
        ("email", order.client.email.clone()),
        ("external_id", order.order_id.to_string()),
    ];
    for item in &order.items {
        form.push(("ids[]", item.their_id.clone()));
        form.push(("quantity[]", item.count.to_string()));
        form.push(("prices[]", item.price.clone()));
    }
    let create = client.post(format!("{url}/create")).form(&form);
    let made: Value = serde_json::from_slice(&create.send().await?.bytes().await?)?;
    let id = made.get("order_id").and_then(Value::as_u64);
    id.map(|id| id.to_string()).ok_or_else(|| anyhow!("create: {made}"))
}
