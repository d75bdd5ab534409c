//! Shops and products.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::db::can_hold;
use kernel::http::{Content, Segments};
use kernel::keys::Caller;

use super::{collection, parsed, skips, stored};
use crate::Inventory;
use crate::rules::Refused;
use crate::store::{self, Entry};
use crate::wire::{self, Asked, Came, Failure, Known, Named, Reply, StoredView, answer};

pub(crate) async fn list<const N: usize, E: Entry<N> + Named>(
    State(api): State<Inventory>,
    Known(caller): Known,
    asked: Asked,
) -> Response {
    answer(&asked, page::<N, E>(&api, &caller, &asked).await)
}

async fn page<const N: usize, E: Entry<N> + Named>(
    api: &Inventory,
    caller: &Caller,
    asked: &Asked,
) -> Result<Reply, Failure> {
    let (listing, page) = (wire::names_listing(asked), wire::page(asked)?);
    let (account, size) = (caller.account.clone(), listing.size);
    let listed = api.kernel.db.read(move |tx| store::catalogue_page::<N, E>(tx, &account, &listing, page));
    let (count, entries) = listed.await?.ok_or(Failure::NotFound)?;
    let results: Vec<_> = entries.iter().map(|entry| view(asked, entry)).collect();
    Reply::json(asked, StatusCode::OK, &collection(asked, (page, size), count, results, None))
}

fn view<'a, const N: usize, E: Entry<N> + Named>(asked: &Asked, entry: &'a E) -> E::View<'a> {
    entry.view(asked.thing(E::COLLECTION, entry.id()))
}

pub(crate) async fn one<const N: usize, E: Entry<N> + Named>(
    State(api): State<Inventory>,
    Known(caller): Known,
    asked: Asked,
    Segments(id): Segments<String>,
) -> Response {
    answer(&asked, find::<N, E>(&api, &caller, &asked, id).await)
}

async fn find<const N: usize, E: Entry<N> + Named>(
    api: &Inventory,
    caller: &Caller,
    asked: &Asked,
    id: String,
) -> Result<Reply, Failure> {
    if !can_hold(&id) {
        return Err(Failure::NotFound);
    }
    let account = caller.account.clone();
    let found: Option<E> = api.kernel.db.read(move |tx| store::find::<N, E>(tx, &account, &id)).await?;
    Reply::json(asked, StatusCode::OK, &view(asked, &found.ok_or(Failure::NotFound)?))
}

pub(crate) async fn store<const N: usize, E: Entry<N> + Named>(
    State(api): State<Inventory>,
    Known(caller): Known,
    asked: Asked,
    content: Content,
) -> Response {
    let asked = asked.entered(&content);
    answer(&asked, keep::<N, E>(&api, &caller, &asked, content).await)
}

async fn keep<const N: usize, E: Entry<N> + Named>(
    api: &Inventory,
    caller: &Caller,
    asked: &Asked,
    content: Content,
) -> Result<Reply, Failure> {
    let Came { objects, is_list } = parsed(content, wire::entries::<E>).await?;
    let (account, skip, of) = (caller.account.clone(), skips(asked, is_list), objects.len());
    let (mut refused, mut sound) = (Refused::default(), Vec::with_capacity(objects.len()));
    for (place, entry) in objects.into_iter().enumerate() {
        match entry {
            Ok(entry) => sound.push(entry),
            Err(faults) if !is_list => return Err(Failure::Faulty(faults)),
            Err(faults) => refused.add(place, faults),
        }
    }
    if refused.count > 0 && !skip {
        return Err(Failure::Refused(refused, of));
    }
    let one = sound.first().filter(|_| !is_list);
    let location = one.map(|entry| asked.thing(E::COLLECTION, entry.id()));
    let (updated, inserted) = api.kernel.db.write(move |tx| store::upsert(tx, &account, &sound)).await?;
    let view = StoredView {
        updated,
        inserted,
        refused: skip.then_some(refused.count),
        errors: skip.then_some(refused.errors),
    };
    stored(asked, &view, location)
}

pub(crate) async fn options_of_list<E: Named + 'static>(
    State(_): State<Inventory>,
    _: Known,
    asked: Asked,
) -> Response {
    answer(&asked, Reply::json(&asked, StatusCode::OK, &E::collection()))
}

pub(crate) async fn options_of_one<E: Named + 'static>(
    State(_): State<Inventory>,
    _: Known,
    asked: Asked,
) -> Response {
    answer(&asked, Reply::json(&asked, StatusCode::OK, &E::one()))
}
