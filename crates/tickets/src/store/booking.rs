//! Selling: who gets a seat, and what becomes of tickets.
//!
//! `taken` of a seat counts its tickets that are reserved or paid. Whoever raises it below `quantity` has the
//! seat; everything else here keeps count and tickets together. A reservation that has run out keeps its place
//! in the count until it is marked, which whoever wants the seat does on the way.

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Row, Tx};
use kernel::events;
use kernel::http::BadParameter;
use kernel::time::OffsetTime;

use super::expiry::{RunOut, event, give_back, mark_run_out};
use super::shows::Show;
use super::state::{PAID, REMOVED, RESERVED};
use crate::rules::{self, Change, Error, Payment, Standing, TicketRef};

/// A ticket that was not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) id: i64,
    pub(crate) seat_id: String,
    pub(super) state: i64,
    pub(crate) reserved_to: Option<OffsetTime>,
    pub(crate) external_id: Option<String>,
    pub(crate) barcode: Option<String>,
}

impl Ticket {
    pub(crate) fn is_paid(&self) -> bool {
        self.state == PAID
    }

    fn standing(&self, now: Micros) -> Standing {
        match self.state {
            PAID => Standing::Paid,
            RESERVED if self.reserved_to.is_some_and(|until| until.at() > now) => Standing::Reserved,
            RESERVED => Standing::RunOut,
            _ => Standing::Swept,
        }
    }
}

const TICKET: &str = "SELECT id, seat_id, state, reserved_to, reserved_offset, external_id, barcode \
     FROM tickets_tickets WHERE show = $1 AND account = $2 AND ";

fn read(row: &Row<'_>) -> Result<Ticket, DbError> {
    let offset = row.get::<Option<i64>>(4)?;
    Ok(Ticket {
        id: row.get(0)?,
        seat_id: row.get(1)?,
        state: row.get(2)?,
        reserved_to: row.get::<Option<i64>>(3)?.zip(offset).map(|(at, offset)| OffsetTime::new(at, offset)),
        external_id: row.get(5)?,
        barcode: row.get(6)?,
    })
}

/// Who acts, on which show, when.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) now: Micros,
    pub(crate) account: &'a str,
    pub(crate) show: &'a Show,
}

