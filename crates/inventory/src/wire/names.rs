//! Shops and products, whose collections behave alike.

use serde::Serialize;

use super::objects::{Source, product, shop};
use super::options::Metadata;
use super::{ProductView, ShopView};
use crate::rules::{Faults, Product, Shop};

/// What has a name and a collection.
pub(crate) trait Named: Sized {
    /// The name of its collection in addresses.
    const COLLECTION: &'static str;
    /// How it leaves.
    type View<'a>: Serialize
    where
        Self: 'a;

    fn read(source: &Source<'_>) -> Result<Self, Faults>;
    fn view(&self, url: String) -> Self::View<'_>;
    /// What OPTIONS tells of the collection.
    fn collection() -> Metadata;
    /// What OPTIONS tells of one of them.
    fn one() -> Metadata;
}

impl Named for Shop {
    const COLLECTION: &'static str = "shops";
    type View<'a> = ShopView<'a>;

    fn read(source: &Source<'_>) -> Result<Self, Faults> {
        shop(source)
    }

    fn view(&self, url: String) -> ShopView<'_> {
        ShopView::of(self, url)
    }

    fn collection() -> Metadata {
        Metadata::shops()
    }

    fn one() -> Metadata {
        Metadata::one_shop()
    }
}

impl Named for Product {
    const COLLECTION: &'static str = "products";
    type View<'a> = ProductView<'a>;

    fn read(source: &Source<'_>) -> Result<Self, Faults> {
        product(source)
    }

    fn view(&self, url: String) -> ProductView<'_> {
        ProductView::of(self, url)
    }

    fn collection() -> Metadata {
        Metadata::products()
    }

    fn one() -> Metadata {
        Metadata::one_product()
    }
}
