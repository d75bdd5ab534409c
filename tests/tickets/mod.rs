//! The Tickets API, statement by statement of its contract.

mod admission;
mod bad_input;
mod booking;
mod errors;
mod events;
mod expiry;
mod hash;
mod import_export;
mod import_mistakes;
mod isolation;
mod lists;
mod open_to;
mod order_of_faults;
mod parameters;
mod quotas;
mod removing;
mod repeating;
mod reserved_to;
mod revival;
mod seats;
mod seed;
mod shows;
mod storm;
mod updating;

use std::fmt;
use std::time::Duration;

use kernel::clock::{Clock, Micros, SECOND};
use serde_json::{Value, json};
use testkit::{Answer, App, Tickets, hall_of, until};

/// The hall with the seats `7-1;1` to `7-1;{count}` and an admission of 14 places.
fn hall_with(count: i64) -> Value {
    let seats: Vec<Value> = (1..=count)
        .map(|place| {
            json!({"seat_id": format!("7-1;{place}"), "coords": [283 + 16 * place, 977], "row": 1, "place": place,
                   "price": 0, "currency_id": "RUB"})
        })
        .collect();
    hall_of(&seats, 14)
}

/// Gives the event of a hall another show, with the same seats.
fn add_show(document: &mut Value, show_id: i64, start_date: &str) {
    let shows = document["events"][0]["shows"].as_array_mut().expect("shows");
    let mut show = shows[0].clone();
    show["show_id"] = show_id.into();
    show["start_date"] = start_date.into();
    shows.push(show);
}

/// What happened so far, as `partnerapi events` tells it, the oldest first.
fn events(app: &App) -> Vec<Value> {
    let lines = app.command(&["events"]).printed();
    lines.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

/// The types of what happened so far.
fn kinds(app: &App) -> Vec<String> {
    events(app).iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The ticket in an answer that must be a success.
#[track_caller]
fn ticket(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["status"], "success", "{}", answer.text);
    answer.json["result"].clone()
}

/// Asserts that an answer is this refusal.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    let found = (answer.status.as_u16(), answer.json["code"].as_str());
    assert_eq!(found, (status, Some(code)), "{}", answer.text);
}

/// Asserts that an answer is a VALIDATION_ERROR that names the parameter.
#[track_caller]
fn invalid(answer: &Answer, parameter: &str) {
    refused(answer, 400, "VALIDATION_ERROR");
    assert!(message(answer).contains(parameter), "{parameter} is not named: {}", answer.text);
}

/// Asserts that a seat is there and not to be had.
#[track_caller]
fn unavailable(answer: &Answer, seat_id: &str) {
    refused(answer, 409, "SEAT_NOT_AVAILABLE");
    assert_eq!(message(answer), format!("Seat \"{seat_id}\" is not available"));
}

fn message(answer: &Answer) -> &str {
    answer.json["message"].as_str().unwrap_or_default()
}

/// An instant that is soon to come.
#[derive(Clone, Copy)]
struct Moment(Micros);

impl Moment {
    fn in_seconds(seconds: i64) -> Self {
        Self(Clock::System.now() + seconds * SECOND)
    }

    fn is_over(self) -> bool {
        Clock::System.now() >= self.0
    }

    /// Waits for it.
    async fn over(self) {
        until("an instant has come", async || self.is_over()).await;
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&kernel::time::utc(self.0))
    }
}

/// Books with a reservation of a second. A machine that is too busy to get through in that time tries again.
async fn reserve_briefly(client: &Tickets, mut body: Value) -> (Value, Moment) {
    loop {
        let end = Moment::in_seconds(1);
        body["reserved_to"] = end.to_string().into();
        let answer = client.add(body.clone()).await;
        if answer.status == 200 {
            return (ticket(&answer), end);
        }
        invalid(&answer, "reserved_to");
        assert!(end.is_over(), "refused before its time: {}", answer.text);
    }
}

/// Waits until the sweep has marked so many reservations.
async fn swept(app: &App, count: usize) {
    until("the sweep has come by", async || {
        // Each look is a process of its own.
        tokio::time::sleep(Duration::from_millis(100)).await;
        kinds(app).iter().filter(|kind| *kind == "tickets.ticket.expired").count() >= count
    })
    .await;
}

/// Asks about a state that ends at `end`, again and again until it is over. `ask` must find it for as long as
/// the clock has not come to `end` when the answer is there, and must not once it had when the question was put.
async fn holds_until(end: Moment, mut ask: impl AsyncFnMut() -> bool) {
    loop {
        let was_over = end.is_over();
        let found = ask().await;
        if !end.is_over() {
            assert!(found, "it ended too early");
        }
        if was_over {
            assert!(!found, "it outlasted its end");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
