//! `partnerapi import tickets` and `partnerapi export tickets`.

use serde_json::{Value, json};
use testkit::{App, Engine, Finished, hall, hall_of, on_both_engines};

use super::{add_show, hall_with, refused, reserve_briefly, swept, ticket, unavailable};

on_both_engines!(
    what_was_imported_is_exported,
    an_export_imported_into_an_empty_database_is_exported_the_same,
    the_same_file_twice_changes_nothing,
    a_running_server_sees_an_import_at_once,
    an_event_that_is_missing_from_the_file_stays,
    a_seat_that_is_gone_goes_unless_a_live_ticket_holds_it,
    a_show_that_is_gone_goes_unless_a_live_ticket_is_for_it,
    a_quantity_never_falls_below_what_is_sold,
    a_file_that_is_refused_leaves_nothing,
    tickets_outlive_every_import,
    a_show_in_the_place_of_a_removed_one_has_none_of_its_tickets,
);

#[test]
fn an_export_of_one_engine_is_an_import_of_the_other() {
    testkit::run(async {
        let (sqlite, postgres) = (App::start(Engine::Sqlite), App::start(Engine::Postgres));
        sqlite.import("tickets", &everything()).printed();
        let exported = export(&sqlite);
        import_text(&postgres, &exported).printed();
        assert_eq!(export(&postgres), exported);
    });
}

/// Everything that a file can say.
fn everything() -> Value {
    let mut programme = hall_with(3);
    add_show(&mut programme, 22, "2030-01-04T17:00:00.5-03:30");
    add_show(&mut programme, 20, "2018-05-04T06:22:00+10:00");
    let event = &mut programme["events"][0];
    event["open_to"] = json!(["afisha", "kassir"]);
    event["quotas"] = json!({"afisha": 0, "kassir": 500});
    event["shows"].as_array_mut().expect("shows").rotate_right(1);
    event["shows"][1]["zones"][0]["seats"][1]["blocked"] = true.into();
    event["shows"][1]["zones"][0]["seats"][2]["price"] = json!(1234.5);
    event["shows"][1]["zones"][0]["seats"][2]["coords"] = json!([0.25, -7]);
    event["shows"][1]["zones"]
        .as_array_mut()
        .expect("zones")
        .push(json!({"zone_id": 1, "name": "", "seats": []}));
    let mut closed = hall()["events"][0].clone();
    closed["event_id"] = 33.into();
    closed["event_name"] = "Кавычки \" и \\ и 🎭".into();
    closed["open_to"] = json!([]);
    closed["shows"] = json!([]);
    programme["events"].as_array_mut().expect("events").push(closed);
    programme
}

async fn what_was_imported_is_exported(engine: Engine) {
    let app = App::start(engine);
    assert_eq!(exported(&app), json!({"events": []}));
    app.import("tickets", &everything()).printed();
    assert_eq!(exported(&app), everything());
}

async fn an_export_imported_into_an_empty_database_is_exported_the_same(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &everything()).printed();
    ticket(&app.tickets("kassir").buy("7-1;1").await);
    let first = export(&app);

    let empty = App::start(engine);
    import_text(&empty, &first).printed();
    assert_eq!(export(&empty), first);
    assert_eq!(
        empty.tickets("kassir").seat("7-1;1").await["available"],
        true,
        "tickets are no reference data"
    );
}

async fn the_same_file_twice_changes_nothing(engine: Engine) {
    let app = App::start(engine);
    let summary = app.import("tickets", &everything()).printed();
    assert!(!summary.contains("0 inserted"), "{summary}");
    let kassir = app.tickets("kassir");
    ticket(&kassir.reserve("7-1;1", "order").await);
    let (lists, seats) = (kassir.get("events/lists").await.text, kassir.get("events/seats/12/21").await.text);
    let before = export(&app);

    for _ in 0..2 {
        let summary = app.import("tickets", &everything()).printed();
        assert!(summary.contains("0 inserted, 0 updated, 0 removed"), "{summary}");
        assert!(!summary.contains(" 0 unchanged"), "{summary}");
        assert_eq!(export(&app), before);
        assert_eq!(kassir.get("events/lists").await.text, lists);
        assert_eq!(kassir.get("events/seats/12/21").await.text, seats);
    }
    assert_eq!(super::kinds(&app), ["tickets.ticket.reserved"]);
}

