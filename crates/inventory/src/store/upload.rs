//! Stock on its way into the tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kernel::clock::Micros;
use kernel::db::{Error, Tx, Value};
use kernel::events::{self, Event};
use serde::Serialize;
use serde::ser::Serializer;

use super::{Account, claim, numbers_of};
use crate::rules::{Amount, Day, Draft, Faults, Refused, Total, Upload, Values};

/// What became of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) updated: usize,
    pub(crate) inserted: usize,
    /// What was left out, because that was asked for.
    pub(crate) refused: Refused,
    /// The number of the last object that was stored.
    pub(crate) number: Option<i64>,
}

/// Why nothing of an upload was stored.
#[derive(Debug)]
pub(crate) enum Refusal {
    Faulty(Refused),
    Db(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Db(error)
    }
}

/// What was touched, for those who listen.
#[derive(Serialize)]
pub(super) struct Touched<'a> {
    pub(super) inserted: usize,
    pub(super) updated: usize,
    #[serde(serialize_with = "dates")]
    pub(super) days: BTreeSet<i64>,
    pub(super) shops: BTreeSet<&'a str>,
}

fn dates<S: Serializer>(days: &BTreeSet<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(days.iter().map(|day| Day(*day).to_string()))
}

impl Touched<'_> {
    pub(super) fn tell(&self, tx: &mut Tx<'_>, now: Micros, account_name: &str) -> Result<(), Error> {
        let event = Event::new("inventory.stock.stored", account_name.to_owned(), account_name, self)?;
        events::publish(tx, now, &[event])
    }
}

/// What there is one of at most: a day, a shop and a product, by their numbers.
pub(super) type Key = (i64, i64, i64);

/// Stores an upload: all of it, or, with `skip`, what is sound of it.
pub(crate) fn store(
    tx: &mut Tx<'_>,
    now: Micros,
    account_name: &str,
    upload: &Upload,
    skip: bool,
) -> Result<Stored, Refusal> {
    let account = claim(tx, account_name)?;
    let shops = numbers_of(tx, account.number, ("inventory_shops", "shop_id"), upload.shops.list())?;
    let products =
        numbers_of(tx, account.number, ("inventory_products", "product_id"), upload.products.list())?;
    let mut refused = Refused::default();
    let mut sound = Sound::default();
    let mut touched_shops = BTreeSet::new();
    for (place, draft) in upload.drafts.iter().enumerate() {
        let known =
            |of: Option<usize>, numbers: &[Option<i64>]| of.and_then(|at| numbers.get(at).copied().flatten());
        match (known(draft.shop, &shops), known(draft.product, &products), &draft.values) {
            (Some(shop), Some(product), Ok(values)) => {
                sound.add((values.day.0, shop, product), *values);
                touched_shops.extend(draft.shop.map(|at| upload.shops.list()[at].as_str()));
            }
            (shop, product, _) => {
                refused.add(place, faults(draft, upload, shop.is_some(), product.is_some()))
            }
        }
    }
    if refused.count > 0 && !skip {
        return Err(Refusal::Faulty(refused));
    }
    let mut counts = Counts::default();
    let known = known(tx, account.number, &sound.objects, &counts)?;
    let (inserted, last) = write(tx, account, &sound.objects, &known, &mut counts)?;
    if inserted > 0 {
        counts.write(tx, account.number)?;
    }
    let inserted = usize::try_from(inserted).unwrap_or_default();
    let stored = Stored { updated: sound.objects.len() - inserted, inserted, refused, number: last };
    if !sound.objects.is_empty() {
        let days = sound.objects.iter().map(|((day, ..), _)| *day).collect();
        Touched { inserted, updated: stored.updated, days, shops: touched_shops }.tell(
            tx,
            now,
            account_name,
        )?;
    }
    Ok(stored)
}

/// Everything that is wrong with a draft, now that it is known what exists.
pub(super) fn faults(draft: &Draft, upload: &Upload, shop_exists: bool, product_exists: bool) -> Faults {
    let mut faults = draft.values.as_ref().err().cloned().unwrap_or_default();
    if let (Some(at), false) = (draft.shop, shop_exists) {
        let id = &upload.shops.list()[at];
        faults.add("shop_id", format!("Object with shop_id={id} does not exist."));
    }
    if let (Some(at), false) = (draft.product, product_exists) {
        let id = &upload.products.list()[at];
        faults.add("product_id", format!("Object with product_id={id} does not exist."));
    }
    faults
}

/// Objects that may be stored, each key once: the later counts.
#[derive(Default)]
pub(super) struct Sound {
    pub(super) objects: Vec<(Key, Values)>,
    places: HashMap<Key, usize>,
}

impl Sound {
    pub(super) fn add(&mut self, key: Key, values: Values) {
        let place = *self.places.entry(key).or_insert(self.objects.len());
        match self.objects.get_mut(place) {
            Some(object) => object.1 = values,
            None => self.objects.push((key, values)),
        }
    }
}

