//! HTTP in, HTTP out.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use kernel::http::{Fault, Input, Refusal, json};
use kernel::keys::Caller;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::Tickets;
use crate::rules::{Add, Error, Target, TicketRef};
use crate::store::booking::{Desk, Ticket};
use crate::store::shows::{self, Show, ShowName};
use crate::wire::{Answer, ShowPath, TicketView};

type ShowPathResult = Result<Path<ShowPath>, PathRejection>;
type InputResult = Result<Input, Refusal<Tickets>>;

pub(crate) async fn lists(State(api): State<Tickets>, caller: Caller) -> Result<Response, Error> {
    let (now, stamp) = (api.kernel.clock.now(), api.kernel.db.stamp());
    if let Some(body) = stamp.and_then(|stamp| api.shelf.kept_lists(&caller.account, stamp, now)) {
        return Ok(json(body));
    }
    let shelf = api.shelf;
    api.kernel.db.read(move |tx| shelf.lists(tx, &caller.account, stamp, now)).await.map(json)
}

pub(crate) async fn seats(
    State(api): State<Tickets>,
    caller: Caller,
    path: ShowPathResult,
) -> Result<Response, Error> {
    let name = show_name(path);
    let (now, stamp) = (api.kernel.clock.now(), api.kernel.db.stamp());
    if let Some(body) = stamp.and_then(|stamp| api.shelf.kept_seats(&caller.account, name, stamp, now)) {
        return Ok(json(body));
    }
    let shelf = api.shelf;
    api.kernel.db.read(move |tx| shelf.seats(tx, &caller.account, name, stamp, now)).await.map(json)
}

pub(crate) async fn add(
    State(api): State<Tickets>,
    caller: Caller,
    path: ShowPathResult,
    input: InputResult,
) -> Result<Response, Error> {
    sell(api, caller, show_name(path), parsed(input, Add::parse)).await
}

pub(crate) async fn update(
    State(api): State<Tickets>,
    caller: Caller,
    path: ShowPathResult,
    input: InputResult,
) -> Result<Response, Error> {
    sell(api, caller, show_name(path), parsed(input, Add::parse_update)).await
}

pub(crate) async fn remove(
    State(api): State<Tickets>,
    caller: Caller,
    path: ShowPathResult,
    input: InputResult,
) -> Result<Response, Error> {
    let name = show_name(path);
    let named = match parsed(input, TicketRef::parse) {
        Ok(named) => named,
        Err(error) => return Err(after_event(&api, &caller, name, error).await),
    };
    let clock = api.kernel.clock.clone();
    let removed = api.kernel.db.write(move |tx| {
        let now = clock.now();
        let show = shows::find(tx, now, &caller.account, name)?;
        Desk { now, account: &caller.account, show: &show }.remove(tx, &named)?;
        Ok::<_, Error>(show)
    });
    answer(&removed.await?, true)
}

async fn sell(
    api: Tickets,
    caller: Caller,
    name: ShowName,
    add: Result<Add, Error>,
) -> Result<Response, Error> {
    let add = match add {
        Ok(add) => add,
        Err(error) => return Err(after_event(&api, &caller, name, error).await),
    };
    let clock = api.kernel.clock.clone();
    let sold = api.kernel.db.write(move |tx| {
        let now = clock.now();
        let show = shows::find(tx, now, &caller.account, name)?;
        let payment = add.payment.settle(&show.timezone, show.start.at(), now)?;
        let desk = Desk { now, account: &caller.account, show: &show };
        let ticket = match &add.target {
            Target::Book { seat_id, external_id } => {
                desk.book(tx, seat_id, external_id.as_deref(), payment)?
            }
            Target::Update(named) => desk.update(tx, named, payment)?,
        };
        Ok::<_, Error>((show, ticket))
    });
    let (show, ticket) = sold.await?;
    answer(&show, view(&ticket))
}

/// Of several faults the event's comes before the parameters'.
async fn after_event(api: &Tickets, caller: &Caller, name: ShowName, error: Error) -> Error {
    let (now, account) = (api.kernel.clock.now(), caller.account.clone());
    let found = api.kernel.db.read(move |tx| shows::find(tx, now, &account, name).map(drop)).await;
    found.err().unwrap_or(error)
}

fn parsed<T, E: Into<Error>>(
    input: InputResult,
    parse: impl FnOnce(&Input) -> Result<T, E>,
) -> Result<T, Error> {
    parse(&input?).map_err(Into::into)
}

/// A part of the path that is no number, or not even text, names no event.
fn show_name(path: ShowPathResult) -> ShowName {
    match path {
        Ok(Path(path)) => ShowName {
            event_id: number(&path.event_id),
            show_id: path.show_id.map(|show_id| number(&show_id)),
        },
        Err(_) => ShowName { event_id: None, show_id: None },
    }
}

/// Rust would take a plus before it, too.
fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

fn view(ticket: &Ticket) -> TicketView<'_> {
    TicketView {
        id: ticket.id.to_string(),
        paid: ticket.is_paid().into(),
        reserved_to: ticket.reserved_to,
        external_id: ticket.external_id.as_deref(),
        barcode: ticket.barcode.as_deref(),
    }
}

fn answer<R: Serialize>(show: &Show, result: R) -> Result<Response, Error> {
    let raw = |text: &str| {
        RawValue::from_string(text.to_owned())
            .map_err(|error| Error::Fault(Fault::Internal(error.to_string())))
    };
    let body = Answer {
        event_id: show.event_id,
        show_id: show.show_id,
        event_name: &show.event_name,
        start_date: show.start,
        scheme: &raw(&show.scheme)?,
        city: &raw(&show.city)?,
        last_update_hash: &show.last_update_hash,
        status: "success",
        result,
    };
    Ok(Json(body).into_response())
}
