//! HTTP in, one transaction, HTTP out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use kernel::db::Tx;
use kernel::http::{Client, Fault, Payload, Query, Refusal};
use kernel::keys::Caller;
use kernel::limit::subscriber;
use serde_json::{Map, Value};

use crate::Affiliates;
use crate::recorder::Visit;
use crate::rules::{Agent, Days, Error, Page, Status, is_crawler};
use crate::store::{self, Supplier};
use crate::wire::{self, AccessesCount, Message, PurchasesCount};

/// Some days of a supplier's history, and what else a list or a count is asked for.
struct Asked {
    days: Days,
    status: Option<Status>,
    page: Option<String>,
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
    /// Reads for a supplier. Who is none is told that before anything that is wrong with the request.
    async fn read<T: Send + 'static>(
        &self,
        caller: Caller,
        asked: Result<Asked, Error>,
        look: impl Fn(&mut Tx<'_>, &Supplier, &Asked) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let look = move |tx: &mut Tx<'_>| {
            let supplier = store::supplier(tx, &caller.account)?;
            look(tx, &supplier, asked.as_ref().map_err(Clone::clone)?)
        };
        self.kernel.db.read(look).await
    }

    /// What a body was parsed into; or, if that failed, why: to a supplier the complaint, to nobody else.
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
        Ok((page, store::accesses::list(tx, supplier, page.part_of(span))?))
    };
    let (page, entries) = api.read(caller, Asked::of(&query), look).await?;
    Ok(wire::list(page, entries))
}

pub(crate) async fn count_accesses(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Json<AccessesCount>, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        Ok(store::accesses::span(tx, supplier, asked.days)?.len())
    };
    let accesses_count = api.read(caller, Asked::of(&query), look).await?;
    Ok(Json(AccessesCount { accesses_count }))
}

pub(crate) async fn purchases(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Response, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        let history = store::purchases::find(tx, supplier, asked.days, asked.status)?;
        let page = Page::of(asked.page.as_deref(), history.len());
        Ok((page, store::purchases::list(tx, supplier, &history, page)?))
    };
    let (page, entries) = api.read(caller, Asked::of_sales(&query), look).await?;
    Ok(wire::list(page, entries))
}

pub(crate) async fn count_purchases(
    State(api): State<Affiliates>,
    caller: Caller,
    Query(query): Query,
) -> Result<Json<PurchasesCount>, Error> {
    let look = |tx: &mut Tx<'_>, supplier: &Supplier, asked: &Asked| {
        Ok(store::purchases::find(tx, supplier, asked.days, asked.status)?.len())
    };
    let purchases_count = api.read(caller, Asked::of_sales(&query), look).await?;
    Ok(Json(PurchasesCount { purchases_count }))
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
    let visit = Visit {
        ecommerce_hash: report.ecommerce_hash.clone(),
        pcrid: report.pcrid.unwrap_or_default(),
        details: report.details(Agent::of(user_agent), user_agent, geolocation),
    };
    api.recorder.record(visit).await
}
