//! An answer for a person at a browser, in the manner of Django REST framework's browsable API: the request, the
//! answer laid out, links and a form. It works without scripts: there are none.

mod form;

use std::sync::LazyLock;

use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::BASE;
use crate::wire::{Asked, Metadata};

const STYLE: &str = include_str!("style.css");

/// Nothing but what the page itself has, in nobody's frame.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
});

/// What an address shows.
struct Subject {
    metadata: Metadata,
    /// Its collection's name in addresses, if it is one or a thing of one.
    collection: Option<&'static str>,
    is_thing: bool,
}

impl Subject {
    fn of(path: &str) -> Self {
        let rest = path.strip_prefix(BASE).unwrap_or(path).trim_matches('/');
        let (name, thing) = rest.split_once('/').unwrap_or((rest, ""));
        let name = name.split('.').next().unwrap_or_default();
        let is_thing = !thing.is_empty() && !matches!(thing, ".api" | ".json");
        let (collection, metadata) = match (name, is_thing) {
            ("product-inventory", false) => ("product-inventory", Metadata::stock()),
            ("product-inventory", true) => ("product-inventory", Metadata::one_stock()),
            ("shops", false) => ("shops", Metadata::shops()),
            ("shops", true) => ("shops", Metadata::one_shop()),
            ("products", false) => ("products", Metadata::products()),
            ("products", true) => ("products", Metadata::one_product()),
            _ => return Self { metadata: Metadata::root(), collection: None, is_thing: false },
        };
        Self { metadata, collection: Some(collection), is_thing }
    }
}

/// What of a collection's page the links beside it need.
#[derive(Debug, Default, Deserialize)]
struct Outline {
    count: Option<i64>,
    next: Option<String>,
    previous: Option<String>,
}

/// The page that shows the answer to a request, which is JSON, laid out.
pub(crate) fn page(asked: &Asked, status: StatusCode, location: Option<&str>, json: &[u8]) -> Response {
    let subject = Subject::of(&asked.path);
    let name = subject.metadata.name();
    let json = String::from_utf8_lossy(json);
    let faults = form::faults(status, &json);
    let outline: Outline = serde_json::from_str(&json).unwrap_or_default();
    let allow = if subject.is_thing || subject.collection.is_none() {
        "GET, HEAD, OPTIONS"
    } else {
        "GET, POST, HEAD, OPTIONS"
    };
    let address = asked.with(&[]);
    let shown = address.strip_prefix(&asked.base).unwrap_or(&address);
    let body = html! {
        (breadcrumbs(asked, &subject))
        main id="content" tabindex="-1" {
            h1 { (name) }
            @if let Some(fields) = subject.metadata.fields() {
                (form::outcome(fields, status, location, &json, &faults))
            }
            nav.links aria-label="Formats" {
                p { "This answer as" }
                a href=(asked.formatted("json")) { "JSON" }
                a href=(asked.formatted("api")) { "page" }
                @if subject.metadata.fields().is_some() { a href="#post" { "Store an object" } }
            }
            @if asked.method != Method::POST { (form::filter(asked, &subject)) }
            pre.request aria-label="Request" { b { (asked.method) } " " (shown) }
            (neighbours(&outline))
            pre.response aria-label="Answer" {
                b { "HTTP " (status) } "\n"
                "Content-Type: application/json\n"
                "Vary: Accept\n"
                "Allow: " (allow) "\n"
                @if let Some(location) = location { "Location: " a href=(location) { (location) } "\n" }
                "\n" (linked(&json, &asked.base))
            }
            (neighbours(&outline))
            @if let Some(fields) = subject.metadata.fields() {
                (form::post(asked, fields, &faults))
            }
        }
    };
    (status, whole(&format!("{name} – {status}"), body)).into_response()
}

/// The page that a person sees who gave no key, or a wrong one.
pub(crate) fn sign_in() -> Response {
    let body = html! {
        main id="content" {
            h1 { "A key is needed" }
            p { "Load this page again and give the account's key as the user name or as the password; the other may stay empty." }
            p { "Whoever runs the server makes one: " code { "partnerapi keys create --api inventory --account NAME" } }
        }
    };
    whole("A key is needed", body)
}

