//! One order stays one order, whatever fails.

use testkit::{Engine, Partner, on_both_engines, until};

use super::{create, errors, made, order, orders_at, partner_error, relaying_to, start};

on_both_engines!(
    a_partner_that_makes_the_order_and_hangs_up_is_asked_before_it_is_told_again,
    an_order_that_was_given_up_is_found_by_the_job,
    nonsense_is_a_partner_error_and_is_not_repeated,
    a_partner_that_is_down_costs_nothing_once_the_breaker_is_open,
    what_was_begun_when_the_server_died_is_settled_after_the_start,
);

async fn a_partner_that_makes_the_order_and_hangs_up_is_asked_before_it_is_told_again(engine: Engine) {
    let (app, partner) = start(engine);
    for (order_id, failure) in [(30, "hang-up-after"), (31, "500-after"), (32, "slow-after:60000")] {
        partner.arm("create", failure, 1).await;
        made(&create(&app, &order(order_id)).await);
        assert_eq!(orders_at(&partner, order_id).await, 1, "{failure}");
    }
}

async fn an_order_that_was_given_up_is_found_by_the_job(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = relaying_to(engine, &partner, "0");
    partner.arm("create", "hang-up-after", 1).await;
    assert_eq!(errors(&create(&app, &order(33)).await), partner_error());
    until("the job has found the order", async || {
        app.command(&["events"]).printed().contains("orders.order.created")
    })
    .await;
    made(&create(&app, &order(33)).await);
    assert_eq!(orders_at(&partner, 33).await, 1);
}

async fn nonsense_is_a_partner_error_and_is_not_repeated(engine: Engine) {
    let (app, partner) = start(engine);
    partner.arm("create", "html", 1).await;
    assert_eq!(errors(&create(&app, &order(34)).await), partner_error());
    // Told a second time it would have made the order.
    assert_eq!(orders_at(&partner, 34).await, 0);
}

async fn a_partner_that_is_down_costs_nothing_once_the_breaker_is_open(engine: Engine) {
    let (app, mut partner) = start(engine);
    partner.server.kill();
    for order_id in 40..44 {
        assert_eq!(errors(&create(&app, &order(order_id)).await), partner_error());
    }
    let seen = app.server.log().iter().filter(|line| line.contains("left alone")).count();
    assert!(seen > 0, "the breaker is open: {:?}", app.server.log());
}

async fn what_was_begun_when_the_server_died_is_settled_after_the_start(engine: Engine) {
    let (mut app, partner) = start(engine);
    partner.arm("create", "slow-after:60000", 1).await;
    let asking = tokio::spawn(app.request(reqwest::Method::POST, "/v2/orders/").json(&order(50)).send());
    until("the partner has made the order", async || orders_at(&partner, 50).await == 1).await;
    app.server.kill();
    assert!(asking.await.expect("the task").is_err(), "nobody answered");
    app.restart();
    made(&create(&app, &order(50)).await);
    assert_eq!(orders_at(&partner, 50).await, 1);
}
