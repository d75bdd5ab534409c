//! What a visitor's browser reports, and the script that makes it do so.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderName,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::clock::Micros;
use kernel::db::can_hold;
use kernel::time::utc_in_full;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::accesses::{Details, Geolocation, Navigator, Screen, object_or_default, or_default};
use super::json_fault;
use crate::rules::{Agent, Error};

/// Bytes of a report.
pub(crate) const REPORT_LIMIT: usize = 16 << 10;
/// Bytes that are kept of a browser's name for itself.
const USER_AGENT_AT_MOST: usize = 1_024;

/// Stands in suppliers' pages.
pub(crate) const SCRIPT: &str = include_str!("script.js");
/// The cookies that the script sets; of others nothing is kept.
const COOKIES: [&str; 4] = ["pcrid", "pcrtt", "utm_medium", "utm_source"];

/// A visit, as the script reports it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The supplier.
    #[serde(default)]
    pub(crate) ecommerce_hash: String,
    /// The affiliate; a number or its digits.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 1)]
    pub(crate) pcrid: Option<i64>,
    /// A list, or a text with commas.
    #[serde(default, deserialize_with = "tags")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    utm_source: String,
    #[serde(default, deserialize_with = "or_default")]
    utm_medium: String,
    #[serde(default, deserialize_with = "or_default")]
    href: String,
    #[serde(default, deserialize_with = "or_default")]
    referrer: String,
    #[serde(default, deserialize_with = "or_default")]
    cookie: String,
    #[serde(default, deserialize_with = "object_or_default")]
    screen: Screen,
    #[serde(default, deserialize_with = "object_or_default")]
    navigator: Navigator,
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ListOrText {
    List(Vec<String>),
    Text(String),
}

fn tags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Option::deserialize(deserializer)? {
        Some(ListOrText::List(tags)) => tags,
        Some(ListOrText::Text(text)) => {
            text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
        }
        None => Vec::new(),
    })
}

/// Reads a report.
pub(crate) fn report(body: &[u8]) -> Result<Report, Error> {
    let broken = |reason: &str| Error::Bad(format!("O corpo não é um acesso válido: {reason}"));
    // Fields would be taken from a list too, by their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(broken("deve ser um objeto JSON"));
    }
    let report: Report =
        serde_json::from_slice(body).map_err(|error| broken(&json_fault::<Report>(body, &error)))?;
    if report.ecommerce_hash.is_empty() {
        return Err(Error::parameter("ecommerceHash", "é obrigatório"));
    }
    if !can_hold(&report.ecommerce_hash) {
        return Err(unknown_supplier());
    }
    match report.pcrid {
        Some(1..) => Ok(report),
        _ => Err(Error::parameter("pcrid", "é obrigatório e deve ser um inteiro maior que 0")),
    }
}

/// Nobody has this `ecommerceHash`.
pub(crate) fn unknown_supplier() -> Error {
    Error::parameter("ecommerceHash", "desconhecido")
}

impl Report {
    /// All that there is to know of the access.
    pub(crate) fn details(
        self,
        now: Micros,
        agent: Agent,
        user_agent: &str,
        geolocation: Geolocation,
    ) -> Details {
        let Self {
            ecommerce_hash: _,
            pcrid: _,
            tags,
            utm_source,
            utm_medium,
            href,
            referrer,
            cookie,
            screen,
            navigator,
        } = self;
        let Agent { device, os, browser } = agent;
        let end = user_agent.floor_char_boundary(USER_AGENT_AT_MOST);
        Details {
            utm_source,
            utm_medium,
            tags,
            created_at: utc_in_full(now),
            query: query(&href).to_owned(),
            href,
            referrer,
            cookie: own_cookies(&cookie),
            user_agent: user_agent[..end].to_owned(),
            device,
            os,
            browser,
            screen,
            navigator,
            geolocation,
        }
    }
}

/// The query of an address, with its question mark.
fn query(href: &str) -> &str {
    let before_fragment = href.split('#').next().unwrap_or_default();
    before_fragment.find('?').map_or("", |at| &before_fragment[at..])
}

fn own_cookies(cookies: &str) -> String {
    let is_own = |cookie: &&str| COOKIES.contains(&cookie.split('=').next().unwrap_or_default());
    cookies.split(';').map(str::trim).filter(is_own).collect::<Vec<_>>().join("; ")
}

/// The script. Pages of all the world may use it.
pub(crate) fn script() -> Response {
    const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
        (RESOURCE_POLICY, "cross-origin"),
    ];
    (headers, SCRIPT).into_response()
}

/// What a browser asks before it sends a report as `application/json`.
pub(crate) fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// An answer that pages of every origin may read.
pub(crate) fn for_every_origin(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small() {
        assert!(SCRIPT.len() < 3_000, "{}", SCRIPT.len());
    }

    #[test]
    fn only_cookies_of_the_script_are_kept() {
        assert_eq!(
            own_cookies("session=secret; pcrid=2554; pcrtt=a%2Cb;utm_source=x; xpcrid=1"),
            "pcrid=2554; pcrtt=a%2Cb; utm_source=x"
        );
        assert_eq!(own_cookies(""), "");
    }

    #[test]
    fn the_query_is_that_of_the_address() {
        assert_eq!(query("https://a/?pcrid=1&x=?#y?z"), "?pcrid=1&x=?");
        assert_eq!(query("https://a/#?x"), "");
        assert_eq!(query("https://a/"), "");
    }

    #[test]
    fn tags_and_pcrid_also_come_as_texts() {
        let read = |text: &str| report(text.as_bytes()).map(|report| (report.pcrid, report.tags));
        let both = Ok((Some(2554), vec!["a".to_owned(), "b".to_owned()]));
        let plain = |result: Result<_, Error>| result.map_err(|_| ());
        assert_eq!(plain(read(r#"{"ecommerceHash":"h","pcrid":"2554","tags":"a, b,"}"#)), both);
        assert_eq!(plain(read(r#"{"ecommerceHash":"h","pcrid":2554,"tags":["a","b"]}"#)), both);
        assert_eq!(plain(read(r#"{"ecommerceHash":"h","pcrid":1,"tags":null}"#)), Ok((Some(1), vec![])));
        for pcrid in ["0", "-1", "\"\"", "\"x\"", "null", "1.5", "true"] {
            assert!(read(&format!(r#"{{"ecommerceHash":"h","pcrid":{pcrid}}}"#)).is_err(), "{pcrid}");
        }
    }
}
