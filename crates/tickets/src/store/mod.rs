//! Tables of the Tickets API: `programme` stores what the organiser offers, `shows` finds it, `booking` sells it,
//! `expiry` takes back what has run out.

pub(crate) mod booking;
pub(crate) mod expiry;
pub(crate) mod programme;
pub(crate) mod shows;

#[cfg(test)]
mod model;

/// What the column `state` of a ticket means.
mod state {
    pub(super) const RESERVED: i64 = 0;
    pub(super) const PAID: i64 = 1;
    pub(super) const REMOVED: i64 = 2;
    pub(super) const RUN_OUT: i64 = 3;
}
