//! The Routes API (seed 001, «Unit's routes Database»): which units (shops) there are, which chats want which report
//! about which unit, and who may ask for what.
//!
//! Known quirks of the wire format, kept on purpose:
//! - The type of a chat is `PRIVATE` on its way in and `Private` on its way out.
//! - The same missing report type is `Report type is not found` where it was named, and `Report type by ID is not
//!   found` where its id was given.
//! - Success without a body where something was changed, JSON everywhere else.

mod handlers;
mod rules;
mod store;
mod transfer;
mod wire;

use std::sync::Arc;

use kernel::api::{Api, Kernel};
use kernel::cache::Answers;
use kernel::http::methods::{DELETE, GET, PATCH, POST, PUT};
use kernel::http::{Operation, Place, fit};
use kernel::transfer::Transfer;

use crate::handlers::{Guesses, Question};
pub use crate::transfer::{Initial, initial};
pub use crate::wire::ErrorBody;

/// What keys, files and metrics call this API.
pub const NAME: &str = "routes";
const PLACE: Place = Place {
    bases: &["", "/api"],
    spaces: &[
        "/units",
        "/telegram-chats",
        "/report-types",
        "/report-routes",
        "/users",
        "/roles",
        "/api/units",
        "/api/telegram-chats",
        "/api/report-types",
        "/api/report-routes",
        "/api/users",
        "/api/roles",
    ],
};

/// Bytes of questions and answers kept at most.
const ANSWERS_AT_MOST: usize = 16 << 20;

/// The Routes API; also the state of its handlers and the speaker of its dialect.
#[derive(Clone)]
pub struct Routes(Arc<Desk>);

/// What the handlers share.
struct Desk {
    kernel: Arc<Kernel>,
    answers: Answers<Question>,
    guesses: Guesses,
}

impl Routes {
    /// The API on `kernel`.
    #[must_use]
    pub fn new(kernel: Arc<Kernel>) -> Self {
        let answers = Answers::new(ANSWERS_AT_MOST, Question::bytes);
        Self(Arc::new(Desk { kernel, answers, guesses: Guesses::default() }))
    }

    fn operations() -> Vec<Operation<Self>> {
        vec![
            Operation::new(GET, "/units", "All units", handlers::units)
                .query::<wire::Part>()
                .answers::<wire::Units>(),
            Operation::new(GET, "/units/name/{unit_name}", "A unit", handlers::unit)
                .path::<wire::UnitPath>()
                .answers::<wire::UnitView>(),
            Operation::new(GET, "/units/regions", "All regions", handlers::regions)
                .query::<wire::Part>()
                .answers::<wire::Regions>(),
            Operation::new(GET, "/telegram-chats", "All chats", handlers::chats)
                .query::<wire::Part>()
                .answers::<wire::Chats>(),
            Operation::new(POST, "/telegram-chats", "Add a chat", handlers::create_chat)
                .takes::<wire::NewChatBody>()
                .succeeds_with(201)
                .fails_with::<ErrorBody>(409, "The chat is there already"),
            Operation::new(GET, "/telegram-chats/chat-types", "Types of chats", handlers::chat_types)
                .answers_as::<Vec<String>>("ChatTypes"),
            Operation::new(GET, "/telegram-chats/{chat_id}", "A chat", handlers::chat)
                .path::<wire::ChatPath>()
                .answers::<wire::ChatView>(),
            Operation::new(PUT, "/telegram-chats/{chat_id}", "Change a chat", handlers::change_chat)
                .path::<wire::ChatPath>()
                .takes::<wire::ChatChangeBody>()
                .succeeds_with(204),
            Operation::new(GET, "/report-types", "Report types", handlers::report_types)
                .query::<wire::Level>()
                .query::<wire::Part>()
                .answers::<wire::ReportTypes>(),
            Operation::new(
                GET,
                "/report-types/statistics",
                "Report types of statistics",
                handlers::statistics,
            )
            .query::<wire::Part>()
            .answers::<wire::ReportTypes>(),
            Operation::new(GET, "/report-types/names/{name}", "A report type", handlers::report_type)
                .path::<wire::ReportTypePath>()
                .answers::<wire::ReportTypeView>(),
            Operation::new(GET, "/report-routes/units", "Units of a chat's routes", handlers::route_units)
                .query::<wire::RouteUnits>()
                .query::<wire::Part>()
                .answers::<wire::UnitIds>(),
            Operation::new(
                GET,
                "/report-routes/telegram-chats",
                "Chats of a unit's routes",
                handlers::route_chats,
            )
            .query::<wire::RouteChats>()
            .query::<wire::Part>()
            .answers::<wire::ChatIds>(),
            Operation::new(POST, "/report-routes", "Add routes", handlers::create_routes)
                .takes::<wire::NewRoutesBody>()
                .succeeds_with(201)
                .fails_with::<ErrorBody>(403, "The role does not allow it")
                .fails_with::<ErrorBody>(409, "Some of the routes are there already"),
            Operation::new(DELETE, "/report-routes", "Delete routes", handlers::delete_routes)
                .query::<wire::RoutesToDelete>()
                .succeeds_with(204),
            Operation::new(
                GET,
                "/users/{chat_id}/regions",
                "Regions of a chat's role",
                handlers::user_regions,
            )
            .also_at("/roles/users/{chat_id}/regions")
            .path::<wire::ChatPath>()
            .query::<wire::Part>()
            .answers::<wire::Regions>()
            .fails_with::<ErrorBody>(403, "The chat has no role"),
            Operation::new(GET, "/users/{chat_id}/units", "Units of a chat's role", handlers::user_units)
                .also_at("/roles/users/{chat_id}/units")
                .path::<wire::ChatPath>()
                .query::<wire::InRegion>()
                .query::<wire::Part>()
                .answers::<wire::UserUnits>()
                .fails_with::<ErrorBody>(403, "The chat has no role"),
            Operation::new(
                GET,
                "/users/{chat_id}/report-types",
                "Report types of a chat's role",
                handlers::user_report_types,
            )
            .also_at("/roles/users/{chat_id}/report-types")
            .path::<wire::ChatPath>()
            .query::<wire::Part>()
            .answers::<wire::ReportTypes>()
            .fails_with::<ErrorBody>(403, "The chat has no role"),
            Operation::new(
                PATCH,
                "/users/{chat_id}/access-code",
                "Give a chat a role",
                handlers::assign_role,
            )
            .also_at("/roles/users/{chat_id}/access-code")
            .also_at("/roles/users/{chat_id}")
            .path::<wire::ChatPath>()
            .takes::<wire::AccessCodeBody>()
            .succeeds_with(204),
        ]
    }
}

impl Api for Routes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> kernel::http::Routes {
        fit(&self.0.kernel, NAME, PLACE, Self::operations(), self.clone())
    }

    fn transfer(&self) -> Option<&dyn Transfer> {
        Some(&transfer::Reference)
    }
}
