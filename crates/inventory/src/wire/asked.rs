//! How something is asked for: in which form, and at which address.

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use kernel::http::{Fault, Pairs, Refusal};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{BASE, Inventory};

/// What stands in a segment of a path as it is (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Json,
    /// For people: HTML.
    Page,
}

impl Format {
    fn named(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "api" => Some(Self::Page),
            _ => None,
        }
    }
}

/// A request but for its body.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) format: Format,
    /// What absolute addresses begin with.
    pub(crate) base: String,
    /// Its path, as clients write it.
    pub(crate) path: String,
    /// Its parameters, and each as it was written.
    parameters: Vec<(String, String, String)>,
}

impl FromRequestParts<Inventory> for Asked {
    type Rejection = Refusal<Inventory>;

    async fn from_request_parts(parts: &mut Parts, api: &Inventory) -> Result<Self, Refusal<Inventory>> {
        let Pairs(pairs) = Pairs::from_request_parts(parts, api).await?;
        let query = parts.uri.query().unwrap_or_default();
        let written = query.split('&').filter(|pair| !pair.is_empty());
        let parameters = pairs.into_iter().zip(written);
        let mut asked = Self {
            method: parts.method.clone(),
            format: Format::Json,
            base: api.kernel.http.base(&parts.uri, &parts.headers),
            path: String::new(),
            parameters: parameters
                .map(|((name, value), written)| (name, value, written.to_owned()))
                .collect(),
        };
        let suffix = suffix(parts.uri.path());
        let end = if suffix.is_some() { "" } else { "/" };
        asked.path = format!("{}{end}", parts.uri.path());
        let named = suffix.or_else(|| asked.parameter("format").filter(|name| !name.is_empty()));
        asked.format = match named {
            Some(name) => Format::named(name).ok_or(Fault::NotFound)?,
            None if prefers_page(&parts.headers) => Format::Page,
            None => Format::Json,
        };
        Ok(asked)
    }
}

impl Asked {
    /// A parameter; of several with one name the last.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(known, ..)| known == name).map(|(_, value, _)| value.as_str())
    }

    /// A parameter, unless it is empty.
    pub(crate) fn filter(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|value| !value.is_empty())
    }

    /// This address with other values for these parameters; those without one are left out.
    pub(crate) fn with(&self, values: &[(&str, Option<String>)]) -> String {
        let others =
            self.parameters.iter().filter(|(name, ..)| values.iter().all(|(other, _)| other != name));
        let given = values.iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| format!("{name}={}", utf8_percent_encode(value, RESERVED)))
        });
        let query: Vec<String> = given.chain(others.map(|(.., written)| written.clone())).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.base, self.path, query.join("&"))
    }

    /// The address of a collection.
    pub(crate) fn collection(&self, name: &str) -> String {
        format!("{}{BASE}/{name}/", self.base)
    }

    /// The address of one thing of a collection.
    pub(crate) fn thing(&self, collection: &str, id: &str) -> String {
        format!("{}{BASE}/{collection}/{}/", self.base, utf8_percent_encode(id, RESERVED))
    }
}

/// The form that a collection's path names at its end: `/shops.json`, `/shops/.json`. The id of a thing may end in
/// the same way, and names none.
fn suffix(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(BASE)?.strip_prefix('/')?;
    match rest.split_once('/') {
        None => rest.split_once('.').map(|(_, suffix)| suffix),
        Some((_, thing)) => thing.strip_prefix('.').filter(|suffix| Format::named(suffix).is_some()),
    }
}

/// Whether a client would rather have HTML than JSON (RFC 9110, section 12.5.1), as browsers do.
fn prefers_page(headers: &HeaderMap) -> bool {
    let accepted: Vec<(String, f32)> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            (name, weight.and_then(|weight| weight.parse().ok()).unwrap_or(1.0))
        })
        .collect();
    let weight = |ranges: &[&str]| {
        let of = |range: &&str| accepted.iter().find(|(name, _)| name == range).map(|(_, weight)| *weight);
        ranges.iter().find_map(of).unwrap_or(0.0)
    };
    weight(&["text/html", "text/*", "*/*"]) > weight(&["application/json", "application/*", "*/*"])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_get_the_page_and_programs_json() {
        for (accept, page) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("text/*", true),
            ("application/json;q=0.5, text/html;q=0.9", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("text/html;q=0.1, application/json", false),
            ("text/html;q=0", false),
            ("application/xml", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(prefers_page(&headers), page, "{accept}");
        }
        assert!(!prefers_page(&HeaderMap::new()));
    }

    #[test]
    fn only_a_collection_has_a_suffix() {
        assert_eq!(suffix("/api/v1/product-inventory"), None);
        assert_eq!(suffix("/api/v1/product-inventory.json"), Some("json"));
        assert_eq!(suffix("/api/v1/product-inventory/.api"), Some("api"));
        assert_eq!(suffix("/api/v1/shops/3.json"), None);
        assert_eq!(suffix("/api/v1/shops/.3"), None);
        assert_eq!(suffix("/api/v1"), None);
    }
}
