//! Tables of the Tickets API. `shows` finds what is for sale, `booking` sells it.

pub(crate) mod booking;
pub(crate) mod programme;
pub(crate) mod shows;

/// What the column `state` of a ticket means.
mod state {
    pub(super) const RESERVED: i64 = 0;
    pub(super) const PAID: i64 = 1;
    pub(super) const REMOVED: i64 = 2;
    pub(super) const RUN_OUT: i64 = 3;
}
