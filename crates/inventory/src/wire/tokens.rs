//! OAuth2 (RFC 6749): what asks for tokens, and what it gets.

use std::borrow::Cow;

use kernel::http::Content;
use serde::Serialize;
use utoipa::ToSchema;

use super::given::{Given, form, object};

const FIELDS: [&str; 4] = ["grant_type", "username", "password", "refresh_token"];

/// A way to get tokens.
pub(crate) enum Grant {
    Password { account: String, key: String },
    Refresh(String),
}

/// Tokens for a key.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub(crate) access_token: String,
    /// `Bearer`.
    pub(crate) token_type: &'static str,
    /// In seconds.
    pub(crate) expires_in: i64,
    pub(crate) refresh_token: String,
    /// `read write`.
    pub(crate) scope: &'static str,
}

/// Why there are no tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoToken {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<Cow<'static, str>>,
}

impl NoToken {
    pub(crate) fn invalid_grant() -> Self {
        Self { error: "invalid_grant", error_description: Some("Invalid credentials given.".into()) }
    }

    fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self { error: "invalid_request", error_description: Some(description.into()) }
    }
}

/// Reads what asks for tokens. Whatever client it says it is, it is one.
pub(crate) fn grant(content: &Content) -> Result<Grant, NoToken> {
    let unreadable = || NoToken::invalid_request("The body must be a form or a JSON object.");
    let [grant_type, username, password, refresh_token] = match content {
        Content::Form(fields) => form(fields, &FIELDS),
        Content::Json(json) => {
            let text = std::str::from_utf8(json).map_err(|_| unreadable())?;
            object(text, &FIELDS).map_err(|_| unreadable())?
        }
        Content::Nothing => Default::default(),
        Content::Other(_) => return Err(unreadable()),
    };
    let needed = |name: &str, given: Given<'_>| match given {
        Given::Text(text) => Ok(text.into_owned()),
        _ => Err(NoToken::invalid_request(format!("Request is missing {name} parameter."))),
    };
    match grant_type {
        Given::Text(kind) if kind == "password" => {
            Ok(Grant::Password { account: needed("username", username)?, key: needed("password", password)? })
        }
        Given::Text(kind) if kind == "refresh_token" => {
            Ok(Grant::Refresh(needed("refresh_token", refresh_token)?))
        }
        _ => Err(NoToken { error: "unsupported_grant_type", error_description: None }),
    }
}
