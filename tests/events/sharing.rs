//! Several servers on one database.

use testkit::{App, Broker, Engine, until};

use super::{arrived, ids, metric, open_the_floor, publishing, sell, sorted};

const HELD: &str = "partnerapi_outbox_partitions";
const PUBLISHED: &str = "partnerapi_outbox_published_total";

/// Two servers that have shared the outbox.
async fn two(broker: &Broker) -> (App, App) {
    let one = publishing(Engine::Postgres, broker, broker.url()).start();
    until("the first has all", async || metric(&one, HELD).await == 8).await;
    let other = one.sibling();
    until("each has half", async || metric(&one, HELD).await == 4 && metric(&other, HELD).await == 4).await;
    (one, other)
}

#[test]
fn two_servers_share_the_work_and_send_nothing_twice() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let (one, other) = two(&broker).await;
        let kassir = open_the_floor(&one);
        sell(&[kassir.clone(), kassir.at(&other.server.url)], 400).await;
        until("all have arrived", async || broker.received().len() >= 400).await;
        let counted = async || metric(&one, PUBLISHED).await + metric(&other, PUBLISHED).await;
        until("all are counted", async || counted().await >= 400).await;
        assert_eq!(sorted(broker.ids()), ids(&one), "each of them once");
        assert_eq!(counted().await, 400);
        for server in [&one, &other] {
            assert!(metric(server, PUBLISHED).await > 100, "both do their share");
        }
    });
}

#[test]
fn a_server_that_comes_while_events_stream_sends_none_twice() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let one = publishing(Engine::Postgres, &broker, broker.url()).start();
        let kassir = open_the_floor(&one);
        until("the first has all", async || metric(&one, HELD).await == 8).await;
        let selling = tokio::spawn({
            let kassir = kassir.clone();
            async move { sell(&[kassir], 1_600).await }
        });
        until("some arrive", async || broker.received().len() > 50).await;
        let mut other = one.sibling();
        until("each has half", async || metric(&other, HELD).await == 4).await;
        selling.await.expect("the sale");
        other.stop();
        until("the first has all again", async || metric(&one, HELD).await == 8).await;
        until("all have arrived", async || arrived(&broker).len() >= 1_600).await;
        assert_eq!(sorted(broker.ids()), ids(&one), "each of them once");
    });
}

#[test]
fn a_dead_servers_part_is_taken_over() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let (one, mut other) = two(&broker).await;
        other.server.kill();
        sell(&[open_the_floor(&one)], 80).await;
        until("all have arrived", async || broker.received().len() >= 80).await;
        assert_eq!(sorted(broker.ids()), ids(&one));
        assert_eq!(metric(&one, HELD).await, 8);
    });
}

#[test]
fn what_an_older_version_puts_into_eight_partitions_of_sqlite_arrives_too() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let app = publishing(Engine::Sqlite, &broker, broker.url()).start();
        sell(&[open_the_floor(&app)], 8).await;
        until("all have arrived", async || broker.received().len() >= 8).await;
        let written = app.database.rows(
            "INSERT INTO kernel_events (id, type, entity, account, data, occurred_at, partition) \
             SELECT id || '-7', type, entity, account, data, occurred_at, 7 FROM kernel_events RETURNING position",
        );
        assert_eq!(written.len(), 8);
        until("they have arrived", async || broker.received().len() >= 16).await;
        assert_eq!(sorted(broker.ids()), ids(&app), "each of them once");
    });
}
