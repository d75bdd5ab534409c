//! The whole of the reference data: read for an import or an export, and written as an import left it.

use std::collections::{BTreeSet, HashMap};

use kernel::clock::Micros;
use kernel::db::{Error, Tx, Value};
use kernel::events;

use super::chats::{ChatData, RoleData, event};
use super::routes::{Route, keep_to, tell};
use crate::rules::{AccessCode, ChatId, ChatType, ReportTypeId, RoleId, UnitId};
use crate::transfer::plan::{Chat, Network, ReportType, Role, Table, Unit};

/// Everything but the routes.
pub(crate) fn read(tx: &mut Tx<'_>) -> Result<Network, Error> {
    let mut links = |table: &str, column: &str| {
        let mut links: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        let select = format!("SELECT role_id, {column} FROM {table}");
        tx.each(&select, &[], |row| {
            links.entry(row.get(0)?).or_default().insert(row.get(1)?);
            Ok::<_, Error>(())
        })?;
        Ok::<_, Error>(links)
    };
    let mut report_types = links("routes_role_report_types", "report_type_id")?;
    let mut unit_ids = links("routes_role_units", "unit_id")?;
    let roles = tx.query("SELECT id, name, access_code FROM routes_roles", &[], |row| {
        let id = row.get(0)?;
        let role = Role {
            name: row.get(1)?,
            access_code: row.get::<Option<String>>(2)?.as_deref().map(code).transpose()?,
            report_types: report_types.remove(&id).unwrap_or_default(),
            unit_ids: unit_ids.remove(&id).unwrap_or_default(),
        };
        Ok((id, role))
    })?;
    Ok(Network {
        account_roles: names(tx, "routes_account_roles")?,
        regions: names(tx, "routes_regions")?,
        units: units(tx)?,
        report_types: types(tx)?,
        roles: roles.into_iter().collect(),
        chats: chats(tx)?.into_iter().collect(),
    })
}

