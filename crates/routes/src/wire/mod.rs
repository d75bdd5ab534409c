//! The contract as types: what comes out, and what goes wrong.

mod answers;
mod fields;
mod requests;

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::http::{Cause, Dialect, Fault};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::answers::{
    ChatIds, ChatView, Chats, Regions, ReportTypeView, ReportTypes, UnitIds, UnitView, Units, UserUnits,
};
pub(crate) use self::fields::{Fields, both, query};
pub(crate) use self::requests::{
    AccessCodeBody, ChatChangeBody, ChatPath, InRegion, Level, NewChatBody, NewRoutesBody, Part,
    ReportTypePath, RouteChats, RouteUnits, RoutesToDelete, UnitPath, access_code, chat, chat_change,
    chat_in_path, new_chat, new_routes, old_routes, parent, region, report_type, unit,
};
use crate::Routes;
use crate::rules::{Error, Mistake, NO_FIELD, UnitId};

/// The shape of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong, for programs too.
    message: String,
    extra: Extra,
}

/// What else there is to know of an error.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Extra {
    /// Of a validation error: what is wrong, by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<&'static str, Vec<String>>>,
    /// Of routes that are there already: their units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<i64>>)]
    unit_ids: Option<Vec<UnitId>>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, message, extra) = match self {
            Self::Invalid(mistakes) => {
                let said = |mistakes: Vec<Mistake>| mistakes.iter().map(ToString::to_string).collect();
                let fields = mistakes.into_iter().map(|(field, mistakes)| (field, said(mistakes))).collect();
                (
                    StatusCode::BAD_REQUEST,
                    "Validation error".to_owned(),
                    Extra { fields: Some(fields), ..Extra::default() },
                )
            }
            Self::RoutesExist(unit_ids) => (
                StatusCode::CONFLICT,
                "Unit route already exists".to_owned(),
                Extra { unit_ids: Some(unit_ids), ..Extra::default() },
            ),
            Self::UnitsNotFound(units) => {
                plain(StatusCode::NOT_FOUND, format!("Units {} are not found", set(&units)))
            }
            Self::UnitsDenied(units) => {
                plain(StatusCode::FORBIDDEN, format!("Permission to units {} denied", set(&units)))
            }
            Self::ChatNotFound => plain(StatusCode::NOT_FOUND, "Chat by chat ID is not found"),
            Self::RoleNotFound => plain(StatusCode::NOT_FOUND, "Role is not found"),
            Self::UnitNotFound => plain(StatusCode::NOT_FOUND, "Unit by name is not found"),
            Self::ReportTypeNotFound => plain(StatusCode::NOT_FOUND, "Report type is not found"),
            Self::ReportTypeByIdNotFound => plain(StatusCode::NOT_FOUND, "Report type by ID is not found"),
            Self::NoRole => plain(StatusCode::FORBIDDEN, "User has no any role"),
            Self::ReportTypeDenied => plain(StatusCode::FORBIDDEN, "Permission to report type denied"),
            Self::ChatExists => plain(StatusCode::CONFLICT, "Chat with provided chat ID already exists"),
            Self::Fault(fault) => return fault.respond::<Routes>(),
        };
        Cause(message.clone()).of((status, Json(ErrorBody { message, extra })))
    }
}

fn plain(status: StatusCode, message: impl Into<String>) -> (StatusCode, String, Extra) {
    (status, message.into(), Extra::default())
}

/// `{2, 3}`, as Python writes a set.
fn set(units: &[UnitId]) -> String {
    let units: Vec<String> = units.iter().map(|UnitId(unit)| unit.to_string()).collect();
    format!("{{{}}}", units.join(", "))
}

impl Dialect for Routes {
    type ErrorBody = ErrorBody;
    const ERRORS: &'static [(u16, &'static str)] = &[
        (400, "A parameter or the body is broken"),
        (401, "From no trusted network, and without a key"),
        (404, "No such path, or not what it names"),
        (413, "The body is too large"),
        (429, "Too many wrong keys or access codes"),
        (500, "A fault of the service"),
        (503, "The service cannot work now"),
    ];
    const BODY_LIMIT: usize = 1 << 20;

    fn render(fault: &Fault) -> Response {
        let (message, fields) = match fault {
            // It is told like a fault of a field, by which clients know it.
            Fault::BadRequest(message) => {
                ("Validation error", Some(BTreeMap::from([(NO_FIELD, vec![message.clone()])])))
            }
            other => (other.public_message(), None),
        };
        let body = ErrorBody { message: message.to_owned(), extra: Extra { fields, unit_ids: None } };
        (fault.status(), Json(body)).into_response()
    }
}
