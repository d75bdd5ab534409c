//! Many clients at once, one server or two, and the power going off in the middle.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, hall_of, on_both_engines};
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const SEATS: usize = 500;
const FLOOR: usize = 40;

on_both_engines!(a_storm_leaves_one_winner_a_seat, what_was_answered_survives_the_power_going_off);

async fn a_storm_leaves_one_winner_a_seat(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &big_hall()).printed();
    let sold = storm(std::slice::from_ref(&app.server.url), &app, wishes()).await;
    check(&sold, &app.tickets("auditor")).await;
}

#[test]
fn a_storm_on_two_servers_leaves_one_winner_a_seat() {
    testkit::run(async {
        let one = App::start(Engine::Postgres);
        one.import("tickets", &big_hall()).printed();
        let other = one.sibling();
        let sold = storm(&[one.server.url.clone(), other.server.url.clone()], &one, wishes()).await;
        check(&sold, &other.tickets("auditor")).await;
    });
}

/// Every seat twice, every place on the floor twice, in no order.
fn wishes() -> Vec<String> {
    let seats = (0..SEATS).map(seat_name).chain(std::iter::repeat_n("3-1;1".to_owned(), FLOOR));
    let mut wishes: Vec<String> = seats.flat_map(|seat| [seat.clone(), seat]).collect();
    // Any order will do in which rivals meet; this one is the same every time.
    wishes.sort_by_key(|seat| seat.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31) ^ u32::from(byte)));
    wishes
}

fn seat_name(number: usize) -> String {
    format!("7-{};{}", number / 25 + 1, number % 25 + 1)
}

fn big_hall() -> Value {
    let seats: Vec<Value> = (0..SEATS)
        .map(|number| {
            let (row, place) = (number / 25 + 1, number % 25 + 1);
            json!({"seat_id": seat_name(number), "coords": [place, row], "row": row, "place": place, "price": 100, "currency_id": "RUB"})
        })
        .collect();
    hall_of(&seats, i64::try_from(FLOOR).expect("a small number"))
}

/// A ticket that a client was told it has.
struct Sold {
    seat: String,
    id: String,
    barcode: String,
}

async fn storm(urls: &[String], app: &App, wishes: Vec<String>) -> Vec<Sold> {
    let accounts: Vec<Tickets> =
        ["kassir", "afisha", "ponominalu"].map(|account| app.tickets(account)).into();
    let (wishes, next) = (Arc::new(wishes), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client = accounts[number % accounts.len()].at(&urls[number % urls.len()]);
        let (wishes, next) = (Arc::clone(&wishes), Arc::clone(&next));
        clients.spawn(async move {
            let mut sold = Vec::new();
            while let Some(seat) = wishes.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answer = client.buy(seat).await;
                match answer.status.as_u16() {
                    200 => sold.push(told(seat, &answer.json)),
                    409 => assert_eq!(answer.json["code"], "SEAT_NOT_AVAILABLE"),
                    other => panic!("{other}: {}", answer.text),
                }
            }
            sold
        });
    }
    clients.join_all().await.into_iter().flatten().collect()
}

fn told(seat: &str, answer: &Value) -> Sold {
    let text = |field: &str| answer["result"][field].as_str().expect("a text").to_owned();
    Sold { seat: seat.to_owned(), id: text("id"), barcode: text("barcode") }
}

async fn check(sold: &[Sold], auditor: &Tickets) {
    let mut by_seat: BTreeMap<&str, usize> = BTreeMap::new();
    for ticket in sold {
        *by_seat.entry(&ticket.seat).or_default() += 1;
    }
    assert_eq!(by_seat.remove("3-1;1"), Some(FLOOR), "the floor is sold out, and no more");
    assert_eq!(by_seat.len(), SEATS, "every seat is sold");
    assert!(by_seat.values().all(|count| *count == 1), "a seat was sold twice: {by_seat:?}");
    assert_all_different(sold);
    let seats = auditor.get("events/seats/12/21").await;
    assert!(!seats.text.contains("\"available\":true"), "nothing is shown as free");
}

fn assert_all_different(sold: &[Sold]) {
    for field in [|ticket: &Sold| ticket.id.clone(), |ticket: &Sold| ticket.barcode.clone()] {
        let mut values: Vec<String> = sold.iter().map(field).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), sold.len(), "given twice");
    }
}

/// Books under external ids, is killed again and again, and finds every answered booking in place.
async fn what_was_answered_survives_the_power_going_off(engine: Engine) {
    let mut app = App::start(engine);
    app.import("tickets", &big_hall()).printed();
    let client = app.tickets("kassir");
    let mut answered: HashMap<usize, Sold> = HashMap::new();
    for round in 0..5 {
        let numbers: Vec<usize> = (round * 100..(round + 1) * 100).collect();
        let (told_so_far, enough) = (Arc::new(AtomicUsize::new(0)), 10 + 15 * round);
        let (next, numbers) = (Arc::new(AtomicUsize::new(0)), Arc::new(numbers));
        let mut clients = JoinSet::new();
        for _ in 0..16 {
            let client = client.at(&app.server.url);
            let (numbers, next, told_so_far) =
                (Arc::clone(&numbers), Arc::clone(&next), Arc::clone(&told_so_far));
            clients.spawn(async move {
                let mut sold = Vec::new();
                while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // No answer: the server is gone, and whether it booked cannot be known.
                    let Ok(answer) = book(&client, *number).await else { break };
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    sold.push((*number, told(&seat_name(*number), &answer.json)));
                    told_so_far.fetch_add(1, Ordering::Relaxed);
                }
                sold
            });
        }
        testkit::until("some are sold", async || told_so_far.load(Ordering::Relaxed) >= enough).await;
        app.server.kill();
        answered.extend(clients.join_all().await.into_iter().flatten());
        app.restart();
    }

    assert!(answered.len() >= 50, "the storm sold something: {}", answered.len());
    let client = client.at(&app.server.url);
    for (number, sold) in &answered {
        let again = book(&client, *number).await.expect("an answer");
        let again = told(&sold.seat, &again.json);
        assert_eq!(
            (again.id, again.barcode),
            (sold.id.clone(), sold.barcode.clone()),
            "the ticket that was answered"
        );
    }
    assert_all_different(&answered.into_values().collect::<Vec<_>>());
    let events = app.command(&["events"]).printed();
    let mut paid: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|event| event["type"] == "tickets.ticket.paid")
        .map(|event| event["data"]["seat_id"].clone())
        .collect();
    let all = paid.len();
    paid.sort_by_key(ToString::to_string);
    paid.dedup();
    assert_eq!(paid.len(), all, "a seat was sold twice");
}

async fn book(client: &Tickets, number: usize) -> Result<testkit::Answer, reqwest::Error> {
    let body = json!({"seat_id": seat_name(number), "paid": 1, "external_id": format!("order {number}")});
    client.try_post("tickets/add/12/21", body).await
}
