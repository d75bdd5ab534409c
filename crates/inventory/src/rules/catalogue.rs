//! Shops and products: what stock refers to.

use kernel::decimal::Fixed;

use super::Day;

/// Degrees of latitude or longitude.
pub(crate) type Coordinate = Fixed<10>;

/// A shop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shop {
    pub(crate) shop_id: String,
    pub(crate) name: String,
    /// The name without regard to case.
    pub(crate) folded: String,
    pub(crate) address: Option<String>,
    pub(crate) open_date: Option<Day>,
    pub(crate) latitude: Option<Coordinate>,
    pub(crate) longitude: Option<Coordinate>,
    pub(crate) group_id: Option<String>,
    pub(crate) format_id: Option<String>,
}

/// A product.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Product {
    pub(crate) product_id: String,
    pub(crate) name: String,
    /// The name without regard to case.
    pub(crate) folded: String,
    pub(crate) barcode: Option<String>,
    pub(crate) article: Option<String>,
    pub(crate) category_id: Option<String>,
    pub(crate) unit_id: Option<String>,
    pub(crate) brand_id: Option<String>,
    pub(crate) producer_id: Option<String>,
    pub(crate) active: bool,
}
