//! A server on which somebody owns something of every API, and everybody's keys.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, hall, suppliers, until};

use super::asking::Operation;
use crate::server::openapi::{document, is_open, operations};

/// Stands in everything that is ours, and in nothing that anybody else sends.
const MARK: &str = "Sperling";
/// The owner's sale.
const SALE: &str = "SALE-1";

/// Whose keys an API has here: the owner's, and somebody else's.
fn accounts(api: &str) -> (&'static str, &'static str) {
    match api {
        "affiliates" => ("hotel-hello", "ryokan"),
        "inventory" => ("network", "another"),
        "orders" => ("shop", "another shop"),
        "routes" => ("bot", "another bot"),
        "tickets" => ("kassir", "afisha"),
        other => panic!("who owns something of {other}? Say so here, and make it in `World::new`"),
    }
}

/// Whether what is there belongs to accounts. Orders and chats belong to the network as a whole.
pub(super) fn belongs_to_an_account(api: &str) -> bool {
    !matches!(api, "orders" | "routes")
}

/// What an API says to somebody without a good key, who presented one or did not.
pub(super) fn refusal(api: &str, presented: bool) -> Value {
    match (api, presented) {
        ("affiliates", _) => json!({"err": "Não autorizado"}),
        ("inventory", false) => json!({"detail": "Authentication credentials were not provided."}),
        ("inventory", true) => json!({"detail": "Invalid token."}),
        ("orders", _) => json!({"detail": "Not authenticated"}),
        ("routes", _) => json!({"message": "Wrong credentials", "extra": {}}),
        ("tickets", _) => {
            json!({"status": "error", "code": "WRONG_AUTHORIZATION", "message": "Wrong authorization"})
        }
        (other, _) => panic!("what does {other} say to a stranger? Say so here"),
    }
}

/// The keys of an API.
struct Keys {
    ours: String,
    theirs: String,
    /// Good once, and what was got for it.
    ended: Vec<String>,
    /// As good as ours.
    token: Option<String>,
}

pub(super) struct World {
    app: App,
    pub(super) document: Value,
    keys: BTreeMap<String, Keys>,
    /// The owner's ticket: its number and its barcode.
    ticket: (String, String),
    addresses: Cell<u32>,
}

impl World {
    pub(super) async fn new(engine: Engine) -> Self {
        // The server trusts a proxy, here the test, and nobody behind it.
        let app = App::builder(engine)
            .env("PARTNERAPI_TRUSTED_PROXIES", "127.0.0.1")
            .env("PARTNERAPI_LOG", "trace")
            .start();
        let document = document(&app).await;
        let apis: BTreeSet<_> = operations(&document).iter().map(|(.., told)| api_of(told)).collect();

        app.import("tickets", &hall()).printed();
        app.import("routes", &network()).printed();
        app.import("affiliates", &history()).printed();
        let mut keys = BTreeMap::new();
        for api in apis {
            let (ours, theirs) = accounts(&api);
            let [ours, theirs, ended] = [ours, theirs, ours].map(|account| app.key(&api, account));
            keys.insert(api, Keys { ours, theirs, ended: vec![ended], token: None });
        }
        let uploader = app.inventory(accounts("inventory").0);
        for (path, name) in [("shops/", "shop_id"), ("products/", "product_id")] {
            let object = json!({name: if name == "shop_id" { "3" } else { "6343" }, "name": MARK});
            assert_eq!(uploader.post(path, &object).await.status, 201);
        }
        let stock = json!({"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": "817"});
        assert_eq!(uploader.store(&stock).await.status, 201);
        let booked =
            app.tickets_with(&keys["tickets"].ours).add(json!({"seat_id": "7-1;8", "paid": 1})).await;
        let ticket = ["id", "barcode"].map(|name| {
            let told = booked.json["result"][name].as_str();
            told.unwrap_or_else(|| panic!("no {name} in {}", booked.text)).to_owned()
        });
        let [id, barcode] = ticket;

        let inventory = keys.get_mut("inventory").unwrap();
        inventory.token = Some(token(&app, &inventory.ours).await);
        inventory.ended.push(token(&app, &inventory.ended[0]).await);
        for ended in keys.values().map(|keys| &keys.ended[0]) {
            app.command(&["keys", "revoke", ended]).printed();
        }
        let client = app.inventory("network").with(&keys["inventory"].ended[0]);
        until("the ended keys are refused", async || client.get("shops/").await.status == 401).await;
        Self { app, document, keys, ticket: (id, barcode), addresses: Cell::new(0) }
    }

