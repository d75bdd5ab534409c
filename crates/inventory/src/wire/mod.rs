//! The contract as types: what goes in, what comes out, and what can be wrong with it.

mod answers;
mod asked;
mod body;
mod described;
mod given;
mod names;
mod objects;
mod options;
mod query;
mod tokens;

pub use self::answers::ErrorBody;
pub(crate) use self::answers::{
    Collection, Failure, ProductView, Reply, Root, ShopView, StockView, StoredView, Wrong, answer,
};
pub(crate) use self::asked::{Asked, Format, Known};
pub(crate) use self::body::{Came, entries, upload};
pub(crate) use self::described::{
    FormatQuery, NamesQuery, PARSED, ProductBody, ProductPath, ShopBody, ShopPath, StockBody, StockPath,
    StockQuery, StoreQuery, TokenRequest,
};
pub(crate) use self::names::Named;
pub(crate) use self::objects::{STOCK, Source, stock};
pub(crate) use self::options::{Metadata, Told};
pub(crate) use self::query::{names_listing, page, stock_listing};
pub(crate) use self::tokens::{Grant, NoToken, TokenView, grant};