impl Desk<'_> {
    /// Books a seat. Under an external id of one's own live ticket for this seat it is an update of that, so
    /// that a client may repeat what it saw no answer to.
    pub(crate) fn book(
        &self,
        tx: &mut Tx<'_>,
        seat_id: &str,
        external_id: Option<&str>,
        payment: Payment,
    ) -> Result<Ticket, Error> {
        if !self.take(tx, seat_id)? {
            if let Some(ticket) = self.repeated(tx, seat_id, external_id)? {
                return self.apply(tx, ticket, payment);
            }
            self.take_from_run_out(tx, seat_id)?;
        }
        let ticket = match self.insert(tx, seat_id, external_id, payment)? {
            Some(ticket) => ticket,
            None => {
                // The external id is another ticket's, live or run out.
                if let Some(ticket) = self.repeated(tx, seat_id, external_id)? {
                    give_back(tx, self.show.number, seat_id, 1)?;
                    return self.apply(tx, ticket, payment);
                }
                self.insert(tx, seat_id, external_id, payment)?.ok_or_else(|| no_ticket(seat_id))?
            }
        };
        self.hold_to_quota(tx, seat_id)?;
        let kind = if ticket.is_paid() { "tickets.ticket.paid" } else { "tickets.ticket.reserved" };
        self.announce(tx, kind, &ticket)?;
        Ok(ticket)
    }

    /// Prolongs or pays a ticket.
    pub(crate) fn update(
        &self,
        tx: &mut Tx<'_>,
        named: &TicketRef,
        payment: Payment,
    ) -> Result<Ticket, Error> {
        let ticket = self.find(tx, named)?;
        self.apply(tx, ticket, payment)
    }

    /// Cancels a reservation; its seat is free at once.
    pub(crate) fn remove(&self, tx: &mut Tx<'_>, named: &TicketRef) -> Result<(), Error> {
        let ticket = self.find(tx, named)?;
        match ticket.standing(self.now) {
            Standing::Paid => {
                let name = if named.id.is_some() { "id" } else { "external_id" };
                return Err(BadParameter::new(name, "a paid ticket is not a reservation").into());
            }
            Standing::RunOut | Standing::Swept => return Err(Error::TicketNotFound),
            Standing::Reserved => {}
        }
        tx.execute(
            "UPDATE tickets_tickets SET state = $1 WHERE id = $2",
            &[REMOVED.into(), ticket.id.into()],
        )?;
        give_back(tx, self.show.number, &ticket.seat_id, 1)?;
        self.announce(tx, "tickets.ticket.removed", &ticket)?;
        Ok(())
    }

    fn find(&self, tx: &mut Tx<'_>, named: &TicketRef) -> Result<Ticket, Error> {
        let ticket = match (named.id, &named.external_id) {
            (None, None) => None,
            (None, Some(external_id)) => self.by_external_id(tx, external_id)?,
            (Some(id), None) => self.by_id(tx, id)?,
            (Some(id), Some(external_id)) => {
                let (one, other) = (self.by_id(tx, id)?, self.by_external_id(tx, external_id)?);
                match (&one, &other) {
                    (Some(one), Some(other)) if one.id != other.id => {
                        return Err(BadParameter::new(
                            "external_id",
                            "is the name of another ticket than id",
                        )
                        .into());
                    }
                    _ => one.and(other),
                }
            }
        };
        ticket.ok_or(Error::TicketNotFound)
    }

    fn by_id(&self, tx: &mut Tx<'_>, id: i64) -> Result<Option<Ticket>, DbError> {
        let sql = format!("{TICKET} id = $3 AND state <> 2");
        tx.query_opt(&sql, &[self.show.number.into(), self.account.into(), id.into()], read)
    }

    /// The live ticket of this external id, else the youngest that ran out.
    fn by_external_id(&self, tx: &mut Tx<'_>, external_id: &str) -> Result<Option<Ticket>, DbError> {
        let live = self.live(tx, external_id)?;
        if live.as_ref().is_some_and(|ticket| ticket.standing(self.now) != Standing::RunOut) {
            return Ok(live);
        }
        let run_out = self.youngest_run_out(tx, external_id)?;
        Ok(live.into_iter().chain(run_out).max_by_key(|ticket| ticket.id))
    }

    /// The ticket that has the external id now, run out but not marked included.
    fn live(&self, tx: &mut Tx<'_>, external_id: &str) -> Result<Option<Ticket>, DbError> {
        let sql = format!("{TICKET} external_id = $3 AND state < 2");
        tx.query_opt(&sql, &[self.show.number.into(), self.account.into(), external_id.into()], read)
    }

    fn youngest_run_out(&self, tx: &mut Tx<'_>, external_id: &str) -> Result<Option<Ticket>, DbError> {
        let sql = format!(
            "{TICKET} external_id = $3 AND external_id IS NOT NULL AND state = 3 ORDER BY id DESC LIMIT 1"
        );
        tx.query_opt(&sql, &[self.show.number.into(), self.account.into(), external_id.into()], read)
    }

    /// One's own live ticket of this external id and seat, if there is one. A live one of another seat is a
    /// mistake of the caller; one that has run out makes room.
    fn repeated(
        &self,
        tx: &mut Tx<'_>,
        seat_id: &str,
        external_id: Option<&str>,
    ) -> Result<Option<Ticket>, Error> {
        let Some(external_id) = external_id else { return Ok(None) };
        let Some(ticket) = self.live(tx, external_id)? else { return Ok(None) };
        if ticket.standing(self.now) == Standing::RunOut {
            mark_run_out(tx, self.now, RunOut::Ticket(ticket.id))?;
            return Ok(None);
        }
        if ticket.seat_id != seat_id {
            return Err(
                BadParameter::new("external_id", "is the name of a live ticket for another seat").into()
            );
        }
        Ok(Some(ticket))
    }

    fn take(&self, tx: &mut Tx<'_>, seat_id: &str) -> Result<bool, DbError> {
        let taken = tx.execute(
            "UPDATE tickets_seats SET taken = taken + 1 \
             WHERE show = $1 AND seat_id = $2 AND blocked = 0 AND taken < quantity",
            &[self.show.number.into(), seat_id.into()],
        )?;
        Ok(taken == 1)
    }

    /// Takes a seat that looked unavailable, if what holds it has run out in the meantime.
    fn take_from_run_out(&self, tx: &mut Tx<'_>, seat_id: &str) -> Result<(), Error> {
        let blocked = tx.query_opt(
            "SELECT blocked FROM tickets_seats WHERE show = $1 AND seat_id = $2",
            &[self.show.number.into(), seat_id.into()],
            |row| row.truth(0),
        )?;
        match blocked {
            None => return Err(Error::SeatNotFound(seat_id.to_owned())),
            Some(true) => return Err(Error::SeatNotAvailable(seat_id.to_owned())),
            Some(false) => {}
        }
        mark_run_out(tx, self.now, RunOut::Seat(self.show.number, seat_id))?;
        if self.take(tx, seat_id)? { Ok(()) } else { Err(Error::SeatNotAvailable(seat_id.to_owned())) }
    }

    /// Writes a new ticket; `None` if its external id is taken.
    fn insert(
        &self,
        tx: &mut Tx<'_>,
        seat_id: &str,
        external_id: Option<&str>,
        payment: Payment,
    ) -> Result<Option<Ticket>, DbError> {
        let (state, reserved_to) = match payment {
            Payment::Paid => (PAID, None),
            Payment::Reserved(until) => (RESERVED, Some(until)),
        };
        loop {
            let barcode = (state == PAID).then(rules::barcode);
            // Unique are the external id and the barcode. Looking them up first would cost two statements, and
            // on PostgreSQL conflicts with every neighbour in the index.
            let id = tx.query_opt(
                "INSERT INTO tickets_tickets \
                 (show, seat_id, account, state, reserved_to, reserved_offset, external_id, barcode, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id",
                &[
                    self.show.number.into(),
                    seat_id.into(),
                    self.account.into(),
                    state.into(),
                    reserved_to.map(|until| until.at()).into(),
                    reserved_to.map(|until| until.offset_seconds()).into(),
                    external_id.into(),
                    barcode.as_ref().into(),
                    self.now.into(),
                ],
                |row| row.get(0),
            )?;
            if let Some(id) = id {
                let (seat_id, external_id) = (seat_id.to_owned(), external_id.map(str::to_owned));
                return Ok(Some(Ticket { id, seat_id, state, reserved_to, external_id, barcode }));
            }
            let is_taken = match external_id {
                Some(external_id) => self.live(tx, external_id)?.is_some(),
                None => false,
            };
            if is_taken {
                return Ok(None);
            }
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, ticket: Ticket, payment: Payment) -> Result<Ticket, Error> {
        let standing = ticket.standing(self.now);
        let change = rules::change(standing, ticket.reserved_to, payment)?;
        if change == Change::None {
            return Ok(ticket);
        }
        if change == Change::Revive {
            self.make_room_for(tx, &ticket, standing)?;
        }
        let ticket = self.settle(tx, ticket, payment)?;
        if change == Change::Revive {
            self.hold_to_quota(tx, &ticket.seat_id)?;
        }
        let kind = match payment {
            Payment::Paid => "tickets.ticket.paid",
            Payment::Reserved(_) if standing == Standing::Swept => "tickets.ticket.reserved",
            Payment::Reserved(_) => "tickets.ticket.prolonged",
        };
        self.announce(tx, kind, &ticket)?;
        Ok(ticket)
    }

    /// Sees to it that a reservation that has run out can be taken up again.
    fn make_room_for(&self, tx: &mut Tx<'_>, ticket: &Ticket, standing: Standing) -> Result<(), Error> {
        if standing == Standing::Swept {
            if let Some(external_id) = &ticket.external_id
                && let Some(rival) = self.live(tx, external_id)?
            {
                if rival.standing(self.now) != Standing::RunOut {
                    return Err(
                        BadParameter::new("external_id", "is the name of another ticket by now").into()
                    );
                }
                mark_run_out(tx, self.now, RunOut::Ticket(rival.id))?;
            }
            if self.take(tx, &ticket.seat_id)? {
                return Ok(());
            }
            return match self.take_from_run_out(tx, &ticket.seat_id) {
                // The hall has lost the seat since.
                Err(Error::SeatNotFound(seat)) => Err(Error::SeatNotAvailable(seat)),
                taken => taken,
            };
        }
        let free = tx.query_opt(
            "SELECT blocked FROM tickets_seats WHERE show = $1 AND seat_id = $2",
            &[self.show.number.into(), (&ticket.seat_id).into()],
            |row| Ok(!row.truth(0)?),
        )?;
        if free == Some(true) { Ok(()) } else { Err(no_ticket(&ticket.seat_id)) }
    }

    fn settle(&self, tx: &mut Tx<'_>, ticket: Ticket, payment: Payment) -> Result<Ticket, DbError> {
        let ticket = match payment {
            Payment::Paid => Ticket { state: PAID, barcode: Some(unused_barcode(tx)?), ..ticket },
            Payment::Reserved(until) => Ticket { state: RESERVED, reserved_to: Some(until), ..ticket },
        };
        tx.execute(
            "UPDATE tickets_tickets SET state = $1, reserved_to = $2, reserved_offset = $3, barcode = $4 WHERE id = $5",
            &[
                ticket.state.into(),
                ticket.reserved_to.map(|until| until.at()).into(),
                ticket.reserved_to.map(|until| until.offset_seconds()).into(),
                ticket.barcode.as_ref().into(),
                ticket.id.into(),
            ],
        )?;
        Ok(ticket)
    }

    /// Refuses what has just been written if the account has too many live tickets with it.
    fn hold_to_quota(&self, tx: &mut Tx<'_>, seat_id: &str) -> Result<(), Error> {
        let Some(quota) = self.show.quota else { return Ok(()) };
        let live = tx.query_opt(
            "SELECT count(*) FROM tickets_tickets \
             WHERE show = $1 AND account = $2 AND state < 2 AND (state = 1 OR reserved_to > $3)",
            &[self.show.number.into(), self.account.into(), self.now.into()],
            |row| row.get::<i64>(0),
        )?;
        if live.unwrap_or_default() > quota { Err(no_ticket(seat_id)) } else { Ok(()) }
    }

    fn announce(&self, tx: &mut Tx<'_>, kind: &'static str, ticket: &Ticket) -> Result<(), DbError> {
        let event = event(kind, self.account, self.show.event_id, self.show.show_id, ticket)?;
        events::publish(tx, self.now, &[event])
    }
}

fn no_ticket(seat_id: &str) -> Error {
    Error::SeatNotAvailable(seat_id.to_owned())
}

/// Twelve digits that no ticket has had. The unique index has the last word.
fn unused_barcode(tx: &mut Tx<'_>) -> Result<String, DbError> {
    loop {
        let barcode = rules::barcode();
        let used = "SELECT id FROM tickets_tickets WHERE barcode = $1";
        if tx.query_opt(used, &[(&barcode).into()], |row| row.get::<i64>(0))?.is_none() {
            return Ok(barcode);
        }
    }
}
