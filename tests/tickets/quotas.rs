//! Quotas: how many live tickets of a show an account may have at once.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{add_show, hall_with, refused, reserve_briefly, swept, ticket, unavailable};

on_both_engines!(
    an_account_has_no_more_live_tickets_than_its_quota,
    a_quota_holds_for_each_show,
    what_is_not_live_does_not_count,
    what_the_account_has_can_be_paid_and_repeated_at_its_quota,
    a_ticket_that_ran_out_is_taken_up_again_within_the_quota_only,
    a_quota_of_none_sells_nothing,
    a_lowered_quota_takes_nothing_away,
);

/// A hall in which kassir may have so many tickets.
fn limited(seats: i64, quota: i64) -> Value {
    let mut programme = hall_with(seats);
    programme["events"][0]["quotas"] = json!({"kassir": quota});
    programme
}

async fn an_account_has_no_more_live_tickets_than_its_quota(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &limited(4, 3)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    // Reserved, paid and admitted, by any key of the account.
    ticket(&kassir.reserve("7-1;1", "one").await);
    ticket(&app.tickets("kassir").buy("7-1;2").await);
    ticket(&kassir.buy("3-1;1").await);
    for seat in ["7-1;3", "3-1;1"] {
        unavailable(&kassir.buy(seat).await, seat);
        unavailable(&kassir.reserve(seat, "over").await, seat);
        unavailable(&app.tickets("kassir").buy(seat).await, seat);
    }
    assert_eq!(kassir.seat("7-1;3").await["available"], true, "a refusal leaves nothing");
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 13);
    // A seat that is not there is not there, quota or no quota.
    refused(&kassir.buy("9-9;9").await, 404, "SEAT_NOT_FOUND");

    // Others have no quota.
    for seat in ["7-1;3", "7-1;4", "3-1;1", "3-1;1"] {
        ticket(&afisha.buy(seat).await);
    }
}

async fn a_quota_holds_for_each_show(engine: Engine) {
    let app = App::start(engine);
    let mut programme = limited(3, 1);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    for show in ["12/21", "12/22"] {
        let path = format!("tickets/add/{show}");
        ticket(&kassir.post(&path, json!({"seat_id": "7-1;1", "paid": 1})).await);
        unavailable(&kassir.post(&path, json!({"seat_id": "7-1;2", "paid": 1})).await, "7-1;2");
    }
}

async fn what_is_not_live_does_not_count(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &limited(3, 1)).printed();
    let kassir = app.tickets("kassir");

    ticket(&kassir.reserve("7-1;1", "removed").await);
    unavailable(&kassir.buy("7-1;2").await, "7-1;2");
    kassir.remove(json!({"external_id": "removed"})).await;

    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;2"})).await;
    end.over().await;
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;3"})).await;
    end.over().await;
    swept(&app, 2).await;
    ticket(&kassir.buy("7-1;1").await);
    unavailable(&kassir.buy("7-1;2").await, "7-1;2");
}

async fn what_the_account_has_can_be_paid_and_repeated_at_its_quota(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &limited(2, 1)).printed();
    let kassir = app.tickets("kassir");

    let first = ticket(&kassir.reserve("7-1;1", "order").await);
    assert_eq!(ticket(&kassir.reserve("7-1;1", "order").await), first);
    ticket(&kassir.add(json!({"external_id": "order", "reserved_to": "2029-12-31T12:00:00+03:00"})).await);
    ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
    ticket(&kassir.add(json!({"seat_id": "7-1;1", "external_id": "order", "paid": 1})).await);
    unavailable(&kassir.buy("7-1;2").await, "7-1;2");
}

async fn a_ticket_that_ran_out_is_taken_up_again_within_the_quota_only(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &limited(3, 1)).printed();
    let kassir = app.tickets("kassir");

    let (old, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "old"})).await;
    end.over().await;
    ticket(&kassir.reserve("7-1;2", "new").await);
    unavailable(&kassir.add(json!({"external_id": "old", "paid": 1})).await, "7-1;1");
    swept(&app, 1).await;
    unavailable(&kassir.add(json!({"external_id": "old", "paid": 1})).await, "7-1;1");
    assert_eq!(kassir.seat("7-1;1").await["available"], true);

    kassir.remove(json!({"external_id": "new"})).await;
    let revived = ticket(&kassir.add(json!({"external_id": "old", "paid": 1})).await);
    assert_eq!(revived["id"], old["id"]);
    unavailable(&kassir.buy("7-1;2").await, "7-1;2");
}

async fn a_quota_of_none_sells_nothing(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &limited(1, 0)).printed();
    let kassir = app.tickets("kassir");
    assert_eq!(kassir.get("events/lists").await.json["result"][0]["show_id"], 21, "open, but not for sale");
    unavailable(&kassir.buy("7-1;1").await, "7-1;1");
    ticket(&app.tickets("afisha").buy("7-1;1").await);
}

async fn a_lowered_quota_takes_nothing_away(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &limited(4, 3)).printed();
    let kassir = app.tickets("kassir");
    for seat in ["7-1;1", "7-1;2", "7-1;3"] {
        ticket(&kassir.reserve(seat, seat).await);
    }

    app.import("tickets", &limited(4, 1)).printed();
    unavailable(&kassir.buy("7-1;4").await, "7-1;4");
    for seat in ["7-1;1", "7-1;2", "7-1;3"] {
        assert_eq!(kassir.seat(seat).await["available"], false);
        ticket(&kassir.add(json!({"external_id": seat, "paid": 1})).await);
    }

    // Without the quota the account is as free as others.
    app.import("tickets", &hall_with(4)).printed();
    ticket(&kassir.buy("7-1;4").await);
}
