//! An answer for a person at a browser.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::wire::Asked;

/// The page that shows the answer to a request, which is JSON, laid out.
pub(crate) fn page(asked: &Asked, status: StatusCode, json: &[u8]) -> Response {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Inventory</title>\n",
    );
    // Writing to a text cannot fail.
    let _: std::fmt::Result = write!(
        page,
        "<h1>{} {}</h1>\n<pre>HTTP {}\n\n{}</pre>\n</html>\n",
        asked.method,
        escaped(&asked.path),
        status,
        escaped(&String::from_utf8_lossy(json)),
    );
    (status, Html(page)).into_response()
}

/// A text in which nothing is HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
