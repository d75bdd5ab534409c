//! What is taken, as the OpenAPI document and OPTIONS show it. It is read in `objects`, field by field: all faults
//! have to be told at once, which no deserializer does.

#![expect(dead_code, reason = "these types are described, never made")]

use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::{IntoParams, ToSchema};

/// The types of body that are taken.
pub(crate) const PARSED: &[&str] =
    &["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

/// Stock: one object or a list of them.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum StockBody {
    One(StockObject),
    Many(Vec<StockObject>),
}

/// Stock of a product that a shop had on a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockObject {
    /// A day, or a full timestamp, of which the day as written counts.
    #[schema(examples("2016-06-07"))]
    date: String,
    #[schema(schema_with = shop_id)]
    shop_id: (),
    #[schema(schema_with = product_id)]
    product_id: (),
    #[schema(schema_with = decimal)]
    qty: (),
    #[schema(schema_with = optional_decimal, required = false)]
    original_price: (),
    /// Left out or zero, it is worked out: qty times original_price.
    #[schema(schema_with = optional_decimal, required = false)]
    stock_total_price: (),
}

/// Shops: one or a list of them.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ShopBody {
    One(ShopObject),
    Many(Vec<ShopObject>),
}

/// A shop.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShopObject {
    #[schema(schema_with = shop_id)]
    shop_id: (),
    #[schema(max_length = 255)]
    name: String,
    #[schema(max_length = 1000)]
    address: Option<String>,
    #[schema(format = Date)]
    open_date: Option<String>,
    #[schema(schema_with = optional_decimal, required = false)]
    latitude: (),
    #[schema(schema_with = optional_decimal, required = false)]
    longitude: (),
    #[schema(max_length = 100)]
    group_id: Option<String>,
    #[schema(max_length = 100)]
    format_id: Option<String>,
}

/// Products: one or a list of them.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ProductBody {
    One(ProductObject),
    Many(Vec<ProductObject>),
}

/// A product.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductObject {
    #[schema(schema_with = product_id)]
    product_id: (),
    #[schema(max_length = 255)]
    name: String,
    #[schema(max_length = 100)]
    barcode: Option<String>,
    #[schema(max_length = 100)]
    article: Option<String>,
    #[schema(max_length = 100)]
    category_id: Option<String>,
    #[schema(max_length = 100)]
    unit_id: Option<String>,
    #[schema(max_length = 100)]
    brand_id: Option<String>,
    #[schema(max_length = 100)]
    producer_id: Option<String>,
    /// True where it is left out.
    active: Option<bool>,
}

type Described = utoipa::openapi::RefOr<utoipa::openapi::Schema>;

fn shop_id() -> impl Into<Described> {
    id(50)
}

fn product_id() -> impl Into<Described> {
    id(100)
}

fn id(at_most: usize) -> impl Into<Described> {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Integer]))
        .min_length(Some(1))
        .max_length(Some(at_most))
        .description(Some("A text; a number is kept as it is written."))
        .build()
}

const DECIMAL: &str =
    "As a text or as a number: at most 4 digits after the point, and below 900,000,000,000,000 in size.";

fn decimal() -> impl Into<Described> {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
        .description(Some(DECIMAL))
        .build()
}

fn optional_decimal() -> impl Into<Described> {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number, Type::Null]))
        .description(Some(DECIMAL))
        .build()
}

/// What gets tokens.
#[derive(ToSchema)]
pub(crate) struct TokenRequest {
    /// `password` or `refresh_token`.
    grant_type: String,
    /// The account; with `password`.
    username: Option<String>,
    /// A key of it; with `password`.
    password: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    /// Any.
    client_id: Option<String>,
    /// Any.
    client_secret: Option<String>,
}

/// Which part of shops or products is wanted, in which order and form.
#[derive(IntoParams)]
pub(crate) struct NamesQuery {
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<i64>,
    /// Objects of a page; 100 where it is left out.
    #[param(minimum = 1, maximum = 10_000)]
    page_size: Option<i64>,
    /// A part of the name, in whatever case.
    search: Option<String>,
    /// `name` or `identifier`, with a `-` for falling; several separated by commas.
    ordering: Option<String>,
    /// `json` or `api`, which is a page for people.
    format: Option<String>,
}

/// Which part of the stock is wanted, in which order and form.
#[derive(IntoParams)]
pub(crate) struct StockQuery {
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<i64>,
    /// Objects of a page; 100 where it is left out.
    #[param(minimum = 1, maximum = 10_000)]
    page_size: Option<i64>,
    /// A part of the product's name or the shop's, in whatever case.
    search: Option<String>,
    /// `name`, `identifier`, `date`, `shop_id`, `product_id` or `qty`, with a `-` for falling; several separated by
    /// commas.
    ordering: Option<String>,
    /// Only this day.
    date: Option<String>,
    /// Only this day and later ones.
    date_from: Option<String>,
    /// Only this day and earlier ones.
    date_to: Option<String>,
    /// Only this shop.
    shop_id: Option<String>,
    /// Only this product.
    product_id: Option<String>,
    /// `json` or `api`, which is a page for people.
    format: Option<String>,
    /// Where the page before ended; stands in `next`.
    cursor: Option<String>,
}

/// What becomes of the sound objects of a list that has faulty ones.
#[derive(IntoParams)]
pub(crate) struct StoreQuery {
    /// `skip` stores the sound ones; otherwise none is stored.
    on_error: Option<String>,
    /// `json` or `api`, which is a page for people.
    format: Option<String>,
}

/// In which form an answer is wanted.
#[derive(IntoParams)]
pub(crate) struct FormatQuery {
    /// `json` or `api`, which is a page for people.
    format: Option<String>,
}

/// The path of an object of stock.
#[derive(IntoParams)]
pub(crate) struct StockPath {
    /// Its number, or its date, shop and product: `2016-06-07_3_6343`.
    key: String,
}

/// The path of a shop.
#[derive(IntoParams)]
pub(crate) struct ShopPath {
    shop_id: String,
}

/// The path of a product.
#[derive(IntoParams)]
pub(crate) struct ProductPath {
    product_id: String,
}
