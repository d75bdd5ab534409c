//! The objects of a file, and what their types cannot say.
//!
//! Places are named as in the file: `accesses[3].uuid`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::clock::Micros;
use kernel::time::{OffsetTime, utc_in_full};
use kernel::transfer::{ImportError, check_name, check_text, mistake};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::rules::{Amount, DEFAULT_RATE, Rate, Status, day_or_instant, is_part};
use crate::wire::{Details, Geolocation, Navigator, Purchase, Sale, Screen};

/// Characters of a name.
const NAME_AT_MOST: usize = 255;
/// Characters of a sale's id.
const ID_AT_MOST: usize = 100;
/// The id of an access at most: those that come after an import have higher ones.
const ACCESS_ID_AT_MOST: i64 = i64::MAX / 2;

/// A supplier.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupplierDoc {
    pub(crate) account: String,
    #[serde(rename = "ecommerceHash")]
    pub(crate) ecommerce_hash: String,
    #[serde(default = "default_timezone")]
    pub(crate) timezone: String,
    #[serde(default = "default_rate", serialize_with = "rate_as_text")]
    pub(crate) default_rate: Rate,
}

fn default_timezone() -> String {
    "America/Sao_Paulo".into()
}

fn default_rate() -> Rate {
    DEFAULT_RATE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn rate_as_text<S: Serializer>(rate: &Rate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(rate)
}

/// A rate, which leaves as a text.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct RateDoc(#[serde(serialize_with = "rate_as_text")] pub(crate) Rate);

/// An affiliate.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AffiliateDoc {
    pub(crate) pcrid: i64,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<RateDoc>,
    /// By the suppliers' accounts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rates: BTreeMap<String, RateDoc>,
}

/// An access of a supplier's history.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccessDoc {
    pub(super) account: String,
    pub(super) id: i64,
    uuid: String,
    pub(super) pcrid: i64,
    pub(super) ecommerce_hash: Option<String>,
    #[serde(default)]
    utm_source: String,
    #[serde(default)]
    utm_medium: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(rename = "created_at")]
    created_at: String,
    #[serde(default)]
    href: String,
    #[serde(default)]
    referrer: String,
    #[serde(default)]
    cookie: String,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    device: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    browser: String,
    #[serde(default)]
    screen: Screen,
    #[serde(default)]
    navigator: Navigator,
    #[serde(default)]
    geolocation: Geolocation,
}

/// A sale of a supplier's history.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurchaseDoc {
    pub(super) account: String,
    id: String,
    pcrid: i64,
    status: i64,
    purchase_date: String,
    purchase_time: Option<String>,
    price: Amount,
    payment_commission_date: String,
    commission_base: Amount,
    commission_value: Amount,
    #[serde(default)]
    contact_name: String,
    #[serde(default)]
    tags: Vec<String>,
    extra: Option<Box<RawValue>>,
    created_at: String,
}

/// An access as it is kept.
#[derive(Debug, PartialEq)]
pub(crate) struct ImportedAccess {
    pub(crate) supplier: i64,
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) pcrid: i64,
    pub(crate) created_at: Micros,
    pub(crate) record: String,
}

impl SupplierDoc {
    pub(super) fn check(&self, place: &str) -> Result<(), ImportError> {
        let Self { account, ecommerce_hash, timezone, default_rate } = self;
        check_name(place, "account", account, NAME_AT_MOST)?;
        check_name(place, "ecommerceHash", ecommerce_hash, NAME_AT_MOST)?;
        if TimeZone::get(timezone).is_err() {
            return Err(mistake(place, "timezone", format!("{timezone:?} is no IANA time zone")));
        }
        check_rate(place, "default_rate", *default_rate)
    }
}

impl AffiliateDoc {
    pub(super) fn check(&self, place: &str) -> Result<(), ImportError> {
        let Self { pcrid, name, rate, rates } = self;
        check_number(place, "pcrid", *pcrid, i64::MAX)?;
        check_text(place, "name", name)?;
        if let Some(RateDoc(rate)) = rate {
            check_rate(place, "rate", *rate)?;
        }
        rates
            .iter()
            .try_for_each(|(account, RateDoc(rate))| check_rate(place, &format!("rates.{account}"), *rate))
    }
}

