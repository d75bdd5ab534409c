//! Reading the bodies of POST and PUT: one record or a list of them, and a complaint that says where it is.

use std::collections::HashSet;
use std::fmt;

use kernel::clock::Micros;
use kernel::db::can_hold;
use kernel::decimal::NotANumber;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Sale, at_line, json_fault};
use crate::rules::{Amount, Error, Status, day_or_instant};

/// Records of one request.
const RECORDS_AT_MOST: usize = 10_000;
/// Characters of a sale's id.
const ID_AT_MOST: usize = 100;
/// Characters of a customer's name.
const NAME_AT_MOST: usize = 255;

/// One sale, or a list of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body, which is read field by field to name what is wrong")]
pub(crate) enum SalesBody {
    Many(Vec<SaleRecord>),
    One(SaleRecord),
}

/// A sale to send in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sale)]
pub(crate) struct SaleRecord {
    /// Your name for it, which no other sale of yours has.
    #[schema(min_length = 1, max_length = 100)]
    id: String,
    /// The affiliate.
    #[schema(minimum = 1)]
    pcrid: i64,
    /// `YYYY-MM-DD` or RFC 3339.
    purchase_date: String,
    /// `HH:MM:SS`.
    purchase_time: Option<String>,
    /// 0 pending, 1 approved, 2 rejected.
    #[schema(minimum = 0, maximum = 2)]
    status: i64,
    /// With two decimals at most; a text is taken too.
    #[schema(minimum = 0)]
    price: f64,
    /// `YYYY-MM-DD` or RFC 3339.
    payment_commission_date: String,
    /// Between 0 and the price.
    #[schema(minimum = 0)]
    commission_base: f64,
    #[schema(max_length = 255)]
    contact_name: Option<String>,
    tags: Option<Vec<String>>,
    /// Kept as it is.
    #[schema(value_type = Option<Object>)]
    extra: Option<()>,
}

/// One change of a status, or a list of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body, which is read field by field to name what is wrong")]
pub(crate) enum UpdatesBody {
    Many(Vec<UpdateRecord>),
    One(UpdateRecord),
}

/// A change of a sale's status.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Update)]
pub(crate) struct UpdateRecord {
    id: String,
    /// 0 pending, 1 approved, 2 rejected.
    #[schema(minimum = 0, maximum = 2)]
    status: i64,
}

/// A change of a sale's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) id: String,
    pub(crate) status: Status,
}

#[derive(Deserialize)]
struct RawSale<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    pcrid: Option<&'a RawValue>,
    #[serde(borrow)]
    purchase_date: Option<&'a RawValue>,
    #[serde(borrow)]
    purchase_time: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    price: Option<&'a RawValue>,
    #[serde(borrow)]
    payment_commission_date: Option<&'a RawValue>,
    #[serde(borrow)]
    commission_base: Option<&'a RawValue>,
    #[serde(borrow)]
    contact_name: Option<&'a RawValue>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
    #[serde(borrow)]
    extra: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawUpdate<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

/// The sales of a body.
pub(crate) fn sales(body: &[u8]) -> Result<Vec<Sale>, Error> {
    let sales = records(body, |place, raw: &RawSale<'_>| {
        let field = |name, raw| Field { place, name, raw };
        let price = field("price", raw.price).amount()?;
        let base = field("commission_base", raw.commission_base);
        let commission_base = base.amount()?;
        if commission_base > price {
            return Err(base.complaint("deve estar entre 0 e price"));
        }
        Ok(Sale {
            id: field("id", raw.id).id()?,
            pcrid: field("pcrid", raw.pcrid).pcrid()?,
            status: field("status", raw.status).status()?,
            purchase_date: field("purchase_date", raw.purchase_date).instant()?,
            purchase_time: field("purchase_time", raw.purchase_time).time()?,
            price,
            payment_commission_date: field("payment_commission_date", raw.payment_commission_date)
                .instant()?,
            commission_base,
            contact_name: field("contact_name", raw.contact_name).name()?,
            tags: field("tags", raw.tags).texts()?,
            extra: field("extra", raw.extra).object()?,
        })
    })?;
    refuse_twins(sales.iter().map(|sale| sale.id.as_str()))?;
    Ok(sales)
}

/// The changes of status of a body.
pub(crate) fn updates(body: &[u8]) -> Result<Vec<Update>, Error> {
    let updates = records(body, |place, raw: &RawUpdate<'_>| {
        let field = |name, raw| Field { place, name, raw };
        Ok(Update { id: field("id", raw.id).id()?, status: field("status", raw.status).status()? })
    })?;
    refuse_twins(updates.iter().map(|update| update.id.as_str()))?;
    Ok(updates)
}

fn refuse_twins<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let twins: Vec<&str> = ids.filter(|id| !seen.insert(*id)).collect();
    if twins.is_empty() { Ok(()) } else { Err(Error::ids("id repetido na lista", twins)) }
}

