//! The Tickets API, statement by statement of its contract.

mod booking;
mod storm;
