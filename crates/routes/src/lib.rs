//! The Routes API (seed 001, «Unit's routes Database»): which units (shops) there are, which chats want which report
//! about which unit, and who may ask for what.
//!
//! Known quirks of the wire format, kept on purpose:
//! - The type of a chat is `PRIVATE` on its way in and `Private` on its way out.
//! - The same missing report type is `Report type is not found` where it was named, and `Report type by ID is not
//!   found` where its id was given.
//! - Success without a body where something was changed, JSON everywhere else.

mod handlers;
#[expect(dead_code, reason = "most operations come with the next steps")]
mod rules;
mod store;
mod transfer;
mod wire;

use std::sync::Arc;

use axum::http::Method;
use kernel::api::{Api, Job, Kernel};
use kernel::http::{Operation, Place, fit};
use kernel::transfer::Transfer;

pub use crate::transfer::{Initial, initial};
pub use crate::wire::ErrorBody;

const NAME: &str = "routes";
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

/// The Routes API; also the state of its handlers and the speaker of its dialect.
#[derive(Clone)]
pub struct Routes {
    kernel: Arc<Kernel>,
}

impl Routes {
    /// The API on `kernel`.
    #[must_use]
    pub fn new(kernel: Arc<Kernel>) -> Self {
        Self { kernel }
    }

    fn operations() -> Vec<Operation<Self>> {
        const GET: &[Method] = &[Method::GET, Method::HEAD];
        vec![
            Operation::new(GET, "/telegram-chats/chat-types", "Types of chats", handlers::chat_types)
                .answers_as::<Vec<String>>("ChatTypes"),
        ]
    }
}

impl Api for Routes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> kernel::http::Routes {
        fit(&self.kernel, NAME, PLACE, Self::operations(), self.clone())
    }

    fn jobs(&self) -> Vec<Job> {
        Vec::new()
    }

    fn transfer(&self) -> Option<&dyn Transfer> {
        Some(&transfer::Reference)
    }
}
