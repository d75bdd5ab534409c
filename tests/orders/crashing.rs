//! The server dies between the intent and the record.

use testkit::{App, Engine, Partner, on_both_engines, until};

use super::{create, events, made, order, orders_at, start};

on_both_engines!(
    the_next_request_finds_out_what_became_of_it,
    asking_how_it_stands_finds_out_what_became_of_it,
    the_job_finds_out_what_became_of_it,
    an_order_that_was_asked_for_but_not_made_is_made_by_the_next_request,
    a_refused_order_that_is_asked_for_again_is_an_intent_again,
);

/// Kills the server while the partner keeps it waiting for an answer to `call`.
async fn die_in(app: &mut App, partner: &Partner, call: &str, failure: &str, order_id: i64) {
    partner.arm(call, failure, 1).await;
    let before = partner.report(&order_id.to_string()).await["calls"][order_id.to_string()][call].as_i64();
    let request = app.request(reqwest::Method::POST, "/v2/orders/").json(&order(order_id));
    let asking = tokio::spawn(request.send());
    // A partner whose client is gone makes nothing any more: one that makes an order first must have done it.
    let made = usize::from(failure.starts_with("slow-after"));
    until("the partner is being asked", async || {
        let report = partner.report(&order_id.to_string()).await;
        let is_asked = report["calls"][order_id.to_string()][call].as_i64() > before;
        is_asked && orders_at(partner, order_id).await == made
    })
    .await;
    app.server.kill();
    assert!(asking.await.expect("the task").is_err(), "nobody answered");
    app.restart();
}

async fn the_next_request_finds_out_what_became_of_it(engine: Engine) {
    let (mut app, partner) = start(engine);
    die_in(&mut app, &partner, "create", "slow-after:60000", 50).await;
    made(&create(&app, &order(50)).await);
    assert_eq!(orders_at(&partner, 50).await, 1);
    assert_eq!(events(&app).len(), 1);
}

async fn asking_how_it_stands_finds_out_what_became_of_it(engine: Engine) {
    let (mut app, partner) = start(engine);
    assert_eq!(app.get("/v2/orders/54").await.json["message"], "No such order is known");
    die_in(&mut app, &partner, "create", "slow-after:60000", 54).await;
    assert_eq!(app.get("/v2/orders/54").await.json["result"], "success");
    assert_eq!(events(&app).len(), 0, "that is for whoever makes it to tell");
    made(&create(&app, &order(54)).await);
    assert_eq!((events(&app).len(), orders_at(&partner, 54).await), (1, 1));
}

async fn the_job_finds_out_what_became_of_it(engine: Engine) {
    let (mut app, partner) = start(engine);
    die_in(&mut app, &partner, "create", "slow-after:60000", 51).await;
    until("the job has found the order", async || {
        events(&app).iter().any(|(kind, data)| kind == "orders.order.created" && data["order_id"] == 51)
    })
    .await;
    // And now it is answered from the record.
    let calls = partner.report("51").await["calls"]["51"]["find-orders"].clone();
    made(&create(&app, &order(51)).await);
    assert_eq!(partner.report("51").await["calls"]["51"]["find-orders"], calls);
    assert_eq!(orders_at(&partner, 51).await, 1);
}

async fn an_order_that_was_asked_for_but_not_made_is_made_by_the_next_request(engine: Engine) {
    let (mut app, partner) = start(engine);
    die_in(&mut app, &partner, "find-orders", "slow:60000", 52).await;
    assert_eq!(orders_at(&partner, 52).await, 0);
    made(&create(&app, &order(52)).await);
    assert_eq!(orders_at(&partner, 52).await, 1);
}

async fn a_refused_order_that_is_asked_for_again_is_an_intent_again(engine: Engine) {
    let (mut app, partner) = start(engine);
    partner.arm("create", "errors-text", 1).await;
    create(&app, &order(53)).await;
    assert_eq!(events(&app)[0].0, "orders.order.rejected");
    die_in(&mut app, &partner, "create", "slow-after:60000", 53).await;
    until("the job has found the order", async || {
        events(&app).iter().any(|(kind, _)| kind == "orders.order.created")
    })
    .await;
    assert_eq!(orders_at(&partner, 53).await, 1);
}
