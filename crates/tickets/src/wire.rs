//! The contract as types: what goes in and what comes out, to the letter of the seed.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::decimal::Fixed;
use kernel::http::{Cause, Dialect, Fault};
use kernel::keys::Caller;
use kernel::time::OffsetTime;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::Tickets;
use crate::rules::Error;

/// An amount with two digits after the point.
pub(crate) type Price = Fixed<2>;

/// A city, as the organiser's file has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct City {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// A name of the IANA time zone database.
    #[schema(examples("Europe/Moscow"))]
    pub(crate) timezone: String,
    /// Latitude and longitude.
    #[schema(value_type = Vec<f64>)]
    pub(crate) coords: [Number; 2],
}

/// A venue, without its zones.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scheme {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) place_name: String,
    pub(crate) place_address: String,
    pub(crate) place_description: String,
}

/// A venue and the seats of its zones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemeWithZones {
    id: i64,
    name: String,
    place_name: String,
    place_address: String,
    place_description: String,
    zones: Vec<SchemeZone>,
}

impl Scheme {
    // Not by way of `flatten`: a venue of a file may have no zones, and the OpenAPI document would say so of both.
    pub(crate) fn with_zones(self, zones: Vec<SchemeZone>) -> SchemeWithZones {
        let Self { id, name, place_name, place_address, place_description } = self;
        SchemeWithZones { id, name, place_name, place_address, place_description, zones }
    }
}

/// A zone of a venue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemeZone {
    pub(crate) zone_id: i64,
    pub(crate) name: String,
    pub(crate) seats: Vec<SeatName>,
}

/// A seat by its name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatName {
    pub(crate) seat_id: String,
}

/// One show of an event: an entry of `events/lists`, and the head of `events/seats`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShowEntry<'a> {
    pub(crate) event_id: i64,
    pub(crate) show_id: i64,
    pub(crate) event_name: &'a str,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) start_date: OffsetTime,
    pub(crate) scheme: SchemeWithZones,
    #[schema(value_type = City)]
    pub(crate) city: &'a RawValue,
    pub(crate) last_update_hash: &'a str,
}

/// The answer of `events/lists`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lists {
    /// `success`.
    pub(crate) status: &'static str,
    #[schema(value_type = Vec<ShowEntry>)]
    pub(crate) result: [(); 0],
}

/// The answer of `events/seats`: a show and what is free in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seats<'a> {
    #[serde(flatten)]
    pub(crate) show: ShowEntry<'a>,
    pub(crate) zones: Vec<Zone>,
}

/// A zone and its seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Zone {
    pub(crate) zone_id: i64,
    pub(crate) name: String,
    pub(crate) seats: Vec<Seat>,
}

/// A seat, or an admission that is sold several times.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seat {
    pub(crate) seat_id: String,
    pub(crate) available: bool,
    #[schema(value_type = Vec<f64>)]
    pub(crate) coords: Box<RawValue>,
    /// How many are left, of an admission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) free_quantity: Option<i64>,
    /// `true` for an admission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) admission: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<i64>,
    #[schema(value_type = f64)]
    pub(crate) price: Price,
    pub(crate) currency_id: String,
}

/// The path of an operation on one show.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct ShowPath {
    /// The event.
    #[param(value_type = i64)]
    pub(crate) event_id: String,
    /// The show; may be left out where the event has one.
    #[param(value_type = i64, required)]
    pub(crate) show_id: Option<String>,
}

/// The parameters of `tickets/add`.
#[derive(Debug, IntoParams, ToSchema)]
#[expect(dead_code, reason = "describes the parameters; they are read from wherever the client put them")]
pub(crate) struct AddParameters {
    /// Books this seat.
    seat_id: Option<String>,
    /// Updates this ticket of one's own.
    id: Option<String>,
    /// A name of the client's choice for the ticket: books under it, or updates the ticket that has it.
    #[param(max_length = 255)]
    #[schema(max_length = 255)]
    external_id: Option<String>,
    /// 1 if the buyer has paid; 0, the default, reserves.
    #[param(minimum = 0, maximum = 1)]
    #[schema(minimum = 0, maximum = 1)]
    paid: Option<i64>,
    /// Until when the seat is reserved, if it is not paid. RFC 3339; without an offset, the city's time.
    reserved_to: Option<String>,
}

