//! What happens reaches RabbitMQ: all of it, in order, whatever breaks on the way.

mod arriving;
mod checking;
mod encrypted;
mod failing;
mod restarting;
mod sharing;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{App, Broker, Builder, Engine, Message, Tickets, hall_of};
use tokio::task::JoinSet;

/// A server that publishes to the exchange of `broker`, which it reaches at `url`.
fn publishing(engine: Engine, broker: &Broker, url: &str) -> Builder {
    publishing_to(App::builder(engine), url).env("PARTNERAPI_RABBITMQ_EXCHANGE", &broker.exchange)
}

/// Lets a server publish to a broker at `url`, and repeat soon and for ever what fails.
fn publishing_to(server: Builder, url: &str) -> Builder {
    server
        .env("PARTNERAPI_RABBITMQ_URL", url)
        .env("PARTNERAPI_RABBITMQ_RETRIES_COUNT", "-1")
        .env("PARTNERAPI_RABBITMQ_RETRIES_SLEEP", "0.1")
}

/// A floor with places for everybody, for sale.
fn open_the_floor(app: &App) -> Tickets {
    app.import("tickets", &hall_of(&[], 100_000)).printed();
    app.tickets("kassir")
}

/// Sells `count` places of the floor, several at a time. A server that dies meanwhile sells less.
async fn sell(distributors: &[Tickets], count: usize) {
    let mut clients = JoinSet::new();
    for number in 0..8 {
        let distributor = distributors[number % distributors.len()].clone();
        clients.spawn(async move {
            for _ in 0..count / 8 {
                let body = json!({"seat_id": "3-1;1", "paid": 1});
                if distributor.try_post("tickets/add/12/21", body).await.is_err() {
                    return;
                }
            }
        });
    }
    while let Some(sold) = clients.join_next().await {
        sold.expect("a client that does not panic");
    }
}

/// The outbox as `partnerapi events` shows it.
fn stream(app: &App) -> Vec<String> {
    app.command(&["events"]).printed().lines().map(str::to_owned).collect()
}

fn id(line: &str) -> String {
    let event: Value = serde_json::from_str(line).expect("a line of JSON");
    event["id"].as_str().expect("its id").to_owned()
}

/// The ids of the outbox, sorted.
fn ids(app: &App) -> Vec<String> {
    sorted(stream(app).iter().map(|line| id(line)).collect())
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// The ids that arrived, sorted and each once.
fn arrived(broker: &Broker) -> Vec<String> {
    let mut ids = sorted(broker.ids());
    ids.dedup();
    ids
}

/// The types of what arrived, by ticket.
fn by_ticket(received: &[Message]) -> BTreeMap<String, Vec<String>> {
    let mut tickets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in received {
        let ticket = message.json()["data"]["id"].as_str().expect("a ticket's id").to_owned();
        tickets.entry(ticket).or_default().push(message.kind.clone());
    }
    tickets
}

/// A number that the server shows in its metrics.
async fn metric(app: &App, name: &str) -> i64 {
    let page = app.get("/metrics").await.text;
    let value = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no metric {name} in {page}"))
}
