//! `events/lists`: the shows to come.

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, hall, on_both_engines};

use super::{Moment, add_show, hall_with, holds_until, refused};

on_both_engines!(
    an_empty_programme_is_an_empty_list,
    an_entry_has_the_fields_of_the_contract_and_no_others,
    shows_stand_in_the_order_of_their_start,
    a_start_leaves_in_the_offset_in_which_it_came,
    a_show_that_has_begun_is_over_for_partners,
    a_show_that_was_imported_after_its_start_is_never_seen,
);

async fn an_empty_programme_is_an_empty_list(engine: Engine) {
    let app = App::start(engine);
    let kassir = app.tickets("kassir");
    assert_eq!(kassir.get("events/lists").await.json, json!({"status": "success", "result": []}));
}

async fn an_entry_has_the_fields_of_the_contract_and_no_others(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let kassir = app.tickets("kassir");

    let lists = kassir.get("events/lists").await;
    let hash = lists.json["result"][0]["last_update_hash"].clone();
    assert_eq!(
        lists.json,
        json!({"status": "success", "result": [{
            "event_id": 12,
            "show_id": 21,
            "event_name": "Название мероприятия 1",
            "start_date": "2030-01-03T17:00:00+10:00",
            "scheme": {
                "id": 48, "name": "Кремлевский дворец", "place_name": "Кремлевский дворец",
                "place_address": "ул. Воздвиженка, 1", "place_description": "м. Библиотека им. Ленина",
                "zones": [
                    {"zone_id": 7, "name": "Supervip right", "seats": [{"seat_id": "7-1;8"}]},
                    {"zone_id": 3, "name": "Танцевальный партер", "seats": [{"seat_id": "3-1;1"}]}
                ]
            },
            "city": {"id": 2, "name": "Москва", "timezone": "Europe/Moscow", "coords": [55.7558, 37.6176]},
            "last_update_hash": hash
        }]})
    );
    assert_eq!(kassir.post("events/lists", json!({})).await.json, lists.json, "GET and POST are the same");
}

async fn shows_stand_in_the_order_of_their_start(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall();
    // In the order of the text the last would come first.
    add_show(&mut programme, 22, "2030-01-03T18:00:00+14:00");
    add_show(&mut programme, 23, "2030-01-03T05:00:00+00:00");
    let mut other = hall()["events"][0].clone();
    other["event_id"] = 33.into();
    other["shows"][0]["start_date"] = "2030-01-03T06:00:00Z".into();
    programme["events"].as_array_mut().expect("events").insert(0, other);
    app.import("tickets", &programme).printed();

    assert_eq!(listed(&app.tickets("kassir")).await, [(12, 22), (12, 23), (33, 21), (12, 21)]);
}

async fn a_start_leaves_in_the_offset_in_which_it_came(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall();
    add_show(&mut programme, 22, "2030-01-04T17:00:00Z");
    add_show(&mut programme, 23, "2030-01-05T17:00:00.250-03:30");
    app.import("tickets", &programme).printed();

    let lists = app.tickets("kassir").get("events/lists").await;
    let starts: Vec<&Value> =
        lists.json["result"].as_array().expect("a list").iter().map(|show| &show["start_date"]).collect();
    assert_eq!(
        starts,
        ["2030-01-03T17:00:00+10:00", "2030-01-04T17:00:00+00:00", "2030-01-05T17:00:00.25-03:30"]
    );
}

async fn a_show_that_has_begun_is_over_for_partners(engine: Engine) {
    let app = App::start(engine);
    let kassir = app.tickets("kassir");
    let mut programme = hall_with(2);
    let start = Moment::in_seconds(3);
    add_show(&mut programme, 22, &start.to_string());
    app.import("tickets", &programme).printed();

    holds_until(start, async || listed(&kassir).await.contains(&(12, 22))).await;
    assert_eq!(listed(&kassir).await, [(12, 21)]);
    refused(&kassir.get("events/seats/12/22").await, 404, "EVENT_NOT_FOUND");
    let body = json!({"seat_id": "7-1;1", "paid": 1});
    refused(&kassir.post("tickets/add/12/22", body).await, 404, "EVENT_NOT_FOUND");
}

async fn a_show_that_was_imported_after_its_start_is_never_seen(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall();
    programme["events"][0]["shows"][0]["start_date"] = "2018-05-04T06:22:00+10:00".into();
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");
    assert_eq!(listed(&kassir).await, []);
    refused(&kassir.get("events/seats/12/21").await, 404, "EVENT_NOT_FOUND");
    refused(&kassir.buy("7-1;8").await, 404, "EVENT_NOT_FOUND");
}

/// The event and the show of each entry.
async fn listed(client: &Tickets) -> Vec<(i64, i64)> {
    let lists = client.get("events/lists").await;
    let entries = lists.json["result"].as_array().unwrap_or_else(|| panic!("{}", lists.text));
    let id = |entry: &Value, name: &str| entry[name].as_i64().expect("a number");
    entries.iter().map(|entry| (id(entry, "event_id"), id(entry, "show_id"))).collect()
}