/// The parameters of `tickets/remove`: one of them.
#[derive(Debug, IntoParams, ToSchema)]
#[expect(dead_code, reason = "describes the parameters; they are read from wherever the client put them")]
pub(crate) struct RemoveParameters {
    /// The ticket.
    id: Option<String>,
    /// The name that the client gave it.
    external_id: Option<String>,
}

/// The answer of an operation on a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer<'a, R> {
    pub(crate) event_id: i64,
    pub(crate) show_id: i64,
    pub(crate) event_name: &'a str,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) start_date: OffsetTime,
    #[schema(value_type = Scheme)]
    pub(crate) scheme: &'a RawValue,
    #[schema(value_type = City)]
    pub(crate) city: &'a RawValue,
    pub(crate) last_update_hash: &'a str,
    /// `success`.
    pub(crate) status: &'static str,
    #[schema(inline)]
    pub(crate) result: R,
}

/// A ticket, as its partner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketView<'a> {
    /// Digits.
    pub(crate) id: String,
    /// 1 if it is paid.
    pub(crate) paid: u8,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) reserved_to: Option<OffsetTime>,
    pub(crate) external_id: Option<&'a str>,
    /// 12 digits, once it is paid.
    pub(crate) barcode: Option<&'a str>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Validation(bad) => (StatusCode::BAD_REQUEST, Code::ValidationError, bad.to_string()),
            Self::EventNotFound => {
                (StatusCode::NOT_FOUND, Code::EventNotFound, "Event is not found".to_owned())
            }
            Self::SeatNotFound(seat) => {
                (StatusCode::NOT_FOUND, Code::SeatNotFound, format!("Seat \"{seat}\" is not found"))
            }
            Self::SeatNotAvailable(seat) => {
                (StatusCode::CONFLICT, Code::SeatNotAvailable, format!("Seat \"{seat}\" is not available"))
            }
            Self::TicketNotFound => {
                (StatusCode::NOT_FOUND, Code::TicketNotFound, "Ticket is not found".to_owned())
            }
            Self::Fault(fault) => return fault.respond::<Tickets>(),
        };
        Cause(format!("{code:?}")).of(render(status, code, message))
    }
}

/// The shape of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// `error`.
    status: &'static str,
    code: Code,
    /// For people.
    message: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Code {
    UnknownError,
    WrongAuthorization,
    EventNotFound,
    SeatNotFound,
    SeatNotAvailable,
    TicketNotFound,
    ValidationError,
}

fn render(status: StatusCode, code: Code, message: String) -> Response {
    (status, Json(ErrorBody { status: "error", code, message })).into_response()
}

impl Dialect for Tickets {
    type ErrorBody = ErrorBody;
    const ERRORS: &'static [(u16, &'static str)] = &[
        (400, "VALIDATION_ERROR"),
        (401, "WRONG_AUTHORIZATION"),
        (404, "EVENT_NOT_FOUND, SEAT_NOT_FOUND or TICKET_NOT_FOUND"),
        (409, "SEAT_NOT_AVAILABLE"),
        (413, "VALIDATION_ERROR: the body is too large"),
        (415, "VALIDATION_ERROR: the body is of another type"),
        (429, "WRONG_AUTHORIZATION: too many failed attempts"),
        (500, "UNKNOWN_ERROR"),
        (503, "UNKNOWN_ERROR: try again later"),
    ];
    const BODY_LIMIT: usize = 64 << 10;

    fn render(fault: &Fault) -> Response {
        let code = match fault {
            Fault::BadRequest(_) | Fault::UnsupportedMediaType | Fault::TooLarge => Code::ValidationError,
            Fault::Unauthenticated | Fault::WrongCredential | Fault::RateLimited(_) => {
                Code::WrongAuthorization
            }
            _ => Code::UnknownError,
        };
        let message = match fault {
            Fault::Unauthenticated | Fault::WrongCredential => "Wrong authorization",
            other => other.public_message(),
        };
        render(fault.status(), code, message.to_owned())
    }

    fn finish(caller: Option<&Caller>, response: &mut Response) {
        if caller.is_some_and(|caller| caller.errors_as_200) && !response.status().is_success() {
            *response.status_mut() = StatusCode::OK;
        }
    }
}
