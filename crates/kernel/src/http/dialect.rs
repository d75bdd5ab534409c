//! What can go wrong around a handler, and how each API words it.
//!
//! Five APIs have five shapes for an error, and a client knows one of them. The kernel names the faults, an
//! API's [`Dialect`] renders them: an unknown path, a broken body and a panic reach the client in the shape of
//! the API that it asked.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db;
use crate::keys::Caller;

/// Something that went wrong outside an API's own rules.
#[derive(Clone, Debug)]
pub enum Fault {
    /// No such path.
    NotFound,
    /// The path has other methods than this. The `Allow` header is added by the kernel.
    MethodNotAllowed(Method),
    /// A body of a type that is not taken here.
    UnsupportedMediaType,
    /// A body or a parameter that cannot be read, in words for the caller.
    BadRequest(String),
    /// A body beyond the limit.
    TooLarge,
    /// The time limit of a request is over. What changes state is finished all the same.
    Timeout,
    /// No credential.
    Unauthenticated,
    /// A credential that opens nothing here.
    WrongCredential,
    /// Too many failed attempts; worth trying again after this time.
    RateLimited(Duration),
    /// From an address that is not trusted with this.
    Forbidden,
    /// A fault of ours. The text is for the log alone.
    Internal(String),
    /// The database or something else that we need is away. The text is for the log alone.
    Unavailable(String),
}

impl Fault {
    /// The status that HTTP has for it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthenticated | Self::WrongCredential => StatusCode::UNAUTHORIZED,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the caller may know about it.
    #[must_use]
    pub fn public_message(&self) -> &str {
        match self {
            Self::NotFound => "Not found",
            Self::MethodNotAllowed(_) => "Method not allowed",
            Self::UnsupportedMediaType => "Unsupported media type",
            Self::BadRequest(message) => message,
            Self::TooLarge => "Request body is too large",
            Self::Timeout => "The request took too long",
            Self::Unauthenticated | Self::WrongCredential => "Wrong credentials",
            Self::RateLimited(_) => "Too many failed attempts, try again later",
            Self::Forbidden => "Forbidden",
            Self::Internal(_) => "Internal error",
            Self::Unavailable(_) => "Temporarily unavailable, try again later",
        }
    }

    /// The answer in the words of `D`, with what the kernel adds to every answer of this kind.
    pub fn respond<D: Dialect>(self) -> Response {
        let mut response = D::render(&self);
        let wait = match &self {
            Self::RateLimited(wait) => Some(wait.as_secs() + 1),
            Self::Unavailable(_) => Some(1),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::Unauthenticated | Self::WrongCredential) {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(D::CHALLENGE));
        }
        let cause = match self {
            Self::Internal(cause) | Self::Unavailable(cause) => cause,
            other => other.public_message().to_owned(),
        };
        Cause(cause).of(response)
    }
}

impl From<db::Error> for Fault {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Unavailable(cause) => Self::Unavailable(cause),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Why a request failed, for its log line. An API's own errors put it into the response's extensions too.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

impl Cause {
    /// An answer of which it is the cause.
    pub fn of(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An answer as JSON.
///
/// # Errors
/// [`Fault::Internal`] if it cannot be written so.
pub fn encode(answer: &impl Serialize) -> Result<Bytes, Fault> {
    let json = serde_json::to_vec(answer);
    json.map(Bytes::from).map_err(|error| Fault::Internal(format!("an answer is no JSON: {error}")))
}

/// What was [encoded](encode), perhaps long ago.
pub fn json(body: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

/// How one API words what goes wrong. Implemented by the type that is also the state of its handlers, so that
/// the kernel's extractors speak it without being told.
pub trait Dialect: Clone + Send + Sync + 'static {
    /// The shape of its errors.
    type ErrorBody: ToSchema;
    /// The statuses that its errors have and what each means, for the OpenAPI document.
    const ERRORS: &'static [(u16, &'static str)];
    /// Bytes of a body at most.
    const BODY_LIMIT: usize;
    /// Whether keys open anything here. Looking one up takes the database.
    const ASKS_FOR_KEYS: bool = true;
    /// How a refused credential is asked for again (RFC 9110, section 11.6.1).
    const CHALLENGE: &'static str = "Bearer";
    /// Whether every answer names the methods of its path in `Allow`, and not only the refusal of another one.
    const ALWAYS_ALLOWS: bool = false;

    /// The answer to `fault`.
    fn render(fault: &Fault) -> Response;

    /// The last look at every answer before it leaves, for what an API does to all of them. `caller` is who
    /// asked, if that is known.
    fn finish(_caller: Option<&Caller>, _response: &mut Response) {}
}

/// The dialect of what belongs to no API: `{"detail": "Not found"}`.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

/// `{"detail": "Not found"}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlainError {
    /// What went wrong.
    detail: String,
}

impl Dialect for Plain {
    type ErrorBody = PlainError;
    const ERRORS: &'static [(u16, &'static str)] = &[];
    const BODY_LIMIT: usize = 64 << 10;
    const ASKS_FOR_KEYS: bool = false;

    fn render(fault: &Fault) -> Response {
        let body = PlainError { detail: fault.public_message().to_owned() };
        (fault.status(), Json(body)).into_response()
    }
}
