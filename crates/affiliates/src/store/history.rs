//! Histories of suppliers, in and out.
//!
//! What has happened does not change: an access or a sale that is there must be the same in the file. Only the status
//! of a sale goes on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use kernel::transfer::{ExportError, Growth, ImportError, ListsWriter, Summary};

use super::places::{Places, Settled, Ties};
use super::purchases::{self, Standing};
use super::{SUPPLIER, Supplier, accesses, supplier_of, tallies};
use crate::transfer::document::ImportedAccess;
use crate::wire::{self, Purchase};

/// Takes histories in, some entries at a time.
pub(crate) struct Intake {
    accesses: Places,
    purchases: Places,
    growth_of_accesses: Growth,
    growth_of_purchases: Growth,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            accesses: Places::of(&accesses::HISTORY, Ties::InAnyOrder),
            purchases: Places::of(&purchases::HISTORY, Ties::InAnyOrder),
            growth_of_accesses: Growth::of(&["affiliates_accesses"]),
            growth_of_purchases: Growth::of(&["affiliates_purchases"]),
        }
    }
}

impl Intake {
    /// Stores accesses, which keep their ids.
    pub(crate) fn store_accesses(
        &mut self,
        tx: &mut Tx<'_>,
        accesses: &[ImportedAccess],
    ) -> Result<Summary, ImportError> {
        let ids: Vec<i64> = accesses.iter().map(|access| access.id).collect();
        let sql =
            "SELECT id, supplier, uuid, pcrid, created_at, record FROM affiliates_accesses WHERE id IN ()";
        let there = tx.query_in(sql, &[], &ids, |row| {
            Ok(ImportedAccess {
                id: row.get(0)?,
                supplier: row.get(1)?,
                uuid: row.get(2)?,
                pcrid: row.get(3)?,
                created_at: row.get(4)?,
                record: row.get(5)?,
            })
        })?;
        let mut known: HashMap<i64, &ImportedAccess> =
            there.iter().map(|access| (access.id, access)).collect();
        let mut summary = Summary::default();
        let mut rows = Vec::new();
        for access in accesses {
            let slot = match known.entry(access.id) {
                Entry::Occupied(before) if **before.get() == *access => {
                    summary.unchanged += 1;
                    continue;
                }
                Entry::Occupied(_) => {
                    return Err(ImportError::Conflict(format!(
                        "the id {} is another access's already",
                        access.id
                    )));
                }
                Entry::Vacant(slot) => slot,
            };
            slot.insert(access);
            summary.inserted += 1;
            let place = self.accesses.next(tx, access.supplier, access.created_at)?;
            rows.push(accesses::row(
                access.id,
                access.supplier,
                place,
                access.created_at,
                &access.uuid,
                access.pcrid,
                &access.record,
            ));
        }
        accesses::insert_rows(tx, &rows)?;
        self.growth_of_accesses.add(tx, summary.inserted)?;
        Ok(summary)
    }

    /// Stores sales, with the commission that they have earned.
    pub(crate) fn store_purchases(
        &mut self,
        tx: &mut Tx<'_>,
        now: Micros,
        purchases: &[(Arc<Supplier>, Purchase)],
    ) -> Result<Summary, ImportError> {
        let mut summary = Summary::default();
        let mut seen: HashMap<Name<'_>, &Purchase> = HashMap::new();
        let mut rows = Vec::new();
        let there = stored(tx, purchases)?;
        for (supplier, purchase) in purchases {
            let name = (supplier.number, purchase.sale.id.as_str());
            let other = || {
                let (account, id) = (&supplier.account, &purchase.sale.id);
                ImportError::Conflict(format!("{account} has another sale of the id {id:?} already"))
            };
            if let Some(before) = seen.insert(name, purchase) {
                if !is_same(before, purchase) || before.status != purchase.status {
                    return Err(other());
                }
                summary.unchanged += 1;
            } else if let Some((before, standing)) = there.get(&name) {
                if !is_same(before, purchase) {
                    return Err(other());
                }
                if before.status == purchase.status {
                    summary.unchanged += 1;
                } else {
                    purchases::set_status(tx, supplier, now, &[(name.1, purchase.status, standing)])?;
                    summary.updated += 1;
                }
            } else {
                summary.inserted += 1;
                rows.push((&**supplier, purchase));
            }
        }
        purchases::insert(tx, &mut self.purchases, &rows)?;
        self.growth_of_purchases.add(tx, summary.inserted)?;
        Ok(summary)
    }

