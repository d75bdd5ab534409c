//! Stock on its way in by file: piece by piece, and told as one.

use std::collections::{BTreeSet, HashMap};

use kernel::clock::Micros;
use kernel::db::{Error, Tx};
use kernel::transfer::{Growth, Summary};

use super::upload::{Counts, Key, Sound, Touched, faults, known, write};
use super::{Account, claim};
use crate::rules::{Faults, Upload, Values};

/// Counts that are held back before they are written. Consecutive pieces touch the same ones.
const COUNTS_AT_MOST: usize = 100_000;

/// Why a piece was not stored.
pub(crate) enum Mistake {
    /// The object at this place in the piece is faulty.
    Faulty(usize, Faults),
    Db(Error),
}

impl From<Error> for Mistake {
    fn from(error: Error) -> Self {
        Self::Db(error)
    }
}

/// What is stored of a file so far.
pub(crate) struct Intake {
    account: Account,
    /// What stock may refer to. There is little of it beside the stock.
    shops: HashMap<String, i64>,
    products: HashMap<String, i64>,
    counts: Counts,
    summary: Summary,
    days: BTreeSet<i64>,
    touched: BTreeSet<i64>,
    growth: Growth,
}

impl Intake {
    pub(crate) fn begin(tx: &mut Tx<'_>, account_name: &str) -> Result<Self, Error> {
        let account = claim(tx, account_name)?;
        let mut numbers = |sql| {
            let rows = tx.query(sql, &[account.number.into()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok::<_, Error>(HashMap::from_iter(rows))
        };
        Ok(Self {
            shops: numbers("SELECT shop_id, number FROM inventory_shops WHERE account = $1")?,
            products: numbers("SELECT product_id, number FROM inventory_products WHERE account = $1")?,
            account,
            counts: Counts::default(),
            summary: Summary::default(),
            days: BTreeSet::new(),
            touched: BTreeSet::new(),
            growth: Growth::of(&["inventory_stock", "inventory_product_days"]),
        })
    }

    /// Stores a piece; what is there just so is left alone.
    pub(crate) fn store(&mut self, tx: &mut Tx<'_>, piece: &Upload) -> Result<(), Mistake> {
        let mut sound = Sound::default();
        let number = |of: Option<usize>, ids: &[String], numbers: &HashMap<String, i64>| {
            of.and_then(|at| numbers.get(ids.get(at)?).copied())
        };
        for (place, draft) in piece.drafts.iter().enumerate() {
            let shop = number(draft.shop, piece.shops.list(), &self.shops);
            let product = number(draft.product, piece.products.list(), &self.products);
            match (shop, product, &draft.values) {
                (Some(shop), Some(product), Ok(values)) => sound.add((values.day.0, shop, product), *values),
                (shop, product, _) => {
                    let faults = faults(draft, piece, shop.is_some(), product.is_some());
                    return Err(Mistake::Faulty(place, faults));
                }
            }
        }
        Ok(self.write(tx, sound.objects)?)
    }

    fn write(&mut self, tx: &mut Tx<'_>, mut objects: Vec<(Key, Values)>) -> Result<(), Error> {
        let known = known(tx, self.account.number, &objects, &self.counts)?;
        let of = objects.len();
        objects.retain(|(key, values)| known.get(key).is_none_or(|known| known.values != *values));
        let (inserted, _) = write(tx, self.account, &objects, &known, &mut self.counts)?;
        self.account.stock += inserted;
        if self.counts.len() > COUNTS_AT_MOST {
            std::mem::take(&mut self.counts).write(tx, self.account.number)?;
        }
        for ((day, shop, _), _) in &objects {
            self.days.insert(*day);
            self.touched.insert(*shop);
        }
        let inserted = inserted.unsigned_abs();
        self.growth.add(tx, inserted)?;
        self.summary += Summary {
            inserted,
            updated: objects.len() as u64 - inserted,
            removed: 0,
            unchanged: (of - objects.len()) as u64,
        };
        Ok(())
    }

    /// Writes what was held back, and tells what was stored.
    pub(crate) fn finish(self, tx: &mut Tx<'_>, now: Micros, account_name: &str) -> Result<Summary, Error> {
        self.counts.write(tx, self.account.number)?;
        let Summary { inserted, updated, .. } = self.summary;
        if inserted + updated > 0 {
            let touched = self.shops.iter().filter(|(_, number)| self.touched.contains(*number));
            let [inserted, updated] =
                [inserted, updated].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
            let shops = touched.map(|(id, _)| id.as_str()).collect();
            Touched { inserted, updated, days: self.days, shops }.tell(tx, now, account_name)?;
        }
        Ok(self.summary)
    }
}
