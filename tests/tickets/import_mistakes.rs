//! Files with a mistake: the complaint names the line or the path, and nothing is stored.

use serde_json::{Value, json};
use testkit::{App, Engine, hall, on_both_engines};

use super::hall_with;

on_both_engines!(
    a_mistake_is_named_by_its_path,
    a_broken_file_is_named_by_its_line,
    a_file_that_is_not_there_is_named
);

const EVENT: &str = "/events/1";
const SHOW: &str = "/events/1/shows/0";
const ZONE: &str = "/events/1/shows/0/zones/0";
const SEAT: &str = "/events/1/shows/0/zones/0/seats/0";
const ADMISSION: &str = "/events/1/shows/0/zones/1/seats/0";

/// A place in the file, a field of it, what is to stand there (nothing, if the field is to be missing), and the
/// path that the complaint must have.
type Mistake = (&'static str, &'static str, Option<Value>, &'static str);

fn mistakes() -> Vec<Mistake> {
    vec![
        (EVENT, "event_id", None, "events[1]"),
        (EVENT, "event_id", Some(json!("33")), "events[1].event_id"),
        (EVENT, "event_id", Some(json!(33.5)), "events[1].event_id"),
        (EVENT, "event_id", Some(json!(1e30)), "events[1].event_id"),
        (EVENT, "event_id", Some(json!(12)), "events[1].event_id"),
        (EVENT, "event_name", None, "events[1]"),
        (EVENT, "event_name", Some(json!(5)), "events[1].event_name"),
        (EVENT, "event_name", Some(json!("a\u{0}b")), "events[1].event_name"),
        (EVENT, "event_nam", Some(json!("x")), "events[1]"),
        (EVENT, "city", None, "events[1]"),
        (EVENT, "city", Some(json!({"id": 2})), "events[1].city"),
        (EVENT, "scheme", Some(json!(null)), "events[1].scheme"),
        (EVENT, "open_to", Some(json!("kassir")), "events[1].open_to"),
        (EVENT, "quotas", Some(json!({"kassir": -1})), "events[1].quotas.kassir"),
        (EVENT, "quotas", Some(json!({"kassir": "many"})), "events[1].quotas.kassir"),
        (EVENT, "shows", None, "events[1]"),
        (SHOW, "show_id", Some(json!(22)), "events[1].shows[1].show_id"),
        (SHOW, "start_date", None, "events[1].shows[0]"),
        (SHOW, "start_date", Some(json!("soon")), "events[1].shows[0].start_date"),
        (SHOW, "start_date", Some(json!("2030-02-30T17:00:00+10:00")), "events[1].shows[0].start_date"),
        (ZONE, "zone_id", Some(json!(3)), "events[1].shows[0].zones[1].zone_id"),
        (ZONE, "seats", Some(json!({})), "events[1].shows[0].zones[0].seats"),
        (SEAT, "seat_id", Some(json!("")), "events[1].shows[0].zones[0].seats[0].seat_id"),
        (SEAT, "seat_id", Some(json!("7-1;2")), "events[1].shows[0].zones[0].seats[1].seat_id"),
        (SEAT, "seat_id", Some(json!("3-1;1")), "events[1].shows[0].zones[1].seats[0].seat_id"),
        (SEAT, "seat_id", Some(json!("a\u{0}b")), "events[1].shows[0].zones[0].seats[0].seat_id"),
        (SEAT, "coords", Some(json!([1, 2, 3])), "events[1].shows[0].zones[0].seats[0].coords"),
        (SEAT, "coords", Some(json!(["1", "2"])), "events[1].shows[0].zones[0].seats[0].coords"),
        (SEAT, "price", Some(json!(0.001)), "events[1].shows[0].zones[0].seats[0].price"),
        (SEAT, "price", Some(json!(-1)), "events[1].shows[0].zones[0].seats[0].price"),
        (SEAT, "price", Some(json!("free")), "events[1].shows[0].zones[0].seats[0].price"),
        (SEAT, "price", Some(json!(1e300)), "events[1].shows[0].zones[0].seats[0].price"),
        (SEAT, "row", None, "events[1].shows[0].zones[0].seats[0]"),
        (SEAT, "place", None, "events[1].shows[0].zones[0].seats[0]"),
        (SEAT, "blocked", Some(json!("yes")), "events[1].shows[0].zones[0].seats[0].blocked"),
        (SEAT, "quantity", Some(json!(2)), "events[1].shows[0].zones[0].seats[0].quantity"),
        (ADMISSION, "quantity", None, "events[1].shows[0].zones[1].seats[0]"),
        (ADMISSION, "quantity", Some(json!(-1)), "events[1].shows[0].zones[1].seats[0].quantity"),
        (ADMISSION, "quantity", Some(json!(1.5)), "events[1].shows[0].zones[1].seats[0].quantity"),
        ("/events/1/city", "timezone", Some(json!("Europe/Atlantis")), "events[1].city.timezone"),
    ]
}

async fn a_mistake_is_named_by_its_path(engine: Engine) {
    let app = App::start(engine);
    let kassir = app.tickets("kassir");
    let mut whole = hall();
    let mut second = hall_with(2)["events"][0].clone();
    second["event_id"] = 33.into();
    let mut show = second["shows"][0].clone();
    show["show_id"] = 22.into();
    second["shows"].as_array_mut().expect("shows").push(show);
    whole["events"].as_array_mut().expect("events").push(second);

    for (place, field, value, path) in mistakes() {
        let mut file = whole.clone();
        let object = file.pointer_mut(place).and_then(Value::as_object_mut).expect("an object of the file");
        match &value {
            Some(value) => drop(object.insert(field.to_owned(), value.clone())),
            None => drop(object.remove(field)),
        }
        let finished = app.import("tickets", &file);
        assert_eq!(finished.status, 1, "{place}/{field} {value:?}: {}", finished.stdout);
        for word in [path, field] {
            assert!(finished.stderr.contains(word), "{place}/{field} {value:?}: {}", finished.stderr);
        }
    }
    assert_eq!(export(&app), json!({"events": []}), "not even the event before the mistake");
    assert_eq!(kassir.get("events/lists").await.json["result"], json!([]));
    app.import("tickets", &whole).printed();
    assert_eq!(export(&app), whole, "without a mistake it is a good file");
}

async fn a_broken_file_is_named_by_its_line(engine: Engine) {
    let app = App::start(engine);
    let good = serde_json::to_string_pretty(&hall()).expect("JSON");
    let broken: [(Vec<u8>, &str); 9] = [
        (b"".to_vec(), "line 1"),
        (b"\n\nevents:\n- 12\n".to_vec(), "line 3"),
        (b"{\n\"events\": [],\n}".to_vec(), "line 3"),
        (b"{\n\"events\": [\n".to_vec(), "line"),
        (b"[]".to_vec(), "line 1"),
        (b"{\"events\": []}\n{}".to_vec(), "line 2"),
        (b"{\n\"events\": \"\xff\xfe\"}".to_vec(), "line 2"),
        (good.as_bytes()[..good.len() / 2].to_vec(), "line"),
        ([vec![b'['; 100_000], vec![b']'; 100_000]].concat(), "line 1"),
    ];
    for (bytes, line) in broken {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        let file = app.file("broken.json", &bytes);
        let finished = app.command(&["import", "tickets", file.to_str().expect("a path")]);
        assert_eq!(finished.status, 1, "{start}: {}", finished.stdout);
        assert!(finished.stderr.contains(line), "{start}: {}", finished.stderr);
        assert!(finished.stderr.contains("broken.json"), "{start}: {}", finished.stderr);
    }
    assert_eq!(export(&app), json!({"events": []}));
}

async fn a_file_that_is_not_there_is_named(engine: Engine) {
    let app = App::start(engine);
    let finished = app.command(&["import", "tickets", "no-such-file.json"]);
    assert_eq!(finished.status, 1, "{}", finished.stdout);
    assert!(finished.stderr.contains("no-such-file.json"), "{}", finished.stderr);
}

fn export(app: &App) -> Value {
    serde_json::from_str(&app.command(&["export", "tickets"]).printed()).expect("an export is JSON")
}
