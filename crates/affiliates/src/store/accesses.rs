//! Accesses.

use std::collections::HashMap;

use kernel::clock::Micros;
use kernel::db::{self, Tx, Value};
use kernel::events::{self, Event};
use serde::Serialize;
use uuid::Uuid;

use super::places::{History, Places, Ties};
use super::{SUPPLIER, Supplier, supplier_of};
use crate::rules::{Days, Error, Span};
use crate::wire::{self, Details};

pub(super) const HISTORY: History = History { table: "affiliates_accesses" };

/// The places of the accesses of some days.
pub(crate) fn span(tx: &mut Tx<'_>, supplier: &Supplier, days: Days) -> Result<Span, Error> {
    Ok(HISTORY.span(tx, supplier, days)?)
}

/// The accesses of some places as JSON, the newest first.
pub(crate) fn list(tx: &mut Tx<'_>, supplier: &Supplier, span: Span) -> Result<Vec<String>, db::Error> {
    tx.query(
        "SELECT id, uuid, pcrid, record FROM affiliates_accesses \
         WHERE supplier = $1 AND place BETWEEN $2 AND $3 ORDER BY place DESC",
        &[supplier.number.into(), span.first.into(), span.last.into()],
        |row| {
            let (uuid, record): (String, String) = (row.get(1)?, row.get(3)?);
            Ok(wire::assembled(row.get(0)?, &uuid, row.get(2)?, &supplier.ecommerce_hash, &record))
        },
    )
}

/// What the event of an access says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded<'a> {
    id: i64,
    uuid: &'a str,
    pcrid: i64,
    tags: &'a [String],
    utm_source: &'a str,
    utm_medium: &'a str,
    #[serde(rename = "created_at")]
    created_at: &'a str,
}

/// An access to be recorded.
#[derive(Debug)]
pub(crate) struct Visit {
    ecommerce_hash: String,
    pcrid: i64,
    uuid: String,
    created_at: Micros,
    details: Details,
    /// The details as JSON.
    record: String,
}

impl Visit {
    /// An access of the supplier with this hash, which has its name, and the form in which it is kept, from now on.
    pub(crate) fn new(ecommerce_hash: String, pcrid: i64, created_at: Micros, details: Details) -> Self {
        // Texts and numbers cannot fail to be JSON.
        let record = serde_json::to_string(&details).unwrap_or_default();
        let uuid = Uuid::new_v4().to_string();
        Self { ecommerce_hash, pcrid, uuid, created_at, details, record }
    }
}

/// Records accesses, and says of each whether its supplier is known. Those of nobody are left out.
pub(crate) fn record(tx: &mut Tx<'_>, visits: &[Visit]) -> Result<Vec<bool>, db::Error> {
    let mut hashes: Vec<&str> = visits.iter().map(|visit| visit.ecommerce_hash.as_str()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let sql = format!("{SUPPLIER} WHERE ecommerce_hash IN ()");
    let suppliers = tx.query_in(&sql, &[], &hashes, supplier_of)?;
    let suppliers: HashMap<&str, &Supplier> =
        suppliers.iter().map(|supplier| (supplier.ecommerce_hash.as_str(), supplier)).collect();
    let mut known: Vec<(&Visit, &Supplier)> = visits
        .iter()
        .filter_map(|visit| Some((visit, *suppliers.get(visit.ecommerce_hash.as_str())?)))
        .collect();
    // One may have overtaken another on its way here.
    known.sort_by_key(|(visit, _)| visit.created_at);
    if let Some((first, _)) = known.first() {
        insert(tx, first.created_at, &known)?;
    }
    Ok(visits.iter().map(|visit| suppliers.contains_key(visit.ecommerce_hash.as_str())).collect())
}

fn insert(tx: &mut Tx<'_>, now: Micros, visits: &[(&Visit, &Supplier)]) -> Result<(), db::Error> {
    let last_id =
        tx.query_opt("SELECT id FROM affiliates_accesses ORDER BY id DESC LIMIT 1", &[], |row| {
            row.get::<i64>(0)
        })?;
    let first_id = last_id.unwrap_or(0) + 1;
    let mut places = Places::of(&HISTORY, Ties::InOrder);
    let mut rows = Vec::with_capacity(visits.len());
    let mut told = Vec::with_capacity(visits.len());
    for (id, (visit, supplier)) in (first_id..).zip(visits) {
        let place = places.next(tx, supplier.number, visit.created_at)?;
        rows.push(row(id, supplier.number, place, visit.created_at, &visit.uuid, visit.pcrid, &visit.record));
        let data = Recorded {
            id,
            uuid: &visit.uuid,
            pcrid: visit.pcrid,
            tags: &visit.details.tags,
            utm_source: &visit.details.utm_source,
            utm_medium: &visit.details.utm_medium,
            created_at: &visit.details.created_at,
        };
        told.push(Event::new(
            "affiliates.access.recorded",
            format!("access:{id}"),
            &supplier.account,
            &data,
        )?);
    }
    insert_rows(tx, &rows)?;
    events::publish(tx, now, &told)?;
    places.settle(tx).map(drop)
}

/// The values of an access, in the order in which [`insert_rows`] takes them.
pub(super) fn row<'v>(
    id: i64,
    supplier: i64,
    place: i64,
    created_at: Micros,
    uuid: &'v str,
    pcrid: i64,
    record: &'v str,
) -> [Value<'v>; 7] {
    [id.into(), supplier.into(), place.into(), created_at.into(), uuid.into(), pcrid.into(), record.into()]
}

pub(super) fn insert_rows(tx: &mut Tx<'_>, rows: &[[Value<'_>; 7]]) -> Result<(), db::Error> {
    tx.insert_many(
        "INSERT INTO affiliates_accesses (id, supplier, place, created_at, uuid, pcrid, record) VALUES",
        "",
        rows,
    )?;
    Ok(())
}