fn names(tx: &mut Tx<'_>, table: &str) -> Result<Table<String>, Error> {
    let names =
        tx.query(&format!("SELECT id, name FROM {table}"), &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(names.into_iter().collect())
}

fn units(tx: &mut Tx<'_>) -> Result<Table<Unit>, Error> {
    let units = tx.query(
        "SELECT id, name, uuid, office_manager_account_name, dodo_is_api_account_name, region_id FROM routes_units",
        &[],
        |row| {
            let unit = Unit {
                name: row.get(1)?,
                uuid: row.get(2)?,
                office_manager_account_name: row.get(3)?,
                dodo_is_api_account_name: row.get(4)?,
                region_id: row.get(5)?,
            };
            Ok((row.get(0)?, unit))
        },
    )?;
    Ok(units.into_iter().collect())
}

fn types(tx: &mut Tx<'_>) -> Result<Table<ReportType>, Error> {
    let types = tx.query(
        "SELECT id, name, verbose_name, parent_id, priority, is_active FROM routes_report_types",
        &[],
        |row| {
            let kind = ReportType {
                name: row.get(1)?,
                verbose_name: row.get(2)?,
                parent_id: row.get(3)?,
                priority: row.get(4)?,
                is_active: row.truth(5)?,
            };
            Ok((row.get(0)?, kind))
        },
    )?;
    Ok(types.into_iter().collect())
}

/// All chats in the order of their creation.
pub(crate) fn chats(tx: &mut Tx<'_>) -> Result<Vec<(i64, Chat)>, Error> {
    tx.query("SELECT chat_id, type, title, username, role_id FROM routes_chats ORDER BY number", &[], |row| {
        let kind =
            ChatType::parse(&row.get::<String>(1)?).map_err(|error| Error::Statement(error.to_string()))?;
        let chat = Chat { kind, title: row.get(2)?, username: row.get(3)?, role_id: row.get(4)? };
        Ok((row.get(0)?, chat))
    })
}

/// Writes the rows that a file has made or changed. Chats that were there and have another role lose the routes that
/// it does not allow; gives the number of those.
pub(crate) fn write(tx: &mut Tx<'_>, now: Micros, network: &Network) -> Result<u64, Error> {
    let Network { account_roles, regions, units, report_types, roles, chats } = network;
    put_names(tx, "routes_account_roles", account_roles)?;
    put_names(tx, "routes_regions", regions)?;
    put_units(tx, units)?;
    put_types(tx, report_types)?;
    put_roles(tx, roles, units)?;
    put_chats(tx, chats)?;
    tell_of_chats(tx, now, network)?;
    let mut removed = 0;
    for (chat_id, role_id) in network.moved() {
        removed += keep_to(tx, now, ChatId(chat_id), RoleId(role_id))?;
    }
    Ok(removed)
}

fn put_names(tx: &mut Tx<'_>, table: &str, names: &Table<String>) -> Result<(), Error> {
    release(tx, table, "name", names.updated())?;
    let rows: Vec<_> = names.changed().map(|(id, name)| [id.into(), name.into()]).collect();
    tx.insert_many(
        &format!("INSERT INTO {table} (id, name) VALUES"),
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        &rows,
    )?;
    Ok(())
}

fn put_units(tx: &mut Tx<'_>, units: &Table<Unit>) -> Result<(), Error> {
    release(tx, "routes_units", "name", units.updated())?;
    let rows: Vec<[Value<'_>; 6]> = units
        .changed()
        .map(|(id, unit)| {
            let Unit { name, uuid, office_manager_account_name, dodo_is_api_account_name, region_id } = unit;
            [
                id.into(),
                name.into(),
                uuid.into(),
                office_manager_account_name.as_ref().into(),
                dodo_is_api_account_name.as_ref().into(),
                (*region_id).into(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO routes_units (id, name, uuid, office_manager_account_name, dodo_is_api_account_name, region_id) VALUES",
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, uuid = excluded.uuid, \
         office_manager_account_name = excluded.office_manager_account_name, \
         dodo_is_api_account_name = excluded.dodo_is_api_account_name, region_id = excluded.region_id",
        &rows,
    )?;
    let has_moved =
        |(id, unit): (i64, &Unit)| units.before(id).is_some_and(|before| before.region_id != unit.region_id);
    if units.changed().any(has_moved) {
        let region = "(SELECT u.region_id FROM routes_units u WHERE u.id = routes_role_units.unit_id)";
        let follow = format!("UPDATE routes_role_units SET region_id = {region} WHERE region_id <> {region}");
        tx.execute(&follow, &[])?;
    }
    tx.execute(
        "UPDATE routes_units SET position = numbered.position \
         FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS position FROM routes_units) numbered \
         WHERE numbered.id = routes_units.id AND numbered.position <> routes_units.position",
        &[],
    )?;
    Ok(())
}

fn put_types(tx: &mut Tx<'_>, types: &Table<ReportType>) -> Result<(), Error> {
    release(tx, "routes_report_types", "name", types.updated())?;
    let mut changed: Vec<_> = types.changed().collect();
    // A parent must be there before its children.
    let parent_of = |kind: &&ReportType| types.rows.get(&kind.parent_id?);
    changed.sort_by_cached_key(|(_, kind)| std::iter::successors(Some(*kind), parent_of).count());
    let rows: Vec<[Value<'_>; 6]> = changed
        .into_iter()
        .map(|(id, kind)| {
            let ReportType { name, verbose_name, parent_id, priority, is_active } = kind;
            [
                id.into(),
                name.into(),
                verbose_name.into(),
                (*parent_id).into(),
                (*priority).into(),
                (*is_active).into(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO routes_report_types (id, name, verbose_name, parent_id, priority, is_active) VALUES",
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, verbose_name = excluded.verbose_name, \
         parent_id = excluded.parent_id, priority = excluded.priority, is_active = excluded.is_active",
        &rows,
    )?;
    Ok(())
}

fn put_roles(tx: &mut Tx<'_>, roles: &Table<Role>, units: &Table<Unit>) -> Result<(), Error> {
    let updated: Vec<i64> = roles.updated().collect();
    for clear in [
        "UPDATE routes_roles SET access_code = NULL WHERE id IN ()",
        "DELETE FROM routes_role_report_types WHERE role_id IN ()",
        "DELETE FROM routes_role_units WHERE role_id IN ()",
    ] {
        tx.query_in(clear, &[], &updated, |_| Ok(()))?;
    }
    let rows: Vec<_> = roles
        .changed()
        .map(|(id, role)| {
            [id.into(), (&role.name).into(), role.access_code.as_ref().map(AccessCode::as_str).into()]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO routes_roles (id, name, access_code) VALUES",
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, access_code = excluded.access_code",
        &rows,
    )?;
    let types: Vec<[Value<'_>; 2]> = roles
        .changed()
        .flat_map(|(id, role)| role.report_types.iter().map(move |kind| [id.into(), (*kind).into()]))
        .collect();
    tx.insert_many("INSERT INTO routes_role_report_types (role_id, report_type_id) VALUES", "", &types)?;
    for (id, role) in roles.changed() {
        let rows: Vec<[Value<'_>; 3]> = role
            .unit_ids
            .iter()
            .filter_map(|unit_id| {
                Some([id.into(), (*unit_id).into(), units.rows.get(unit_id)?.region_id.into()])
            })
            .collect();
        tx.insert_many("INSERT INTO routes_role_units (role_id, unit_id, region_id) VALUES", "", &rows)?;
    }
    Ok(())
}

fn put_chats(tx: &mut Tx<'_>, chats: &Table<Chat>) -> Result<(), Error> {
    let rows: Vec<[Value<'_>; 5]> = chats
        .changed()
        .map(|(chat_id, chat)| {
            let Chat { kind, title, username, role_id } = chat;
            [chat_id.into(), kind.name().into(), title.into(), username.as_ref().into(), (*role_id).into()]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO routes_chats (chat_id, type, title, username, role_id) VALUES",
        "ON CONFLICT (chat_id) DO UPDATE SET type = excluded.type, title = excluded.title, \
         username = excluded.username, role_id = excluded.role_id",
        &rows,
    )?;
    Ok(())
}

fn tell_of_chats(tx: &mut Tx<'_>, now: Micros, network: &Network) -> Result<(), Error> {
    let Network { roles, chats, .. } = network;
    let role = |id: Option<i64>| Some(roles.rows.get(&id?)?.name.as_str());
    let mut happened = Vec::new();
    for (id, chat) in chats.changed() {
        let (chat_id, before) = (ChatId(id), chats.before(id));
        let data = ChatData { chat_id, kind: chat.kind.name() };
        match before {
            None => happened.push(event("routes.chat.created", chat_id, &data)?),
            Some(before) if (Chat { role_id: chat.role_id, ..before.clone() }) != *chat => {
                happened.push(event("routes.chat.updated", chat_id, &data)?);
            }
            Some(_) => {}
        }
        let previous = before.and_then(|before| before.role_id);
        if chat.role_id != previous {
            let data = RoleData { chat_id, role: role(chat.role_id), previous_role: role(previous) };
            happened.push(event("routes.role.assigned", chat_id, &data)?);
        }
    }
    events::publish(tx, now, &happened)
}

/// Gives rows that get other names names that nobody has: they may change places.
fn release(tx: &mut Tx<'_>, table: &str, column: &str, ids: impl Iterator<Item = i64>) -> Result<(), Error> {
    let ids: Vec<i64> = ids.collect();
    let release =
        format!("UPDATE {table} SET {column} = CAST($1 AS TEXT) || CAST(id AS TEXT) WHERE id IN ()");
    tx.query_in(&release, &["\u{1}".into()], &ids, |_| Ok(()))?;
    Ok(())
}

fn code(text: &str) -> Result<AccessCode, Error> {
    AccessCode::parse(text).map_err(|error| Error::Statement(error.to_string()))
}

/// Whether nothing is stored. Routes and roles need chats and units, and may be left out here.
pub(crate) fn is_empty(tx: &mut Tx<'_>) -> Result<bool, Error> {
    for table in ["account_roles", "regions", "report_types", "roles", "chats"] {
        let select = format!("SELECT 1 FROM routes_{table} LIMIT 1");
        if tx.query_opt(&select, &[], |_| Ok(()))?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Hands all routes over, by chat, report type and unit.
pub(crate) fn each_route<E: From<Error>>(
    tx: &mut Tx<'_>,
    mut take: impl FnMut(i64, i64, i64) -> Result<(), E>,
) -> Result<(), E> {
    tx.each(
        "SELECT chat_id, report_type_id, unit_id FROM routes_routes ORDER BY chat_id, report_type_id, unit_id",
        &[],
        |row| take(row.get(0)?, row.get(1)?, row.get(2)?),
    )
}

/// Makes those of the routes, each a chat, a report type and a unit, that are not there yet. Gives their number.
pub(crate) fn add_routes(tx: &mut Tx<'_>, now: Micros, routes: &[[i64; 3]]) -> Result<u64, Error> {
    let rows: Vec<[Value<'_>; 3]> = routes.iter().map(|route| route.map(Value::Int)).collect();
    let added = tx.insert_many_returning(
        "INSERT INTO routes_routes (chat_id, report_type_id, unit_id) VALUES",
        "ON CONFLICT DO NOTHING RETURNING chat_id, report_type_id, unit_id",
        &rows,
        |row| {
            let (chat_id, report_type_id) = (ChatId(row.get(0)?), ReportTypeId(row.get(1)?));
            Ok(Route { chat_id, report_type_id, unit_id: UnitId(row.get(2)?) })
        },
    )?;
    tell(tx, now, "routes.route.created", &added)?;
    Ok(added.len() as u64)
}