async fn a_running_server_sees_an_import_at_once(engine: Engine) {
    let app = App::start(engine);
    let kassir = app.tickets("kassir");
    assert_eq!(kassir.get("events/lists").await.json["result"], json!([]));
    refused(&kassir.get("events/seats/12/21").await, 404, "EVENT_NOT_FOUND");

    let mut programme = hall_with(1);
    app.import("tickets", &programme).printed();
    let entry = kassir.get("events/lists").await.json["result"][0].clone();
    assert_eq!((&entry["event_id"], &entry["show_id"]), (&json!(12), &json!(21)));
    refused(&kassir.buy("7-1;2").await, 404, "SEAT_NOT_FOUND");

    // Names, prices, new seats, a new start.
    programme = hall_with(2);
    programme["events"][0]["event_name"] = "Другое".into();
    let show = &mut programme["events"][0]["shows"][0];
    show["start_date"] = "2030-02-03T17:00:00+10:00".into();
    show["zones"][0]["name"] = "Партер".into();
    show["zones"][0]["seats"][0]["price"] = json!(99.5);
    app.import("tickets", &programme).printed();
    let entry = kassir.get("events/lists").await.json["result"][0].clone();
    assert_eq!(
        (&entry["event_name"], &entry["start_date"]),
        (&json!("Другое"), &json!("2030-02-03T17:00:00+10:00"))
    );
    assert_eq!(entry["scheme"]["zones"][0]["name"], "Партер");
    assert_eq!(kassir.get("events/seats/12/21").await.json["zones"][0]["name"], "Партер");
    assert_eq!(kassir.seat("7-1;1").await["price"], 99.5);
    let sold = kassir.buy("7-1;2").await;
    ticket(&sold);
    assert_eq!(sold.json["event_name"], "Другое");
}

async fn an_event_that_is_missing_from_the_file_stays(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    let mut other = hall();
    other["events"][0]["event_id"] = 33.into();

    app.import("tickets", &other).printed();
    app.import("tickets", &json!({"events": []})).printed();
    let lists = kassir.get("events/lists").await;
    assert_eq!(lists.json["result"].as_array().map(Vec::len), Some(2), "{}", lists.text);
    ticket(&kassir.buy("7-1;1").await);
}

async fn a_seat_that_is_gone_goes_unless_a_live_ticket_holds_it(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(5)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.buy("7-1;5").await);
    ticket(&kassir.reserve("7-1;4", "order").await);
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;3"})).await;
    end.over().await;

    // Free, and run out whether or not a sweep has been there: these two go.
    app.import("tickets", &without(hall_with(5), &["7-1;2", "7-1;3"])).printed();
    for seat in ["7-1;2", "7-1;3"] {
        refused(&kassir.buy(seat).await, 404, "SEAT_NOT_FOUND");
    }
    for seat in ["7-1;4", "7-1;5"] {
        complains_of(&app.import("tickets", &without(hall_with(5), &[seat])), seat);
        unavailable(&kassir.buy(seat).await, seat);
    }
    kassir.remove(json!({"external_id": "order"})).await;
    app.import("tickets", &without(hall_with(5), &["7-1;4"])).printed();
    refused(&kassir.buy("7-1;4").await, 404, "SEAT_NOT_FOUND");
    // What is back in the file is back in the hall.
    app.import("tickets", &hall_with(5)).printed();
    ticket(&kassir.buy("7-1;4").await);
}

async fn a_show_that_is_gone_goes_unless_a_live_ticket_is_for_it(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(1);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");
    let body = json!({"seat_id": "7-1;1", "reserved_to": "2029-01-01T00:00:00Z", "external_id": "order"});
    ticket(&kassir.post("tickets/add/12/22", body).await);

    complains_of(&app.import("tickets", &hall_with(1)), "7-1;1");
    assert_eq!(kassir.get("events/seats/12/22").await.status, 200);
    kassir.post("tickets/remove/12/22", json!({"external_id": "order"})).await;
    app.import("tickets", &hall_with(1)).printed();
    refused(&kassir.get("events/seats/12/22").await, 404, "EVENT_NOT_FOUND");
}

async fn a_quantity_never_falls_below_what_is_sold(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_of(&[], 5)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.buy("3-1;1").await);
    ticket(&kassir.reserve("3-1;1", "order").await);
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "3-1;1"})).await;

    end.over().await;
    complains_of(&app.import("tickets", &hall_of(&[], 1)), "3-1;1");
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 3);
    app.import("tickets", &hall_of(&[], 2)).printed();
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 0);
    unavailable(&kassir.buy("3-1;1").await, "3-1;1");
    app.import("tickets", &hall_of(&[], 3)).printed();
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 1);
    ticket(&kassir.buy("3-1;1").await);
    swept(&app, 1).await;
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 0);
}

