//! The partner's HTTP API, as its side of the contract has it.

use std::time::Instant;

use kernel::db::can_hold;
use kernel::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::breaker::Breaker;
use crate::rules::{self, Order};
use crate::settings::{Patience, Settings};

/// Bytes of an answer at most; a partner's largest is some kilobytes.
const ANSWER_AT_MOST: usize = 1 << 20;
/// Calls of creating and cancelling under way at once: a slow partner holds its own callers, and no more than these.
const ORDER_CALLS_AT_MOST: usize = 128;
/// The same for asking after statuses, of which no number may keep a shopper waiting.
const STATUS_CALLS_AT_MOST: usize = 64;

/// Why a call brought no answer that can be used.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No connection, no answer in time, a 5xx: what was asked for may have happened all the same.
    #[error("the partner could not be reached: {0}")]
    Unreachable(String),
    /// It failed too often of late and was not asked.
    #[error("the partner is left alone after a run of failures")]
    LeftAlone,
    /// An answer in another shape than agreed.
    #[error("the partner's answer is out of shape: {0}")]
    Shape(String),
}

/// What the partner said to a new order.
#[derive(Clone, Debug)]
pub(crate) enum Creation {
    Made(String),
    Refused(Value),
}

/// What the partner said to a cancellation.
#[derive(Clone, Debug)]
pub(crate) enum Cancellation {
    Done,
    NotAllowed(String),
    Failed(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    call: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallName {
    call: &'static str,
}

/// What is measured of the calls.
struct Measures {
    seconds: Family<CallLabels, Histogram>,
    repeats: Family<CallName, Counter>,
}

impl Measures {
    fn registered(metrics: &Metrics) -> Self {
        let seconds = Family::new_with_constructor(
            (|| Histogram::new(exponential_buckets(0.001, 3.0, 10))) as fn() -> _,
        );
        let repeats = Family::default();
        metrics.register(
            "partnerapi_partner_call_seconds",
            "Time of calls to the partner",
            Family::clone(&seconds),
        );
        metrics.register(
            "partnerapi_partner_retries",
            "Repeated calls to the partner",
            Family::clone(&repeats),
        );
        Self { seconds, repeats }
    }
}

/// Calls of one kind: how patient they are, and the places that they have.
struct Lane {
    patience: Patience,
    places: Semaphore,
}

impl Lane {
    fn new(patience: Patience, places: usize) -> Self {
        Self { patience, places: Semaphore::new(places) }
    }
}

/// The partner.
pub(crate) struct Partner {
    client: Client,
    url: String,
    orders: Lane,
    statuses: Lane,
    breaker: Breaker,
    measures: Measures,
}

impl Partner {
    /// A client of the partner, if one is set.
    ///
    /// # Errors
    /// If no HTTP client can be built.
    pub(crate) fn new(settings: &Settings, metrics: &Metrics) -> Result<Option<Self>, reqwest::Error> {
        let measures = Measures::registered(metrics);
        let Some(url) = settings.partner_url.clone() else { return Ok(None) };
        Ok(Some(Self {
            client: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(ORDER_CALLS_AT_MOST)
                .build()?,
            url,
            orders: Lane::new(settings.order_calls, ORDER_CALLS_AT_MOST),
            statuses: Lane::new(settings.status_calls, STATUS_CALLS_AT_MOST),
            breaker: Breaker::new(settings.breaker_failures, settings.breaker_pause),
            measures,
        }))
    }

    /// Whether it has failed so often of late that nobody should call it now.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.breaker.is_open(Instant::now())
    }

    /// Counts a call that is made again.
    pub(crate) fn note_repeat(&self, call: &'static str) {
        self.measures.repeats.get_or_create(&CallName { call }).inc();
    }

    /// The partner's id of our order, if it has it.
    pub(crate) async fn find(&self, order_id: i64) -> Result<Option<String>, CallError> {
        self.find_among(&self.orders, order_id).await
    }

    /// The same for somebody who asks after a status, and takes no shopper's place.
    pub(crate) async fn find_meanwhile(&self, order_id: i64) -> Result<Option<String>, CallError> {
        self.find_among(&self.statuses, order_id).await
    }

    async fn find_among(&self, lane: &Lane, order_id: i64) -> Result<Option<String>, CallError> {
        let request =
            || self.client.get(format!("{}/find-orders", self.url)).query(&[("external_id", order_id)]);
        let answer = self.repeated("find-orders", lane, request).await?;
        let ids = answer.pointer("/data/ids").and_then(Value::as_array);
        let ids = ids.ok_or_else(|| CallError::Shape("find-orders without data.ids".into()))?;
        let ids: Option<Vec<String>> = ids.iter().map(id_text).collect();
        let ids = ids.ok_or_else(|| CallError::Shape("an id that is no number or text".into()))?;
        if ids.len() > 1 {
            tracing::warn!(order_id, ?ids, "the partner has several orders of this number");
        }
        Ok(rules::least_id(ids))
    }

    /// Asks the partner to make an order. Never repeated here: it may have been made although no answer came.
    pub(crate) async fn create(&self, order: &Order) -> Result<Creation, CallError> {
        let mut form: Vec<(&str, String)> = vec![
            ("shop_id", order.pharmacy.clone()),
            ("phone", rules::phone(&order.client.phone)),
            ("first_name", order.client.name.clone()),
            ("email", order.client.email.clone()),
            ("external_id", order.order_id.to_string()),
        ];
        for item in &order.items {
            form.push(("ids[]", item.their_id.clone()));
            form.push(("quantity[]", item.count.to_string()));
            form.push(("prices[]", item.price.to_string()));
        }
        let request = self.client.post(format!("{}/create", self.url)).form(&form);
        let answer = self.once("create", &self.orders, request).await?;
        match answer.get("status").and_then(Value::as_str) {
            Some("ok") => match answer.get("order_id").and_then(id_text) {
                Some(id) => Ok(Creation::Made(id)),
                None => Err(CallError::Shape("an order without an order_id".into())),
            },
            Some("error") => Ok(Creation::Refused(answer.get("errors").cloned().unwrap_or_default())),
            _ => Err(CallError::Shape("create without a status".into())),
        }
    }

    /// The partner's word for how an order stands.
    pub(crate) async fn status(&self, their_order_id: &str) -> Result<Result<String, String>, CallError> {
        let request =
            || self.client.get(format!("{}/orders-data", self.url)).query(&[("order_ids", their_order_id)]);
        let answer = self.repeated("orders-data", &self.statuses, request).await?;
        match answer.get("status").and_then(Value::as_str) {
            Some("ok") => {
                let order = answer.get("data").and_then(|data| data.get(their_order_id));
                let word = order.and_then(|order| order.get("status")).and_then(Value::as_str);
                word.map(|word| Ok(word.replace('\0', "\u{fffd}")))
                    .ok_or_else(|| CallError::Shape("an order without a status".into()))
            }
            Some("error") => Ok(Err(rules::first_text(answer.get("errors").unwrap_or(&Value::Null)))),
            _ => Err(CallError::Shape("orders-data without a status".into())),
        }
    }

    /// Asks the partner to cancel an order.
    pub(crate) async fn cancel(&self, their_order_id: &str) -> Result<Cancellation, CallError> {
        let form = [("order_id", their_order_id)];
        let request = || self.client.post(format!("{}/cancel", self.url)).form(&form);
        let answer = self.repeated("cancel", &self.orders, request).await?;
        match answer.get("status").and_then(Value::as_str) {
            Some("ok") => Ok(Cancellation::Done),
            Some("error") => {
                let text = rules::first_text(answer.get("errors").unwrap_or(&Value::Null));
                let rejected = text == "cancellation not allowed";
                Ok(if rejected { Cancellation::NotAllowed(text) } else { Cancellation::Failed(text) })
            }
            _ => Err(CallError::Shape("cancel without a status".into())),
        }
    }

    async fn repeated(
        &self,
        call: &'static str,
        lane: &Lane,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Value, CallError> {
        let mut repeats = 0;
        loop {
            match self.once(call, lane, request()).await {
                Err(error @ CallError::Unreachable(_)) if repeats < lane.patience.retries => {
                    repeats += 1;
                    self.note_repeat(call);
                    tracing::debug!(call, %error, "the call is repeated");
                    tokio::time::sleep(lane.patience.sleep).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn once(
        &self,
        call: &'static str,
        lane: &Lane,
        request: RequestBuilder,
    ) -> Result<Value, CallError> {
        if !self.breaker.admits(Instant::now()) {
            return Err(CallError::LeftAlone);
        }
        let began = Instant::now();
        let answered = tokio::time::timeout(lane.patience.timeout, async {
            // Closed it never is: it lives as long as the partner.
            let _place = lane.places.acquire().await;
            read(request).await
        });
        let answered =
            answered.await.unwrap_or_else(|_| Err(CallError::Unreachable("no answer in time".into())));
        let outcome = match &answered {
            Ok(_) => "answered",
            Err(CallError::Shape(_)) => "out of shape",
            Err(_) => "unreachable",
        };
        self.breaker.note(!matches!(answered, Err(CallError::Unreachable(_))), Instant::now());
        let labels = CallLabels { call, outcome };
        self.measures.seconds.get_or_create(&labels).observe(began.elapsed().as_secs_f64());
        answered
    }
}

/// Asks the partner for an order that nobody has, and says in words whether it speaks as agreed.
///
/// # Errors
/// What is wrong, in words.
pub async fn look(settings: &Settings) -> Result<String, String> {
    let Settings { order_calls, .. } = settings;
    let once = Settings { order_calls: Patience { retries: 0, ..*order_calls }, ..settings.clone() };
    let partner = Partner::new(&once, &Metrics::default()).map_err(|error| error.to_string())?;
    match partner {
        None => Ok("PARTNERAPI_URL is not set, so no order can be made".to_owned()),
        Some(partner) => match partner.find(0).await {
            Ok(_) => Ok("answers find-orders as agreed".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    }
}

async fn read(request: RequestBuilder) -> Result<Value, CallError> {
    let unreachable = |error: reqwest::Error| CallError::Unreachable(error.without_url().to_string());
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if status.is_server_error() {
        return Err(CallError::Unreachable(format!("it answered {status}")));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > ANSWER_AT_MOST {
            return Err(CallError::Shape(format!("an answer of more than {ANSWER_AT_MOST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|error| match status {
        StatusCode::OK => CallError::Shape(error.to_string()),
        other => CallError::Shape(format!("{other} that is no JSON")),
    })
}

fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() && text.chars().count() <= 256 && can_hold(text) => {
            Some(text.clone())
        }
        _ => None,
    }
}
