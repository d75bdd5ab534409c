//! Decisions as pure functions: what a value may be, what a total must be, how text is compared, which page is asked
//! for.

mod catalogue;
mod faults;
mod listing;
mod upload;
mod values;

pub(crate) use self::catalogue::{Coordinate, Product, Shop};
pub(crate) use self::faults::{Faults, Refused};
pub(crate) use self::listing::{
    Days, Direction, Key, KeyValue, NameListing, Order, Position, StockListing, fold, key_of_names,
    key_of_stock, orders, page_number, page_size, search,
};
pub(crate) use self::upload::{Draft, Stock, Upload, Values};
pub(crate) use self::values::{Amount, Day, NOT_A_DATE, NOT_A_NUMBER, Total, amount, decimal, settle_total};
