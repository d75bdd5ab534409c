//! The Tickets API, statement by statement of its contract.


                   "price": 0, "currency_id": "RUB"})
            assert!(!found, "it outlasted its end");
            assert!(found, "it ended too early");
            json!({"seat_id": format!("7-1;{place}"), "coords": [283 + 16 * place, 977], "row": 1, "place": place,
            return (ticket(&answer), end);
            return;
        .collect();
        .map(|place| {
        Clock::System.now() >= self.0
        Self(Clock::System.now() + seconds * SECOND)
        assert!(end.is_over(), "refused before its time: {}", answer.text);
        body["reserved_to"] = end.to_string().into();
        f.write_str(&kernel::time::utc(self.0))
        if !end.is_over() {
        if answer.status == 200 {
        if was_over {
        invalid(&answer, "reserved_to");
        kinds(app).iter().filter(|kind| *kind == "tickets.ticket.expired").count() >= count
        let answer = client.add(body.clone()).await;
        let end = Moment::in_seconds(2);
        let found = ask().await;
        let was_over = end.is_over();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        until("an instant has come", async || self.is_over()).await;
        }
        })
    .await;
    /// Waits for it.
    answer.json["message"].as_str().unwrap_or_default()
    answer.json["result"].clone()
    assert!(message(answer).contains(parameter), "{parameter} is not named: {}", answer.text);
    assert_eq!(answer.json["status"], "success", "{}", answer.text);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(found, (status, Some(code)), "{}", answer.text);
    assert_eq!(message(answer), format!("Seat \"{seat_id}\" is not available"));
    async fn over(self) {
    events(app).iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fn in_seconds(seconds: i64) -> Self {
    fn is_over(self) -> bool {
    hall_of(&seats, 14)
    let found = (answer.status.as_u16(), answer.json["code"].as_str());
    let lines = app.command(&["events"]).printed();
    let mut show = shows[0].clone();
    let seats: Vec<Value> = (1..=count)
    let shows = document["events"][0]["shows"].as_array_mut().expect("shows");
    lines.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
    loop {
    refused(answer, 400, "VALIDATION_ERROR");
    refused(answer, 409, "SEAT_NOT_AVAILABLE");
    show["show_id"] = show_id.into();
    show["start_date"] = start_date.into();
    shows.push(show);
    until("the sweep has come by", async || {
    }
    })
#[derive(Clone, Copy)]
#[track_caller]
/// An instant that is soon to come.
/// Asks about a state that ends at `end`, again and again until it is over. `ask` must find it for as long as
/// Asserts that a seat is there and not to be had.
/// Asserts that an answer is a VALIDATION_ERROR that names the parameter.
/// Asserts that an answer is this refusal.
/// Books with a reservation of two seconds. A machine that is too busy to get through in that time tries again.
/// Gives the event of a hall another show, with the same seats.
/// The hall with the seats `7-1;1` to `7-1;{count}` and an admission of 14 places.
/// The ticket in an answer that must be a success.
/// The types of what happened so far.
/// Waits until the sweep has marked so many reservations.
/// What happened so far, as `partnerapi events` tells it, the oldest first.
/// the clock has not come to `end` when the answer is there, and must not once it had when the question was put.
async fn holds_until(end: Moment, mut ask: impl AsyncFnMut() -> bool) {
async fn reserve_briefly(client: &Tickets, mut body: Value) -> (Value, Moment) {
async fn swept(app: &App, count: usize) {
fn add_show(document: &mut Value, show_id: i64, start_date: &str) {
fn events(app: &App) -> Vec<Value> {
fn hall_with(count: i64) -> Value {
fn invalid(answer: &Answer, parameter: &str) {
fn kinds(app: &App) -> Vec<String> {
fn message(answer: &Answer) -> &str {
fn refused(answer: &Answer, status: u16, code: &str) {
fn ticket(answer: &Answer) -> Value {
fn unavailable(answer: &Answer, seat_id: &str) {
impl Moment {
impl fmt::Display for Moment {
struct Moment(Micros);
use kernel::clock::{Clock, Micros, SECOND};
use serde_json::{Value, json};
use std::fmt;
use testkit::{Answer, App, Tickets, hall_of, until};
}

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
