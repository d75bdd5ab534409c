//! HTTP in, one transaction, HTTP out.

mod names;
mod stock;
mod tokens;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::http::{Content, Fault};

pub(crate) use self::names::{
    list as list_names, one as one_name, options_of_list, options_of_one, store as store_names,
};
pub(crate) use self::stock::{list, one, options, options_of_one_stock, store};
pub(crate) use self::tokens::token;
use crate::Inventory;
use crate::wire::{Asked, Collection, Failure, Known, Metadata, Reply, Root, StoredView, answer};

/// The collections.
pub(crate) async fn root(State(_): State<Inventory>, _: Known, asked: Asked) -> Response {
    let root = Root {
        product_inventory: asked.collection("product-inventory"),
        shops: asked.collection("shops"),
        products: asked.collection("products"),
    };
    answer(&asked, Reply::json(&asked, StatusCode::OK, &root))
}

pub(crate) async fn options_of_root(State(_): State<Inventory>, _: Known, asked: Asked) -> Response {
    answer(&asked, Reply::json(&asked, StatusCode::OK, &Metadata::root()))
}

/// A page with the links to its neighbours. The cursor leads to the next one.
fn collection<T>(
    asked: &Asked,
    (page, size): (i64, u32),
    count: i64,
    results: Vec<T>,
    cursor: Option<String>,
) -> Collection<T> {
    let to = |page: i64, cursor| asked.with(&[("page", Some(page.to_string())), ("cursor", cursor)]);
    let is_last = page.saturating_mul(i64::from(size)) >= count;
    Collection {
        count,
        next: (!is_last).then(|| to(page + 1, cursor)),
        previous: (page > 1).then(|| to(page - 1, None)),
        results,
    }
}

/// Reads a body where it does not keep other requests waiting.
async fn parsed<T: Send + 'static>(
    content: Content,
    read: fn(&Content) -> Result<T, Failure>,
) -> Result<T, Failure> {
    const SMALL: usize = 64 << 10;
    match &content {
        Content::Json(json) if json.len() > SMALL => {
            let read = tokio::task::spawn_blocking(move || read(&content));
            read.await.unwrap_or_else(|error| Err(Fault::Internal(error.to_string()).into()))
        }
        _ => read(&content),
    }
}

/// Whether the sound objects of a list are wanted although others are faulty.
fn skips(asked: &Asked, is_list: bool) -> bool {
    is_list && asked.parameter("on_error") == Some("skip")
}

/// What was stored of a list or an object.
fn stored(asked: &Asked, stored: &StoredView, location: Option<String>) -> Result<Reply, Failure> {
    Ok(Reply { location, ..Reply::json(asked, StatusCode::CREATED, stored)? })
}
