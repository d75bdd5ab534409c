//! What changes something: one transaction each.

use std::net::IpAddr;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use kernel::clock::Micros;
use kernel::db::Tx;
use kernel::http::{Admitted, Client, Fault, Pairs, Payload, Segments};
use kernel::limit::{Excess, PerMinute, subscriber};

use super::reading::role;
use crate::Routes;
use crate::rules::{AccessCode, ChatId, Error, NewRoutes, OldRoutes};
use crate::store::{chats, reference, roles, routes};
use crate::wire::{self, both};

/// Wrong access codes a minute that a chat may try.
const WRONG_FOR_A_CHAT: u32 = 10;
/// Wrong access codes a minute that an address may try.
const WRONG_FROM_AN_ADDRESS: u32 = 100;

type Answer = Result<StatusCode, Error>;

pub(crate) async fn create_chat(
    State(Routes(desk)): State<Routes>,
    _: Admitted,
    Payload(body): Payload,
) -> Answer {
    let (chat, clock) = (wire::new_chat(&body)?, desk.kernel.clock.clone());
    let created = desk.kernel.db.write(move |tx| match chats::create(tx, clock.now(), &chat)? {
        true => Ok(StatusCode::CREATED),
        false => Err(Error::ChatExists),
    });
    created.await
}

pub(crate) async fn change_chat(
    State(Routes(desk)): State<Routes>,
    _: Admitted,
    Segments(chat): Segments<String>,
    Payload(body): Payload,
) -> Answer {
    let (chat, change) = both(wire::chat_in_path(chat), wire::chat_change(&body))?;
    let clock = desk.kernel.clock.clone();
    let changed = desk.kernel.db.write(move |tx| {
        let chat = chats::find(tx, chat)?.ok_or(Error::ChatNotFound)?;
        chats::update(tx, clock.now(), &chat, &change)?;
        Ok(StatusCode::NO_CONTENT)
    });
    changed.await
}

pub(crate) async fn create_routes(
    State(Routes(desk)): State<Routes>,
    _: Admitted,
    Payload(body): Payload,
) -> Answer {
    let (wanted, clock) = (wire::new_routes(&body)?, desk.kernel.clock.clone());
    let created = desk.kernel.db.write(move |tx| {
        create(tx, clock.now(), &wanted)?;
        Ok(StatusCode::CREATED)
    });
    created.await
}

/// The first of these that applies is what the contract answers.
fn create(tx: &mut Tx<'_>, now: Micros, wanted: &NewRoutes) -> Result<(), Error> {
    let NewRoutes { chat_id, acting, report_type_id, unit_ids } = wanted;
    let role = role(tx, *acting)?;
    if !reference::has_report_type(tx, *report_type_id)? {
        return Err(Error::ReportTypeByIdNotFound);
    }
    if !roles::has_report_type(tx, role, *report_type_id)? {
        return Err(Error::ReportTypeDenied);
    }
    let missing = reference::missing_units(tx, unit_ids)?;
    if !missing.is_empty() {
        return Err(Error::UnitsNotFound(missing));
    }
    let denied = roles::denied_units(tx, role, unit_ids)?;
    if !denied.is_empty() {
        return Err(Error::UnitsDenied(denied));
    }
    if chats::find(tx, *chat_id)?.is_none() {
        return Err(Error::ChatNotFound);
    }
    let there = routes::create(tx, now, *chat_id, *report_type_id, unit_ids)?;
    if there.is_empty() { Ok(()) } else { Err(Error::RoutesExist(there)) }
}

pub(crate) async fn delete_routes(
    State(Routes(desk)): State<Routes>,
    _: Admitted,
    Pairs(pairs): Pairs,
) -> Answer {
    let (OldRoutes { chat_id, report_type_id, unit_ids }, clock) =
        (wire::old_routes(pairs)?, desk.kernel.clock.clone());
    let deleted = desk.kernel.db.write(move |tx| {
        routes::delete(tx, clock.now(), chat_id, report_type_id, &unit_ids)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}

pub(crate) async fn assign_role(
    State(Routes(desk)): State<Routes>,
    _: Admitted,
    Extension(client): Extension<Client>,
    Segments(chat): Segments<String>,
    Payload(body): Payload,
) -> Answer {
    let (chat, code) = both(wire::chat_in_path(chat), wire::access_code(&body))?;
    let guess = desk.guesses.count(chat, client.address, desk.kernel.clock.now())?;
    let clock = desk.kernel.clock.clone();
    let assigned = desk.kernel.db.write(move |tx| assign(tx, clock.now(), chat, &code)).await;
    if !matches!(assigned, Err(Error::RoleNotFound)) {
        desk.guesses.forgive(chat, client.address);
    } else if let Some(excess) = guess {
        return Err(Error::Fault(Fault::RateLimited(excess.wait)));
    }
    assigned
}

fn assign(tx: &mut Tx<'_>, now: Micros, chat: ChatId, code: &AccessCode) -> Answer {
    let chat = chats::find(tx, chat)?.ok_or(Error::ChatNotFound)?;
    let role = roles::with_access_code(tx, code)?.ok_or(Error::RoleNotFound)?;
    chats::assign(tx, now, &chat, &role)?;
    routes::keep_to(tx, now, chat.chat_id, role.id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Counts access codes that are wrong. Each is counted before it is looked at, or many at once would all be.
#[derive(Debug)]
pub(crate) struct Guesses {
    by_chat: PerMinute<ChatId>,
    by_address: PerMinute<IpAddr>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { by_chat: PerMinute::new(WRONG_FOR_A_CHAT), by_address: PerMinute::new(WRONG_FROM_AN_ADDRESS) }
    }
}

impl Guesses {
    /// Counts a code that is to be looked at. The first in excess still is, as it may be right; what it gives is for
    /// the case that it is wrong. After that none is.
    fn count(&self, chat: ChatId, address: IpAddr, now: Micros) -> Result<Option<Excess>, Error> {
        let looked_at = |excess: Option<Excess>| match excess {
            Some(Excess { by, wait }) if by > 1 => Err(Error::Fault(Fault::RateLimited(wait))),
            excess => Ok(excess),
        };
        let of_chat = looked_at(self.by_chat.count(chat, now))?;
        let of_address = looked_at(self.by_address.count(subscriber(address), now));
        let of_address = of_address.inspect_err(|_| self.by_chat.forgive(&chat))?;
        Ok(of_chat.max(of_address))
    }

    fn forgive(&self, chat: ChatId, address: IpAddr) {
        self.by_chat.forgive(&chat);
        self.by_address.forgive(&subscriber(address));
    }
}
