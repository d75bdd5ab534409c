//! The forms of a page: what to look for, and an object to store.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::Subject;
use crate::wire::{Asked, Told};

/// Where what is wrong with the whole object stands.
const WHOLE: &str = "non_field_errors";

/// What stock can be looked for by: a parameter, what people call it, and the kind of input.
const STOCK_FILTERS: [(&str, &str, &str); 5] = [
    ("search", "Name of a product or a shop", "search"),
    ("date_from", "From day", "date"),
    ("date_to", "To day", "date"),
    ("shop_id", "Shop id", "text"),
    ("product_id", "Product id", "text"),
];
const NAME_FILTERS: [(&str, &str, &str); 1] = [("search", "Name", "search")];

const STOCK_ORDERS: [(&str, &str); 5] = [
    ("name", "Product name"),
    ("identifier", "Product id"),
    ("date", "Day"),
    ("shop_id", "Shop id"),
    ("qty", "Quantity"),
];
const NAME_ORDERS: [(&str, &str); 2] = [("name", "Name"), ("identifier", "Id")];

/// The form that looks through a collection.
pub(super) fn filter(asked: &Asked, subject: &Subject) -> Markup {
    let (filters, orders): (&[_], &[_]) = match subject.collection {
        Some("product-inventory") if !subject.is_thing => (&STOCK_FILTERS, &STOCK_ORDERS),
        Some(_) if !subject.is_thing => (&NAME_FILTERS, &NAME_ORDERS),
        _ => return html! {},
    };
    let of = |name: &str| asked.parameter(name).unwrap_or_default();
    let is_open = filters.iter().map(|(name, ..)| *name).chain(["ordering"]).any(|name| !of(name).is_empty());
    let ordering = of("ordering");
    let options: Vec<(String, String)> = orders
        .iter()
        .flat_map(|(name, label)| {
            [
                ((*name).to_owned(), format!("{label}, rising")),
                (format!("-{name}"), format!("{label}, falling")),
            ]
        })
        .collect();
    let is_other = !ordering.is_empty() && options.iter().all(|(value, _)| value != ordering);
    html! {
        details open[is_open] {
            summary { "Search and sort" }
            form method="get" action="" {
                @for kept in ["format", "page_size"] {
                    @if !of(kept).is_empty() { input type="hidden" name=(kept) value=(of(kept)); }
                }
                div.fields {
                    @for (name, label, kind) in filters {
                        div {
                            label for={ "by-" (name) } { (label) }
                            input id={ "by-" (name) } name=(name) type=(kind) value=(of(name));
                        }
                    }
                    div {
                        label for="by-ordering" { "Order" }
                        select id="by-ordering" name="ordering" {
                            option value="" { "As stored" }
                            @if is_other { option value=(ordering) selected { (ordering) } }
                            @for (value, label) in &options {
                                option value=(value) selected[value == ordering] { (label) }
                            }
                        }
                    }
                }
                button { "Search" }
            }
        }
    }
}

/// What became of an object that was posted.
#[derive(Debug, Default, Deserialize)]
struct Stored {
    inserted: usize,
    updated: usize,
}

/// What is wrong with the object that was posted, by field.
pub(super) type Faults = BTreeMap<String, Vec<String>>;

pub(super) fn faults(status: StatusCode, json: &str) -> Faults {
    match status {
        StatusCode::BAD_REQUEST => serde_json::from_str(json).unwrap_or_default(),
        _ => Faults::new(),
    }
}

fn told(faults: &Faults, field: &str) -> Option<String> {
    faults.get(field).map(|messages| messages.join(" "))
}

/// What became of an object that was posted, for who does not read JSON.
pub(super) fn outcome(
    fields: &[Told],
    status: StatusCode,
    location: Option<&str>,
    json: &str,
    faults: &Faults,
) -> Markup {
    let stored: Option<Stored> =
        (status == StatusCode::CREATED).then(|| serde_json::from_str(json).unwrap_or_default());
    html! {
        @if let Some(Stored { inserted, updated }) = stored {
            div.notice role="status" {
                p {
                    "Stored: " (inserted) " inserted, " (updated) " updated. "
                    @if let Some(location) = location { a href=(location) { "Look at it" } }
                }
            }
        }
        @if !faults.is_empty() {
            div.notice.bad role="alert" {
                p { b { "Nothing was stored." } }
                ul {
                    @for (name, _, _, label) in fields {
                        @if let Some(message) = told(faults, name) {
                            li { a href={ "#" (name) } { (label) } ": " (message) }
                        }
                    }
                    @if let Some(message) = told(faults, WHOLE) { li { (message) } }
                }
            }
        }
    }
}

/// The form that stores an object. It begins at the first field that was wrong.
pub(super) fn post(asked: &Asked, fields: &[Told], faults: &Faults) -> Markup {
    let first = fields.iter().map(|(name, ..)| *name).find(|name| faults.contains_key(*name));
    html! {
        section aria-labelledby="post" {
            h2 id="post" { "Store an object" }
            form method="post" action=(again(asked)) {
                div.fields {
                    @for about in fields { (field(asked, about, told(faults, about.0), first)) }
                }
                button { "Store" }
            }
        }
    }
}

fn field(
    asked: &Asked,
    &(name, kind, required, label): &Told,
    fault: Option<String>,
    first: Option<&str>,
) -> Markup {
    let entered = asked.entered.iter().rev().find(|(entered, _)| entered == name);
    let value = entered.filter(|_| !asked.entered.is_empty()).map_or("", |(_, value)| value.as_str());
    let (input, mode) = match (kind, name) {
        (_, "date" | "open_date") => ("date", None),
        ("decimal", _) => ("text", Some("decimal")),
        _ => ("text", None),
    };
    let told = fault.as_ref().map(|_| format!("{name}-fault"));
    let invalid = fault.as_ref().map(|_| "true");
    let begins_here = first == Some(name);
    html! {
        div {
            label for=(name) {
                (label) @if required { " " small { "required" } }
            }
            @if kind == "boolean" {
                select id=(name) name=(name) aria-invalid=[invalid] aria-describedby=[told.as_deref()] {
                    option value="true" { "yes" }
                    option value="false" selected[value == "false"] { "no" }
                }
            } @else {
                input id=(name) name=(name) type=(input) inputmode=[mode] value=(value) autocomplete="off"
                    aria-required=[required.then_some("true")] aria-invalid=[invalid]
                    aria-describedby=[told.as_deref()] autofocus[begins_here];
            }
            @if let Some(fault) = fault { p.error id={ (name) "-fault" } { (fault) } }
        }
    }
}

/// This address as seen from itself: right behind any proxy.
fn again(asked: &Asked) -> String {
    let address = asked.with(&[("page", None), ("cursor", None)]);
    address.split_once('?').map_or_else(|| "?".to_owned(), |(_, query)| format!("?{query}"))
}
