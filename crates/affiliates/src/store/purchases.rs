//! Sales.

use std::collections::HashMap;

use kernel::clock::Micros;
use kernel::db::{self, Row, Tx};
use kernel::events::{self, Event};
use serde::Serialize;
use serde_json::value::RawValue;

use super::places::{History, Places, Settled, Ties};
use super::{Supplier, tallies};
use crate::rules::{Amount, Days, Error, Page, Rate, Span, Status, commission};
use crate::wire::{Purchase, Sale, Update, padded};

pub(super) const HISTORY: History = History { table: "affiliates_purchases" };

/// The columns of a sale, in the order in which [`purchase_of`] reads them.
pub(super) const COLUMNS: &str = "id, pcrid, status, sent_status, purchase_date, purchase_time, price, payment_commission_date, \
                       commission_base, commission_value, contact_name, tags, extra, created_at";

pub(super) fn purchase_of(row: &Row<'_>) -> Result<Purchase, db::Error> {
    let json = |index| -> Result<Box<RawValue>, db::Error> {
        RawValue::from_string(row.get(index)?).map_err(|error| db::Error::Statement(error.to_string()))
    };
    let amount = |index| Ok::<_, db::Error>(Amount::from_units(row.get(index)?));
    Ok(Purchase {
        sale: Sale {
            id: row.get(0)?,
            pcrid: row.get(1)?,
            status: status_of(row, 3)?,
            purchase_date: row.get(4)?,
            purchase_time: row.get(5)?,
            price: amount(6)?,
            payment_commission_date: row.get(7)?,
            commission_base: amount(8)?,
            contact_name: row.get(10)?,
            tags: json(11)?,
            extra: json(12)?,
        },
        status: status_of(row, 2)?,
        commission_value: amount(9)?,
        created_at: row.get(13)?,
    })
}

fn status_of(row: &Row<'_>, index: usize) -> Result<Status, db::Error> {
    Status::of_code(row.get(index)?).ok_or_else(|| db::Error::Statement("a sale of no status".into()))
}

/// The sales of some days, of a status or of all.
pub(crate) struct Found {
    span: Span,
    filter: Option<Filter>,
}

/// The sales of one status among those of a span.
struct Filter {
    status: Status,
    /// How many of the status there are up to the end of the span.
    last: i64,
    count: i64,
}

impl Found {
    /// How many there are.
    pub(crate) fn len(&self) -> i64 {
        self.filter.as_ref().map_or(self.span.len(), |filter| filter.count)
    }
}

/// Finds the sales of some days.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    supplier: &Supplier,
    days: Days,
    status: Option<Status>,
) -> Result<Found, Error> {
    let span = HISTORY.span(tx, supplier, days)?;
    let filter = match status {
        Some(status) if span.len() > 0 => {
            let ends = [span.first - 1, span.last];
            let [before, last] = tallies::up_to(tx, supplier.number, status, ends)?;
            Some(Filter { status, last, count: last - before })
        }
        _ => None,
    };
    Ok(Found { span, filter })
}

/// A page of them as JSON, the newest first.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    supplier: &Supplier,
    found: &Found,
    page: Page,
) -> Result<Vec<String>, Error> {
    if page.len() == 0 {
        return Ok(Vec::new());
    }
    let view = |row: &Row<'_>| {
        let purchase = purchase_of(row)?;
        serde_json::to_string(&purchase.view(&supplier.zone))
            .map_err(|error| db::Error::Statement(error.to_string()))
    };
    let entries = match &found.filter {
        None => {
            let Span { first, last } = page.part_of(found.span);
            let sql = format!(
                "SELECT {COLUMNS} FROM affiliates_purchases \
                 WHERE supplier = $1 AND place BETWEEN $2 AND $3 ORDER BY place DESC"
            );
            tx.query(&sql, &[supplier.number.into(), first.into(), last.into()], view)?
        }
        Some(Filter { status, last, .. }) => {
            let top = tallies::place_of(tx, supplier.number, *status, last - page.skipped())?;
            let sql = format!(
                "SELECT {COLUMNS} FROM affiliates_purchases \
                 WHERE supplier = $1 AND status = $2 AND place <= $3 ORDER BY place DESC LIMIT $4"
            );
            let params = [supplier.number.into(), status.code().into(), top.into(), page.len().into()];
            tx.query(&sql, &params, view)?
        }
    };
    Ok(entries)
}

/// What the event of a new sale says.
#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    pcrid: i64,
    status: i64,
    #[serde(serialize_with = "padded")]
    price: Amount,
    #[serde(serialize_with = "padded")]
    commission_base: Amount,
    #[serde(serialize_with = "padded")]
    commission_value: Amount,
}

