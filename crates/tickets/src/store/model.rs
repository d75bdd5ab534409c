//! Random schedules of several partners with a moving clock, held against a model so plain that it is seen to
//! be right: a list of tickets, and time.

use kernel::clock::{Micros, SECOND};
use kernel::db::Db;
use kernel::time::OffsetTime;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use testkit::{Database, Engine, on_both_engines};

use super::booking::Desk;
use super::expiry::{RunOut, mark_run_out};
use super::programme;
use super::shows::{self, ShowName};
use crate::rules::{Error, Payment, TicketRef};
use crate::transfer::document::EventDoc;

const ACCOUNTS: [&str; 3] = ["kassir", "afisha", "kiosk"];
/// The kiosk may have two live tickets at once.
const QUOTA: usize = 2;
/// Seats by their places; one is blocked, and the last is in no hall.
const SEATS: [(&str, usize); 5] = [("1;1", 1), ("1;2", 1), ("blocked", 0), ("floor", 2), ("nowhere", 0)];
const BEGIN: Micros = 1_900_000_000 * SECOND;

#[derive(Clone, Debug)]
enum Step {
    Book { account: usize, seat: usize, external_id: Option<u8>, payment: Pay },
    Update { account: usize, named: Named, payment: Pay },
    Remove { account: usize, named: Named },
    Pass { seconds: i64 },
    Sweep,
}

#[derive(Clone, Copy, Debug)]
enum Pay {
    Paid,
    ReservedFor { seconds: i64 },
}

/// A ticket by its place in the order of creation, its external id, or both.
#[derive(Clone, Debug)]
struct Named {
    nth: Option<usize>,
    external_id: Option<u8>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let account = 0..ACCOUNTS.len();
    let pay = prop_oneof![Just(Pay::Paid), (1_i64..6).prop_map(|seconds| Pay::ReservedFor { seconds })];
    let external_id = prop_oneof![Just(None), (0_u8..3).prop_map(Some)];
    let named = prop_oneof![
        (0_usize..12).prop_map(|nth| Named { nth: Some(nth), external_id: None }),
        (0_u8..3).prop_map(|id| Named { nth: None, external_id: Some(id) }),
        (0_usize..12, 0_u8..3).prop_map(|(nth, id)| Named { nth: Some(nth), external_id: Some(id) }),
    ];
    let step = prop_oneof![
        4 => (account.clone(), 0..SEATS.len(), external_id, pay.clone())
            .prop_map(|(account, seat, external_id, payment)| Step::Book { account, seat, external_id, payment }),
        3 => (account.clone(), named.clone(), pay)
            .prop_map(|(account, named, payment)| Step::Update { account, named, payment }),
        1 => (account, named).prop_map(|(account, named)| Step::Remove { account, named }),
        2 => (1_i64..4).prop_map(|seconds| Step::Pass { seconds }),
        1 => Just(Step::Sweep),
    ];
    prop::collection::vec(step, 1..60)
}

/// What a partner sees of a step.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Ticket { nth: usize, seat: String, paid: bool, reserved_to: Option<Micros> },
    Removed,
    Refused(String),
}

fn refused(error: &Error) -> Seen {
    Seen::Refused(match error {
        Error::Validation(bad) => format!("VALIDATION_ERROR {}", bad.name),
        Error::EventNotFound => "EVENT_NOT_FOUND".into(),
        Error::SeatNotFound(_) => "SEAT_NOT_FOUND".into(),
        Error::SeatNotAvailable(_) => "SEAT_NOT_AVAILABLE".into(),
        Error::TicketNotFound => "TICKET_NOT_FOUND".into(),
        Error::Fault(fault) => format!("{fault:?}"),
    })
}

#[derive(Clone, Debug)]
struct ModelTicket {
    account: usize,
    seat: usize,
    external_id: Option<u8>,
    paid: bool,
    removed: bool,
    reserved_to: Option<Micros>,
}

#[derive(Default)]
struct Model {
    now: Micros,
    tickets: Vec<ModelTicket>,
}

impl Model {
    fn is_live(&self, nth: usize) -> bool {
        let ticket = &self.tickets[nth];
        !ticket.removed && (ticket.paid || ticket.reserved_to.is_some_and(|until| until > self.now))
    }

    fn live(&self) -> impl Iterator<Item = (usize, &ModelTicket)> {
        self.tickets.iter().enumerate().filter(|(nth, _)| self.is_live(*nth))
    }

    fn taken(&self, seat: usize) -> usize {
        self.live().filter(|(_, ticket)| ticket.seat == seat).count()
    }

    fn live_named(&self, account: usize, external_id: u8) -> Option<usize> {
        let mine =
            |ticket: &ModelTicket| ticket.account == account && ticket.external_id == Some(external_id);
        self.live().find(|(_, ticket)| mine(ticket)).map(|(nth, _)| nth)
    }

