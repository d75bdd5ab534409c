//! Sales, as suppliers send and see them.

use jiff::tz::TimeZone;
use kernel::clock::Micros;
use kernel::time::{in_zone_in_full, utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::rules::{Amount, Status};

/// A page of sales.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the answer, which is written entry by entry")]
pub(crate) struct Purchases {
    current_page: i64,
    total_pages: i64,
    has_previous: bool,
    has_next: bool,
    total_items: i64,
    data: Vec<PurchaseView<'static>>,
}

/// A sale, as its supplier sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurchaseView<'a> {
    id: &'a str,
    /// The affiliate.
    pcrid: i64,
    /// 0 pending, 1 approved, 2 rejected.
    #[schema(minimum = 0, maximum = 2)]
    status: i64,
    #[schema(format = DateTime)]
    purchase_date: String,
    #[schema(value_type = f64)]
    #[serde(serialize_with = "padded")]
    price: Amount,
    #[schema(format = DateTime)]
    payment_commission_date: String,
    #[schema(value_type = f64)]
    #[serde(serialize_with = "padded")]
    commission_base: Amount,
    #[schema(value_type = f64)]
    #[serde(serialize_with = "padded")]
    commission_value: Amount,
    contact_name: &'a str,
    #[schema(value_type = Vec<String>)]
    tags: &'a RawValue,
    #[schema(value_type = Object)]
    extra: &'a RawValue,
    /// In the supplier's time zone.
    #[schema(format = DateTime)]
    created_at: String,
    /// Where it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    purchase_time: Option<&'a str>,
}

/// An amount with both digits after the point, as the seed writes it.
pub(crate) fn padded<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    RawValue::from_string(amount.padded()).map_err(S::Error::custom)?.serialize(serializer)
}

/// A sale as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) id: String,
    pub(crate) pcrid: i64,
    pub(crate) status: Status,
    pub(crate) purchase_date: Micros,
    pub(crate) purchase_time: Option<String>,
    pub(crate) price: Amount,
    pub(crate) payment_commission_date: Micros,
    pub(crate) commission_base: Amount,
    pub(crate) contact_name: String,
    /// A list of texts.
    pub(crate) tags: Box<RawValue>,
    /// An object, as it came.
    pub(crate) extra: Box<RawValue>,
}

impl Sale {
    /// Whether another one says the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.status == other.status && self.is_same_but_for_its_status(other)
    }

    /// Whether another one says the same of all else. The order of keys and blanks in `extra` say nothing.
    pub(crate) fn is_same_but_for_its_status(&self, other: &Self) -> bool {
        let Self {
            id,
            pcrid,
            status: _,
            purchase_date,
            purchase_time,
            price,
            payment_commission_date,
            commission_base,
            contact_name,
            tags,
            extra,
        } = self;
        let parsed = |raw: &RawValue| serde_json::from_str::<serde_json::Value>(raw.get()).ok();
        *id == other.id
            && *pcrid == other.pcrid
            && *purchase_date == other.purchase_date
            && *purchase_time == other.purchase_time
            && *price == other.price
            && *payment_commission_date == other.payment_commission_date
            && *commission_base == other.commission_base
            && *contact_name == other.contact_name
            && tags.get() == other.tags.get()
            && (extra.get() == other.extra.get() || parsed(extra) == parsed(&other.extra))
    }
}

/// A sale as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    /// As it was sent, its status included.
    pub(crate) sale: Sale,
    pub(crate) status: Status,
    pub(crate) commission_value: Amount,
    pub(crate) created_at: Micros,
}

impl Purchase {
    /// What its supplier sees.
    pub(crate) fn view(&self, zone: &TimeZone) -> PurchaseView<'_> {
        let Self { sale, status, commission_value, created_at } = self;
        PurchaseView {
            id: &sale.id,
            pcrid: sale.pcrid,
            status: status.code(),
            purchase_date: utc(sale.purchase_date),
            price: sale.price,
            payment_commission_date: utc(sale.payment_commission_date),
            commission_base: sale.commission_base,
            commission_value: *commission_value,
            contact_name: &sale.contact_name,
            tags: &sale.tags,
            extra: &sale.extra,
            created_at: in_zone_in_full(*created_at, zone),
            purchase_time: sale.purchase_time.as_deref(),
        }
    }
}