/// What the event of a change of status says.
#[derive(Serialize)]
struct StatusChanged<'a> {
    id: &'a str,
    pcrid: i64,
    from: i64,
    to: i64,
}

fn entity(supplier: &Supplier, id: &str) -> String {
    format!("purchase:{}:{id}", supplier.number)
}

/// Adds sales, all or none. Those that were sent before just so are there already.
pub(crate) fn add(tx: &mut Tx<'_>, supplier: &Supplier, now: Micros, sales: &[Sale]) -> Result<(), Error> {
    let there = sent_before(tx, supplier, sales)?;
    let is_other = |sale: &&Sale| there.get(&sale.id).is_some_and(|before| !before.is_same(sale));
    let others: Vec<&str> = sales.iter().filter(is_other).map(|sale| sale.id.as_str()).collect();
    if !others.is_empty() {
        return Err(Error::ids("id já cadastrado com outros dados", others));
    }
    let mut fresh: Vec<&Sale> = sales.iter().filter(|sale| !there.contains_key(&sale.id)).collect();
    fresh.sort_by(|one, other| one.id.cmp(&other.id));
    let rates = rates(tx, supplier, &fresh)?;
    let purchases: Vec<Purchase> = fresh
        .into_iter()
        .map(|sale| {
            let rate = rates.get(&sale.pcrid).copied().unwrap_or(supplier.default_rate);
            Purchase {
                sale: sale.clone(),
                status: sale.status,
                commission_value: commission(sale.commission_base, rate),
                created_at: now,
            }
        })
        .collect();
    let mut places = Places::of(&HISTORY, Ties::InOrder);
    let rows: Vec<_> = purchases.iter().map(|purchase| (supplier, purchase)).collect();
    let inserted = insert(tx, &mut places, &rows)?;
    tallies::add(tx, supplier.number, inserted.into_iter().map(|(status, place)| (status, place, 1)))?;
    for Settled { supplier, moved, .. } in places.settle(tx)? {
        if let Some(place) = moved {
            tallies::recount(tx, supplier, place)?;
        }
    }
    let created = purchases.iter().map(|Purchase { sale, commission_value, .. }| {
        let data = Created {
            id: &sale.id,
            pcrid: sale.pcrid,
            status: sale.status.code(),
            price: sale.price,
            commission_base: sale.commission_base,
            commission_value: *commission_value,
        };
        Event::new("affiliates.purchase.created", entity(supplier, &sale.id), &supplier.account, &data)
    });
    Ok(events::publish(tx, now, &created.collect::<Result<Vec<_>, _>>()?)?)
}

fn sent_before(tx: &mut Tx<'_>, supplier: &Supplier, sales: &[Sale]) -> Result<HashMap<String, Sale>, Error> {
    let ids: Vec<&str> = sales.iter().map(|sale| sale.id.as_str()).collect();
    let found = with_ids(tx, supplier.number, &ids)?;
    Ok(found.into_iter().map(|(purchase, _)| (purchase.sale.id.clone(), purchase.sale)).collect())
}

/// Sales by their ids.
pub(super) fn with_ids(
    tx: &mut Tx<'_>,
    supplier: i64,
    ids: &[&str],
) -> Result<Vec<(Purchase, Standing)>, db::Error> {
    let sql = format!("SELECT {COLUMNS}, place FROM affiliates_purchases WHERE supplier = $1 AND id IN ()");
    tx.query_in(&sql, &[supplier.into()], ids, |row| {
        let purchase = purchase_of(row)?;
        let standing = Standing { status: purchase.status, place: row.get(14)?, pcrid: purchase.sale.pcrid };
        Ok((purchase, standing))
    })
}

/// The rates of affiliates that have one of their own: for this supplier, else for all.
fn rates(tx: &mut Tx<'_>, supplier: &Supplier, sales: &[&Sale]) -> Result<HashMap<i64, Rate>, Error> {
    let mut pcrids: Vec<i64> = sales.iter().map(|sale| sale.pcrid).collect();
    pcrids.sort_unstable();
    pcrids.dedup();
    let sql = "SELECT affiliates_affiliates.pcrid, coalesce(affiliates_rates.rate, affiliates_affiliates.rate) \
               FROM affiliates_affiliates LEFT JOIN affiliates_rates \
               ON affiliates_rates.pcrid = affiliates_affiliates.pcrid AND affiliates_rates.supplier = $1 \
               WHERE affiliates_affiliates.pcrid IN ()";
    let found = tx.query_in(sql, &[supplier.number.into()], &pcrids, |row| {
        Ok((row.get::<i64>(0)?, row.get::<Option<i64>>(1)?))
    })?;
    let rates = found.into_iter().filter_map(|(pcrid, rate)| Some((pcrid, Rate::from_units(rate?))));
    Ok(rates.collect())
}

