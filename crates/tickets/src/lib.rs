//! The Tickets API (seed 003, «Partners API»): distributors see the coming events that are open to them, the
//! seats, and reserve, pay, prolong and cancel tickets. One seat is never sold twice.
//!
//! One conditional `UPDATE` of a seat's count of taken places decides who gets it (`store/booking.rs`). What
//! does not change with a sale is rendered once for each state of the show (`layout.rs`), and a whole answer
//! is served again while nothing was committed.
//!
//! Known quirks of the wire format, kept on purpose:
//! - GET and POST are the same, and GET changes things. HEAD never does.
//! - `paid` is 0 or 1, `id` is a string of digits.
//! - `events/seats` has no `status`, and only entries of lists and of seats have `scheme.zones`.
//! - `tickets/add` without `seat_id` updates.

mod handlers;
mod jobs;
mod layout;
mod rules;
mod store;
mod transfer;
mod wire;

use std::sync::Arc;

use axum::http::Method;
use kernel::api::{Api, Job, Kernel};
use kernel::http::{Operation, Place, Routes, fit};
use kernel::transfer::Transfer;

use crate::layout::Shelf;
pub use crate::wire::ErrorBody;

/// What keys, files and metrics call this API.
pub const NAME: &str = "tickets";
const BASE: &str = "/api/partners/v1";

/// The Tickets API; also the state of its handlers and the speaker of its dialect.
#[derive(Clone)]
pub struct Tickets {
    kernel: Arc<Kernel>,
    shelf: Arc<Shelf>,
}

impl Tickets {
    /// The API on `kernel`.
    #[must_use]
    pub fn new(kernel: Arc<Kernel>) -> Self {
        Self { kernel, shelf: Arc::default() }
    }

    fn operations() -> Vec<Operation<Self>> {
        const READ: &[Method] = &[Method::GET, Method::POST, Method::HEAD];
        const CHANGE: &[Method] = &[Method::GET, Method::POST];
        const BODIES: &[&str] =
            &["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
        type Ticket<'a> = wire::Answer<'a, wire::TicketView<'a>>;
        vec![
            Operation::new(READ, "/events/lists", "Shows to come that are open to you", handlers::lists)
                .answers::<wire::Lists>(),
            Operation::new(READ, "/events/seats/{event_id}/{show_id?}", "Seats of a show", handlers::seats)
                .path::<wire::ShowPath>()
                .answers::<wire::Seats<'_>>(),
            Operation::new(
                CHANGE,
                "/tickets/add/{event_id}/{show_id?}",
                "Book a seat, or update a ticket",
                handlers::add,
            )
            .path::<wire::ShowPath>()
            .input::<wire::AddParameters>(BODIES)
            .answers_as::<Ticket<'_>>("TicketAnswer"),
            Operation::new(
                CHANGE,
                "/tickets/update/{event_id}/{show_id?}",
                "Prolong or pay a ticket",
                handlers::update,
            )
            .path::<wire::ShowPath>()
            .input::<wire::AddParameters>(BODIES)
            .answers_as::<Ticket<'_>>("TicketAnswer"),
            Operation::new(
                CHANGE,
                "/tickets/remove/{event_id}/{show_id?}",
                "Cancel a reservation",
                handlers::remove,
            )
            .path::<wire::ShowPath>()
            .input::<wire::RemoveParameters>(BODIES)
            .answers_as::<wire::Answer<'_, bool>>("RemovalAnswer"),
        ]
    }
}

impl Api for Tickets {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Routes {
        const PLACE: Place = Place { bases: &[BASE], spaces: &[BASE] };
        fit(&self.kernel, NAME, PLACE, Self::operations(), self.clone())
    }

    fn jobs(&self) -> Vec<Job> {
        jobs::jobs(&self.kernel)
    }

    fn transfer(&self) -> Option<&dyn Transfer> {
        Some(&transfer::Tickets)
    }
}