impl AccessDoc {
    /// Checks it and brings it into the form in which it is kept.
    pub(super) fn into_kept(self, place: &str, supplier: i64) -> Result<ImportedAccess, ImportError> {
        let created_at = instant(place, "created_at", &self.created_at)?;
        check_number(place, "id", self.id, ACCESS_ID_AT_MOST)?;
        check_number(place, "pcrid", self.pcrid, i64::MAX)?;
        let uuid: uuid::Uuid = self.uuid.parse().map_err(|_| mistake(place, "uuid", "is no UUID"))?;
        let details = Details {
            utm_source: self.utm_source,
            utm_medium: self.utm_medium,
            tags: self.tags,
            created_at: utc_in_full(created_at),
            href: self.href,
            referrer: self.referrer,
            cookie: self.cookie,
            user_agent: self.user_agent,
            query: self.query,
            device: self.device,
            os: self.os,
            browser: self.browser,
            screen: self.screen,
            navigator: self.navigator,
            geolocation: self.geolocation,
        };
        let record = serde_json::to_string(&details).map_err(|error| mistake(place, "record", error))?;
        Ok(ImportedAccess {
            supplier,
            id: self.id,
            uuid: uuid.to_string(),
            pcrid: self.pcrid,
            created_at,
            record,
        })
    }
}

impl PurchaseDoc {
    /// Checks it and brings it into the form in which it is kept.
    pub(super) fn into_kept(self, place: &str) -> Result<Purchase, ImportError> {
        check_text(place, "id", &self.id)?;
        if !(1..=ID_AT_MOST).contains(&self.id.chars().count()) {
            return Err(mistake(place, "id", format!("may have 1 to {ID_AT_MOST} characters")));
        }
        check_number(place, "pcrid", self.pcrid, i64::MAX)?;
        check_text(place, "contact_name", &self.contact_name)?;
        if let Some(time) = &self.purchase_time {
            check_text(place, "purchase_time", time)?;
        }
        let status =
            Status::of_code(self.status).ok_or_else(|| mistake(place, "status", "is not 0, 1 or 2"))?;
        let zero = Amount::default();
        if self.price < zero || self.commission_value < zero {
            return Err(mistake(place, "price", "price and commission_value are not negative"));
        }
        if self.commission_base < zero || self.commission_base > self.price {
            return Err(mistake(place, "commission_base", "is not between 0 and price"));
        }
        let extra = match self.extra {
            Some(extra) if extra.get().starts_with('{') => extra,
            Some(_) => return Err(mistake(place, "extra", "is no object")),
            None => RawValue::from_string("{}".into()).map_err(|error| mistake(place, "extra", error))?,
        };
        let sale = Sale {
            id: self.id,
            pcrid: self.pcrid,
            status,
            purchase_date: day(place, "purchase_date", &self.purchase_date)?,
            purchase_time: self.purchase_time,
            price: self.price,
            payment_commission_date: day(place, "payment_commission_date", &self.payment_commission_date)?,
            commission_base: self.commission_base,
            contact_name: self.contact_name,
            tags: to_raw_value(&self.tags).map_err(|error| mistake(place, "tags", error))?,
            extra,
        };
        let created_at = instant(place, "created_at", &self.created_at)?;
        Ok(Purchase { sale, status, commission_value: self.commission_value, created_at })
    }
}

fn check_number(place: &str, field: &str, number: i64, at_most: i64) -> Result<(), ImportError> {
    if (1..=at_most).contains(&number) {
        return Ok(());
    }
    Err(mistake(place, field, format!("{number} is not between 1 and {at_most}")))
}

fn check_rate(place: &str, field: &str, rate: Rate) -> Result<(), ImportError> {
    if is_part(rate) { Ok(()) } else { Err(mistake(place, field, format!("{rate} is not between 0 and 1"))) }
}

fn instant(place: &str, field: &str, text: &str) -> Result<Micros, ImportError> {
    OffsetTime::parse(text, None).map(|instant| instant.at()).map_err(|error| mistake(place, field, error))
}

fn day(place: &str, field: &str, text: &str) -> Result<Micros, ImportError> {
    day_or_instant(text)
        .ok_or_else(|| mistake(place, field, format!("{text:?} is no day and no date and time")))
}
