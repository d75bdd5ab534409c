//! What a request asks for, and what a sale earns: decisions without a database and without a clock of their own.

mod agent;
mod days;
mod money;
mod pages;

use kernel::db;
use kernel::http::{Fault, Refusal};

pub(crate) use self::agent::{Agent, is_crawler};
pub(crate) use self::days::{Days, day_or_instant};
pub(crate) use self::money::{Amount, DEFAULT_RATE, Rate, commission, is_part};
pub(crate) use self::pages::{Page, Span};

/// How a sale stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Status {
    Pending,
    Approved,
    Rejected,
}

impl Status {
    pub(crate) const ALL: [Self; 3] = [Self::Pending, Self::Approved, Self::Rejected];

    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Approved => 1,
            Self::Rejected => 2,
        }
    }

    pub(crate) fn of_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// What the API refuses by its own rules, in words for the caller, and what went wrong around them.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    Bad(String),
    Fault(Fault),
}

impl Error {
    /// A complaint about a parameter.
    pub(crate) fn parameter(name: &str, reason: &str) -> Self {
        Self::Bad(format!("{name}: {reason}"))
    }

    /// A complaint that names all ids which it is about.
    pub(crate) fn ids<'a>(complaint: &str, ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Bad(format!("{complaint}: {}", ids.into_iter().collect::<Vec<_>>().join(", ")))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl<D> From<Refusal<D>> for Error {
    fn from(refusal: Refusal<D>) -> Self {
        Self::Fault(refusal.into())
    }
}
