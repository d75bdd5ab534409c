//! HTTP in, one transaction, HTTP out.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use kernel::db::Tx;
use kernel::http::{Client, Fault, Payload, Query, Refusal, encode, json};
use kernel::keys::Caller;
use kernel::limit::subscriber;
use serde_json::{Map, Value};

use crate::Affiliates;
use crate::rules::{Agent, Days, Error, Page, Status, is_crawler};
use crate::store::accesses::Visit;
use crate::store::{self, Supplier};
use crate::wire::{self, AccessesCount, Message, PurchasesCount};

/// What is told of a supplier's history.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Accesses,
    AccessesCount,
    Purchases,
    PurchasesCount,
}

/// Some days of a supplier's history, and what else a list or a count is asked for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Asked {
    days: Days,
    status: Option<Status>,
    page: Option<String>,
}

/// By the supplier's account.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question(Arc<str>, Told, Asked);

impl Question {
    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let Self(account, _, Asked { page, .. }) = self;
        size_of::<Self>() + account.len() + page.as_ref().map_or(0, String::len)
    }
}

impl Asked {
    fn of(query: &Map<String, Value>) -> Result<Self, Error> {
        let text = |name: &str| query.get(name).and_then(Value::as_str);
        Ok(Self {
            days: Days::parse(text("begin"), text("end"))?,
            status: None,
            page: text("page").map(str::to_owned),
        })
    }

    /// With the filter that only sales have.
    fn of_sales(query: &Map<String, Value>) -> Result<Self, Error> {
        let text = query.get("status").and_then(Value::as_str).filter(|text| !text.is_empty());
        let status = text.map(|text| text.parse().ok().and_then(Status::of_code).ok_or_else(wrong_status));
        Ok(Self { status: status.transpose()?, ..Self::of(query)? })
    }
}

fn wrong_status() -> Error {
    Error::parameter("status", "deve ser 0, 1 ou 2")
}

impl Affiliates {
    /// Tells a supplier of its history: as before if nothing was written since, else from the database. Who is none
    /// is told that before anything that is wrong with the request.
    async fn tell(
        &self,
        caller: Caller,
        told: Told,
        asked: Result<Asked, Error>,
        look: impl Fn(&mut Tx<'_>, &Supplier, &Asked) -> Result<Bytes, Error> + Send + 'static,
    ) -> Result<Response, Error> {
        let asked = self.of_a_supplier(&caller, asked).await?;
        let read = |question: &Question| {
            let Question(account, _, asked) = question.clone();
            self.kernel.db.read(move |tx| {
                let supplier = store::supplier(tx, &account)?;
                look(tx, &supplier, &asked)
            })
        };
        let question = Question(caller.account, told, asked);
        let body = self.answers.of(question, self.kernel.db.stamp(), read).await?;
        Ok(json(body))
    }

    /// What a request was parsed into; or, if that failed, why: to a supplier the complaint, to nobody else.
    async fn of_a_supplier<T>(&self, caller: &Caller, parsed: Result<T, Error>) -> Result<T, Error> {
        if parsed.is_err() {
            let account = Arc::clone(&caller.account);
            self.kernel.db.read(move |tx| store::supplier(tx, &account).map(drop)).await?;
        }
        parsed
    }
}

pub(crate) async fn accesses(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Response, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        let span = store::accesses::span(tx, supplier, asked.days)?;
        let page = Page::of(asked.page.as_deref(), span.len());
        Ok(wire::list(page, store::accesses::list(tx, supplier, page.part_of(span))?))
    };
    api.tell(caller, Told::Accesses, Asked::of(&query), look).await
}

pub(crate) async fn count_accesses(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Response, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        Ok(encode(&AccessesCount { accesses_count: store::accesses::span(tx, supplier, asked.days)?.len() })?)
    };
    api.tell(caller, Told::AccessesCount, Asked::of(&query), look).await
}

pub(crate) async fn purchases(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Response, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        let history = store::purchases::find(tx, supplier, asked.days, asked.status)?;
        let page = Page::of(asked.page.as_deref(), history.len());
        Ok(wire::list(page, store::purchases::list(tx, supplier, &history, page)?))
    };
    api.tell(caller, Told::Purchases, Asked::of_sales(&query), look).await
}

pub(crate) async fn count_purchases(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Response, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        let purchases_count = store::purchases::find(tx, supplier, asked.days, asked.status)?.len();
        Ok(encode(&PurchasesCount { purchases_count })?)
    };
    api.tell(caller, Told::PurchasesCount, Asked::of_sales(&query), look).await
}

pub(crate) async fn add_purchases(
    State(api): State<Affiliates>,
    caller: Caller,
    Payload(body): Payload,
) -> Result<Response, Error> {
    let sales = api.of_a_supplier(&caller, wire::sales(&body)).await?;
    let now = api.kernel.clock.now();
    let add = move |tx: &mut Tx<'_>| {
        let supplier = store::supplier(tx, &caller.account)?;
        store::purchases::add(tx, &supplier, now, &sales)
    };
    api.kernel.db.write(add).await?;
    Ok(Json(Message { msg: "Registro(s) adicionado(s) com sucesso" }).into_response())
}

pub(crate) async fn update_purchases(
    State(api): State<Affiliates>,
    caller: Caller,
    Payload(body): Payload,
) -> Result<Response, Error> {
    let updates = api.of_a_supplier(&caller, wire::updates(&body)).await?;
    let now = api.kernel.clock.now();
    let update = move |tx: &mut Tx<'_>| {
        let supplier = store::supplier(tx, &caller.account)?;
        store::purchases::update(tx, &supplier, now, &updates)
    };
    api.kernel.db.write(update).await?;
    Ok(Json(Message { msg: "Registro(s) atualizado(s) com sucesso" }).into_response())
}

pub(crate) async fn script() -> Response {
    wire::for_every_origin(wire::script())
}

pub(crate) async fn preflight() -> Response {
    wire::for_every_origin(wire::preflight())
}

pub(crate) async fn report(
    State(api): State<Affiliates>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Result<Payload, Refusal<Affiliates>>,
) -> Response {
    let user_agent =
        headers.get(USER_AGENT).map_or(Default::default(), |name| String::from_utf8_lossy(name.as_bytes()));
    let recorded = record(&api, client, &user_agent, body).await;
    wire::for_every_origin(recorded.map(|()| StatusCode::NO_CONTENT))
}

async fn record(
    api: &Affiliates,
    client: Client,
    user_agent: &str,
    body: Result<Payload, Refusal<Affiliates>>,
) -> Result<(), Error> {
    if let Some(excess) = api.reports.count(subscriber(client.address), api.kernel.clock.now()) {
        return Err(Error::Fault(Fault::RateLimited(excess.wait)));
    }
    if is_crawler(user_agent) {
        return Ok(());
    }
    let report = wire::report(&body?.0)?;
    let geolocation = api.geo.as_ref().map(|geo| geo.locate(client.address)).unwrap_or_default();
    let (ecommerce_hash, pcrid) = (report.ecommerce_hash.clone(), report.pcrid.unwrap_or_default());
    let now = api.kernel.clock.now();
    let details = report.details(now, Agent::of(user_agent), user_agent, geolocation);
    let is_known = api.accesses.write(Visit::new(ecommerce_hash, pcrid, now, details)).await?;
    if is_known { Ok(()) } else { Err(wire::unknown_supplier()) }
}
