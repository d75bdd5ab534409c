//! What a query asks of a collection.

use kernel::db::can_hold;

use super::Asked;
use super::answers::Failure;
use crate::rules::{
    Day, Days, Faults, NameListing, StockListing, key_of_names, key_of_stock, orders, page_number, page_size,
    search,
};

/// The page that is wanted.
pub(crate) fn page(asked: &Asked) -> Result<i64, Failure> {
    page_number(asked.parameter("page")).ok_or(Failure::NotFound)
}

/// A listing of shops or products.
pub(crate) fn names_listing(asked: &Asked) -> NameListing {
    NameListing {
        search: asked.filter("search").and_then(search),
        order: orders(asked.filter("ordering").unwrap_or_default(), key_of_names),
        size: page_size(asked.parameter("page_size")),
    }
}

/// A listing of stock.
pub(crate) fn stock_listing(asked: &Asked) -> Result<StockListing, Failure> {
    let mut faults = Faults::default();
    let mut day = |name: &'static str| {
        let day = asked.filter(name).map(str::parse::<Day>).transpose();
        faults.take(name, day.map_err(Into::into)).flatten()
    };
    let (date, from, to) = (day("date"), day("date_from"), day("date_to"));
    let mut id = |name: &'static str| {
        let id = asked.filter(name).map(str::to_owned);
        match id {
            Some(id) if !can_hold(&id) => {
                faults.take(name, Err("Null characters are not allowed.".into())).flatten()
            }
            id => id,
        }
    };
    let (shop_id, product_id) = (id("shop_id"), id("product_id"));
    if !faults.is_empty() {
        return Err(Failure::Faulty(faults));
    }
    let days = Days { from: date.into_iter().chain(from).max(), to: date.into_iter().chain(to).min() };
    Ok(StockListing {
        days,
        shop_id,
        product_id,
        search: asked.filter("search").and_then(search),
        order: orders(asked.filter("ordering").unwrap_or_default(), key_of_stock),
        size: page_size(asked.parameter("page_size")),
    })
}