/// Inserts sales that are not there yet, and names the places that they get. Nobody has counted them there.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    places: &mut Places,
    purchases: &[(&Supplier, &Purchase)],
) -> Result<Vec<(Status, i64)>, db::Error> {
    let mut rows = Vec::with_capacity(purchases.len());
    let mut inserted = Vec::with_capacity(purchases.len());
    for (supplier, Purchase { sale, status, commission_value, created_at }) in purchases {
        let place = places.next(tx, supplier.number, *created_at)?;
        inserted.push((*status, place));
        rows.push([
            supplier.number.into(),
            (&sale.id).into(),
            place.into(),
            (*created_at).into(),
            sale.pcrid.into(),
            status.code().into(),
            sale.status.code().into(),
            sale.purchase_date.into(),
            sale.purchase_time.as_deref().into(),
            sale.price.units().into(),
            sale.payment_commission_date.into(),
            sale.commission_base.units().into(),
            commission_value.units().into(),
            (&sale.contact_name).into(),
            sale.tags.get().into(),
            sale.extra.get().into(),
        ]);
    }
    tx.insert_many(
        "INSERT INTO affiliates_purchases (supplier, id, place, created_at, pcrid, status, sent_status, purchase_date, \
         purchase_time, price, payment_commission_date, commission_base, commission_value, contact_name, tags, extra) VALUES",
        "",
        &rows,
    )?;
    Ok(inserted)
}

/// Changes the status of sales, all or none.
pub(crate) fn update(
    tx: &mut Tx<'_>,
    supplier: &Supplier,
    now: Micros,
    updates: &[Update],
) -> Result<(), Error> {
    let ids: Vec<&str> = updates.iter().map(|update| update.id.as_str()).collect();
    let found: HashMap<String, Standing> = with_ids(tx, supplier.number, &ids)?
        .into_iter()
        .map(|(purchase, standing)| (purchase.sale.id, standing))
        .collect();
    let unknown: Vec<&str> = ids.into_iter().filter(|id| !found.contains_key(*id)).collect();
    if !unknown.is_empty() {
        return Err(Error::ids("id desconhecido", unknown));
    }
    let changed: Vec<(&str, Status, &Standing)> = updates
        .iter()
        .filter_map(|Update { id, status }| Some((id.as_str(), *status, found.get(id)?)))
        .filter(|(_, status, standing)| standing.status != *status)
        .collect();
    set_status(tx, supplier, now, &changed)?;
    let told = changed.iter().map(|(id, to, standing)| {
        let data = StatusChanged { id, pcrid: standing.pcrid, from: standing.status.code(), to: to.code() };
        Event::new("affiliates.purchase.status_changed", entity(supplier, id), &supplier.account, &data)
    });
    Ok(events::publish(tx, now, &told.collect::<Result<Vec<_>, _>>()?)?)
}

/// How a sale stands.
pub(super) struct Standing {
    status: Status,
    place: i64,
    pcrid: i64,
}

/// Gives sales another status than they have, and keeps that they had it.
pub(super) fn set_status(
    tx: &mut Tx<'_>,
    supplier: &Supplier,
    now: Micros,
    changed: &[(&str, Status, &Standing)],
) -> Result<(), db::Error> {
    for status in Status::ALL {
        let ids: Vec<&str> = changed.iter().filter(|(_, to, _)| *to == status).map(|(id, ..)| *id).collect();
        let sql = "UPDATE affiliates_purchases SET status = $1 WHERE supplier = $2 AND id IN ()";
        tx.query_in(sql, &[status.code().into(), supplier.number.into()], &ids, |_| Ok(()))?;
    }
    let rows: Vec<_> = changed
        .iter()
        .map(|(id, to, standing)| {
            [
                supplier.number.into(),
                (*id).into(),
                now.into(),
                standing.status.code().into(),
                to.code().into(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO affiliates_changes (supplier, id, changed_at, from_status, to_status) VALUES",
        "",
        &rows,
    )?;
    let moved = changed
        .iter()
        .flat_map(|(_, to, standing)| [(standing.status, standing.place, -1), (*to, standing.place, 1)]);
    tallies::add(tx, supplier.number, moved)
}
