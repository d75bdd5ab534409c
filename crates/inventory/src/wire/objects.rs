//! Objects read into what they mean, with everything that is wrong with them.

use std::borrow::Cow;

use kernel::db::can_hold;
use serde_json::value::RawValue;

use super::given::{Given, form, object};
use crate::rules::{
    Amount, Coordinate, Day, Draft, Faults, NOT_A_DATE, NOT_A_NUMBER, Product, Shop, Upload, Values, amount,
    decimal, fold, settle_total,
};

const REQUIRED: &str = "This field is required.";

const SHOP_ID_AT_MOST: usize = 50;
const PRODUCT_ID_AT_MOST: usize = 100;
const NAME_AT_MOST: usize = 255;
const ADDRESS_AT_MOST: usize = 1000;
/// For what other systems call a thing: a barcode, an article, a group's id.
const CODE_AT_MOST: usize = 100;

pub(crate) const STOCK: [&str; 6] =
    ["date", "shop_id", "product_id", "qty", "original_price", "stock_total_price"];
const SHOP: [&str; 8] =
    ["shop_id", "name", "address", "open_date", "latitude", "longitude", "group_id", "format_id"];
const PRODUCT: [&str; 9] = [
    "product_id",
    "name",
    "barcode",
    "article",
    "category_id",
    "unit_id",
    "brand_id",
    "producer_id",
    "active",
];

/// An object as it came.
pub(crate) enum Source<'a> {
    Json(&'a RawValue),
    Form(&'a [(String, String)]),
    /// A line of a table: names and values.
    Row(&'a [(&'a str, &'a str)]),
}

impl<'a> Source<'a> {
    fn fields<const N: usize>(&self, names: &'static [&'static str; N]) -> Result<[Given<'a>; N], Faults> {
        match self {
            Self::Json(json) => object(json.get(), names).map_err(|_| {
                Faults::whole(format!("Invalid data. Expected a dictionary, but got {}.", kind(json)))
            }),
            Self::Form(fields) => Ok(form(fields, names)),
            Self::Row(fields) => Ok(form(fields, names)),
        }
    }
}

/// What JSON value it is, in the words of the clients' language.
fn kind(json: &RawValue) -> &'static str {
    match json.get().as_bytes() {
        [b'"', ..] => "str",
        [b'[', ..] => "list",
        b"null" => "NoneType",
        b"true" | b"false" => "bool",
        number if number.iter().any(|byte| b".eE".contains(byte)) => "float",
        _ => "int",
    }
}

/// Reads an object of stock and puts it into the upload.
pub(crate) fn stock(source: &Source<'_>, upload: &mut Upload) {
    let mut faults = Faults::default();
    let fields = match source.fields(&STOCK) {
        Ok(fields) => fields,
        Err(faults) => return upload.drafts.push(Draft { shop: None, product: None, values: Err(faults) }),
    };
    let [date, shop_id, product_id, qty, price, total] = fields;
    let day = faults.take("date", day(&date).and_then(required));
    let shop = faults.take("shop_id", text(&shop_id, SHOP_ID_AT_MOST).and_then(required));
    let product = faults.take("product_id", text(&product_id, PRODUCT_ID_AT_MOST).and_then(required));
    let qty = faults.take("qty", number(&qty, amount).and_then(required));
    let price = faults.take("original_price", number(&price, amount).and_then(not_negative));
    let total = faults.take("stock_total_price", number(&total, amount));
    let values = match (day, qty, price, total) {
        (Some(day), Some(qty), Some(price), Some(total)) if faults.is_empty() => {
            settle_total(qty, price, total)
                .map(|total| Values { day, qty, price, total })
                .map_err(Faults::whole)
        }
        _ => Err(faults),
    };
    let shop = shop.map(|id| upload.shops.place(&id));
    let product = product.map(|id| upload.products.place(&id));
    upload.drafts.push(Draft { shop, product, values });
}

/// Reads a shop.
pub(crate) fn shop(source: &Source<'_>) -> Result<Shop, Faults> {
    let [shop_id, name, address, open_date, latitude, longitude, group_id, format_id] =
        source.fields(&SHOP)?;
    let mut faults = Faults::default();
    let shop_id = faults.take("shop_id", text(&shop_id, SHOP_ID_AT_MOST).and_then(required));
    let name = faults.take("name", text(&name, NAME_AT_MOST).and_then(required));
    let address = faults.take("address", text(&address, ADDRESS_AT_MOST));
    let open_date = faults.take("open_date", day(&open_date));
    let latitude = faults.take("latitude", number(&latitude, |text| coordinate(text, 90)));
    let longitude = faults.take("longitude", number(&longitude, |text| coordinate(text, 180)));
    let group_id = faults.take("group_id", text(&group_id, CODE_AT_MOST));
    let format_id = faults.take("format_id", text(&format_id, CODE_AT_MOST));
    let read = || {
        let name = name?.into_owned();
        Some(Shop {
            shop_id: shop_id?.into_owned(),
            folded: fold(&name),
            name,
            address: address?.map(Cow::into_owned),
            open_date: open_date?,
            latitude: latitude?,
            longitude: longitude?,
            group_id: group_id?.map(Cow::into_owned),
            format_id: format_id?.map(Cow::into_owned),
        })
    };
    read().ok_or(faults)
}

