//! Running out: what becomes of a reservation when its time has come.

use serde_json::json;
use testkit::{App, Engine, hall_of, on_both_engines};

use super::{events, hall_with, holds_until, reserve_briefly, swept, ticket, unavailable};

on_both_engines!(
    a_seat_is_held_until_the_reservation_runs_out_and_no_longer,
    a_reservation_that_ran_out_while_no_server_ran_is_free_at_the_start,
    a_prolonged_reservation_runs_out_at_its_new_end,
    a_paid_ticket_never_runs_out,
    a_name_that_ran_out_can_be_given_again,
    each_reservation_is_swept_once_by_several_servers,
);

async fn a_seat_is_held_until_the_reservation_runs_out_and_no_longer(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let (booked, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1"})).await;
    let mut is_held = true;
    holds_until(end, async || {
        if is_held {
            let answer = afisha.buy("7-1;1").await;
            is_held = answer.status != 200;
            if is_held {
                unavailable(&answer, "7-1;1");
            }
        }
        is_held
    })
    .await;

    swept(&app, 1).await;
    assert_eq!(events(&app)[1]["data"]["id"], booked["id"], "who takes the seat, marks what has run out");
    assert_eq!(events(&app)[2]["account"], "afisha");
    assert_eq!(kassir.seat("7-1;1").await["available"], false);
}

async fn a_reservation_that_ran_out_while_no_server_ran_is_free_at_the_start(engine: Engine) {
    let mut app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    // Before its first sweep a server has answered.
    let (_, first) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1"})).await;
    let (_, second) = reserve_briefly(&kassir, json!({"seat_id": "7-1;2"})).await;
    app.stop();
    first.over().await;
    second.over().await;
    app.restart();
    let kassir = kassir.at(&app.server.url);
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    ticket(&kassir.buy("7-1;2").await);
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    assert_eq!(kassir.seat("7-1;2").await["available"], false);
}

async fn a_prolonged_reservation_runs_out_at_its_new_end(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let (booked, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1"})).await;
    ticket(&kassir.add(json!({"id": booked["id"], "reserved_to": "2029-12-31T00:00:00+03:00"})).await);
    // Another one, whose end comes later, tells that a sweep has been there since.
    end.over().await;
    reserve_briefly(&kassir, json!({"seat_id": "3-1;1"})).await;
    swept(&app, 1).await;
    assert_eq!(kassir.seat("7-1;1").await["available"], false);
}

async fn a_paid_ticket_never_runs_out(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let (booked, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1"})).await;
    let paid = ticket(&kassir.add(json!({"id": booked["id"], "paid": 1})).await);
    end.over().await;
    reserve_briefly(&kassir, json!({"seat_id": "3-1;1"})).await;
    swept(&app, 1).await;
    assert_eq!(kassir.seat("7-1;1").await["available"], false);
    assert_eq!(ticket(&kassir.add(json!({"id": booked["id"], "paid": 1})).await), paid);
}

async fn a_name_that_ran_out_can_be_given_again(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");

    // For the same seat and for another one, before the sweep and after it.
    let (first, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    end.over().await;
    let (second, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    assert_ne!(second["id"], first["id"], "a ticket that is not live is not repeated");
    end.over().await;
    let (third, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;2", "external_id": "order"})).await;
    assert_ne!(third["id"], second["id"]);
    end.over().await;
    swept(&app, 3).await;
    let fourth = ticket(&kassir.reserve("7-1;3", "order").await);
    assert_ne!(fourth["id"], third["id"]);
    for (seat, is_free) in [("7-1;1", true), ("7-1;2", true), ("7-1;3", false)] {
        assert_eq!(kassir.seat(seat).await["available"], is_free, "{seat}");
    }
}

async fn each_reservation_is_swept_once_by_several_servers(engine: Engine) {
    let app = App::start(engine);
    let others = [app.sibling(), app.sibling()];
    app.import("tickets", &hall_of(&[], 200)).printed();
    let kassir = app.tickets("kassir");

    let mut ends = Vec::new();
    for _ in 0..30 {
        ends.push(reserve_briefly(&kassir, json!({"seat_id": "3-1;1"})).await.1);
    }
    swept(&app, 30).await;
    for end in ends {
        end.over().await;
    }
    // One more, so that a second sweep has been there.
    reserve_briefly(&kassir.at(&others[0].server.url), json!({"seat_id": "3-1;1"})).await;
    swept(&app, 31).await;
    let mut expired: Vec<_> = events(&app)
        .iter()
        .filter(|event| event["type"] == "tickets.ticket.expired")
        .map(|event| event["data"]["id"].to_string())
        .collect();
    expired.sort();
    let count = expired.len();
    expired.dedup();
    assert_eq!((count, expired.len()), (31, 31), "each once");
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 200);
}
