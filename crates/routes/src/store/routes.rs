//! Routes: which chat wants which report about which unit.

use std::collections::BTreeSet;

use kernel::clock::Micros;
use kernel::db::{Error, Page, Row, Tx, Value, Window};
use kernel::events::{self, Event};
use serde::Serialize;

use super::reference::numbers;
use crate::rules::{ChatId, ReportTypeId, RoleId, UnitId};

/// One route; also what an event says of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Route {
    pub(super) report_type_id: ReportTypeId,
    pub(super) unit_id: UnitId,
    pub(super) chat_id: ChatId,
}

impl Route {
    fn event(&self, kind: &'static str) -> Result<Event, Error> {
        let Self { report_type_id: ReportTypeId(report_type), unit_id: UnitId(unit), chat_id: ChatId(chat) } =
            self;
        Event::new(kind, format!("route:{report_type}:{unit}:{chat}"), "", self)
    }
}

pub(super) fn tell(tx: &mut Tx<'_>, now: Micros, kind: &'static str, routes: &[Route]) -> Result<(), Error> {
    let events = routes.iter().map(|route| route.event(kind)).collect::<Result<Vec<_>, _>>()?;
    events::publish(tx, now, &events)
}

/// The units about which the chat gets the report.
pub(crate) fn units(
    tx: &mut Tx<'_>,
    chat: ChatId,
    report_type: ReportTypeId,
    window: Window,
) -> Result<Page<UnitId>, Error> {
    let sql = "SELECT unit_id FROM routes_routes WHERE chat_id = $1 AND report_type_id = $2 ORDER BY unit_id";
    tx.page(sql, &[chat.into(), report_type.into()], window, |row| row.get(0).map(UnitId))
}

/// The chats that get the report about the unit.
pub(crate) fn chats(
    tx: &mut Tx<'_>,
    unit: UnitId,
    report_type: ReportTypeId,
    window: Window,
) -> Result<Page<ChatId>, Error> {
    let sql = "SELECT chat_id FROM routes_routes WHERE unit_id = $1 AND report_type_id = $2 ORDER BY chat_id";
    tx.page(sql, &[unit.into(), report_type.into()], window, |row| row.get(0).map(ChatId))
}

/// Makes the routes by which the chat gets the report about these units. Gives those of the units, in ascending order,
/// whose routes were there already: then the transaction is to be undone, or the others stay.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    now: Micros,
    chat_id: ChatId,
    report_type_id: ReportTypeId,
    units: &BTreeSet<UnitId>,
) -> Result<Vec<UnitId>, Error> {
    let rows: Vec<[Value<'_>; 3]> =
        units.iter().map(|unit| [chat_id.into(), report_type_id.into(), (*unit).into()]).collect();
    let made: BTreeSet<UnitId> = tx
        .insert_many_returning(
            "INSERT INTO routes_routes (chat_id, report_type_id, unit_id) VALUES",
            "ON CONFLICT DO NOTHING RETURNING unit_id",
            &rows,
            |row| row.get(0).map(UnitId),
        )?
        .into_iter()
        .collect();
    let routes: Vec<_> =
        made.iter().map(|unit_id| Route { report_type_id, unit_id: *unit_id, chat_id }).collect();
    tell(tx, now, "routes.route.created", &routes)?;
    Ok(units.difference(&made).copied().collect())
}

/// Deletes those of the routes that are there.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    now: Micros,
    chat_id: ChatId,
    report_type_id: ReportTypeId,
    units: &BTreeSet<UnitId>,
) -> Result<(), Error> {
    let sql = "DELETE FROM routes_routes WHERE chat_id = $1 AND report_type_id = $2 AND unit_id IN () RETURNING unit_id";
    let gone = tx.query_in(sql, &[chat_id.into(), report_type_id.into()], &numbers(units), |row| {
        Ok(Route { report_type_id, unit_id: UnitId(row.get(0)?), chat_id })
    })?;
    tell(tx, now, "routes.route.deleted", &gone)
}

/// Deletes those of the chat's routes that its role does not allow: of other units, or of other report types. Gives
/// their number.
pub(crate) fn keep_to(tx: &mut Tx<'_>, now: Micros, chat_id: ChatId, role: RoleId) -> Result<u64, Error> {
    let gone = tx.query(
        "DELETE FROM routes_routes WHERE chat_id = $1 \
         AND (NOT EXISTS (SELECT 1 FROM routes_role_units u \
         WHERE u.role_id = $2 AND u.unit_id = routes_routes.unit_id) \
         OR NOT EXISTS (SELECT 1 FROM routes_role_report_types t \
         WHERE t.role_id = $2 AND t.report_type_id = routes_routes.report_type_id)) \
         RETURNING report_type_id, unit_id",
        &[chat_id.into(), role.into()],
        |row: &Row<'_>| {
            Ok(Route { report_type_id: ReportTypeId(row.get(0)?), unit_id: UnitId(row.get(1)?), chat_id })
        },
    )?;
    tell(tx, now, "routes.route.deleted", &gone)?;
    Ok(gone.len() as u64)
}