/// The records of a body, each parsed by `read`, which is told its place, counted from 1.
fn records<'a, R: Deserialize<'a>, T>(
    body: &'a [u8],
    read: impl Fn(usize, &R) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let broken =
        |error: serde_json::Error| Error::Bad(format!("O corpo não é JSON válido: {}", at_line(&error)));
    let text = std::str::from_utf8(body).map_err(|_| Error::Bad("O corpo não é UTF-8".into()))?;
    let records = match text.trim_ascii_start().as_bytes().first() {
        Some(b'[') => serde_json::from_str::<Records<'_>>(text).map_err(broken)?,
        _ => Records { first: vec![serde_json::from_str(text).map_err(broken)?], are_too_many: false },
    };
    if records.are_too_many {
        return Err(Error::Bad(format!("A lista tem mais de {RECORDS_AT_MOST} registros")));
    }
    if records.first.is_empty() {
        return Err(Error::Bad("A lista está vazia".into()));
    }
    (1..)
        .zip(records.first)
        .map(|(place, record)| {
            if !record.get().starts_with('{') {
                return Err(Error::Bad(format!("registro {place}: deve ser um objeto")));
            }
            let raw: R = serde_json::from_str(record.get()).map_err(|error| {
                let fault = json_fault::<R>(record.get().as_bytes(), &error);
                Error::Bad(format!("registro {place}, {fault}"))
            })?;
            read(place, &raw)
        })
        .collect()
}

/// The first records of a list: one with millions of them is not held in memory to be refused.
struct Records<'a> {
    first: Vec<&'a RawValue>,
    are_too_many: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Records<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Records<'de>, A::Error> {
        let mut first = Vec::new();
        while first.len() < RECORDS_AT_MOST {
            match list.next_element()? {
                Some(record) => first.push(record),
                None => return Ok(Records { first, are_too_many: false }),
            }
        }
        let mut are_too_many = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            are_too_many = true;
        }
        Ok(Records { first, are_too_many })
    }
}

/// A field of a record; `null` is as good as left out.
struct Field<'a> {
    place: usize,
    name: &'static str,
    raw: Option<&'a RawValue>,
}

impl Field<'_> {
    fn complaint(&self, reason: &str) -> Error {
        Error::Bad(format!("registro {}, {}: {reason}", self.place, self.name))
    }

    fn required(&self) -> Result<&str, Error> {
        self.raw.map(RawValue::get).ok_or_else(|| self.complaint("é obrigatório"))
    }

    /// What the field holds, or nothing where PHP's ways to say nothing stand.
    fn optional(&self) -> Option<&str> {
        self.raw.map(RawValue::get).filter(|raw| *raw != "\"\"")
    }

    fn text(&self, raw: &str) -> Result<String, Error> {
        let text: String = serde_json::from_str(raw).map_err(|_| self.complaint("deve ser um texto"))?;
        if can_hold(&text) { Ok(text) } else { Err(self.complaint("não pode conter o caractere nulo")) }
    }

    fn id(&self) -> Result<String, Error> {
        let id = self.text(self.required()?)?;
        match id.chars().count() {
            1..=ID_AT_MOST => Ok(id),
            _ => Err(self.complaint(&format!("deve ter de 1 a {ID_AT_MOST} caracteres"))),
        }
    }

    fn pcrid(&self) -> Result<i64, Error> {
        let pcrid = self.required()?.parse().ok().filter(|pcrid| *pcrid > 0);
        pcrid.ok_or_else(|| self.complaint("deve ser um inteiro maior que 0"))
    }

    fn status(&self) -> Result<Status, Error> {
        let status = self.required()?.parse().ok().and_then(Status::of_code);
        status.ok_or_else(|| self.complaint("deve ser 0, 1 ou 2"))
    }

    fn amount(&self) -> Result<Amount, Error> {
        let raw = self.required()?;
        let digits = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
        let amount: Amount = digits.parse().map_err(|error| {
            self.complaint(match error {
                NotANumber::Malformed => "deve ser um valor como 100.00",
                NotANumber::TooPrecise(_) => "tem mais de 2 casas decimais",
                NotANumber::TooLarge => "é grande demais",
            })
        })?;
        if amount < Amount::default() { Err(self.complaint("não pode ser negativo")) } else { Ok(amount) }
    }

    fn instant(&self) -> Result<Micros, Error> {
        let instant = day_or_instant(&self.text(self.required()?)?);
        instant.ok_or_else(|| self.complaint("deve ser um dia AAAA-MM-DD ou uma data RFC 3339"))
    }

    fn time(&self) -> Result<Option<String>, Error> {
        let Some(raw) = self.optional() else { return Ok(None) };
        let text = self.text(raw)?;
        let is_shaped = text.len() == 8 && text.parse::<jiff::civil::Time>().is_ok() && !text.ends_with("60");
        if is_shaped { Ok(Some(text)) } else { Err(self.complaint("deve ser uma hora HH:MM:SS")) }
    }

    fn name(&self) -> Result<String, Error> {
        let Some(raw) = self.optional() else { return Ok(String::new()) };
        let name = self.text(raw)?;
        if name.chars().count() > NAME_AT_MOST {
            return Err(self.complaint(&format!("tem mais de {NAME_AT_MOST} caracteres")));
        }
        Ok(name)
    }

    fn texts(&self) -> Result<Box<RawValue>, Error> {
        let texts: Vec<String> = match self.optional() {
            Some(raw) => {
                serde_json::from_str(raw).map_err(|_| self.complaint("deve ser uma lista de textos"))?
            }
            None => Vec::new(),
        };
        serde_json::value::to_raw_value(&texts).map_err(|_| self.complaint("deve ser uma lista de textos"))
    }

    fn object(&self) -> Result<Box<RawValue>, Error> {
        let is_empty_list = |raw: &str| raw.starts_with('[') && raw[1..].trim_ascii_start() == "]";
        let raw = self.optional().filter(|raw| !is_empty_list(raw)).unwrap_or("{}");
        if !raw.starts_with('{') {
            return Err(self.complaint("deve ser um objeto"));
        }
        RawValue::from_string(raw.to_owned()).map_err(|_| self.complaint("deve ser um objeto"))
    }
}