    /// Whether one more live ticket of the account fits into the seat and its quota.
    fn fits(&self, account: usize, seat: usize) -> Result<(), String> {
        if SEATS[seat].0 == "nowhere" {
            return Err("SEAT_NOT_FOUND".into());
        }
        let mine = self.live().filter(|(_, ticket)| ticket.account == account).count();
        let over_quota = ACCOUNTS[account] == "kiosk" && mine >= QUOTA;
        if self.taken(seat) >= SEATS[seat].1 || over_quota {
            Err("SEAT_NOT_AVAILABLE".into())
        } else {
            Ok(())
        }
    }

    fn see(&self, nth: usize) -> Seen {
        let ModelTicket { seat, paid, reserved_to, .. } = self.tickets[nth];
        Seen::Ticket { nth, seat: SEATS[seat].0.into(), paid, reserved_to }
    }

    fn book(
        &mut self,
        account: usize,
        seat: usize,
        external_id: Option<u8>,
        payment: Pay,
    ) -> Result<usize, String> {
        if let Some(nth) = external_id.and_then(|id| self.live_named(account, id)) {
            if self.tickets[nth].seat != seat {
                return Err("VALIDATION_ERROR external_id".into());
            }
            return self.pay(nth, payment);
        }
        self.fits(account, seat)?;
        let (paid, reserved_to) = match payment {
            Pay::Paid => (true, None),
            Pay::ReservedFor { seconds } => (false, Some(self.now + seconds * SECOND)),
        };
        self.tickets.push(ModelTicket { account, seat, external_id, paid, removed: false, reserved_to });
        Ok(self.tickets.len() - 1)
    }

    fn find(&self, account: usize, named: &Named) -> Result<usize, String> {
        let not_found = || "TICKET_NOT_FOUND".to_owned();
        let by_nth = named.nth.filter(|nth| {
            self.tickets.get(*nth).is_some_and(|ticket| ticket.account == account && !ticket.removed)
        });
        let by_external_id = named.external_id.and_then(|id| {
            self.live_named(account, id).or_else(|| {
                self.tickets.iter().rposition(|ticket| {
                    ticket.account == account && ticket.external_id == Some(id) && !ticket.removed
                })
            })
        });
        match (named.nth, named.external_id) {
            (Some(_), None) => by_nth.ok_or_else(not_found),
            (Some(_), Some(_)) => match (by_nth, by_external_id) {
                (Some(one), Some(other)) if one != other => Err("VALIDATION_ERROR external_id".into()),
                (Some(one), Some(_)) => Ok(one),
                _ => Err(not_found()),
            },
            _ => by_external_id.ok_or_else(not_found),
        }
    }

    fn pay(&mut self, nth: usize, payment: Pay) -> Result<usize, String> {
        let ModelTicket { account, seat, external_id, paid, .. } = self.tickets[nth];
        if paid && matches!(payment, Pay::ReservedFor { .. }) {
            return Err("VALIDATION_ERROR paid".into());
        }
        if !self.is_live(nth) {
            if external_id.is_some_and(|id| self.live_named(account, id).is_some()) {
                return Err("VALIDATION_ERROR external_id".into());
            }
            self.fits(account, seat)?;
        }
        let now = self.now;
        let ticket = &mut self.tickets[nth];
        match payment {
            Pay::Paid => ticket.paid = true,
            Pay::ReservedFor { seconds } => ticket.reserved_to = Some(now + seconds * SECOND),
        }
        Ok(nth)
    }

    fn remove(&mut self, account: usize, named: &Named) -> Result<(), String> {
        let nth = self.find(account, named)?;
        if self.tickets[nth].paid {
            let name = if named.nth.is_some() { "id" } else { "external_id" };
            return Err(format!("VALIDATION_ERROR {name}"));
        }
        if !self.is_live(nth) {
            return Err("TICKET_NOT_FOUND".into());
        }
        self.tickets[nth].removed = true;
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Option<Seen> {
        let ticket = match step {
            Step::Book { account, seat, external_id, payment } => {
                self.book(*account, *seat, *external_id, *payment)
            }
            Step::Update { account, named, payment } => {
                self.find(*account, named).and_then(|nth| self.pay(nth, *payment))
            }
            Step::Remove { account, named } => {
                return Some(self.remove(*account, named).map_or_else(Seen::Refused, |()| Seen::Removed));
            }
            Step::Pass { seconds } => {
                self.now += seconds * SECOND;
                return None;
            }
            Step::Sweep => return None,
        };
        Some(ticket.map_or_else(Seen::Refused, |nth| self.see(nth)))
    }
}

/// The store under test, with the order in which its tickets came.
struct Store {
    db: Db,
    event_id: i64,
    ids: Vec<i64>,
}

impl Store {
    async fn new(db: &Db, event_id: i64) -> Self {
        let seats: Vec<_> = SEATS[..4]
            .iter()
            .map(|(name, places)| match *name {
                "floor" => json!({"seat_id": name, "coords": [0, 0], "admission": true, "quantity": places, "price": 0, "currency_id": "RUB"}),
                _ => json!({"seat_id": name, "coords": [0, 0], "row": 1, "place": 1, "price": 0, "currency_id": "RUB", "blocked": *name == "blocked"}),
            })
            .collect();
        let event: EventDoc = serde_json::from_value(json!({
            "event_id": event_id, "event_name": "", "quotas": {"kiosk": QUOTA},
            "city": {"id": 1, "name": "", "timezone": "UTC", "coords": [0, 0]},
            "scheme": {"id": 1, "name": "", "place_name": "", "place_address": "", "place_description": ""},
            "shows": [{"show_id": 1, "start_date": "2040-01-01T00:00:00Z", "zones": [{"zone_id": 1, "name": "", "seats": seats}]}]
        }))
        .unwrap();
        db.write(move |tx| programme::store(tx, BEGIN, &event)).await.unwrap();
        Self { db: db.clone(), event_id, ids: Vec::new() }
    }