/// Writes the objects and counts them. How many were new, and the number of the last.
pub(super) fn write(
    tx: &mut Tx<'_>,
    account: Account,
    objects: &[(Key, Values)],
    known: &HashMap<Key, Known>,
    counts: &mut Counts,
) -> Result<(i64, Option<i64>), Error> {
    let mut next = account.stock;
    let mut rows = Vec::with_capacity(objects.len());
    let mut last = None;
    for ((day, shop, product), values) in objects {
        let number = known.get(&(*day, *shop, *product)).map(|known| known.number).unwrap_or_else(|| {
            next += 1;
            counts.add((*day, *shop, *product), next);
            next
        });
        last = Some(number);
        let Values { day: _, qty, price, total } = values;
        let price = price.map(|price| price.units());
        rows.push([
            account.number.into(),
            number.into(),
            (*day).into(),
            (*shop).into(),
            (*product).into(),
            qty.units().into(),
            price.into(),
            total.units().into(),
        ]);
    }
    tx.insert_many(
        "INSERT INTO inventory_stock (account, number, day, shop, product, qty, price, total) VALUES",
        "ON CONFLICT (account, number) DO UPDATE SET qty = excluded.qty, price = excluded.price, total = excluded.total",
        &rows,
    )?;
    if next > account.stock {
        tx.execute(
            "UPDATE inventory_accounts SET stock = $1 WHERE number = $2",
            &[next.into(), account.number.into()],
        )?;
    }
    Ok((next - account.stock, last))
}

/// An object that is there.
pub(super) struct Known {
    number: i64,
    pub(super) values: Values,
}

/// Those objects that are there. Most uploads are of days that a shop has nothing of yet, neither in the tables nor
/// in `counts`, which are not in the tables yet: then there is nothing to look for.
pub(super) fn known(
    tx: &mut Tx<'_>,
    account: i64,
    objects: &[(Key, Values)],
    counts: &Counts,
) -> Result<HashMap<Key, Known>, Error> {
    let visits: BTreeSet<_> = objects.iter().map(|((day, shop, _), _)| (*day, *shop)).collect();
    let visits: Vec<_> = visits.into_iter().map(|(day, shop)| [day.into(), shop.into()]).collect();
    let begun: HashSet<(i64, i64)> = tx
        .query_given(
            "SELECT known.day, known.shop FROM given CROSS JOIN inventory_shop_days known \
             WHERE known.account = $1 AND known.day = given.day AND known.shop = given.shop",
            &[account.into()],
            ("day, shop", &visits),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .into_iter()
        .collect();
    let wanted: Vec<[Value<'_>; 3]> = objects
        .iter()
        .filter(|((day, shop, _), _)| {
            begun.contains(&(*day, *shop)) || counts.shop_days.contains_key(&(*day, *shop))
        })
        .map(|((day, shop, product), _)| [(*day).into(), (*shop).into(), (*product).into()])
        .collect();
    let found = tx.query_given(
        "SELECT known.day, known.shop, known.product, known.number, known.qty, known.price, known.total FROM given CROSS JOIN inventory_stock known \
         WHERE known.account = $1 AND known.day = given.day AND known.shop = given.shop \
         AND known.product = given.product",
        &[account.into()],
        ("day, shop, product", &wanted),
        |row| {
            let values = Values {
                day: Day(row.get(0)?),
                qty: Amount::from_units(row.get(4)?),
                price: row.get::<Option<i64>>(5)?.map(Amount::from_units),
                total: Total::from_units(row.get(6)?),
            };
            Ok(((values.day.0, row.get(1)?, row.get(2)?), Known { number: row.get(3)?, values }))
        },
    )?;
    Ok(found.into_iter().collect())
}

/// What an upload adds to what is counted.
#[derive(Default)]
pub(super) struct Counts {
    /// Also between which numbers.
    days: BTreeMap<i64, (i64, i64, i64)>,
    shop_days: BTreeMap<(i64, i64), i64>,
    product_days: BTreeMap<(i64, i64), i64>,
}

impl Counts {
    fn add(&mut self, (day, shop, product): Key, number: i64) {
        let (count, _, last) = self.days.entry(day).or_insert((0, number, number));
        *count += 1;
        *last = number;
        *self.shop_days.entry((day, shop)).or_default() += 1;
        *self.product_days.entry((day, product)).or_default() += 1;
    }

    /// How many rows [`Counts::write`] is going to touch.
    pub(super) fn len(&self) -> usize {
        self.days.len() + self.shop_days.len() + self.product_days.len()
    }

    pub(super) fn write(&self, tx: &mut Tx<'_>, account: i64) -> Result<(), Error> {
        let days: Vec<[Value<'_>; 5]> = self
            .days
            .iter()
            .map(|(day, (count, first, last))| {
                [account.into(), (*day).into(), (*count).into(), (*first).into(), (*last).into()]
            })
            .collect();
        tx.insert_many(
            "INSERT INTO inventory_days (account, day, stock, first, last) VALUES",
            "ON CONFLICT (account, day) DO UPDATE SET stock = inventory_days.stock + excluded.stock, last = excluded.last",
            &days,
        )?;
        for (table, of, counts) in [
            ("inventory_shop_days", "shop", &self.shop_days),
            ("inventory_product_days", "product", &self.product_days),
        ] {
            let rows: Vec<[Value<'_>; 4]> = counts
                .iter()
                .map(|((day, of), count)| [account.into(), (*day).into(), (*of).into(), (*count).into()])
                .collect();
            tx.insert_many(
                &format!("INSERT INTO {table} (account, day, {of}, stock) VALUES"),
                &format!(
                    "ON CONFLICT (account, day, {of}) DO UPDATE SET stock = {table}.stock + excluded.stock"
                ),
                &rows,
            )?;
        }
        Ok(())
    }
}
