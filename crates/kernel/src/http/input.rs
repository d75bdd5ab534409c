//! Parameters from wherever a client puts them: the query, a form, multipart, a JSON object.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::attend::Refusal;
use super::dialect::{Dialect, Fault};
use crate::db::can_hold;

/// The parameters of a request. One that is given in several places counts from the body, one that is given
/// several times in the same place counts the last time. `null` and the empty text mean that it is left out.
#[derive(Debug, Default)]
pub struct Input(HashMap<String, Value>);

/// A parameter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct BadParameter {
    /// The parameter.
    pub name: &'static str,
    /// What it may be.
    pub reason: Cow<'static, str>,
}

impl BadParameter {
    /// A complaint about `name`.
    pub fn new(name: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { name, reason: reason.into() }
    }
}

impl Input {
    fn add(&mut self, pairs: impl IntoIterator<Item = Result<(String, String), Fault>>) -> Result<(), Fault> {
        for pair in pairs {
            let (name, value) = pair?;
            self.0.insert(name, Value::String(value));
        }
        Ok(())
    }

    /// A text. A JSON number is taken as it is written.
    ///
    /// # Errors
    /// [`BadParameter`] if it is no text, or holds a NUL, which no database text can.
    pub fn text(&self, name: &'static str) -> Result<Option<String>, BadParameter> {
        let text = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(BadParameter::new(name, "must be a text")),
        };
        if can_hold(&text) { Ok(Some(text)) } else { Err(BadParameter::new(name, "must not hold a NUL")) }
    }
}

impl<D: Dialect> FromRequest<D> for Input {
    type Rejection = Refusal<D>;

    async fn from_request(request: Request, _: &D) -> Result<Self, Refusal<D>> {
        read::<D>(request).await.map_err(Refusal::from)
    }
}

/// The parameters of the query alone, the last of several with one name.
#[derive(Debug, Default)]
pub struct Query(pub Map<String, Value>);

impl<D: Dialect> FromRequestParts<D> for Query {
    type Rejection = Refusal<D>;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, Refusal<D>> {
        let query = parts.uri.query().unwrap_or_default();
        let last = pairs(query).map(|pair| pair.map(|(name, value)| (name, Value::String(value))));
        Ok(Self(last.collect::<Result<_, _>>()?))
    }
}

/// The parameters of the query in their order, those with one name too.
#[derive(Debug, Default)]
pub struct Pairs(pub Vec<(String, String)>);

impl<D: Dialect> FromRequestParts<D> for Pairs {
    type Rejection = Refusal<D>;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, Refusal<D>> {
        Ok(Self(pairs(parts.uri.query().unwrap_or_default()).collect::<Result<_, _>>()?))
    }
}

/// What stands in the places of the path. A path that is not UTF-8, or has something else there, leads nowhere.
#[derive(Debug, Default)]
pub struct Segments<T>(pub T);

impl<D: Dialect, T: DeserializeOwned + Send> FromRequestParts<D> for Segments<T> {
    type Rejection = Refusal<D>;

    async fn from_request_parts(parts: &mut Parts, state: &D) -> Result<Self, Refusal<D>> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(_) => Err(Fault::NotFound.into()),
        }
    }
}

/// The body as it came, up to the limit of the dialect.
#[derive(Debug, Default)]
pub struct Payload(pub Vec<u8>);

impl<D: Dialect> FromRequest<D> for Payload {
    type Rejection = Refusal<D>;

    async fn from_request(request: Request, _: &D) -> Result<Self, Refusal<D>> {
        let limit = limit::<D>(request.extensions());
        Ok(Self(read_body(request.into_body(), limit).await?))
    }
}

/// The body by its media type.
#[derive(Debug)]
pub enum Content {
    /// There is none.
    Nothing,
    /// JSON, not read yet.
    Json(Vec<u8>),
    /// The fields of a form, in their order.
    Form(Vec<(String, String)>),
    /// Something of another type, in the client's words.
    Other(String),
}

impl<D: Dialect> FromRequest<D> for Content {
    type Rejection = Refusal<D>;

    async fn from_request(request: Request, _: &D) -> Result<Self, Refusal<D>> {
        let (parts, body) = request.into_parts();
        Ok(content(&parts.headers, read_body(body, limit::<D>(&parts.extensions)).await?).await?)
    }
}

