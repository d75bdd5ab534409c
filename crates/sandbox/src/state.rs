//! What the partner remembers: orders, shelves, who called how often, and what is to fail next.

use std::collections::{BTreeMap, HashMap};

use axum::http::StatusCode;
use kernel::clock::Micros;
use rand::RngExt as _;
use serde_json::{Map, Value, json};

use crate::catalogue::Catalogue;
use crate::failure::{Endpoint, Failure, ItemFault, Rule};
use crate::form::Form;
use crate::orders::{Order, Stage};
use crate::settings::{Ids, Settings};

/// What `errors` says of an order that is not there.
const UNKNOWN: &str = "order not found";

/// The partner's memory.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) catalogue: Catalogue,
    orders: BTreeMap<u64, Order>,
    by_external_id: HashMap<String, Vec<u64>>,
    calls: BTreeMap<String, Calls>,
    total: Calls,
    next_id: u64,
    pub(crate) armed: Vec<Armed>,
}

/// A failure that waits for its requests.
#[derive(Clone, Debug)]
pub(crate) struct Armed {
    pub(crate) endpoint: Endpoint,
    pub(crate) failure: Failure,
    /// Requests that it still befalls.
    pub(crate) count: u64,
    /// Only requests about this order of the client's.
    pub(crate) external_id: Option<String>,
}

/// How often each endpoint was called, in the order of [`Endpoint::ALL`].
#[derive(Clone, Copy, Debug, Default)]
struct Calls([u64; 4]);

impl Calls {
    fn show(self) -> Value {
        let counts = Endpoint::ALL.into_iter().zip(self.0);
        Value::Object(counts.map(|(endpoint, count)| (endpoint.name().to_owned(), json!(count))).collect())
    }
}

