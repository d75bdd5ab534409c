//! What the five partner APIs share, and what knows none of them.
//!
//! Five wire formats, one product: storage, keys, events, HTTP manners, clock and metrics are solved once,
//! here, so that a crate of an API holds nothing but its contract. [`api::Api`] is what such a crate gives to
//! the binary, [`http::Dialect`] how it words what goes wrong before its handlers.

pub mod api;
pub mod cache;
pub mod clock;
pub mod db;
pub mod decimal;
pub mod events;
pub mod http;
pub mod keys;
pub mod limit;
pub mod metrics;
pub mod time;
pub mod transfer;
