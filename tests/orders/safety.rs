//! One order stays one order, whatever fails.

use testkit::{App, Engine, Partner, on_both_engines, until};

use super::{
    counted, create, errors, events, made, order, orders_at, partner_error, relaying_to, relaying_when_asked,
    start,
};

on_both_engines!(
    a_partner_that_makes_the_order_and_hangs_up_is_asked_before_it_is_told_again,
    an_order_is_asked_for_before_it_is_made,
    an_order_that_was_given_up_is_found_by_the_job,
    an_order_that_the_partner_never_got_is_made_by_the_next_request,
    a_partner_that_is_down_is_left_alone_and_then_tried_again,
    a_slow_partner_does_not_keep_a_caller_beyond_the_time_of_a_request,
    what_a_caller_began_is_finished_when_the_caller_hangs_up,
    two_servers_do_not_ask_after_an_order_twice,
    every_try_is_recorded,
);

async fn a_partner_that_makes_the_order_and_hangs_up_is_asked_before_it_is_told_again(engine: Engine) {
    let (app, partner) = start(engine);
    for (order_id, failure) in
        [(30, "hang-up-after"), (31, "500-after"), (32, "slow-after:60000"), (33, "cut-after")]
    {
        partner.arm("create", failure, 1).await;
        made(&create(&app, &order(order_id)).await);
        let report = partner.report(&order_id.to_string()).await;
        assert_eq!(orders_at(&partner, order_id).await, 1, "{failure}");
        let calls = &report["calls"][order_id.to_string()];
        assert_eq!((&calls["find-orders"], &calls["create"]), (&2.into(), &1.into()), "{failure}");
    }
    assert_eq!(counted(&app, "orders_created_counter").await, 0.0, "found instead of created");
    assert_eq!(events(&app).len(), 4, "but each of them is there");
}

async fn an_order_is_asked_for_before_it_is_made(engine: Engine) {
    let (app, partner) = start(engine);
    // Somebody else has made it, twice.
    for id in ["1087", "1086"] {
        let form = [
            ("shop_id", id),
            ("phone", "79997772211"),
            ("first_name", "Test"),
            ("email", ""),
            ("external_id", "34"),
            ("ids[]", "58"),
            ("quantity[]", "1"),
            ("prices[]", "10"),
        ];
        let request = partner.request(reqwest::Method::POST, "/create").form(&form);
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }
    let theirs = made(&create(&app, &order(34)).await);
    let orders = partner.report("34").await["orders"].clone();
    let least = orders.as_array().into_iter().flatten().map(|order| order["id"].to_string()).min();
    assert_eq!(Some(theirs), least, "the least id is the one");
    assert_eq!(counted(&app, "orders_created_counter").await, 0.0);
    assert_eq!(counted(&app, "orders_creating_errors_counter").await, 0.0);
}

async fn an_order_that_was_given_up_is_found_by_the_job(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = relaying_to(engine, &partner, "0");
    partner.arm("create", "hang-up-after", 1).await;
    assert_eq!(errors(&create(&app, &order(35)).await), partner_error());
    assert_eq!(counted(&app, "orders_creating_errors_counter").await, 1.0);
    until("the job has found the order", async || {
        events(&app).iter().any(|(kind, _)| kind == "orders.order.created")
    })
    .await;
    made(&create(&app, &order(35)).await);
    assert_eq!(orders_at(&partner, 35).await, 1);
}

async fn an_order_that_the_partner_never_got_is_made_by_the_next_request(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = relaying_when_asked(engine, &partner, "0");
    for (order_id, endpoint) in [(36, "create"), (37, "find-orders")] {
        partner.arm(endpoint, "hang-up", 1).await;
        assert_eq!(errors(&create(&app, &order(order_id)).await), partner_error());
        made(&create(&app, &order(order_id)).await);
        assert_eq!(orders_at(&partner, order_id).await, 1);
    }
}

async fn a_partner_that_is_down_is_left_alone_and_then_tried_again(engine: Engine) {
    let partner = Partner::start(&["--sandbox-fail", "find-orders=500"]);
    let app = App::builder(engine)
        .env("PARTNERAPI_URL", &partner.server.url)
        .env("PARTNERAPI_HTTP_RETRIES_COUNT_ORDER", "0")
        .env("PARTNERAPI_BREAKER_FAILURES", "3")
        .env("PARTNERAPI_BREAKER_PAUSE", "2")
        .start();
    let calls = async || partner.report("0").await["total"]["find-orders"].as_i64().unwrap_or_default();
    for order_id in 40..43 {
        assert_eq!(errors(&create(&app, &order(order_id)).await), partner_error());
    }
    assert_eq!(calls().await, 3);
    // Open: the callers get their error, the partner its rest. That no call is made is what costs them nothing.
    for order_id in 43..63 {
        assert_eq!(errors(&create(&app, &order(order_id)).await), partner_error());
    }
    assert!(calls().await <= 4, "one call may have been let through: {}", calls().await);
    app.logged(&["left alone"]).await;

    partner.control(reqwest::Method::PUT, "settings", serde_json::json!({"fail": ""})).await;
    until("it closes by itself", async || create(&app, &order(63)).await.json["result"] == "success").await;
    made(&create(&app, &order(64)).await);
}