/// An answer as the contract has it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl State {
    pub(crate) fn new(settings: Settings, now: Micros) -> Self {
        // A thousand a second is faster than orders are made here for long.
        let from_clock = u64::try_from(now / 1_000).unwrap_or(1);
        let next_id = settings.first_id.unwrap_or(from_clock);
        Self {
            settings,
            catalogue: Catalogue::default(),
            orders: BTreeMap::new(),
            by_external_id: HashMap::new(),
            calls: BTreeMap::new(),
            total: Calls::default(),
            next_id,
            armed: Vec::new(),
        }
    }

    /// Forgets everything but its settings. Ids go on: somebody may remember.
    pub(crate) fn reset(&mut self) {
        let mut settings = self.settings.clone();
        settings.first_id = Some(self.next_id);
        *self = Self { settings: self.settings.clone(), ..Self::new(settings, 0) };
    }

    pub(crate) fn next_id(&mut self, id: u64) {
        self.next_id = id;
    }

    /// Which orders of the client's a request is about.
    pub(crate) fn about(&self, endpoint: Endpoint, form: &Form) -> Vec<String> {
        match endpoint {
            Endpoint::FindOrders | Endpoint::Create => vec![form.one("external_id").to_owned()],
            Endpoint::OrdersData => asked(form).filter_map(|id| self.external_id(id)).collect(),
            Endpoint::Cancel => self.external_id(form.one("order_id")).into_iter().collect(),
        }
    }

    fn external_id(&self, id: &str) -> Option<String> {
        self.find(id).map(|(_, order)| order.external_id.clone())
    }

    fn find(&self, id: &str) -> Option<(u64, &Order)> {
        let id = Ids::read(id)?;
        self.orders.get(&id).map(|order| (id, order))
    }

    /// Counts a call.
    pub(crate) fn count(&mut self, endpoint: Endpoint, about: &[String]) {
        let at = endpoint as usize;
        self.total.0[at] += 1;
        for external_id in about {
            self.calls.entry(external_id.clone()).or_default().0[at] += 1;
        }
    }

    /// What is to fail about a request: what was armed first, else what the settings say.
    pub(crate) fn failure(&mut self, endpoint: Endpoint, about: &[String]) -> Option<Failure> {
        let fits = |armed: &Armed| {
            armed.endpoint == endpoint && armed.external_id.as_ref().is_none_or(|id| about.contains(id))
        };
        if let Some(at) = self.armed.iter().position(fits) {
            self.armed[at].count -= 1;
            let failure = self.armed[at].failure.clone();
            if self.armed[at].count == 0 {
                self.armed.remove(at);
            }
            return Some(failure);
        }
        let falls = |rule: &&Rule| rule.endpoint == endpoint && rand::rng().random_bool(rule.rate);
        self.settings.fail.0.iter().find(falls).map(|rule| rule.failure.clone())
    }

    /// Does what is asked for.
    pub(crate) fn perform(
        &mut self,
        endpoint: Endpoint,
        form: &Form,
        fault: Option<(ItemFault, Option<&str>)>,
        now: Micros,
    ) -> Reply {
        match endpoint {
            Endpoint::FindOrders => self.find_orders(form),
            Endpoint::Create => self.create(form, fault, now),
            Endpoint::OrdersData => self.orders_data(form, now),
            Endpoint::Cancel => self.cancel(form, now),
        }
    }

    fn ok(body: Value) -> Reply {
        Reply { status: StatusCode::OK, body }
    }

    /// A refusal.
    pub(crate) fn refuse(&self, errors: Value) -> Reply {
        Reply { status: self.settings.error_status.0, body: json!({"status": "error", "errors": errors}) }
    }

    fn find_orders(&self, form: &Form) -> Reply {
        let external_id = form.one("external_id");
        if external_id.is_empty() {
            return self.refuse(json!({"external_id": ["This field is required"]}));
        }
        // Newest first: nobody promised an order.
        let ids = self.by_external_id.get(external_id).into_iter().flatten().rev();
        let ids: Vec<Value> = ids.map(|id| self.settings.ids.show(*id)).collect();
        Self::ok(json!({"data": {"ids": ids}}))
    }

    fn create(&mut self, form: &Form, fault: Option<(ItemFault, Option<&str>)>, now: Micros) -> Reply {
        let order = match Order::read(form, now) {
            Ok(order) => order,
            Err(errors) => return self.refuse(json!(errors)),
        };
        let errors = order.judge(&self.catalogue, self.settings.decimal_comma, fault);
        if !errors.is_empty() {
            return self.refuse(json!({"items": errors}));
        }
        for line in &order.lines {
            self.catalogue.take(&line.item, line.count().unwrap_or_default());
        }
        let id = self.free_id();
        let of_client = self.by_external_id.entry(order.external_id.clone()).or_default();
        of_client.push(id);
        if of_client.len() > 1 {
            tracing::warn!(external_id = order.external_id, orders = of_client.len(), "ordered once more");
        }
        self.orders.insert(id, order);
        Self::ok(json!({"status": "ok", "order_id": self.settings.ids.show(id)}))
    }

    /// The next id that no order has.
    fn free_id(&mut self) -> u64 {
        while self.orders.contains_key(&self.next_id) {
            self.next_id = self.next_id.wrapping_add(1);
        }
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        id
    }

    fn orders_data(&self, form: &Form, now: Micros) -> Reply {
        let mut data = Map::new();
        let mut asked_any = false;
        for id in asked(form) {
            asked_any = true;
            let Some((_, order)) = self.find(id) else { continue };
            let status = order.status(now, self.settings.advance);
            let known = status.map_or_else(|| json!({}), |status| json!({"status": status}));
            data.insert(id.to_owned(), known);
        }
        match (asked_any, data.is_empty()) {
            (false, _) => self.refuse(json!({"order_ids": ["This field is required"]})),
            (true, true) => self.refuse(json!([UNKNOWN])),
            (true, false) => Self::ok(json!({"status": "ok", "data": data})),
        }
    }

    fn cancel(&mut self, form: &Form, now: Micros) -> Reply {
        let Some((id, order)) = self.find(form.one("order_id")) else {
            return self.refuse(json!([UNKNOWN]));
        };
        if matches!(order.status(now, self.settings.advance), Some("done" | "delivery")) {
            return self.refuse(json!(["cancellation not allowed"]));
        }
        self.put(id, Stage::At(Some("cancelled".into())));
        Self::ok(json!({"status": "ok"}))
    }

    /// Puts an order somewhere by hand. Nothing: there is none.
    pub(crate) fn set_status(&mut self, id: &str, status: Option<String>, now: Micros) -> Option<Value> {
        let (id, _) = self.find(id)?;
        self.put(id, Stage::At(status));
        self.orders.get(&id).map(|order| self.show(id, order, now))
    }

    fn put(&mut self, id: u64, stage: Stage) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        let is_cancelled = matches!(&stage, Stage::At(Some(status)) if status == "cancelled");
        if is_cancelled && order.holds_stock {
            order.holds_stock = false;
            for line in &order.lines {
                self.catalogue.put_back(&line.item, line.count().unwrap_or_default());
            }
        }
        order.stage = stage;
    }

    fn show(&self, id: u64, order: &Order, now: Micros) -> Value {
        order.show(self.settings.ids.show(id), order.status(now, self.settings.advance))
    }

    /// All orders, or those of one order of the client's, with how often each call was made about them.
    pub(crate) fn report(&self, external_id: Option<&str>, now: Micros) -> Value {
        let wanted = |id: &str| external_id.is_none_or(|external_id| external_id == id);
        let orders = match external_id {
            None => self.orders.iter().map(|(id, order)| self.show(*id, order, now)).collect::<Vec<_>>(),
            Some(external_id) => {
                let ids = self.by_external_id.get(external_id).into_iter().flatten();
                ids.filter_map(|id| Some(self.show(*id, self.orders.get(id)?, now))).collect()
            }
        };
        let calls = self.calls.iter().filter(|(id, _)| wanted(id));
        let calls: Map<String, Value> = calls.map(|(id, calls)| (id.clone(), calls.show())).collect();
        let twice = self.by_external_id.iter().filter(|(id, ids)| wanted(id) && ids.len() > 1);
        let mut duplicates: Vec<&String> = twice.map(|(id, _)| id).collect();
        duplicates.sort();
        json!({"orders": orders, "duplicates": duplicates, "calls": calls, "total": self.total.show()})
    }
}

/// The ids that `orders-data` asks for: several by commas, or the parameter several times.
fn asked(form: &Form) -> impl Iterator<Item = &str> {
    form.all("order_ids").flat_map(|ids| ids.split(',')).map(str::trim).filter(|id| !id.is_empty())
}
