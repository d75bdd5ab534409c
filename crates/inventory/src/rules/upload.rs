//! Stock, and stock on its way in.

use std::collections::HashMap;

use super::{Amount, Day, Faults, Total};

/// Stock of a product that a shop had on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) number: i64,
    pub(crate) shop_id: String,
    pub(crate) product_id: String,
    pub(crate) values: Values,
}

/// Objects of one request. An id that many objects have is kept once.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) shops: Ids,
    pub(crate) products: Ids,
}

/// An object, with its ids as places in the upload's lists.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) shop: Option<usize>,
    pub(crate) product: Option<usize>,
    /// Its values, or what is wrong with it as far as can be said without the database.
    pub(crate) values: Result<Values, Faults>,
}

/// What an object says of its shop and product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Values {
    pub(crate) day: Day,
    pub(crate) qty: Amount,
    pub(crate) price: Option<Amount>,
    pub(crate) total: Total,
}

/// Different ids, each with its place.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    list: Vec<String>,
    places: HashMap<String, usize>,
}

impl Ids {
    /// The place of an id, which is put in if it is new.
    pub(crate) fn place(&mut self, id: &str) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.list.len();
        self.list.push(id.to_owned());
        self.places.insert(id.to_owned(), place);
        place
    }

    pub(crate) fn list(&self) -> &[String] {
        &self.list
    }
}
