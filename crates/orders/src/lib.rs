//! The Orders API (seed 000, «PARTNERAPI»): relays orders of our shop systems to one partner's HTTP API, and never
//! makes one twice.
//!
//! The costly gap lies between "the partner accepted" and "we recorded it". The intent is written before the
//! first call, the partner is asked whether it has the order before it is told to make it, and what is still
//! unknown after a crash is found out by the next request or by the background job (`relay/`).
//!
//! Known quirks of the wire format, kept on purpose:
//! - Business errors are HTTP 200; a body that breaks the contract is 422 in FastAPI's shape.
//! - Version 1 speaks in capitals, and names the same id `OrderId` and `order_ID`.
//! - Prices leave as strings, with the decimals with which they came.

mod breaker;
mod fields;
mod handlers;
mod jobs;
mod partner;
mod relay;
mod rules;
mod settings;
mod store;
mod wire;

use std::sync::Arc;

use kernel::api::{Api, Job, Kernel};
use kernel::http::methods::{DELETE, GET, POST};
use kernel::http::{Operation, Place, Routes, fit};

pub use crate::partner::look;
pub use crate::rules::StatusMap;
pub use crate::settings::{Patience, Settings};
pub use crate::wire::ErrorBody;

use crate::relay::Relay;

/// What keys, files and metrics call this API.
pub const NAME: &str = "orders";

/// The Orders API; also the state of its handlers and the speaker of its dialect.
#[derive(Clone)]
pub struct Orders {
    kernel: Arc<Kernel>,
    relay: Arc<Relay>,
}

impl Orders {
    /// The API on `kernel`.
    ///
    /// # Errors
    /// If no HTTP client for the partner can be built.
    pub fn new(kernel: Arc<Kernel>, settings: Settings) -> Result<Self, reqwest::Error> {
        let relay = Arc::new(Relay::new(Arc::clone(&kernel), settings)?);
        Ok(Self { kernel, relay })
    }

    fn operations() -> Vec<Operation<Self>> {
        let operations = vec![
            Operation::new(POST, "/v2/orders", "Create an order", handlers::create_two)
                .takes::<wire::OrderTwo>()
                .answers::<wire::CreateTwo>()
                .fails_with::<wire::CreateTwo>(503, "service_error"),
            Operation::new(GET, "/v2/orders", "Status of an order", handlers::status_by_query)
                .query::<wire::StatusTwoQuery>()
                .answers::<wire::StatusTwo>(),
            Operation::new(GET, "/v2/orders/{order_id}", "Status of an order", handlers::status_by_path)
                .path::<wire::OrderPath>()
                .query::<wire::TheirOrderQuery>()
                .answers::<wire::StatusTwo>(),
            Operation::new(DELETE, "/v2/orders", "Cancel an order", handlers::cancel_two)
                .query::<wire::CancelTwoRequest>()
                .takes::<wire::CancelTwoRequest>()
                .answers::<wire::CancelTwo>(),
            Operation::new(POST, "/SendOrder", "Create an order", handlers::create_one)
                .takes::<wire::OrderOne>()
                .answers::<wire::CreateOne>(),
            Operation::new(POST, "/GetOrderStatus", "Status of an order", handlers::status_one)
                .takes::<wire::StatusOneRequest>()
                .answers::<wire::StatusOne>(),
            Operation::new(POST, "/cancel_order", "Cancel an order", handlers::cancel_one)
                .takes::<wire::CancelOneRequest>()
                .answers::<wire::CancelOne>(),
        ];
        let unprocessable = |operation: Operation<Self>| {
            operation.fails_with::<wire::Unprocessable>(422, "The request breaks the contract")
        };
        operations.into_iter().map(unprocessable).collect()
    }
}

impl Api for Orders {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Routes {
        const PLACE: Place =
            Place { bases: &[""], spaces: &["/v2", "/SendOrder", "/GetOrderStatus", "/cancel_order"] };
        fit(&self.kernel, NAME, PLACE, Self::operations(), self.clone())
    }

    fn jobs(&self) -> Vec<Job> {
        jobs::jobs(&self.relay)
    }
}
