//! The Inventory API (seed 002, «product-inventory»): what stock of a product a shop had on a day.
//!
//! Objects are numbered within their account from 1 without gaps, and none is ever removed: so a count is a number,
//! and a page by number begins at one (`store/listing.rs`). What filters leave is counted while it is stored
//! (`store/upload.rs`).
//!
//! Known quirks of the wire format, kept on purpose:
//! - It has the manners of Django REST framework: errors by field, each a list of texts; `{"detail": …}` for the rest.
//! - Decimals come as numbers or texts and leave as texts. A total of zero means that it is to be worked out.
//! - A list is 201 whatever was new of it.
//! - Every answer names the methods of its path in `Allow`.

mod handlers;
mod page;
mod rules;
mod store;
mod transfer;
mod wire;

use std::sync::Arc;

use kernel::api::{Api, Kernel};
use kernel::cache::Answers;
use kernel::http::methods::{GET, OPTIONS, POST};
use kernel::http::{Operation, Place, Routes, fit};
use kernel::transfer::Transfer;

use crate::rules::{Product, Shop};
pub use crate::wire::ErrorBody;
use crate::wire::Format;

/// What keys, files and metrics call this API.
pub const NAME: &str = "inventory";
const BASE: &str = "/api/v1";

/// Bytes of pages that are kept.
const KEPT_AT_MOST: usize = 32 << 20;

/// Pages as they were given last, by their account, form and address.
type Pages = Answers<(Arc<str>, Format, String)>;

/// The Inventory API; also the state of its handlers and the speaker of its dialect.
#[derive(Clone)]
pub struct Inventory {
    kernel: Arc<Kernel>,
    pages: Arc<Pages>,
}

impl Inventory {
    /// The API on `kernel`.
    #[must_use]
    pub fn new(kernel: Arc<Kernel>) -> Self {
        let pages = Pages::new(KEPT_AT_MOST, |(account, _, address)| account.len() + address.len());
        Self { kernel, pages: Arc::new(pages) }
    }

    fn operations() -> Vec<Operation<Self>> {
        const FORMATS: &[&str] = &[".json", ".api", "/.json", "/.api"];
        type Stock<'a> = wire::Collection<wire::StockView<'a>>;
        type Shops<'a> = wire::Collection<wire::ShopView<'a>>;
        type Products<'a> = wire::Collection<wire::ProductView<'a>>;
        vec![
            Operation::new(GET, "/v1", "The collections", handlers::root)
                .query::<wire::FormatQuery>()
                .answers::<wire::Root>(),
            Operation::new(OPTIONS, "/v1", "What this address is", handlers::options_of_root)
                .answers::<wire::Metadata>(),
            Operation::new(GET, "/v1/product-inventory", "Stock", handlers::list)
                .suffixes(FORMATS)
                .query::<wire::StockQuery>()
                .answers_as::<Stock<'_>>("StockPage")
                .fails_with::<wire::Wrong>(400, "What is wrong with a filter"),
            Operation::new(POST, "/v1/product-inventory", "Store stock", handlers::store)
                .suffixes(FORMATS)
                .query::<wire::StoreQuery>()
                .takes_as::<wire::StockBody>(wire::PARSED)
                .succeeds_with(201)
                .answers::<wire::StoredView>()
                .fails_with::<wire::Wrong>(400, "What is wrong"),
            Operation::new(OPTIONS, "/v1/product-inventory", "What stock consists of", handlers::options)
                .suffixes(FORMATS)
                .answers::<wire::Metadata>(),
            Operation::new(GET, "/v1/product-inventory/{key}", "One object of stock", handlers::one)
                .path::<wire::StockPath>()
                .query::<wire::FormatQuery>()
                .answers::<wire::StockView<'_>>(),
            Operation::new(
                OPTIONS,
                "/v1/product-inventory/{key}",
                "What this address is",
                handlers::options_of_one_stock,
            )
            .path::<wire::StockPath>()
            .answers::<wire::Metadata>(),
            Operation::new(GET, "/v1/shops", "Shops", handlers::list_names::<11, Shop>)
                .suffixes(FORMATS)
                .query::<wire::NamesQuery>()
                .answers_as::<Shops<'_>>("ShopPage"),
            Operation::new(POST, "/v1/shops", "Store shops", handlers::store_names::<11, Shop>)
                .suffixes(FORMATS)
                .query::<wire::StoreQuery>()
                .takes_as::<wire::ShopBody>(wire::PARSED)
                .succeeds_with(201)
                .answers::<wire::StoredView>()
                .fails_with::<wire::Wrong>(400, "What is wrong"),
            Operation::new(
                OPTIONS,
                "/v1/shops",
                "What a shop consists of",
                handlers::options_of_list::<Shop>,
            )
            .suffixes(FORMATS)
            .answers::<wire::Metadata>(),
            Operation::new(GET, "/v1/shops/{shop_id}", "One shop", handlers::one_name::<11, Shop>)
                .path::<wire::ShopPath>()
                .query::<wire::FormatQuery>()
                .answers::<wire::ShopView<'_>>(),
            Operation::new(
                OPTIONS,
                "/v1/shops/{shop_id}",
                "What this address is",
                handlers::options_of_one::<Shop>,
            )
            .path::<wire::ShopPath>()
            .answers::<wire::Metadata>(),
            Operation::new(GET, "/v1/products", "Products", handlers::list_names::<12, Product>)
                .suffixes(FORMATS)
                .query::<wire::NamesQuery>()
                .answers_as::<Products<'_>>("ProductPage"),
            Operation::new(POST, "/v1/products", "Store products", handlers::store_names::<12, Product>)
                .suffixes(FORMATS)
                .query::<wire::StoreQuery>()
                .takes_as::<wire::ProductBody>(wire::PARSED)
                .succeeds_with(201)
                .answers::<wire::StoredView>()
                .fails_with::<wire::Wrong>(400, "What is wrong"),
            Operation::new(
                OPTIONS,
                "/v1/products",
                "What a product consists of",
                handlers::options_of_list::<Product>,
            )
            .suffixes(FORMATS)
            .answers::<wire::Metadata>(),
            Operation::new(
                GET,
                "/v1/products/{product_id}",
                "One product",
                handlers::one_name::<12, Product>,
            )
            .path::<wire::ProductPath>()
            .query::<wire::FormatQuery>()
            .answers::<wire::ProductView<'_>>(),
            Operation::new(
                OPTIONS,
                "/v1/products/{product_id}",
                "What this address is",
                handlers::options_of_one::<Product>,
            )
            .path::<wire::ProductPath>()
            .answers::<wire::Metadata>(),
            Operation::new(POST, "/o/token", "Tokens for a key", handlers::token)
                .public(64 << 10)
                .takes_as::<wire::TokenRequest>(wire::PARSED)
                .answers::<wire::TokenView>()
                .fails_with::<wire::NoToken>(400, "There are none"),
        ]
    }
}

impl Api for Inventory {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Routes {
        const PLACE: Place = Place { bases: &["/api"], spaces: &[BASE, "/api/o"] };
        fit(&self.kernel, NAME, PLACE, Self::operations(), self.clone())
    }

    fn transfer_of(&self, account: &str) -> Option<Box<dyn Transfer>> {
        Some(Box::new(transfer::OfAccount(account.to_owned())))
    }
}
