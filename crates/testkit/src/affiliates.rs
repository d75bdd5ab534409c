//! A supplier's client, and suppliers to import.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::Answer;

/// A supplier.
#[derive(Clone, Debug)]
pub struct Supplier {
    client: reqwest::Client,
    url: String,
    /// Its key.
    pub key: String,
}

impl Supplier {
    pub(crate) fn new(client: reqwest::Client, url: String, key: String) -> Self {
        Self { client, url, key }
    }

    /// A request to a path below `/api/`, with the key in `Basic`, alone as the seed has it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let credentials = format!("Basic {}", base64(self.key.as_bytes()));
        self.anonymous(method, path).header("authorization", credentials)
    }

    /// A request to a path below `/api/`, as a stranger.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/{path}", self.url))
    }

    /// Sends a request that was put together by hand, and checks the answer as every other.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        checked(Answer::of(request).await)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of sales.
    pub async fn post(&self, sales: &Value) -> Answer {
        self.send(self.request(Method::POST, "purchases/").json(sales)).await
    }

    /// POST of a body that is written by hand.
    pub async fn post_text(&self, body: &str) -> Answer {
        self.send(self.request(Method::POST, "purchases/").body(body.to_owned())).await
    }

    /// PUT of changes of status.
    pub async fn put(&self, updates: &Value) -> Answer {
        self.send(self.request(Method::PUT, "purchases/").json(updates)).await
    }

    /// A page of accesses, with these parameters.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn accesses(&self, parameters: &str) -> Value {
        good(self.get(&format!("accesses?{parameters}")).await)
    }

    /// A page of sales, with these parameters.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn purchases(&self, parameters: &str) -> Value {
        good(self.get(&format!("purchases?{parameters}")).await)
    }

    /// How many accesses and sales there are, with these parameters.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn counts(&self, parameters: &str) -> (i64, i64) {
        let accesses = good(self.get(&format!("accesses/count?{parameters}")).await);
        let purchases = good(self.get(&format!("purchases/count?{parameters}")).await);
        let count = |answer: &Value, name: &str| answer[name].as_i64().expect("a count");
        (count(&accesses, "accesses_count"), count(&purchases, "purchases_count"))
    }
}

fn good(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// Checks what holds for every answer of the API: JSON, not stored, and an error in its one shape.
fn checked(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text);
    if !answer.status.is_success() {
        assert!(answer.json["err"].as_str().is_some_and(|message| !message.is_empty()), "{}", answer.text);
        assert_eq!(answer.json.as_object().map_or(0, serde_json::Map::len), 1, "{}", answer.text);
    }
    answer
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Two suppliers and two affiliates: the seed's `hotel-hello` in São Paulo, `ryokan` in Tokyo.
#[must_use]
pub fn suppliers() -> Value {
    json!({
        "suppliers": [
            {"account": "hotel-hello", "ecommerceHash": "0000000a-111b-222c-333d-44444444444e",
             "timezone": "America/Sao_Paulo", "default_rate": "0.10"},
            {"account": "ryokan", "ecommerceHash": "ryokan-hash", "timezone": "Asia/Tokyo", "default_rate": "0.07"}
        ],
        "affiliates": [
            {"pcrid": 2554, "name": "Blog de viagem"},
            {"pcrid": 2555, "name": "Guia de hotéis", "rate": "0.05", "rates": {"ryokan": "0.125"}}
        ]
    })
}
