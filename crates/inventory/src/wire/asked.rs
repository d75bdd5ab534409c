//! How something is asked for: in which form, and at which address.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use kernel::http::{Content, Fault, Pairs, Refusal};
use kernel::keys::Caller;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{BASE, Inventory, page};

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
    /// What a person has entered into the form of a page, to be shown again.
    pub(crate) entered: Vec<(String, String)>,
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
            entered: Vec::new(),
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

    /// The request with what was entered into the form of a page.
    pub(crate) fn entered(self, content: &Content) -> Self {
        match (self.format, content) {
            (Format::Page, Content::Form(fields)) => Self { entered: fields.clone(), ..self },
            _ => self,
        }
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

    /// This address in another form.
    pub(crate) fn formatted(&self, format: &str) -> String {
        let path = match suffix(&self.path) {
            Some(suffix) => format!("{}/", self.path.trim_end_matches(suffix).trim_end_matches(['.', '/'])),
            None => self.path.clone(),
        };
        Self { path, ..self.clone() }.with(&[("format", Some(format.to_owned()))])
    }

    /// The address of a collection.
    pub(crate) fn collection(&self, name: &str) -> String {
        format!("{}{BASE}/{name}/", self.base)
    }

    /// The address of one thing of a collection.
    pub(crate) fn thing(&self, collection: &str, id: &str) -> String {
        let id = utf8_percent_encode(id, RESERVED).to_string();
        // With a point in front it would be a format.
        let id = id.strip_prefix('.').map(|rest| format!("%2E{rest}")).unwrap_or(id);
        format!("{}{BASE}/{collection}/{id}/", self.base)
    }
}

/// Who calls. A browser that has no key is asked for one.
pub(crate) struct Known(pub(crate) Caller);

impl FromRequestParts<Inventory> for Known {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &Inventory) -> Result<Self, Response> {
        let caller = Caller::from_request_parts(parts, api).await;
        caller.map(Self).map_err(|refusal| refuse(refusal.into(), parts))
    }
}

/// The refusal of a credential, or of its lack. A browser that is to show a page asks for a key.
fn refuse(fault: Fault, parts: &Parts) -> Response {
    let query = parts.uri.query().unwrap_or_default();
    let is_for_person = prefers_page(&parts.headers);
    let is_page = match suffix(parts.uri.path()) {
        Some(suffix) => suffix == "api",
        None => is_for_person || query.split('&').any(|pair| pair == "format=api"),
    };
    let mut response = fault.respond::<Inventory>();
    if is_page && response.status() == StatusCode::UNAUTHORIZED {
        if is_for_person {
            let (mut head, body) = page::sign_in().into_parts();
            head.status = response.status();
            head.headers.extend(
                response.headers().get(WWW_AUTHENTICATE).cloned().map(|asks| (WWW_AUTHENTICATE, asks)),
            );
            head.extensions = response.extensions().clone();
            response = Response::from_parts(head, body);
        }
        let asks = HeaderValue::from_static("Basic realm=\"api\", charset=\"UTF-8\"");
        response.headers_mut().append(WWW_AUTHENTICATE, asks);
    }
    response
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
