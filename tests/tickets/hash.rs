//! `last_update_hash`: the same as long as nothing that a partner must fetch again has changed.

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, hall, on_both_engines};

use super::{add_show, hall_with, reserve_briefly, swept, ticket};

on_both_engines!(
    it_is_40_hex_digits_and_the_same_in_every_answer,
    it_changes_with_the_event_for_all_its_shows,
    it_changes_with_a_show_for_that_show_alone,
    it_stays_the_same_whatever_is_sold,
    it_stays_the_same_when_the_same_is_imported_again,
    it_is_the_same_after_a_restart_and_on_every_server,
);

#[test]
fn it_is_the_same_on_both_engines() {
    testkit::run(async {
        let mut programme = everything();
        let (sqlite, postgres) = (App::start(Engine::Sqlite), App::start(Engine::Postgres));
        for _ in 0..2 {
            let mut hashes = Vec::new();
            for app in [&sqlite, &postgres] {
                app.import("tickets", &programme).printed();
                hashes.push(all(&app.tickets("kassir")).await);
            }
            assert_eq!(hashes[0].len(), 3);
            assert_eq!(hashes[0], hashes[1]);
            programme["events"][0]["event_name"] = "Другое".into();
        }
    });
}

/// Two shows of an event and one of another, with everything that a file can say.
fn everything() -> Value {
    let mut programme = hall_with(3);
    add_show(&mut programme, 22, "2030-01-04T17:00:00.5-03:30");
    let event = &mut programme["events"][0];
    event["open_to"] = json!(["afisha", "kassir"]);
    event["quotas"] = json!({"afisha": 5, "kassir": 500});
    event["shows"][0]["zones"][0]["seats"][1]["blocked"] = true.into();
    event["shows"][0]["zones"][0]["seats"][2]["price"] = json!(1234.5);
    let mut other = hall()["events"][0].clone();
    other["event_id"] = 33.into();
    programme["events"].as_array_mut().expect("events").push(other);
    programme
}

async fn it_is_40_hex_digits_and_the_same_in_every_answer(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &everything()).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    for (show, hash) in all(&kassir).await {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        assert!(hash.len() == 40 && hash.bytes().all(is_hex), "{show}: {hash}");
    }
    let hash = of(&kassir, "12/21").await;
    assert_eq!(of(&afisha, "12/21").await, hash, "the same for all partners");
    assert_eq!(kassir.get("events/seats/12/21").await.json["last_update_hash"], hash);
    for answer in [
        kassir.reserve("7-1;1", "order").await,
        kassir.add(json!({"external_id": "order", "reserved_to": "2029-01-01T00:00:00Z"})).await,
        kassir
            .post(
                "tickets/update/12/21",
                json!({"external_id": "order", "reserved_to": "2029-01-02T00:00:00Z"}),
            )
            .await,
        kassir.remove(json!({"external_id": "order"})).await,
    ] {
        assert_eq!(answer.json["last_update_hash"], hash, "{}", answer.text);
    }
}

async fn it_changes_with_the_event_for_all_its_shows(engine: Engine) {
    let app = App::start(engine);
    let mut programme = everything();
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    let changes: [(&str, Value); 12] = [
        ("/event_name", json!("Другое название")),
        ("/city/id", json!(3)),
        ("/city/name", json!("Тула")),
        ("/city/timezone", json!("Asia/Omsk")),
        ("/city/coords", json!([54.19, 37.61])),
        ("/scheme/id", json!(49)),
        ("/scheme/name", json!("Другой дворец")),
        ("/scheme/place_name", json!("Другой дворец")),
        ("/scheme/place_address", json!("ул. Другая, 1")),
        ("/scheme/place_description", json!("")),
        ("/quotas", json!({"afisha": 5, "kassir": 499})),
        ("/quotas", json!({})),
    ];
    for (path, value) in changes {
        let before = all(&kassir).await;
        *programme["events"][0].pointer_mut(path).expect("a place in the file") = value;
        app.import("tickets", &programme).printed();
        let after = all(&kassir).await;
        for (old, new) in before.iter().zip(&after) {
            assert_eq!(old.0, new.0);
            let is_of_the_event = old.0.starts_with("12/");
            assert_eq!(old.1 != new.1, is_of_the_event, "{path} and show {}", old.0);
        }
    }
}

/// Changes a show; a new seat is at hand.
type Change = fn(&mut Value, &Value);

