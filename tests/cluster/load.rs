//! Partners that call all the time, and remember what they were told.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{App, hall_of, suppliers};
use tokio::task::JoinSet;

/// Callers of each kind.
const CALLERS: usize = 3;
/// Numbered seats; when all are sold the floor is.
const SEATS: usize = 3_000;

/// What the callers were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Ids of tickets.
    pub(super) tickets: Vec<Value>,
    /// The partner's ids of orders.
    pub(super) orders: Vec<Value>,
    /// Chats that get a report.
    pub(super) chats: Vec<Value>,
    /// Days of stock.
    pub(super) days: Vec<Value>,
    /// Ids of sales.
    pub(super) sales: Vec<Value>,
    /// Accesses, by the affiliates that brought them.
    pub(super) accesses: Vec<Value>,
    /// Calls that got no answer, or that the server could not work.
    failed: usize,
    /// The longest time in which nothing was acknowledged.
    longest_silence: Duration,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tickets, orders, chats, days, sales, accesses, failed, longest_silence } = self;
        write!(
            f,
            "{} tickets, {} orders, {} chats with a route, {} objects of stock, {} sales and {} accesses acknowledged, \
             {failed} calls in vain, {:.1} s without any acknowledged",
            tickets.len(),
            orders.len(),
            chats.len(),
            days.len(),
            sales.len(),
            accesses.len(),
            longest_silence.as_secs_f64()
        )
    }
}

/// What the callers share.
struct Desk {
    client: reqwest::Client,
    url: String,
    tickets_key: String,
    inventory_key: String,
    affiliates_key: String,
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
            let body = answer.text().await.ok()?;
            (status < 500).then(|| (status, serde_json::from_str(&body).unwrap_or_default()))
        };
        let answered = answered.await;
        if answered.is_none() {
            self.told.lock().expect("a lock").0.failed += 1;
            // Whoever calls again at once only heats the machine.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        answered
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// Buys seats, each of which another caller wants in the same moment.
    async fn buy_tickets(&self) {
        while !self.is_over() {
            let number = self.next() / 2;
            let seat_id = if number < SEATS { format!("1;{number}") } else { "3-1;1".to_owned() };
            let body = json!({"seat_id": seat_id, "paid": 1});
            let request = self.post("/api/partners/v1/tickets/add/12/21").bearer_auth(&self.tickets_key);
            if let Some((200, answer)) = self.ask(request.json(&body)).await {
                self.note(|told| told.tickets.push(answer["result"]["id"].clone()));
            }
        }
    }

    /// Orders, and says the same again until the order is made.
    async fn order(&self) {
        while !self.is_over() {
            let order = crate::orders::order(i64::try_from(self.next()).expect("a small number"));
            while !self.is_over() {
                let answer = self
                    .ask(self.post("/v2/orders/").json(&order))
                    .await
                    .map(|(_, answer)| answer)
                    .unwrap_or_default();
                if answer["result"] == "success" {
                    self.note(|told| told.orders.push(answer["their_order_id"].clone()));
                    break;
                }
            }
        }
    }
}

/// What the callers of the other three do over and over. An act ends early where an answer is not the wanted one.
impl Desk {
    async fn until_over(&self, act: impl AsyncFn(&Self) -> Option<()>) {
        while !self.is_over() {
            act(self).await;
        }
    }

    async fn accepted(&self, request: reqwest::RequestBuilder, wanted: u16) -> Option<()> {
        self.ask(request).await.filter(|(status, _)| *status == wanted).map(drop)
    }

    /// Makes a chat, gives it a role, and lets it get a report.
    async fn make_route(&self) -> Option<()> {
        let chat = self.next();
        let made = json!({"chat_id": chat, "type": "PRIVATE", "title": "A manager"});
        self.accepted(self.post("/telegram-chats/").json(&made), 201).await?;
        let role = self.client.patch(format!("{}/users/{chat}/access-code/", self.url));
        self.accepted(role.json(&json!({"access_code": "manager's code"})), 204).await?;
        let route = json!({"chat_id": chat, "report_type_id": 16, "unit_ids": [1, 2]});
        self.accepted(self.post("/report-routes/").json(&route), 201).await?;
        self.note(|told| told.chats.push(json!(chat)));
        Some(())
    }

    /// Stores what a shop has of a product, each time of another day.
    async fn store(&self) -> Option<()> {
        let number = self.next();
        let day = format!("{:04}-{:02}-{:02}", 1900 + number / 336, number / 28 % 12 + 1, number % 28 + 1);
        let object = json!({"date": day, "shop_id": "3", "product_id": "6313", "qty": 1});
        let request = self.post("/api/v1/product-inventory/").bearer_auth(&self.inventory_key);
        self.accepted(request.json(&object), 201).await?;
        self.note(|told| told.days.push(json!(day)));
        Some(())
    }

    /// Reports a visitor whom an affiliate brought, and what the visitor bought.
    async fn sell(&self) -> Option<()> {
        let affiliate = self.next() + 1;
        let visit = json!({"ecommerceHash": "0000000a-111b-222c-333d-44444444444e", "pcrid": affiliate});
        self.accepted(self.post("/cmp").json(&visit), 204).await?;
        self.note(|told| told.accesses.push(json!(affiliate)));
        let id = affiliate.to_string();
        let request = self.post("/api/purchases/").bearer_auth(&self.affiliates_key);
        self.accepted(request.json(&crate::affiliates::sale(&id)), 200).await?;
        self.note(|told| told.sales.push(json!(id)));
        Some(())
    }
}

/// Callers at work.
pub(super) struct Load {
    desk: Arc<Desk>,
    callers: JoinSet<()>,
}

impl Load {
    /// Prepares what it needs by way of `app`, and calls at `url`.
    pub(super) async fn begin(app: &App, url: &str) -> Self {
        let seats: Vec<Value> = (0..SEATS)
            .map(|number| {
                json!({"seat_id": format!("1;{number}"), "coords": [number, 0], "row": 1, "place": number,
                       "price": 10, "currency_id": "RUB"})
            })
            .collect();
        app.import("tickets", &hall_of(&seats, 100_000)).printed();
        app.import("routes", &crate::routes::network()).printed();
        app.import("affiliates", &suppliers()).printed();
        let stock = app.inventory("network");
        stock.furnish(&["3"], &["6313"]).await;
        let client =
            reqwest::Client::builder().timeout(Duration::from_secs(20)).user_agent("Firefox").build();
        let desk = Arc::new(Desk {
            client: client.expect("an HTTP client"),
            url: url.to_owned(),
            tickets_key: app.key("tickets", "kassir"),
            inventory_key: stock.key,
            affiliates_key: app.key("affiliates", "hotel-hello"),
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            told: Mutex::new((Told::default(), Instant::now())),
        });
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let [buyer, shopper, manager, shop, supplier] = std::array::from_fn(|_| Arc::clone(&desk));
            callers.spawn(async move { buyer.buy_tickets().await });
            callers.spawn(async move { shopper.order().await });
            callers.spawn(async move { manager.until_over(Desk::make_route).await });
            callers.spawn(async move { shop.until_over(Desk::store).await });
            callers.spawn(async move { supplier.until_over(Desk::sell).await });
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
