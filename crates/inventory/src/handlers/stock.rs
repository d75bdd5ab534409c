//! Stock.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::db::can_hold;
use kernel::http::{Content, Segments};
use kernel::keys::Caller;

use super::{collection, parsed, skips, stored};
use crate::Inventory;
use crate::rules::{Day, Position, Stock};
use crate::store::{self, Listed, Refusal};
use crate::wire::{self, Asked, Came, Failure, Known, Metadata, Reply, StockView, StoredView, answer};

const COLLECTION: &str = "product-inventory";

pub(crate) async fn list(State(api): State<Inventory>, Known(caller): Known, asked: Asked) -> Response {
    answer(&asked, page(&api, &caller, &asked).await)
}

/// A page. While nothing was committed, it is the one that was given before.
async fn page(api: &Inventory, caller: &Caller, asked: &Asked) -> Result<Reply, Failure> {
    let question = (caller.account.clone(), asked.format, asked.with(&[]));
    let read = |_: &_| async { read_page(api, caller, asked).await.map(|reply| reply.body) };
    let body = api.pages.of(question, api.kernel.db.stamp(), read).await?;
    Ok(Reply { status: StatusCode::OK, location: None, body })
}

async fn read_page(api: &Inventory, caller: &Caller, asked: &Asked) -> Result<Reply, Failure> {
    let (listing, page) = (wire::stock_listing(asked)?, wire::page(asked)?);
    let after = asked.filter("cursor").and_then(|link| Position::read(link, page, &listing, &listing.order));
    let account = caller.account.clone();
    let (listing, listed) = api
        .kernel
        .db
        .read(move |tx| {
            let listed = store::stock_page(tx, &account, &listing, page, after.as_ref())?;
            Ok::<_, kernel::db::Error>((listing.clone(), listed))
        })
        .await?;
    let Listed { count, objects, end } = listed.ok_or(Failure::NotFound)?;
    let cursor = end.map(|end| end.link(page + 1, &listing));
    let results: Vec<_> = objects.iter().map(StockView::of).collect();
    Reply::json(asked, StatusCode::OK, &collection(asked, (page, listing.size), count, results, cursor))
}

pub(crate) async fn one(
    State(api): State<Inventory>,
    Known(caller): Known,
    asked: Asked,
    Segments(key): Segments<String>,
) -> Response {
    answer(&asked, find(&api, &caller, &asked, key).await)
}

async fn find(api: &Inventory, caller: &Caller, asked: &Asked, key: String) -> Result<Reply, Failure> {
    let account = caller.account.clone();
    let found: Option<Stock> = if key.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = key.parse().map_err(|_| Failure::NotFound)?;
        api.kernel.db.read(move |tx| store::by_number(tx, &account, number)).await?
    } else {
        let (day, ids) = key.split_once('_').ok_or(Failure::NotFound)?;
        let day: Day = day.parse().map_err(|_| Failure::NotFound)?;
        let ids = Some(ids.to_owned()).filter(|ids| can_hold(ids)).ok_or(Failure::NotFound)?;
        api.kernel.db.read(move |tx| store::by_name(tx, &account, day, &ids)).await?
    };
    Reply::json(asked, StatusCode::OK, &StockView::of(&found.ok_or(Failure::NotFound)?))
}

pub(crate) async fn store(
    State(api): State<Inventory>,
    Known(caller): Known,
    asked: Asked,
    content: Content,
) -> Response {
    let asked = asked.entered(&content);
    answer(&asked, keep(&api, &caller, &asked, content).await)
}

async fn keep(api: &Inventory, caller: &Caller, asked: &Asked, content: Content) -> Result<Reply, Failure> {
    let Came { objects: upload, is_list } = parsed(content, wire::upload).await?;
    let (account, now, skip) = (caller.account.clone(), api.kernel.clock.now(), skips(asked, is_list));
    let of = upload.drafts.len();
    let kept = api.kernel.db.write(move |tx| store::store(tx, now, &account, &upload, skip)).await;
    let kept = kept.map_err(|refusal| match refusal {
        Refusal::Db(error) => error.into(),
        Refusal::Faulty(refused) if is_list => Failure::Refused(refused, of),
        Refusal::Faulty(mut refused) => Failure::Faulty(refused.errors.remove(&0).unwrap_or_default()),
    })?;
    let number = kept.number.filter(|_| !is_list);
    let location = number.map(|number| asked.thing(COLLECTION, &number.to_string()));
    let view = StoredView {
        updated: kept.updated,
        inserted: kept.inserted,
        refused: skip.then_some(kept.refused.count),
        errors: skip.then_some(kept.refused.errors),
    };
    stored(asked, &view, location)
}

pub(crate) async fn options(State(_): State<Inventory>, _: Known, asked: Asked) -> Response {
    answer(&asked, Reply::json(&asked, StatusCode::OK, &Metadata::stock()))
}

pub(crate) async fn options_of_one_stock(State(_): State<Inventory>, _: Known, asked: Asked) -> Response {
    answer(&asked, Reply::json(&asked, StatusCode::OK, &Metadata::one_stock()))
}