async fn a_slow_partner_does_not_keep_a_caller_beyond_the_time_of_a_request(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = App::builder(engine)
        .env("PARTNERAPI_URL", &partner.server.url)
        .env("PARTNERAPI_HTTP_TIMEOUT_ORDER", "50")
        .env("PARTNERAPI_HTTP_TIMEOUT", "50")
        .env("PARTNERAPI_REQUEST_TIMEOUT", "1")
        .start();
    let theirs = made(&create(&app, &order(65)).await);
    partner.arm("create", "slow-after:3000", 1).await;
    let answer = create(&app, &order(66)).await;
    assert_eq!((answer.status.as_u16(), errors(&answer)), (200, partner_error()));
    until("what was begun is finished", async || events(&app).iter().any(|(_, data)| data["order_id"] == 66))
        .await;
    assert_eq!(orders_at(&partner, 66).await, 1);

    partner.arm("orders-data", "slow:3000", 1).await;
    let answer = app.get("/v2/orders/65").await;
    assert_eq!((answer.status.as_u16(), &answer.json["result"]), (200, &"error".into()), "{}", answer.text);
    partner.arm("cancel", "slow:3000", 1).await;
    let body = serde_json::json!({"order_id": 65, "their_order_id": theirs});
    let answer = super::send(&app, reqwest::Method::DELETE, "/v2/orders/", &body).await;
    assert_eq!(answer.json["result"], "transient_error", "{}", answer.text);
    until("what the partner cancelled is recorded", async || {
        events(&app).iter().any(|(kind, _)| kind == "orders.order.cancelled")
    })
    .await;
}

async fn what_a_caller_began_is_finished_when_the_caller_hangs_up(engine: Engine) {
    let (app, partner) = start(engine);
    partner.arm("create", "slow:500", 1).await;
    let body = order(67).to_string();
    let head =
        format!("POST /v2/orders/ HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut caller = app.wire();
    caller.send(head);
    until("the partner is being asked", async || partner.report("67").await["calls"]["67"]["create"] == 1)
        .await;
    drop(caller);
    until("the order is recorded", async || events(&app).iter().any(|(_, data)| data["order_id"] == 67))
        .await;
    app.logged(&["the client hung up"]).await;
    assert_eq!(orders_at(&partner, 67).await, 1);
}

async fn two_servers_do_not_ask_after_an_order_twice(engine: Engine) {
    let partner = Partner::start(&[]);
    // A first look after a second, the next after two: time for a second server to look as well, if it would.
    let app = App::builder(engine)
        .env("PARTNERAPI_URL", &partner.server.url)
        .env("PARTNERAPI_STATUS_POLL", "1")
        .start();
    let _others = [app.sibling(), app.sibling()];
    let ids: Vec<i64> = (400..440).collect();
    for order_id in &ids {
        made(&create(&app, &order(*order_id)).await);
    }
    until("all have been looked at", async || {
        let looked = "SELECT count(*) FROM orders_orders WHERE pause > 1000000";
        app.database.value(looked) == ids.len().to_string()
    })
    .await;
    for order_id in ids {
        let pause: i64 = app
            .database
            .value(&format!("SELECT pause FROM orders_orders WHERE order_id = {order_id}"))
            .parse()
            .expect("a number");
        let looks = i64::from((pause / 1_000_000).ilog2());
        let asked = partner.report(&order_id.to_string()).await["calls"][order_id.to_string()]["orders-data"]
            .as_i64();
        // One more may be under way.
        assert!(asked <= Some(looks + 1), "order {order_id}: {asked:?} calls for {looks} looks");
    }
}

async fn every_try_is_recorded(engine: Engine) {
    let (app, partner) = start(engine);
    partner.arm("create", "hang-up-after", 1).await;
    let theirs = made(&create(&app, &order(68)).await);
    partner.arm("cancel", "errors-text", 1).await;
    let body = serde_json::json!({"order_id": 68, "their_order_id": theirs});
    for _ in 0..2 {
        super::send(&app, reqwest::Method::DELETE, "/v2/orders/", &body).await;
    }
    let tries =
        app.database.rows("SELECT call, outcome FROM orders_tries WHERE order_id = 68 ORDER BY number");
    let tries: Vec<Vec<String>> = tries.into_iter().map(|row| row.into_iter().flatten().collect()).collect();
    let calls: Vec<&str> = tries.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(calls, ["find-orders", "create", "find-orders", "cancel", "cancel"]);
    let outcomes: Vec<&str> = tries.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(
        (outcomes[0], outcomes[2], outcomes[3], outcomes[4]),
        ("not there", "found", "refused", "cancelled")
    );
    assert!(outcomes[1].contains("could not be reached"), "{}", outcomes[1]);
}