/// Reads a product.
pub(crate) fn product(source: &Source<'_>) -> Result<Product, Faults> {
    let [product_id, name, barcode, article, category_id, unit_id, brand_id, producer_id, active] =
        source.fields(&PRODUCT)?;
    let mut faults = Faults::default();
    let product_id = faults.take("product_id", text(&product_id, PRODUCT_ID_AT_MOST).and_then(required));
    let name = faults.take("name", text(&name, NAME_AT_MOST).and_then(required));
    let barcode = faults.take("barcode", text(&barcode, CODE_AT_MOST));
    let article = faults.take("article", text(&article, CODE_AT_MOST));
    let category_id = faults.take("category_id", text(&category_id, CODE_AT_MOST));
    let unit_id = faults.take("unit_id", text(&unit_id, CODE_AT_MOST));
    let brand_id = faults.take("brand_id", text(&brand_id, CODE_AT_MOST));
    let producer_id = faults.take("producer_id", text(&producer_id, CODE_AT_MOST));
    let active = faults.take("active", truth(&active));
    let read = || {
        let name = name?.into_owned();
        Some(Product {
            product_id: product_id?.into_owned(),
            folded: fold(&name),
            name,
            barcode: barcode?.map(Cow::into_owned),
            article: article?.map(Cow::into_owned),
            category_id: category_id?.map(Cow::into_owned),
            unit_id: unit_id?.map(Cow::into_owned),
            brand_id: brand_id?.map(Cow::into_owned),
            producer_id: producer_id?.map(Cow::into_owned),
            active: active?.unwrap_or(true),
        })
    };
    read().ok_or(faults)
}

type Field<T> = Result<T, Cow<'static, str>>;

fn required<T>(value: Option<T>) -> Field<T> {
    value.ok_or(Cow::Borrowed(REQUIRED))
}

/// A text. A JSON number is kept as it is written.
fn text<'a>(given: &Given<'a>, at_most: usize) -> Field<Option<Cow<'a, str>>> {
    let text = match given {
        Given::Absent => return Ok(None),
        Given::Text(text) => text.clone(),
        Given::Number(digits) => Cow::Borrowed(*digits),
        Given::Truth(_) | Given::Other => return Err("Not a valid string.".into()),
    };
    if !can_hold(&text) {
        return Err("Null characters are not allowed.".into());
    }
    // A letter has a byte at least.
    if text.len() > at_most && text.chars().count() > at_most {
        return Err(format!("Ensure this field has no more than {at_most} characters.").into());
    }
    Ok(Some(text))
}

fn day(given: &Given<'_>) -> Field<Option<Day>> {
    match given {
        Given::Absent => Ok(None),
        Given::Text(text) => match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(Cow::Borrowed),
        },
        _ => Err(NOT_A_DATE.into()),
    }
}

fn number<T>(given: &Given<'_>, read: impl Fn(&str) -> Result<T, String>) -> Field<Option<T>> {
    match given {
        Given::Absent => Ok(None),
        Given::Text(text) => match text.trim() {
            "" => Ok(None),
            text => read(text).map(Some).map_err(Cow::Owned),
        },
        Given::Number(digits) => read(digits).map(Some).map_err(Cow::Owned),
        Given::Truth(_) | Given::Other => Err(NOT_A_NUMBER.into()),
    }
}

fn not_negative(price: Option<Amount>) -> Field<Option<Amount>> {
    match price {
        Some(price) if price.units() < 0 => Err("Ensure this value is greater than or equal to 0.".into()),
        price => Ok(price),
    }
}

fn coordinate(text: &str, limit: i64) -> Result<Coordinate, String> {
    let degrees: Coordinate = decimal(text)?;
    let limit_units = limit * 10_i64.pow(10);
    match degrees.units() {
        units if units > limit_units => Err(format!("Ensure this value is less than or equal to {limit}.")),
        units if units < -limit_units => {
            Err(format!("Ensure this value is greater than or equal to -{limit}."))
        }
        _ => Ok(degrees),
    }
}

fn truth(given: &Given<'_>) -> Field<Option<bool>> {
    let word = match given {
        Given::Absent => return Ok(None),
        Given::Truth(truth) => return Ok(Some(*truth)),
        Given::Text(text) => text.trim().to_ascii_lowercase(),
        Given::Number(digits) => (*digits).to_owned(),
        Given::Other => String::new(),
    };
    match word.as_str() {
        "true" | "t" | "yes" | "on" | "1" => Ok(Some(true)),
        "false" | "f" | "no" | "off" | "0" => Ok(Some(false)),
        _ => Err("Must be a valid boolean.".into()),
    }
}
