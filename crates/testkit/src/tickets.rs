//! A ticket distributor's client, and halls to sell.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::Answer;

const CODES: [&str; 7] = [
    "UNKNOWN_ERROR",
    "WRONG_AUTHORIZATION",
    "EVENT_NOT_FOUND",
    "SEAT_NOT_FOUND",
    "SEAT_NOT_AVAILABLE",
    "TICKET_NOT_FOUND",
    "VALIDATION_ERROR",
];

/// A distributor.
#[derive(Clone, Debug)]
pub struct Tickets {
    client: reqwest::Client,
    url: String,
    /// Its key.
    pub key: String,
}

impl Tickets {
    pub(crate) fn new(client: reqwest::Client, url: String, key: String) -> Self {
        Self { client, url, key }
    }

    /// The same distributor at another server.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// A request to a path below the API's base, with the key.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.key)
    }

    /// A request to a path below the API's base, as a stranger.
    pub fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}/api/partners/v1/{path}", self.url))
    }

    /// Sends a request that was put together by hand, and checks the answer as every other.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        checked(Answer::of(request).await)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        checked(Answer::of(self.request(Method::GET, path)).await)
    }

    /// POST of a JSON object.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        checked(Answer::of(self.request(Method::POST, path).json(&body)).await)
    }

    /// POST to a server that may die in the middle of it.
    ///
    /// # Errors
    /// If no answer came.
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        Answer::try_of(self.request(Method::POST, path).json(&body)).await.map(checked)
    }

    /// Books a seat that is paid for at once, in the show of [`hall`].
    pub async fn buy(&self, seat_id: &str) -> Answer {
        self.post("tickets/add/12/21", json!({"seat_id": seat_id, "paid": 1})).await
    }

    /// Reserves a seat until 2029 under an external id, in the show of [`hall`].
    pub async fn reserve(&self, seat_id: &str, external_id: &str) -> Answer {
        let body = json!({"seat_id": seat_id, "reserved_to": "2029-12-31T00:00:00+03:00", "external_id": external_id});
        self.post("tickets/add/12/21", body).await
    }

    /// `tickets/add` in the show of [`hall`].
    pub async fn add(&self, body: Value) -> Answer {
        self.post("tickets/add/12/21", body).await
    }

    /// `tickets/remove` in the show of [`hall`].
    pub async fn remove(&self, body: Value) -> Answer {
        self.post("tickets/remove/12/21", body).await
    }

    /// The seat as `events/seats` shows it, in the show of [`hall`].
    ///
    /// # Panics
    /// If there is no such seat.
    pub async fn seat(&self, seat_id: &str) -> Value {
        let seats = self.get("events/seats/12/21").await;
        let zones = seats.json["zones"].as_array().cloned().unwrap_or_default();
        zones
            .iter()
            .flat_map(|zone| zone["seats"].as_array().cloned().unwrap_or_default())
            .find(|seat| seat["seat_id"] == seat_id)
            .unwrap_or_else(|| panic!("no seat {seat_id} in {}", seats.text))
    }
}

/// Checks what holds for every answer of the API: JSON, not stored, and an error in its one shape.
fn checked(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text);
    if !answer.status.is_success() {
        assert_eq!(answer.json["status"], "error", "{}", answer.text);
        assert!(answer.json["message"].is_string(), "{}", answer.text);
        assert_eq!(answer.json.as_object().map_or(0, serde_json::Map::len), 3, "{}", answer.text);
        assert!(CODES.iter().any(|code| answer.json["code"] == *code), "{}", answer.text);
    }
    answer
}

/// The contract's event 12 with its show 21, in 2030: seat `7-1;8` and admission `3-1;1` of 14 places.
#[must_use]
pub fn hall() -> Value {
    hall_of(
        &[
            json!({"seat_id": "7-1;8", "coords": [283, 977], "row": 1, "place": 8, "price": 0, "currency_id": "RUB"}),
        ],
        14,
    )
}

/// The same event with other seats, and an admission of so many places.
#[must_use]
pub fn hall_of(seats: &[Value], admissions: i64) -> Value {
    json!({"events": [{
        "event_id": 12, "event_name": "Название мероприятия 1",
        "city": {"id": 2, "name": "Москва", "timezone": "Europe/Moscow", "coords": [55.7558, 37.6176]},
        "scheme": {"id": 48, "name": "Кремлевский дворец", "place_name": "Кремлевский дворец",
                   "place_address": "ул. Воздвиженка, 1", "place_description": "м. Библиотека им. Ленина"},
        "shows": [{"show_id": 21, "start_date": "2030-01-03T17:00:00+10:00", "zones": [
            {"zone_id": 7, "name": "Supervip right", "seats": seats},
            {"zone_id": 3, "name": "Танцевальный партер", "seats": [
                {"seat_id": "3-1;1", "coords": [730, 806], "admission": true, "quantity": admissions, "price": 300, "currency_id": "RUB"}
            ]}
        ]}]
    }]})
}