async fn it_changes_with_a_show_for_that_show_alone(engine: Engine) {
    let app = App::start(engine);
    let mut programme = everything();
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");
    let new_seat =
        json!({"seat_id": "7-2;1", "coords": [1, 2], "row": 2, "place": 1, "price": 5, "currency_id": "RUB"});

    let changes: [(&str, Change); 15] = [
        ("a seat was added", |show, seat| seats(show).push(seat.clone())),
        ("a seat was removed", |show, _| drop(seats(show).pop())),
        ("a seat was blocked", |show, _| seats(show)[0]["blocked"] = true.into()),
        ("a seat was released", |show, _| seats(show)[0]["blocked"] = false.into()),
        ("another seat was released", |show, _| seats(show)[1]["blocked"] = false.into()),
        ("a price", |show, _| seats(show)[0]["price"] = json!(0.01)),
        ("a currency", |show, _| seats(show)[0]["currency_id"] = json!("USD")),
        ("the row", |show, _| seats(show)[0]["row"] = json!(7)),
        ("the place", |show, _| seats(show)[0]["place"] = json!(7)),
        ("the coordinates", |show, _| seats(show)[0]["coords"] = json!([7, 7.5])),
        ("the name of a zone", |show, _| show["zones"][0]["name"] = json!("Партер")),
        ("the quantity of an admission", |show, _| show["zones"][1]["seats"][0]["quantity"] = json!(15)),
        ("the order of the seats", |show, _| seats(show).reverse()),
        ("the start", |show, _| show["start_date"] = json!("2030-01-03T18:00:00+10:00")),
        ("the offset of the start", |show, _| show["start_date"] = json!("2030-01-03T08:00:00Z")),
    ];
    for (what, change) in changes {
        let before = all(&kassir).await;
        change(&mut programme["events"][0]["shows"][0], &new_seat);
        app.import("tickets", &programme).printed();
        let after = all(&kassir).await;
        for (old, new) in before.iter().zip(&after) {
            assert_eq!(old.0, new.0);
            assert_eq!(old.1 != new.1, old.0 == "12/21", "{what}, and show {}", old.0);
        }
    }
}

async fn it_stays_the_same_whatever_is_sold(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(4)).printed();
    let kassir = app.tickets("kassir");
    let hash = of(&kassir, "12/21").await;

    ticket(&kassir.buy("7-1;1").await);
    assert_eq!(of(&kassir, "12/21").await, hash, "a sale");
    ticket(&kassir.buy("3-1;1").await);
    assert_eq!(of(&kassir, "12/21").await, hash, "an admission");
    ticket(&kassir.reserve("7-1;2", "order").await);
    assert_eq!(of(&kassir, "12/21").await, hash, "a reservation");
    ticket(&kassir.add(json!({"external_id": "order", "reserved_to": "2029-01-01T00:00:00Z"})).await);
    assert_eq!(of(&kassir, "12/21").await, hash, "a prolongation");
    kassir.remove(json!({"external_id": "order"})).await;
    assert_eq!(of(&kassir, "12/21").await, hash, "a removal");
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;3"})).await;
    end.over().await;
    assert_eq!(of(&kassir, "12/21").await, hash, "the end of a reservation");
    swept(&app, 1).await;
    assert_eq!(of(&kassir, "12/21").await, hash, "a sweep");
}

async fn it_stays_the_same_when_the_same_is_imported_again(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &everything()).printed();
    let kassir = app.tickets("kassir");
    let hashes = all(&kassir).await;

    app.import("tickets", &everything()).printed();
    assert_eq!(all(&kassir).await, hashes);
    // The same in other words.
    let text = serde_json::to_string_pretty(&everything()).expect("JSON");
    let text = text
        .replace("1234.5", "1234.50")
        .replace("\"price\": 0", "\"price\": \"0.00\"")
        .replace("2030-01-03T17:00:00+10:00", "2030-01-03 17:00:00+10:00");
    let file = app.file("words.json", text.as_bytes());
    app.command(&["import", "tickets", file.to_str().expect("a path")]).printed();
    assert_eq!(all(&kassir).await, hashes);

    // A file without the event says nothing about it.
    app.import("tickets", &json!({"events": []})).printed();
    assert_eq!(all(&kassir).await, hashes);
}

async fn it_is_the_same_after_a_restart_and_on_every_server(engine: Engine) {
    let mut app = App::start(engine);
    app.import("tickets", &everything()).printed();
    let kassir = app.tickets("kassir");
    let hashes = all(&kassir).await;

    let sibling = app.sibling();
    assert_eq!(all(&kassir.at(&sibling.server.url)).await, hashes);
    let elsewhere = App::start(engine);
    elsewhere.import("tickets", &everything()).printed();
    assert_eq!(all(&elsewhere.tickets("kassir")).await, hashes);
    app.stop();
    app.restart();
    assert_eq!(all(&kassir.at(&app.server.url)).await, hashes);
}

fn seats(show: &mut Value) -> &mut Vec<Value> {
    show["zones"][0]["seats"].as_array_mut().expect("seats")
}

/// Each show as `event/show`, and its hash.
async fn all(client: &Tickets) -> Vec<(String, String)> {
    let lists = client.get("events/lists").await;
    let entries = lists.json["result"].as_array().unwrap_or_else(|| panic!("{}", lists.text));
    let mut hashes: Vec<_> = entries
        .iter()
        .map(|entry| {
            let hash = entry["last_update_hash"].as_str().expect("a text").to_owned();
            (format!("{}/{}", entry["event_id"], entry["show_id"]), hash)
        })
        .collect();
    hashes.sort();
    hashes
}

async fn of(client: &Tickets, show: &str) -> String {
    let hashes = all(client).await;
    hashes.into_iter().find(|(name, _)| name == show).expect("the show").1
}