    pub(super) fn apis(&self) -> BTreeSet<String> {
        self.keys.keys().cloned().collect()
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        let operation = |(method, path, told): (Method, String, Value)| Operation {
            api: api_of(&told),
            is_open: is_open(&method, &path),
            method,
            path,
            told,
        };
        operations(&self.document).into_iter().map(operation).collect()
    }

    /// The operations that ask for a key.
    pub(super) fn guarded(&self) -> Vec<Operation> {
        self.operations().into_iter().filter(|operation| !operation.is_open).collect()
    }

    /// A request from an address that nobody has had before.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_from(&self.address(), method, path)
    }

    pub(super) fn request_from(&self, address: &str, method: Method, path: &str) -> RequestBuilder {
        self.app.request(method, path).header("x-forwarded-for", address)
    }

    pub(super) fn address(&self) -> String {
        self.addresses.set(self.addresses.get() + 1);
        Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + self.addresses.get()).to_string()
    }

    pub(super) fn key(&self, api: &str) -> &str {
        &self.keys[api].ours
    }

    pub(super) fn their_key(&self, api: &str) -> &str {
        &self.keys[api].theirs
    }

    /// What opens an API to the owner.
    pub(super) fn good_keys(&self, api: &str) -> Vec<String> {
        let keys = &self.keys[api];
        keys.token.iter().chain([&keys.ours]).cloned().collect()
    }

    /// Keys and tokens that are good elsewhere, or were good once.
    pub(super) fn wrong_keys(&self, api: &str) -> Vec<String> {
        let elsewhere = self.keys.iter().filter(|(other, _)| *other != api);
        let elsewhere = elsewhere.flat_map(|(_, keys)| keys.token.iter().chain([&keys.ours]));
        self.keys[api].ended.iter().chain(elsewhere).cloned().collect()
    }

    /// A value that names what is ours.
    pub(super) fn named(&self, api: &str, name: &str) -> Option<Value> {
        Some(match (api, name) {
            ("affiliates", "begin") => json!("2022-01-01"),
            ("affiliates", "end") => json!("2022-12-31"),
            ("affiliates", "id") => json!(SALE),
            ("affiliates", "pcrid") => json!(2554),
            ("affiliates", "ecommerceHash") => json!("0000000a-111b-222c-333d-44444444444e"),
            ("inventory", "shop_id") => json!("3"),
            ("inventory", "product_id") => json!("6343"),
            ("inventory", "date" | "date_from" | "date_to") => json!("2016-06-07"),
            ("inventory", "format") => json!("json"),
            ("inventory", "page" | "cursor") => json!("1"),
            ("inventory", "search") => json!(MARK.to_lowercase().get(1..4)),
            ("tickets", "seat_id") => json!("7-1;8"),
            ("tickets", "id") => json!(self.ticket.0),
            _ => return None,
        })
    }

    /// What of ours nobody else may be told.
    pub(super) fn marks(&self) -> impl Iterator<Item = &str> {
        [MARK, &self.ticket.1, "817.0000"].into_iter()
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        let keys = self
            .keys
            .values()
            .flat_map(|keys| [&keys.ours, &keys.theirs].into_iter().chain(&keys.ended).chain(&keys.token));
        // Behind the part that names a key to people.
        keys.map(|key| &key[key.len() - 30..])
    }

    pub(super) fn repeats_no_key(&self, answer: &Answer, what: &str) {
        has_none_of(answer, self.secrets(), what);
    }

    /// Nothing of ours, and no key.
    pub(super) fn tells_nothing(&self, answer: &Answer, what: &str) {
        has_none_of(answer, self.secrets().chain(self.marks()), what);
    }

    /// Stops the server, and looks through all that it has logged, at the finest level.
    pub(super) fn has_logged_nothing_secret(&mut self) {
        self.app.stop();
        let log = self.app.server.log().join("\n");
        assert!(log.contains("request: api="), "this test looks in the wrong place");
        for never in self.secrets().chain([MARK, &self.ticket.1]) {
            let line = log.lines().find(|line| line.contains(never));
            assert!(line.is_none(), "{never} in the log: {line:?}");
        }
    }

    /// Everything that is there.
    pub(super) fn everything(&self) -> Vec<String> {
        let commands: [&[&str]; 5] = [
            &["export", "affiliates"],
            &["export", "inventory", "--account", accounts("inventory").0],
            &["export", "routes", "--with-secrets"],
            &["export", "tickets"],
            &["events"],
        ];
        commands.map(|command| self.app.command(command).printed()).into()
    }

    /// What is ours: of the histories, the stock and the tickets.
    pub(super) fn ours(&self) -> Vec<String> {
        let mut histories: Value =
            serde_json::from_str(&self.app.command(&["export", "affiliates"]).printed()).unwrap();
        for list in ["accesses", "purchases"] {
            let entries = histories[list].as_array_mut().unwrap();
            entries.retain(|entry| entry["account"] == accounts("affiliates").0);
        }
        let stock =
            self.app.command(&["export", "inventory", "--account", accounts("inventory").0]).printed();
        let tickets = "SELECT * FROM tickets_tickets WHERE account = 'kassir' ORDER BY id";
        vec![histories.to_string(), stock, format!("{:?}", self.app.database.rows(tickets))]
    }
}

