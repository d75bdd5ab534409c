//! Suppliers and affiliates, in and out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kernel::db::{Error as DbError, Tx};
use kernel::transfer::{ImportError, Summary};

use super::{SUPPLIER, Supplier, supplier_of};
use crate::rules::Rate;
use crate::transfer::document::{AffiliateDoc, RateDoc, SupplierDoc};

/// Whether there are none.
pub(crate) fn is_empty(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    let rows =
        "SELECT (SELECT count(*) FROM affiliates_suppliers) + (SELECT count(*) FROM affiliates_affiliates)";
    Ok(tx.query_opt(rows, &[], |row| row.get::<i64>(0))? == Some(0))
}

/// All suppliers, by their accounts.
pub(crate) fn by_account(tx: &mut Tx<'_>) -> Result<HashMap<String, Arc<Supplier>>, DbError> {
    let suppliers = tx.query(SUPPLIER, &[], supplier_of)?;
    Ok(suppliers.into_iter().map(|supplier| (supplier.account.clone(), Arc::new(supplier))).collect())
}

/// All suppliers, as a file has them.
pub(crate) fn suppliers(tx: &mut Tx<'_>) -> Result<Vec<SupplierDoc>, DbError> {
    let sql =
        "SELECT account, ecommerce_hash, timezone, default_rate FROM affiliates_suppliers ORDER BY account";
    tx.query(sql, &[], |row| {
        Ok(SupplierDoc {
            account: row.get(0)?,
            ecommerce_hash: row.get(1)?,
            timezone: row.get(2)?,
            default_rate: Rate::from_units(row.get(3)?),
        })
    })
}

/// All affiliates, as a file has them.
pub(crate) fn affiliates(tx: &mut Tx<'_>) -> Result<Vec<AffiliateDoc>, DbError> {
    let mut rates: HashMap<i64, BTreeMap<String, RateDoc>> = HashMap::new();
    let sql = "SELECT affiliates_rates.pcrid, affiliates_suppliers.account, affiliates_rates.rate FROM affiliates_rates \
               JOIN affiliates_suppliers ON affiliates_suppliers.supplier = affiliates_rates.supplier";
    tx.each(sql, &[], |row| {
        rates.entry(row.get(0)?).or_default().insert(row.get(1)?, RateDoc(Rate::from_units(row.get(2)?)));
        Ok::<_, DbError>(())
    })?;
    tx.query("SELECT pcrid, name, rate FROM affiliates_affiliates ORDER BY pcrid", &[], |row| {
        let pcrid = row.get(0)?;
        Ok(AffiliateDoc {
            pcrid,
            name: row.get(1)?,
            rate: row.get::<Option<i64>>(2)?.map(|rate| RateDoc(Rate::from_units(rate))),
            rates: rates.remove(&pcrid).unwrap_or_default(),
        })
    })
}

/// Stores suppliers and affiliates. Those that a file does not have stay as they are.
pub(crate) fn store(
    tx: &mut Tx<'_>,
    suppliers: &[SupplierDoc],
    affiliates: &[AffiliateDoc],
) -> Result<Summary, ImportError> {
    let mut summary = Summary::default();
    let there: HashMap<String, SupplierDoc> =
        self::suppliers(tx)?.into_iter().map(|supplier| (supplier.account.clone(), supplier)).collect();
    for supplier in suppliers {
        match there.get(&supplier.account) {
            Some(before) if before == supplier => summary.unchanged += 1,
            Some(_) => summary.updated += 1,
            None => summary.inserted += 1,
        }
        if there.get(&supplier.account) != Some(supplier) {
            store_supplier(tx, supplier)?;
        }
    }
    let numbers = by_account(tx)?;
    let there: HashMap<i64, AffiliateDoc> =
        self::affiliates(tx)?.into_iter().map(|affiliate| (affiliate.pcrid, affiliate)).collect();
    for affiliate in affiliates {
        match there.get(&affiliate.pcrid) {
            Some(before) if before == affiliate => summary.unchanged += 1,
            Some(_) => summary.updated += 1,
            None => summary.inserted += 1,
        }
        if there.get(&affiliate.pcrid) != Some(affiliate) {
            store_affiliate(tx, &numbers, affiliate)?;
        }
    }
    Ok(summary)
}

fn store_supplier(tx: &mut Tx<'_>, supplier: &SupplierDoc) -> Result<(), ImportError> {
    let SupplierDoc { account, ecommerce_hash, timezone, default_rate } = supplier;
    let owner = tx.query_opt(
        "SELECT account FROM affiliates_suppliers WHERE ecommerce_hash = $1 AND account <> $2",
        &[ecommerce_hash.into(), account.into()],
        |row| row.get::<String>(0),
    )?;
    if let Some(owner) = owner {
        return Err(ImportError::Conflict(format!(
            "{account}: the ecommerceHash {ecommerce_hash} is that of {owner}"
        )));
    }
    tx.execute(
        "INSERT INTO affiliates_suppliers (account, ecommerce_hash, timezone, default_rate) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account) DO UPDATE SET ecommerce_hash = excluded.ecommerce_hash, \
         timezone = excluded.timezone, default_rate = excluded.default_rate",
        &[account.into(), ecommerce_hash.into(), timezone.into(), default_rate.units().into()],
    )?;
    Ok(())
}

fn store_affiliate(
    tx: &mut Tx<'_>,
    suppliers: &HashMap<String, Arc<Supplier>>,
    affiliate: &AffiliateDoc,
) -> Result<(), ImportError> {
    let AffiliateDoc { pcrid, name, rate, rates } = affiliate;
    tx.execute(
        "INSERT INTO affiliates_affiliates (pcrid, name, rate) VALUES ($1, $2, $3) \
         ON CONFLICT (pcrid) DO UPDATE SET name = excluded.name, rate = excluded.rate",
        &[(*pcrid).into(), name.into(), rate.map(|RateDoc(rate)| rate.units()).into()],
    )?;
    tx.execute("DELETE FROM affiliates_rates WHERE pcrid = $1", &[(*pcrid).into()])?;
    let mut rows = Vec::new();
    for (account, RateDoc(rate)) in rates {
        let supplier = suppliers.get(account).ok_or_else(|| {
            ImportError::Conflict(format!("affiliate {pcrid} has a rate for {account}, which is no supplier"))
        })?;
        rows.push([(*pcrid).into(), supplier.number.into(), rate.units().into()]);
    }
    tx.insert_many("INSERT INTO affiliates_rates (pcrid, supplier, rate) VALUES", "", &rows)?;
    Ok(())
}