/// A whole document.
fn whole(title: &str, body: Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Inventory" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (body)
            }
        }
    };
    let mut response = Html(document.into_string()).into_response();
    let headers = response.headers_mut();
    headers.extend(POLICY.clone().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn breadcrumbs(asked: &Asked, subject: &Subject) -> Markup {
    let root = format!("{}{BASE}/", asked.base);
    html! {
        header {
            nav aria-label="Where you are" {
                ol {
                    li { a href=(root) { "Api Root" } }
                    @if let Some(collection) = subject.collection {
                        li { a href=(asked.collection(collection)) { (collection) } }
                    }
                    @if subject.is_thing {
                        li { a href=(asked.with(&[])) aria-current="page" { (subject.metadata.name()) } }
                    }
                }
            }
        }
    }
}

/// Links to the pages before and behind, where there is a collection.
fn neighbours(outline: &Outline) -> Markup {
    html! {
        @if let Some(count) = outline.count {
            nav.links aria-label="Pages" {
                p { (count) @if count == 1 { " object" } @else { " objects" } }
                @if let Some(previous) = &outline.previous { a href=(previous) rel="prev" { "‹ Previous page" } }
                @if let Some(next) = &outline.next { a href=(next) rel="next" { "Next page ›" } }
            }
        }
    }
}

/// JSON in which addresses of this API lead there.
fn linked(json: &str, base: &str) -> Markup {
    let own = format!("{base}{BASE}/");
    let is_address = |text: &str| text.starts_with(&own) && !text.contains('\\');
    // What stands between two quotes is text; one that is escaped ends none.
    let mut pieces = Vec::new();
    let mut rest = json;
    while let Some((before, behind)) = rest.split_once('"') {
        let end = end_of_text(behind);
        pieces.push((before, &behind[..end]));
        rest = behind.get(end + 1..).unwrap_or_default();
    }
    html! {
        @for (before, text) in &pieces {
            (before) "\"" @if is_address(text) { a href=(text) { (text) } } @else { (text) } "\""
        }
        (rest)
    }
}

/// Where the quote stands that ends a text of JSON.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_api_are_links() {
        let shown = |json: &str| linked(json, "http://a").into_string();
        assert_eq!(
            shown(r#"{"next": "http://a/api/v1/shops/?page=2&x=1"}"#),
            "{&quot;next&quot;: &quot;<a href=\"http://a/api/v1/shops/?page=2&amp;x=1\">\
             http://a/api/v1/shops/?page=2&amp;x=1</a>&quot;}"
        );
        for json in [
            r#"{"name": "http://b/api/v1/"}"#,
            r#"{"name": "javascript:alert(1)"}"#,
            r#"{"name": "\"http://a/api/v1/\""}"#,
            r#"{"name": "http://a/api/v1/\"onclick=\"x"}"#,
            r#"{"name": "\\", "b": [1, null, "<a href=x>"]}"#,
        ] {
            assert!(!shown(json).contains("<a"), "{json}");
            let text = shown(json).replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
            assert_eq!(text.replace("&amp;", "&"), json, "nothing is lost");
        }
    }

    #[test]
    fn an_address_is_told_by_its_path() {
        let told = |path| {
            let Subject { metadata, collection, is_thing } = Subject::of(path);
            (metadata.name(), collection, is_thing)
        };
        assert_eq!(told("/api/v1/"), ("Api Root", None, false));
        for path in ["/api/v1/shops/", "/api/v1/shops.api", "/api/v1/shops/.api"] {
            assert_eq!(told(path), ("Shop List", Some("shops"), false), "{path}");
        }
        let one = ("Product Inventory Instance", Some("product-inventory"), true);
        assert_eq!(told("/api/v1/product-inventory/2016-06-07_3_6343/"), one);
        assert_eq!(told("/api/v1/products/.x/"), ("Product Instance", Some("products"), true));
    }
}
