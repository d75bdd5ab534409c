//! What happens to tickets, as `partnerapi events` tells it.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{events, hall_with, kinds, reserve_briefly, swept, ticket};

on_both_engines!(
    the_life_of_tickets_is_told_in_its_order,
    what_changes_nothing_is_not_told,
    a_ticket_that_was_taken_up_again_goes_on,
);

async fn the_life_of_tickets_is_told_in_its_order(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(4)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    assert_eq!(events(&app), [] as [Value; 0]);

    let until = "2029-12-31T00:00:00+03:00";
    let later = "2029-12-31T12:00:00+10:00";
    let first = ticket(&kassir.reserve("7-1;1", "order").await);
    ticket(&kassir.add(json!({"id": first["id"], "reserved_to": later})).await);
    ticket(&kassir.add(json!({"id": first["id"], "paid": 1})).await);
    let second = ticket(&afisha.reserve("7-1;2", "order").await);
    ticket(&afisha.remove(json!({"id": second["id"]})).await);
    let third = ticket(&afisha.buy("7-1;3").await);
    let (fourth, _) = reserve_briefly(&kassir, json!({"seat_id": "7-1;4"})).await;
    swept(&app, 1).await;

    let told = events(&app);
    let ticket = |ticket: &Value, seat: &str, end: &Value| {
        json!({"id": ticket["id"], "event_id": 12, "show_id": 21, "seat_id": seat,
               "external_id": ticket["external_id"], "reserved_to": end})
    };
    let brief = &fourth["reserved_to"];
    let expected = [
        ("tickets.ticket.reserved", "kassir", ticket(&first, "7-1;1", &json!(until))),
        ("tickets.ticket.prolonged", "kassir", ticket(&first, "7-1;1", &json!(later))),
        ("tickets.ticket.paid", "kassir", ticket(&first, "7-1;1", &json!(later))),
        ("tickets.ticket.reserved", "afisha", ticket(&second, "7-1;2", &json!(until))),
        ("tickets.ticket.removed", "afisha", ticket(&second, "7-1;2", &json!(until))),
        ("tickets.ticket.paid", "afisha", ticket(&third, "7-1;3", &Value::Null)),
        ("tickets.ticket.reserved", "kassir", ticket(&fourth, "7-1;4", brief)),
        ("tickets.ticket.expired", "kassir", ticket(&fourth, "7-1;4", brief)),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, (kind, account, data)) in told.iter().zip(&expected) {
        let expected = json!({"id": told["id"], "type": kind, "occurred_at": told["occurred_at"], "account": account, "data": data});
        assert_eq!(*told, expected);
    }

    let mut ids: Vec<&str> = told.iter().filter_map(|event| event["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told.len(), "each has an id of its own");
    let times: Vec<&str> = told.iter().filter_map(|event| event["occurred_at"].as_str()).collect();
    assert!(times.iter().all(|time| time.starts_with("20") && time.ends_with('Z')), "{times:?}");
    let expired = times[7].trim_end_matches('Z');
    let end = brief.as_str().expect("a time").trim_end_matches("+00:00");
    assert!(expired >= end, "nothing expires before its end: {expired} {end}");
    assert_eq!(app.command(&["events", "--limit", "2"]).printed().lines().count(), 2);
}

async fn what_changes_nothing_is_not_told(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    ticket(&kassir.reserve("7-1;1", "order").await);
    ticket(&kassir.buy("7-1;2").await);
    let told = events(&app);
    kassir.reserve("7-1;1", "order").await;
    kassir.reserve("7-1;3", "order").await;
    kassir.add(json!({"external_id": "order", "reserved_to": "2029-12-31T00:00:00+03:00"})).await;
    kassir.add(json!({"external_id": "order", "paid": 7})).await;
    kassir.buy("7-1;2").await;
    kassir.buy("9-9;9").await;
    afisha.buy("7-1;1").await;
    afisha.remove(json!({"external_id": "order"})).await;
    afisha.get("events/lists").await;
    afisha.get("events/seats/12/21").await;
    app.import("tickets", &hall_with(4)).printed();
    assert_eq!(events(&app), told);
}

async fn a_ticket_that_was_taken_up_again_goes_on(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    end.over().await;
    swept(&app, 1).await;
    ticket(&kassir.add(json!({"external_id": "order", "reserved_to": "2029-12-31T00:00:00+03:00"})).await);
    ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
    let told = kinds(&app);
    assert_eq!(told[..2], ["tickets.ticket.reserved", "tickets.ticket.expired"]);
    // It lives again, whatever the word for that is, and is paid at the end.
    assert!(["tickets.ticket.reserved", "tickets.ticket.prolonged"].contains(&told[2].as_str()), "{told:?}");
    assert_eq!(told[3..], ["tickets.ticket.paid"]);
    let ids: Vec<Value> = events(&app).iter().map(|event| event["data"]["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}