    fn named(&self, named: &Named) -> TicketRef {
        TicketRef {
            id: named.nth.map(|nth| self.ids.get(nth).copied().unwrap_or(i64::MAX)),
            external_id: named.external_id.map(|id| format!("order {id}")),
        }
    }

    async fn step(&mut self, now: Micros, step: &Step) -> Option<Seen> {
        let (event_id, name) = (self.event_id, Some(Some(1)));
        let pay = move |payment: Pay| match payment {
            Pay::Paid => Payment::Paid,
            Pay::ReservedFor { seconds } => Payment::Reserved(OffsetTime::new(now + seconds * SECOND, 0)),
        };
        let (account, action) = match step.clone() {
            Step::Pass { .. } => return None,
            Step::Sweep => {
                self.db.write(move |tx| mark_run_out(tx, now, RunOut::Any(3))).await.unwrap();
                return None;
            }
            Step::Book { account, seat, external_id, payment } => (
                account,
                Action::Book(SEATS[seat].0, external_id.map(|id| format!("order {id}")), pay(payment)),
            ),
            Step::Update { account, named, payment } => {
                (account, Action::Update(self.named(&named), pay(payment)))
            }
            Step::Remove { account, named } => (account, Action::Remove(self.named(&named))),
        };
        let done: Result<_, Error> = self
            .db
            .write(move |tx| {
                let account = ACCOUNTS[account];
                let show =
                    shows::find(tx, now, account, ShowName { event_id: Some(event_id), show_id: name })?;
                let desk = Desk { now, account, show: &show };
                match &action {
                    Action::Book(seat, external_id, payment) => {
                        desk.book(tx, seat, external_id.as_deref(), *payment).map(Some)
                    }
                    Action::Update(named, payment) => desk.update(tx, named, *payment).map(Some),
                    Action::Remove(named) => desk.remove(tx, named).map(|()| None),
                }
            })
            .await;
        Some(match done {
            Err(error) => refused(&error),
            Ok(None) => Seen::Removed,
            Ok(Some(ticket)) => {
                assert_eq!(ticket.is_paid(), ticket.barcode.is_some(), "a barcode, once it is paid");
                let nth = self.ids.iter().position(|id| *id == ticket.id).unwrap_or_else(|| {
                    self.ids.push(ticket.id);
                    self.ids.len() - 1
                });
                let (paid, reserved_to) = (ticket.is_paid(), ticket.reserved_to.map(|until| until.at()));
                Seen::Ticket { nth, seat: ticket.seat_id, paid, reserved_to }
            }
        })
    }

    /// Places taken of each seat in the hall.
    async fn taken(&self, now: Micros) -> Vec<usize> {
        let event_id = self.event_id;
        let taken = self
            .db
            .read(move |tx| {
                let name = ShowName { event_id: Some(event_id), show_id: None };
                let show = shows::find(tx, now, ACCOUNTS[0], name)?;
                Ok::<_, Error>(shows::taken(tx, show.number, now)?)
            })
            .await
            .unwrap();
        (0..4).map(|seat| usize::try_from(taken.get(&seat).copied().unwrap_or(0)).unwrap()).collect()
    }
}

enum Action {
    Book(&'static str, Option<String>, Payment),
    Update(TicketRef, Payment),
    Remove(TicketRef),
}

async fn agree(db: &Db, event_id: i64, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut store = Store::new(db, event_id).await;
    let mut model = Model { now: BEGIN, ..Model::default() };
    for (index, step) in steps.iter().enumerate() {
        let now = model.now;
        let (expected, seen) = (model.step(step), store.step(now, step).await);
        prop_assert_eq!(seen, expected, "step {}: {:?}", index, step);
        let expected: Vec<usize> = (0..4).map(|seat| model.taken(seat)).collect();
        prop_assert_eq!(
            store.taken(model.now).await,
            expected,
            "places taken after step {}: {:?}",
            index,
            step
        );
    }
    Ok(())
}

async fn the_store_does_what_the_model_does(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    let handle = tokio::runtime::Handle::current();
    let tested = tokio::task::spawn_blocking({
        let db = db.clone();
        move || {
            let cases = 64;
            let mut runner =
                TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
            let next_event = std::cell::Cell::new(0);
            runner.run(&steps(), |steps| {
                next_event.set(next_event.get() + 1);
                handle.block_on(agree(&db, next_event.get(), steps))
            })
        }
    });
    let outcome = tested.await.unwrap();
    db.close().await;
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

on_both_engines!(the_store_does_what_the_model_does);
