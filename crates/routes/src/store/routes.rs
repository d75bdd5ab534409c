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
struct Route {
    report_type_id: ReportTypeId,
    unit_id: UnitId,
    chat_id: ChatId,
}

impl Route {
    fn event(&self, kind: &'static str) -> Result<Event, Error> {
        let Self { report_type_id: ReportTypeId(report_type), unit_id: UnitId(unit), chat_id: ChatId(chat) } =
            self;
        Event::new(kind, format!("route:{report_type}:{unit}:{chat}"), "", self)
    }
}

fn tell(tx: &mut Tx<'_>, now: Micros, kind: &'static str, routes: &[Route]) -> Result<(), Error> {
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

/// Makes the routes that the chat gets the report about these units; if some are there already none is made, and
/// those are given, in ascending order.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    now: Micros,
    chat_id: ChatId,
    report_type_id: ReportTypeId,
    units: &BTreeSet<UnitId>,
) -> Result<Vec<UnitId>, Error> {
    let ours: [Value<'_>; 2] = [chat_id.into(), report_type_id.into()];
    let sql =
        "SELECT unit_id FROM routes_routes WHERE chat_id = $1 AND report_type_id = $2 AND unit_id IN ()";
    let mut there = tx.query_in(sql, &ours, &numbers(units), |row| row.get(0).map(UnitId))?;
    if !there.is_empty() {
        there.sort_unstable();
        return Ok(there);
    }
    let rows: Vec<_> = units.iter().map(|unit| [ours[0], ours[1], (*unit).into()]).collect();
    // None can be there, but for a rival's that this transaction cannot see: then it is told to run again.
    tx.insert_many(
        "INSERT INTO routes_routes (chat_id, report_type_id, unit_id) VALUES",
        "ON CONFLICT DO NOTHING",
        &rows,
    )?;
    let routes: Vec<_> =
        units.iter().map(|unit_id| Route { report_type_id, unit_id: *unit_id, chat_id }).collect();
    tell(tx, now, "routes.route.created", &routes)?;
    Ok(Vec::new())
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

/// Deletes those of the chat's routes that its role does not allow: of other units, or of other report types.
pub(crate) fn keep_to(tx: &mut Tx<'_>, now: Micros, chat_id: ChatId, role: RoleId) -> Result<(), Error> {
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
    tell(tx, now, "routes.route.deleted", &gone)
}