async fn a_file_that_is_refused_leaves_nothing(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.buy("7-1;2").await);
    let (before, lists) = (export(&app), kassir.get("events/lists").await.text);

    // A new event before, a new name, a new price and a new show beside, a new event after the seat that is held.
    let mut file = without(hall_with(3), &["7-1;2"]);
    add_show(&mut file, 22, "2030-01-04T17:00:00+10:00");
    file["events"][0]["event_name"] = "Другое".into();
    file["events"][0]["shows"][0]["zones"][0]["seats"][0]["price"] = 5.into();
    let mut new = hall()["events"][0].clone();
    for (event_id, at) in [(11, 0), (33, 2)] {
        new["event_id"] = event_id.into();
        file["events"].as_array_mut().expect("events").insert(at, new.clone());
    }
    complains_of(&app.import("tickets", &file), "7-1;2");
    assert_eq!(export(&app), before);
    assert_eq!(kassir.get("events/lists").await.text, lists);
}

async fn tickets_outlive_every_import(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");
    let sold = ticket(&kassir.buy("7-1;1").await);
    let reserved = ticket(&kassir.reserve("7-1;2", "order").await);

    // Other prices, another zone, another order, blocked by the organiser.
    let mut file = hall_with(3);
    let zones = &mut file["events"][0]["shows"][0]["zones"];
    for seat in zones[0]["seats"].as_array_mut().expect("seats") {
        seat["price"] = 700.into();
    }
    zones[0]["seats"][1]["blocked"] = true.into();
    let moved = zones[0]["seats"].as_array_mut().expect("seats").remove(0);
    zones[1]["seats"].as_array_mut().expect("seats").insert(0, moved);
    zones.as_array_mut().expect("zones").reverse();
    app.import("tickets", &file).printed();

    for (seat, price, is_free) in
        [("7-1;1", 700, false), ("7-1;2", 700, false), ("7-1;3", 700, true), ("3-1;1", 300, true)]
    {
        let shown = kassir.seat(seat).await;
        assert_eq!((&shown["price"], &shown["available"]), (&json!(price), &json!(is_free)), "{seat}");
    }
    assert_eq!(ticket(&kassir.add(json!({"id": sold["id"], "paid": 1})).await), sold);
    let paid = ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
    assert_eq!(paid["id"], reserved["id"]);
}

async fn a_show_in_the_place_of_a_removed_one_has_none_of_its_tickets(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    let (old, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    end.over().await;
    swept(&app, 1).await;

    let mut file = hall_with(1);
    file["events"][0]["shows"] = json!([]);
    app.import("tickets", &file).printed();
    file = hall_with(1);
    file["events"][0]["shows"][0]["show_id"] = 22.into();
    file["events"][0]["shows"][0]["start_date"] = "2030-06-03T17:00:00+10:00".into();
    app.import("tickets", &file).printed();
    for name in ["id", "external_id"] {
        let body = json!({name: old[name], "paid": 1});
        refused(&kassir.post("tickets/add/12/22", body).await, 404, "TICKET_NOT_FOUND");
    }
}

/// The hall without these seats.
fn without(mut programme: Value, seats: &[&str]) -> Value {
    let zone = &mut programme["events"][0]["shows"][0]["zones"][0]["seats"];
    zone.as_array_mut().expect("seats").retain(|seat| !seats.iter().any(|gone| seat["seat_id"] == *gone));
    programme
}

/// Asserts that a file was refused for the sake of a seat.
#[track_caller]
fn complains_of(finished: &Finished, seat: &str) {
    assert_eq!(finished.status, 1, "{}", finished.stdout);
    assert!(finished.stderr.contains(seat), "{}", finished.stderr);
}

fn export(app: &App) -> String {
    app.command(&["export", "tickets"]).printed()
}

fn exported(app: &App) -> Value {
    serde_json::from_str(&export(app)).expect("an export is JSON")
}

fn import_text(app: &App, text: &str) -> Finished {
    let file = app.file("text.json", text.as_bytes());
    app.command(&["import", "tickets", file.to_str().expect("a path")])
}
