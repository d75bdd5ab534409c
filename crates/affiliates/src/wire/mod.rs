//! The contract as types: what goes in and what comes out, to the letter of the seed.

mod accesses;
mod purchases;
mod reports;
mod requests;

use std::fmt::Write as _;

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::http::{Cause, Dialect, Fault};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use utoipa::{IntoParams, ToSchema};

pub(crate) use self::accesses::{Accesses, Details, Geolocation, Navigator, Screen, assembled};
pub(crate) use self::purchases::{Purchase, Purchases, Sale, padded};
pub(crate) use self::reports::{
    REPORT_LIMIT, Report, for_every_origin, preflight, report, script, unknown_supplier,
};
pub(crate) use self::requests::{SalesBody, Update, UpdatesBody, sales, updates};
use crate::Affiliates;
use crate::rules::{Error, Page};

/// What is wrong with JSON that was refused with this error as a `T`, in the clients' language.
fn json_fault<'de, T: Deserialize<'de>>(json: &'de [u8], error: &serde_json::Error) -> String {
    if error.classify() != Category::Data {
        return at_line(error);
    }
    let text = error.to_string();
    if let Some((name, _)) = text.strip_prefix("duplicate field `").and_then(|rest| rest.split_once('`')) {
        return format!("{name}: repetido");
    }
    // Where it is costs a second look, which only what is refused gets.
    let tracked = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(json));
    match tracked.err().map(|error| error.path().to_string()) {
        Some(path) if path != "." => format!("{path}: valor inválido"),
        _ => at_line(error),
    }
}

/// Where JSON is broken.
fn at_line(error: &serde_json::Error) -> String {
    format!("linha {}, coluna {}", error.line(), error.column())
}

/// Days, both included, in the supplier's time zone.
#[derive(Debug, IntoParams)]
#[expect(dead_code, reason = "describes the parameters, which the rules read")]
pub(crate) struct DaysQuery {
    /// The first day, `2022-10-01`.
    #[param(format = Date)]
    begin: String,
    /// The last day, `2022-10-04`.
    #[param(format = Date)]
    end: String,
}

/// The parameters of `accesses`.
#[derive(Debug, IntoParams)]
#[expect(dead_code, reason = "describes the parameters, which the rules read")]
pub(crate) struct AccessesQuery {
    /// The first day, `2022-10-01`.
    #[param(format = Date)]
    begin: String,
    /// The last day, `2022-10-04`.
    #[param(format = Date)]
    end: String,
    /// The page; the first one, if there is no such page.
    page: Option<i64>,
}

/// The parameters of `purchases/count`.
#[derive(Debug, IntoParams)]
#[expect(dead_code, reason = "describes the parameters, which the rules read")]
pub(crate) struct PurchasesCountQuery {
    /// The first day, `2022-10-01`.
    #[param(format = Date)]
    begin: String,
    /// The last day, `2022-10-04`.
    #[param(format = Date)]
    end: String,
    /// Only sales of this status: 0 pending, 1 approved, 2 rejected.
    #[param(minimum = 0, maximum = 2)]
    status: Option<i64>,
}

/// The parameters of `purchases`.
#[derive(Debug, IntoParams)]
#[expect(dead_code, reason = "describes the parameters, which the rules read")]
pub(crate) struct PurchasesQuery {
    /// The first day, `2022-10-01`.
    #[param(format = Date)]
    begin: String,
    /// The last day, `2022-10-04`.
    #[param(format = Date)]
    end: String,
    /// Only sales of this status: 0 pending, 1 approved, 2 rejected.
    #[param(minimum = 0, maximum = 2)]
    status: Option<i64>,
    /// The page; the first one, if there is no such page.
    page: Option<i64>,
}

/// The answer of `accesses/count`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessesCount {
    pub(crate) accesses_count: i64,
}

/// The answer of `purchases/count`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurchasesCount {
    pub(crate) purchases_count: i64,
}

/// The answer to a change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    /// For people.
    pub(crate) msg: &'static str,
}

/// A page of a list, of entries that are JSON already.
pub(crate) fn list(page: Page, entries: impl IntoIterator<Item = String>) -> Bytes {
    let Page { number, total_pages, total_items } = page;
    let (has_previous, has_next) = (number > 1, number < total_pages);
    let mut body = String::with_capacity(16 << 10);
    // Writing into a string cannot fail.
    let _ = write!(
        body,
        r#"{{"current_page":{number},"total_pages":{total_pages},"has_previous":{has_previous},"has_next":{has_next},"total_items":{total_items},"data":["#
    );
    for (index, entry) in entries.into_iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(&entry);
    }
    body.push_str("]}");
    body.into()
}

/// The shape of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// For people, in Portuguese.
    err: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Bad(message) => {
                let refused = (StatusCode::BAD_REQUEST, Json(ErrorBody { err: message }));
                Cause("refused by the rules".into()).of(refused)
            }
            Self::Fault(fault) => fault.respond::<Affiliates>(),
        }
    }
}

impl Dialect for Affiliates {
    type ErrorBody = ErrorBody;
    const ERRORS: &'static [(u16, &'static str)] = &[
        (400, "The parameter, or the position and field in a list, that has to be mended"),
        (401, "No key, a wrong one, or one of an account that is no supplier"),
        (404, "No such path"),
        (413, "The body is too large"),
        (415, "The body is of another type"),
        (429, "Too many attempts from this address"),
        (500, "A fault of the server"),
        (503, "Try again later"),
    ];
    const BODY_LIMIT: usize = 32 << 20;
    const CHALLENGE: &'static str = "Basic";

    fn render(fault: &Fault) -> Response {
        let message = match fault {
            Fault::NotFound => "Não encontrado",
            Fault::MethodNotAllowed(_) => "Método não permitido",
            Fault::UnsupportedMediaType => "Tipo de conteúdo não suportado",
            Fault::BadRequest(_) => "Requisição inválida",
            Fault::TooLarge => "O corpo da requisição é grande demais",
            Fault::Timeout => "A requisição demorou demais",
            Fault::Unauthenticated | Fault::WrongCredential => "Não autorizado",
            Fault::RateLimited(_) => "Muitas tentativas, tente novamente mais tarde",
            Fault::Forbidden => "Proibido",
            Fault::Internal(_) => "Erro interno",
            Fault::Unavailable(_) => "Temporariamente indisponível, tente novamente mais tarde",
        };
        let err = match fault {
            Fault::BadRequest(reason) => format!("{message}: {reason}"),
            _ => message.to_owned(),
        };
        (fault.status(), Json(ErrorBody { err })).into_response()
    }
}