/// Neither body nor header has any of these.
fn has_none_of<'a>(answer: &Answer, nevers: impl Iterator<Item = &'a str>, what: &str) {
    let headers = format!("{:?}", answer.headers);
    for never in nevers {
        assert!(!answer.text.contains(never), "{what}: {never} in {}", answer.text);
        assert!(!headers.contains(never), "{what}: {never} in {headers}");
    }
}

fn api_of(told: &Value) -> String {
    told["tags"][0].as_str().expect("every operation is an API's").to_owned()
}

async fn token(app: &App, key: &str) -> String {
    let fields = [("grant_type", "password"), ("username", accounts("inventory").0), ("password", key)];
    let granted = Answer::of(app.request(Method::POST, "/api/o/token/").form(&fields)).await;
    granted.json["access_token"].as_str().unwrap_or_else(|| panic!("{}", granted.text)).to_owned()
}

fn network() -> Value {
    json!({
        "regions": [{"id": 1, "name": MARK}],
        "units": [{"id": 1, "name": MARK, "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48", "region": MARK}],
        "report_types": [{"id": 16, "name": MARK, "verbose_name": MARK, "priority": 30}],
        "roles": [{"name": MARK, "access_code": MARK, "unit_ids": [1], "report_types": [MARK]}],
        "chats": [{"chat_id": 12, "type": "PRIVATE", "title": MARK, "username": null, "role": MARK}],
    })
}

/// The suppliers, and of the owner an access and a sale.
fn history() -> Value {
    let mut history = suppliers();
    let account = accounts("affiliates").0;
    history["accesses"] = json!([{
        "account": account, "id": 1, "uuid": "00000000-0000-4000-8000-000000000001", "pcrid": 2554,
        "created_at": "2022-10-04T12:00:00Z", "href": format!("https://{MARK}.example/")
    }]);
    history["purchases"] = json!([{
        "account": account, "id": SALE, "pcrid": 2554, "status": 1, "purchase_date": "2022-10-31T00:00:00Z",
        "price": 100, "payment_commission_date": "2022-12-01T00:00:00Z", "commission_base": 90,
        "commission_value": 9, "contact_name": MARK, "created_at": "2022-10-31T12:00:00Z"
    }]);
    history
}
