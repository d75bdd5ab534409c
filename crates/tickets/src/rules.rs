//! What a request asks for, and whether it may: decisions without a database and without a clock of their own.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use kernel::clock::Micros;
use kernel::db;
use kernel::http::{BadParameter, Fault, Input, Refusal};
use kernel::time::OffsetTime;
use rand::RngExt as _;

/// Characters of an external id at most (contract: 1 to 255).
const EXTERNAL_ID_AT_MOST: usize = 255;

/// What the API refuses by its own rules, and what went wrong around them.
#[derive(Debug)]
pub(crate) enum Error {
    Validation(BadParameter),
    EventNotFound,
    SeatNotFound(String),
    SeatNotAvailable(String),
    TicketNotFound,
    Fault(Fault),
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

impl From<BadParameter> for Error {
    fn from(bad: BadParameter) -> Self {
        Self::Validation(bad)
    }
}

/// The ticket that a request means, by one name or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TicketRef {
    pub(crate) id: Option<i64>,
    pub(crate) external_id: Option<String>,
}

/// What `tickets/add` is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Book { seat_id: String, external_id: Option<String> },
    Update(TicketRef),
}

/// What the client says of the payment, before it is held against a show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PaymentWish {
    Paid,
    /// Reserved until this time, as it was written.
    Reserved(String),
}

/// A payment that fits its show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    Paid,
    Reserved(OffsetTime),
}

/// A request to `tickets/add`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Add {
    pub(crate) target: Target,
    pub(crate) payment: PaymentWish,
}

impl Add {
    /// Reads the parameters of `tickets/add`.
    pub(crate) fn parse(input: &Input) -> Result<Self, BadParameter> {
        let target = match input.text("seat_id")? {
            None => Target::Update(TicketRef::parse(input)?),
            Some(_) if input.text("id")?.is_some() => {
                return Err(BadParameter::new("id", "must be left out where seat_id is given"));
            }
            Some(seat_id) => Target::Book { seat_id, external_id: external_id(input)? },
        };
        Ok(Self { target, payment: payment(input)? })
    }

    /// Reads the parameters of `tickets/update`, which only ever updates.
    pub(crate) fn parse_update(input: &Input) -> Result<Self, BadParameter> {
        if input.text("seat_id")?.is_some() {
            return Err(BadParameter::new("seat_id", "must be left out of an update"));
        }
        Self::parse(input)
    }
}

impl TicketRef {
    /// Reads the parameters that name a ticket.
    pub(crate) fn parse(input: &Input) -> Result<Self, BadParameter> {
        let id = input.text("id")?.map(|id| ticket_id(&id)).transpose()?;
        let external_id = external_id(input)?;
        if id.is_none() && external_id.is_none() {
            return Err(BadParameter::new("id", "id or external_id (or, to book, seat_id) is required"));
        }
        Ok(Self { id, external_id })
    }
}

fn ticket_id(text: &str) -> Result<i64, BadParameter> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadParameter::new("id", "must be digits"));
    }
    // Digits beyond what an id can be are no mistake of form: they name no ticket.
    Ok(text.parse().unwrap_or(i64::MAX))
}

fn external_id(input: &Input) -> Result<Option<String>, BadParameter> {
    match input.text("external_id")? {
        Some(text) if text.chars().count() > EXTERNAL_ID_AT_MOST => {
            Err(BadParameter::new("external_id", "must have 1 to 255 characters"))
        }
        external_id => Ok(external_id),
    }
}

fn payment(input: &Input) -> Result<PaymentWish, BadParameter> {
    let reserved_to = input.text("reserved_to")?;
    match input.text("paid")?.as_deref() {
        None | Some("0") => match reserved_to {
            Some(until) => Ok(PaymentWish::Reserved(until)),
            None => Err(BadParameter::new("reserved_to", "is required unless paid is 1")),
        },
        Some("1") => match reserved_to.map(|until| OffsetTime::parse(&until, Some(&TimeZone::UTC))) {
            Some(Err(error)) => Err(BadParameter::new("reserved_to", error.to_string())),
            _ => Ok(PaymentWish::Paid),
        },
        Some(_) => Err(BadParameter::new("paid", "must be 0 or 1")),
    }
}

impl PaymentWish {
    /// Holds the wish against the show: a reservation ends in the future and not past the show's start. A time
    /// without an offset is the city's.
    pub(crate) fn settle(&self, timezone: &str, start: Micros, now: Micros) -> Result<Payment, BadParameter> {
        let Self::Reserved(text) = self else { return Ok(Payment::Paid) };
        let bad = |reason: Cow<'static, str>| BadParameter::new("reserved_to", reason);
        // A zone that this build does not know was refused at the import.
        let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
        let until = OffsetTime::parse(text, Some(&zone)).map_err(|error| bad(error.to_string().into()))?;
        if until.at() <= now {
            return Err(bad("must be in the future".into()));
        }
        if until.at() > start {
            return Err(bad("must not be past the start of the show".into()));
        }
        Ok(Payment::Reserved(until))
    }
}

/// How a ticket stands at an instant. A reservation that has run out counts as such from that moment on,
/// whether or not the sweep has marked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Reserved,
    Paid,
    /// Run out; its place in the seat's count is its own until somebody marks it.
    RunOut,
    /// Run out and marked: its place has gone back.
    Swept,
}

/// What becomes of a ticket that is paid or prolonged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is so already.
    None,
    Pay,
    Prolong,
    /// Run out: only if the seat is still free.
    Revive,
}

/// Decides what `payment` does to a ticket.
pub(crate) fn change(
    standing: Standing,
    reserved_to: Option<OffsetTime>,
    payment: Payment,
) -> Result<Change, BadParameter> {
    match (standing, payment) {
        (Standing::Paid, Payment::Paid) => Ok(Change::None),
        (Standing::Paid, Payment::Reserved(_)) => {
            Err(BadParameter::new("paid", "a paid ticket cannot become unpaid"))
        }
        (Standing::Reserved, Payment::Paid) => Ok(Change::Pay),
        (Standing::Reserved, Payment::Reserved(until)) if reserved_to == Some(until) => Ok(Change::None),
        (Standing::Reserved, Payment::Reserved(_)) => Ok(Change::Prolong),
        (Standing::RunOut | Standing::Swept, _) => Ok(Change::Revive),
    }
}

/// Twelve random digits. The database sees to it that no two tickets have the same.
pub(crate) fn barcode() -> String {
    format!("{:012}", rand::rng().random_range(0..1_000_000_000_000_u64))
}
