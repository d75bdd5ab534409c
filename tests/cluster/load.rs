//! Partners that call all the time, and remember what they were told.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{App, hall_of};
use tokio::task::JoinSet;

/// Callers of each kind.
const CALLERS: usize = 4;
/// Numbered seats; when all are sold the floor is.
const SEATS: usize = 3_000;

/// What the callers were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Ids of tickets.
    pub(super) tickets: Vec<Value>,
    /// The partner's ids of orders.
    pub(super) orders: Vec<Value>,
    /// Calls that got no answer, or that the server could not work.
    failed: usize,
    /// The longest time in which nothing was acknowledged.
    longest_silence: Duration,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tickets, orders, failed, longest_silence } = self;
        write!(
            f,
            "{} tickets and {} orders acknowledged, {failed} calls in vain, {:.1} s without any acknowledged",
            tickets.len(),
            orders.len(),
            longest_silence.as_secs_f64()
        )
    }
}

/// What the callers share.
struct Desk {
    client: reqwest::Client,
    url: String,
    key: String,
    next: AtomicUsize,
    is_over: AtomicBool,
    told: Mutex<(Told, Instant)>,
}

impl Desk {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn next(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn note(&self, note: impl FnOnce(&mut Told)) {
        let mut told = self.told.lock().expect("a lock");
        // At the end one may still wait for the claim that a killed server had on its order.
        if !self.is_over() {
            told.0.longest_silence = told.0.longest_silence.max(told.1.elapsed());
        }
        told.1 = Instant::now();
        note(&mut told.0);
    }

    /// Sends a request; nothing if it got no answer or the server could not work.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
        let answered = async {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            let body = answer.json().await.ok()?;
            (status < 500).then_some((status, body))
        };
        let answered = answered.await;
        if answered.is_none() {
            self.told.lock().expect("a lock").0.failed += 1;
            // Whoever calls again at once only heats the machine.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        answered
    }

    /// Buys seats, each of which another caller wants in the same moment.
    async fn buy_tickets(&self) {
        while !self.is_over() {
            let number = self.next() / 2;
            let seat_id = if number < SEATS { format!("1;{number}") } else { "3-1;1".to_owned() };
            let body = json!({"seat_id": seat_id, "paid": 1});
            let request = self.client.post(format!("{}/api/partners/v1/tickets/add/12/21", self.url));
            if let Some((200, answer)) = self.ask(request.bearer_auth(&self.key).json(&body)).await {
                self.note(|told| told.tickets.push(answer["result"]["id"].clone()));
            }
        }
    }

    /// Orders, and says the same again until the order is made.
    async fn order(&self) {
        while !self.is_over() {
            let order = crate::orders::order(i64::try_from(self.next()).expect("a small number"));
            while !self.is_over() {
                let request = self.client.post(format!("{}/v2/orders/", self.url)).json(&order);
                let answer = self.ask(request).await.map(|(_, answer)| answer).unwrap_or_default();
                if answer["result"] == "success" {
                    self.note(|told| told.orders.push(answer["their_order_id"].clone()));
                    break;
                }
            }
        }
    }
}

/// Callers at work.
pub(super) struct Load {
    desk: Arc<Desk>,
    callers: JoinSet<()>,
}

impl Load {
    /// Prepares what is sold by way of `app`, and calls at `url`.
    pub(super) fn begin(app: &App, url: &str) -> Self {
        let seats: Vec<Value> = (0..SEATS)
            .map(|number| {
                json!({"seat_id": format!("1;{number}"), "coords": [number, 0], "row": 1, "place": number,
                       "price": 10, "currency_id": "RUB"})
            })
            .collect();
        app.import("tickets", &hall_of(&seats, 100_000)).printed();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build();
        let desk = Arc::new(Desk {
            client: client.expect("an HTTP client"),
            url: url.to_owned(),
            key: app.key("tickets", "kassir"),
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            told: Mutex::new((Told::default(), Instant::now())),
        });
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (buyer, shopper) = (Arc::clone(&desk), Arc::clone(&desk));
            callers.spawn(async move { buyer.buy_tickets().await });
            callers.spawn(async move { shopper.order().await });
        }
        Self { desk, callers }
    }

    /// Lets the callers finish what they are at; what they were told.
    pub(super) async fn end(mut self) -> Told {
        self.desk.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.expect("a caller that does not panic");
        }
        std::mem::take(&mut self.desk.told.lock().expect("a lock").0)
    }
}

/// Whether only one may have this seat, by its id as JSON.
pub(super) fn is_a_single_place(seat_id: &str) -> bool {
    seat_id.starts_with("\"1;")
}
