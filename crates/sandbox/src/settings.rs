//! How the partner behaves when nothing is asked of it in particular.

use std::str::FromStr;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::failure::Rules;

/// How the partner behaves.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How it writes its ids.
    pub ids: Ids,
    /// The id of its first order. Left out: one from the clock, so that a partner that was started again does not
    /// give an id that somebody still has in a database.
    pub first_id: Option<u64>,
    /// How long an order stays in each status. Left out: until it is set by hand.
    pub advance: Option<Duration>,
    /// Prices in error texts are written with a decimal comma.
    pub decimal_comma: bool,
    /// The HTTP status of an answer that refuses.
    pub error_status: ErrorStatus,
    /// What fails without being asked to.
    pub fail: Rules,
}

impl Settings {
    pub(crate) fn show(&self) -> Value {
        let Self { ids, first_id: _, advance, decimal_comma, error_status, fail } = self;
        json!({
            "ids": ids.name(), "advance": advance.map(|pace| pace.as_secs_f64()),
            "decimal_comma": decimal_comma, "error_status": error_status.0.as_u16(), "fail": fail.to_string(),
        })
    }
}

/// How ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ids {
    /// `1001`.
    #[default]
    Number,
    /// `"1001"`.
    Text,
    /// `"SB-1001"`.
    Code,
}

/// What stands before the number of a [`Ids::Code`].
const CODE: &str = "SB-";

impl Ids {
    /// An id as it stands in JSON.
    pub(crate) fn show(self, id: u64) -> Value {
        match self {
            Self::Number => json!(id),
            Self::Text => json!(id.to_string()),
            Self::Code => json!(format!("{CODE}{id}")),
        }
    }

    /// The number of an id in any of the forms.
    pub(crate) fn read(text: &str) -> Option<u64> {
        text.strip_prefix(CODE).unwrap_or(text).parse().ok()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Text => "string",
            Self::Code => "code",
        }
    }
}

impl FromStr for Ids {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Number, Self::Text, Self::Code];
        all.into_iter().find(|ids| ids.name() == text).ok_or("may be number or string or code")
    }
}

/// The HTTP status of an answer that refuses: 200, or one of the client's errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorStatus(pub(crate) StatusCode);

impl FromStr for ErrorStatus {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let status = text.parse().ok().filter(|status| *status == 200 || (400..500).contains(status));
        status
            .and_then(|status| StatusCode::from_u16(status).ok())
            .map(Self)
            .ok_or("may be 200, or a status from 400 to 499")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_each_form_in_which_it_is_written() {
        for (ids, shown) in [(Ids::Number, json!(58)), (Ids::Text, json!("58")), (Ids::Code, json!("SB-58"))]
        {
            assert_eq!(ids.show(58), shown);
            assert_eq!(Ids::read(shown.as_str().unwrap_or("58")), Some(58));
            assert_eq!(ids.name().parse(), Ok(ids));
        }
        assert_eq!(Ids::read("fifty-eight"), None);
    }

    #[test]
    fn only_an_error_of_the_client_or_none_can_be_a_refusal() {
        assert_eq!("200".parse(), Ok(ErrorStatus::default()));
        assert_eq!("422".parse(), Ok(ErrorStatus(StatusCode::UNPROCESSABLE_ENTITY)));
        for text in ["", "201", "399", "500", "teapot"] {
            assert!(text.parse::<ErrorStatus>().is_err(), "{text:?}");
        }
    }
}