async fn read<D: Dialect>(request: Request) -> Result<Input, Fault> {
    let (parts, body) = request.into_parts();
    let mut input = Input::default();
    input.add(pairs(parts.uri.query().unwrap_or_default()))?;
    match content(&parts.headers, read_body(body, limit::<D>(&parts.extensions)).await?).await? {
        Content::Nothing => {}
        Content::Json(bytes) => match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => input.0.extend(object),
            Ok(_) => return Err(Fault::BadRequest("The body must be a JSON object".into())),
            Err(error) => return Err(Fault::BadRequest(format!("The body is no JSON: {error}"))),
        },
        Content::Form(fields) => input.add(fields.into_iter().map(Ok))?,
        Content::Other(_) => return Err(Fault::UnsupportedMediaType),
    }
    Ok(input)
}

async fn content(headers: &HeaderMap, bytes: Vec<u8>) -> Result<Content, Fault> {
    if bytes.is_empty() {
        return Ok(Content::Nothing);
    }
    Ok(match kind(headers) {
        Some(Kind::Json) => Content::Json(bytes),
        Some(Kind::Form) => {
            let form = std::str::from_utf8(&bytes).map_err(|_| not_utf8())?;
            Content::Form(pairs(form).collect::<Result<_, _>>()?)
        }
        Some(Kind::Multipart(boundary)) => Content::Form(multipart(bytes, boundary).await?),
        None => {
            let told =
                headers.get(CONTENT_TYPE).map(|told| String::from_utf8_lossy(told.as_bytes()).into_owned());
            Content::Other(told.unwrap_or_default())
        }
    })
}

/// Bytes of a body at most, for an operation that takes less than the others of its API.
#[derive(Clone, Copy)]
pub(super) struct BodyLimit(pub(super) usize);

fn limit<D: Dialect>(extensions: &Extensions) -> usize {
    extensions.get::<BodyLimit>().map_or(D::BODY_LIMIT, |limit| limit.0)
}

async fn read_body(body: Body, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut limited = Limited::new(body, limit);
    let mut bytes = Vec::new();
    while let Some(frame) = limited.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..])),
            Err(error) if error.is::<LengthLimitError>() => return Err(Fault::TooLarge),
            Err(_) => return Err(Fault::BadRequest("The body broke off".into())),
        }
    }
    Ok(bytes)
}

enum Kind {
    Json,
    Form,
    /// With the boundary between its parts, if one is named.
    Multipart(Option<String>),
}

fn kind(headers: &HeaderMap) -> Option<Kind> {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::to_str)?.ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => Some(Kind::Form),
        "multipart/form-data" => Some(Kind::Multipart(multer::parse_boundary(value).ok())),
        json if json == "application/json"
            || (json.starts_with("application/") && json.ends_with("+json")) =>
        {
            Some(Kind::Json)
        }
        _ => None,
    }
}

/// Reads `a=1&b=2`, as the WHATWG's URL standard has it, but refuses what is not UTF-8 instead of mangling it.
fn pairs(text: &str) -> impl Iterator<Item = Result<(String, String), Fault>> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    })
}

fn decode(text: &str) -> Result<String, Fault> {
    if !text.bytes().any(|byte| b"+%".contains(&byte)) {
        return Ok(text.to_owned());
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| not_utf8())?;
    Ok(decoded.into_owned())
}

fn not_utf8() -> Fault {
    Fault::BadRequest("A parameter is not UTF-8".into())
}

async fn multipart(bytes: Vec<u8>, boundary: Option<String>) -> Result<Vec<(String, String)>, Fault> {
    let boundary =
        boundary.ok_or_else(|| Fault::BadRequest("The multipart body names no boundary".into()))?;
    let broken = |error: multer::Error| Fault::BadRequest(format!("The multipart body is broken: {error}"));
    let whole = futures_util::stream::once(async move { Ok::<_, std::io::Error>(bytes) });
    let mut body = multer::Multipart::new(whole, boundary);
    let mut fields = Vec::new();
    while let Some(field) = body.next_field().await.map_err(broken)? {
        let Some(name) = field.name().map(str::to_owned) else { continue };
        let value = field.bytes().await.map_err(broken)?;
        fields.push((name, String::from_utf8(value.to_vec()).map_err(|_| not_utf8())?));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Input, Fault> {
        let mut input = Input::default();
        input.add(pairs(text)).map(|()| input)
    }

    #[test]
    fn a_query_is_decoded_and_the_last_of_several_counts() {
        let input = query("seat_id=6-1%3B52&a=x+y&a=z&flag").unwrap();
        assert_eq!(input.text("seat_id").unwrap().as_deref(), Some("6-1;52"));
        assert_eq!(input.text("a").unwrap().as_deref(), Some("z"));
        assert_eq!(input.text("flag").unwrap(), None);
    }

    #[test]
    fn what_is_not_utf8_or_holds_a_nul_is_refused() {
        assert!(matches!(query("a=%ff%fe"), Err(Fault::BadRequest(_))));
        assert!(query("a=%00").unwrap().text("a").is_err());
    }
}