    /// Puts everything into its order, at the end.
    pub(crate) fn settle(self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.accesses.settle(tx)?;
        // Counted once and not with each batch: PostgreSQL keeps every version of a count that changes until the end.
        for Settled { supplier, given, moved } in self.purchases.settle(tx)? {
            tallies::recount(tx, supplier, moved.map_or(given, |moved| moved.min(given)))?;
        }
        Ok(())
    }
}

/// What names a sale: its supplier and its id.
type Name<'p> = (i64, &'p str);

/// The sales among these that are there.
fn stored<'p>(
    tx: &mut Tx<'_>,
    purchases: &'p [(Arc<Supplier>, Purchase)],
) -> Result<HashMap<Name<'p>, (Purchase, Standing)>, DbError> {
    let mut ids: HashMap<i64, HashMap<&str, &'p str>> = HashMap::new();
    for (supplier, purchase) in purchases {
        let id = purchase.sale.id.as_str();
        ids.entry(supplier.number).or_default().insert(id, id);
    }
    let mut found = HashMap::new();
    for (supplier, ids) in ids {
        let list: Vec<&str> = ids.values().copied().collect();
        for (purchase, standing) in purchases::with_ids(tx, supplier, &list)? {
            if let Some(id) = ids.get(purchase.sale.id.as_str()) {
                found.insert((supplier, *id), (purchase, standing));
            }
        }
    }
    Ok(found)
}

fn is_same(before: &Purchase, purchase: &Purchase) -> bool {
    before.sale.is_same_but_for_its_status(&purchase.sale)
        && before.created_at == purchase.created_at
        && before.commission_value == purchase.commission_value
}

/// Writes all accesses, by their suppliers, the oldest first.
pub(crate) fn export_accesses(tx: &mut Tx<'_>, lists: &mut ListsWriter<'_>) -> Result<(), ExportError> {
    for supplier in suppliers(tx)? {
        let sql =
            "SELECT id, uuid, pcrid, record FROM affiliates_accesses WHERE supplier = $1 ORDER BY place";
        tx.each(sql, &[supplier.number.into()], |row| {
            let (uuid, record): (String, String) = (row.get(1)?, row.get(3)?);
            let access = wire::assembled(row.get(0)?, &uuid, row.get(2)?, &supplier.ecommerce_hash, &record);
            lists.json(&of_account(&supplier, &access))
        })?;
    }
    Ok(())
}

/// Writes all sales, by their suppliers, the oldest first.
pub(crate) fn export_purchases(tx: &mut Tx<'_>, lists: &mut ListsWriter<'_>) -> Result<(), ExportError> {
    for supplier in suppliers(tx)? {
        let columns = purchases::COLUMNS;
        let sql = format!("SELECT {columns} FROM affiliates_purchases WHERE supplier = $1 ORDER BY place");
        tx.each(&sql, &[supplier.number.into()], |row| {
            let purchase = purchases::purchase_of(row)?;
            let view = serde_json::to_string(&purchase.view(&supplier.zone)).map_err(std::io::Error::from)?;
            lists.json(&of_account(&supplier, &view))
        })?;
    }
    Ok(())
}

fn suppliers(tx: &mut Tx<'_>) -> Result<Vec<Supplier>, DbError> {
    tx.query(&format!("{SUPPLIER} ORDER BY account"), &[], supplier_of)
}

/// An object that is JSON already, with its account.
fn of_account(supplier: &Supplier, object: &str) -> String {
    let account = serde_json::Value::from(supplier.account.as_str());
    let rest = object.strip_prefix('{').unwrap_or(object);
    format!("{{\"account\":{account},{rest}")
}
