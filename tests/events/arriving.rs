//! The broker is there.

use serde_json::json;
use testkit::{Broker, Engine, on_both_engines, until};

use super::{by_ticket, id, metric, open_the_floor, publishing, stream};

on_both_engines!(
    every_event_arrives_as_the_stream_shows_it,
    events_of_one_ticket_arrive_in_their_order,
    what_no_queue_wants_is_counted_kept_and_in_nobodys_way,
);

async fn every_event_arrives_as_the_stream_shows_it(engine: Engine) {
    let broker = Broker::receiving("#").await;
    let app = publishing(engine, &broker, broker.url()).start();
    let kassir = open_the_floor(&app);
    kassir.buy("3-1;1").await;
    let reserved = kassir.reserve("3-1;1", "заказ 7").await;
    assert_eq!(reserved.status, 200, "{}", reserved.text);

    let stream = stream(&app);
    assert_eq!(stream.len(), 2);
    until("both have arrived", async || broker.received().len() >= 2).await;
    for line in stream {
        let received = broker.received();
        let message = received.iter().find(|message| message.message_id == id(&line)).expect("its message");
        assert_eq!(message.body, line);
        let event = message.json();
        assert_eq!(message.routing_key, event["type"]);
        assert_eq!(message.kind, event["type"]);
        assert_eq!(message.content_type, "application/json");
        assert!(message.is_persistent);
        let occurred_at: Result<jiff::Timestamp, _> =
            event["occurred_at"].as_str().unwrap_or_default().parse();
        let second = occurred_at.expect("an instant").as_second();
        assert_eq!(i64::try_from(message.timestamp), Ok(second));
    }
    until("nothing waits", async || metric(&app, "partnerapi_outbox_backlog").await == 0).await;
    assert_eq!(metric(&app, "partnerapi_outbox_published_total").await, 2);
    assert_eq!(metric(&app, "partnerapi_outbox_returned_total").await, 0);
    assert_eq!(metric(&app, "partnerapi_outbox_failures_total").await, 0);
    assert_eq!(metric(&app, "partnerapi_broker_connected").await, 1);
}

async fn events_of_one_ticket_arrive_in_their_order(engine: Engine) {
    let broker = Broker::receiving("tickets.#").await;
    let app = publishing(engine, &broker, broker.url()).start();
    let kassir = open_the_floor(&app);
    let mut buyers = tokio::task::JoinSet::new();
    for order in 0..20 {
        let kassir = kassir.clone();
        buyers.spawn(async move {
            let order = format!("order-{order}");
            kassir.reserve("3-1;1", &order).await;
            for until in ["2029-01-01T00:00:00+03:00", "2029-02-01T00:00:00+03:00"] {
                let body = json!({"seat_id": "3-1;1", "reserved_to": until, "external_id": order});
                kassir.post("tickets/add/12/21", body).await;
            }
            let body = json!({"seat_id": "3-1;1", "paid": 1, "external_id": order});
            let paid = kassir.post("tickets/add/12/21", body).await;
            assert_eq!(paid.json["result"]["paid"], 1, "{}", paid.text);
        });
    }
    while let Some(bought) = buyers.join_next().await {
        bought.expect("a buyer that does not panic");
    }
    until("all have arrived", async || broker.received().len() >= 80).await;
    let tickets = by_ticket(&broker.received());
    assert_eq!(tickets.len(), 20);
    let life = ["reserved", "prolonged", "prolonged", "paid"].map(|verb| format!("tickets.ticket.{verb}"));
    assert!(tickets.values().all(|kinds| *kinds == life), "{tickets:?}");
}

async fn what_no_queue_wants_is_counted_kept_and_in_nobodys_way(engine: Engine) {
    let broker = Broker::receiving("tickets.ticket.paid").await;
    let app = publishing(engine, &broker, broker.url()).start();
    let kassir = open_the_floor(&app);
    kassir.reserve("3-1;1", "order-7").await;
    let paid = json!({"seat_id": "3-1;1", "paid": 1, "external_id": "order-7"});
    kassir.post("tickets/add/12/21", paid).await;

    until("the wanted one has arrived", async || !broker.received().is_empty()).await;
    until("nothing waits", async || metric(&app, "partnerapi_outbox_backlog").await == 0).await;
    assert_eq!(broker.received().len(), 1);
    assert_eq!(broker.received()[0].kind, "tickets.ticket.paid");
    assert_eq!(metric(&app, "partnerapi_outbox_returned_total").await, 1);
    assert_eq!(metric(&app, "partnerapi_outbox_published_total").await, 2);
    assert_eq!(stream(&app).len(), 2, "the stream has both");
    // What came back is not repeated in the log: it may hold an external id.
    assert!(!app.server.log().iter().any(|line| line.contains("order-7")));
}
