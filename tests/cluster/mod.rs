//! Two servers on one PostgreSQL with a replica, RabbitMQ beside them, a balancer before them; and all of them but
//! the balancer are killed, stopped and started while partners go on calling.
//!
//! `scripts/storm` runs it for longer and shows its figures.

mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{App, Balancer, Database, Partner, Postgres, RabbitMq, free_address, run, until};

use self::load::Load;

/// Seconds that each disturbance takes of the load, `scripts/storm` asks for more.
const SECONDS: &str = "STORM_SECONDS";

/// What it stands on, in the order in which it may fall: servers before what they need.
struct Cluster {
    balancer: Balancer,
    servers: Vec<App>,
    partner: Partner,
    rabbitmq: RabbitMq,
    replica: Postgres,
    postgres: Postgres,
}

impl Cluster {
    async fn start() -> Self {
        let (postgres, rabbitmq) = (Postgres::start().await, RabbitMq::start().await);
        let (replica, partner) = (postgres.replica().await, Partner::start(&[]));
        let exchange = rabbitmq.keep().await;
        let database = Arc::new(Database::at(&postgres.url));
        let addresses = [free_address(), free_address()];
        let servers: Vec<App> = addresses
            .iter()
            .map(|address| {
                App::on(Arc::clone(&database))
                    .env("PARTNERAPI_DATABASE_READ_URL", &replica.url)
                    .env("PARTNERAPI_RABBITMQ_URL", &rabbitmq.url)
                    .env("PARTNERAPI_RABBITMQ_EXCHANGE", exchange)
                    .env("PARTNERAPI_RABBITMQ_RETRIES_COUNT", "-1")
                    .env("PARTNERAPI_RABBITMQ_RETRIES_SLEEP", "0.2")
                    .env("PARTNERAPI_URL", &partner.server.url)
                    .env("PARTNERAPI_STATUS_POLL", "1")
                    .env("PARTNERAPI_ACCESSES_PER_MINUTE", "1000000")
                    .env("PARTNERAPI_LOG", "warn,partnerapi=info")
                    .arg("--listen")
                    .arg(address)
                    .start()
            })
            .collect();
        let balancer = Balancer::before(&addresses).await;
        Self { balancer, servers, partner, rabbitmq, replica, postgres }
    }

    /// Everything that can be taken away is, and comes back; between two of them the load has its time.
    async fn disturb(&mut self, pause: Duration) {
        let calm = async || tokio::time::sleep(pause).await;
        calm().await;
        self.servers[0].server.kill();
        calm().await;
        self.servers[0].restart();
        calm().await;
        self.postgres.stop();
        calm().await;
        self.postgres.start_again().await;
        calm().await;
        self.rabbitmq.stop();
        calm().await;
        self.servers[1].stop();
        self.servers[1].restart();
        calm().await;
        self.rabbitmq.start_again().await;
        calm().await;
        self.replica.stop();
        calm().await;
        self.replica.start_again().await;
        calm().await;
        self.servers[1].server.kill();
        self.servers[1].restart();
        calm().await;
    }

    /// What a list of an export says under a name, thing by thing.
    fn exported(&self, arguments: &[&str], list: &str, field: &str) -> Vec<String> {
        let export = self.servers[0].command(&[&["export"], arguments].concat()).printed();
        let export: Value = serde_json::from_str(&export).expect("JSON");
        let things = export[list].as_array().expect("a list");
        things.iter().map(|thing| thing[field].to_string()).collect()
    }

    /// All events that there are, after all of them were published.
    async fn events(&self) -> Vec<Value> {
        until("nothing waits for the broker", async || {
            let backlog = self.servers[0].metric("partnerapi_outbox_backlog").await;
            backlog == Some(0.0)
        })
        .await;
        let lines = self.servers[0].command(&["events"]).printed();
        lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// What an event says about one thing.
fn said(events: &[Value], kind: &str, field: &str) -> Vec<String> {
    let of_kind = events.iter().filter(|event| event["type"] == kind);
    of_kind.map(|event| event["data"][field].to_string()).collect()
}

/// What was acknowledged and is not there.
fn lost(acknowledged: &[Value], there: &[String]) -> Vec<String> {
    let there: BTreeSet<&String> = there.iter().collect();
    let acknowledged = acknowledged.iter().map(Value::to_string);
    acknowledged.filter(|thing| !there.contains(thing)).collect()
}

#[test]
fn whatever_falls_no_acknowledged_write_is_lost_and_nothing_is_sold_twice() {
    run(async {
        let seconds: u64 = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(5);
        let mut cluster = Cluster::start().await;
        let load = Load::begin(&cluster.servers[0], &cluster.balancer.url).await;
        let began = Instant::now();
        // Eleven times of the load, and what stopping and starting takes.
        cluster.disturb(Duration::from_millis(1000 * seconds / 11)).await;
        let took = began.elapsed();
        let told = load.end().await;
        println!("In {:.0} s: {told}", took.as_secs_f64());
        let kinds = [&told.tickets, &told.orders, &told.chats, &told.days, &told.sales, &told.accesses];
        assert!(kinds.iter().all(|kind| kind.len() > 10), "a load worth the name: {told}");

        let events = cluster.events().await;
        let published: BTreeSet<String> = cluster.rabbitmq.kept().await.into_iter().collect();
        let written: BTreeSet<String> =
            events.iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect();
        println!("{} events, each of them published", written.len());
        assert_eq!(published, written, "every event, and no other");

        assert_eq!(lost(&told.tickets, &said(&events, "tickets.ticket.paid", "id")), Vec::<String>::new());
        let mut sold: BTreeMap<String, usize> = BTreeMap::new();
        for seat in said(&events, "tickets.ticket.paid", "seat_id") {
            *sold.entry(seat).or_default() += 1;
        }
        let twice: Vec<_> =
            sold.iter().filter(|(seat, times)| load::is_a_single_place(seat) && **times > 1).collect();
        assert!(twice.is_empty(), "sold twice: {twice:?}");

        let report = cluster.partner.control(reqwest::Method::GET, "orders", Value::Null).await;
        assert_eq!(report["duplicates"], serde_json::json!([]), "made twice at the partner");
        let made = said(&events, "orders.order.created", "their_order_id");
        assert_eq!(lost(&told.orders, &made), Vec::<String>::new());

        let stock: &[&str] = &["inventory", "--account", "network"];
        for (acknowledged, export, list, field) in [
            (&told.chats, &["routes"][..], "routes", "chat_id"),
            (&told.days, stock, "stock", "date"),
            (&told.sales, &["affiliates"], "purchases", "id"),
            (&told.accesses, &["affiliates"], "accesses", "pcrid"),
        ] {
            let there = cluster.exported(export, list, field);
            assert_eq!(lost(acknowledged, &there), Vec::<String>::new(), "{list}");
        }
    });
}
