//! The file as an export writes it.

use std::io::Write;

use kernel::db::Tx;
use kernel::transfer::{ExportError, ListsWriter, Secrets};

use super::document::{AccountRoleDoc, ChatDoc, RegionDoc, ReportTypeDoc, RoleDoc, RouteDoc, UnitDoc};
use super::plan::{Network, ReportType, Role, Unit};
use crate::store::network;

/// Writes everything that is stored.
pub(super) fn export(tx: &mut Tx<'_>, secrets: Secrets, out: &mut dyn Write) -> Result<(), ExportError> {
    let network = network::read(tx)?;
    let Network { account_roles, regions, units, report_types, roles, chats: _ } = &network;
    let region = |id: &i64| regions.rows.get(id).cloned().unwrap_or_default();
    let kind = |id: &i64| report_types.rows.get(id).map(|kind| kind.name.clone()).unwrap_or_default();

    let mut lists = ListsWriter::of(out);
    let list = account_roles.rows.iter().map(|(id, name)| AccountRoleDoc { id: *id, name: name.clone() });
    lists.whole_list("account_roles", list)?;
    let list = regions.rows.iter().map(|(id, name)| RegionDoc { id: Some(*id), name: name.clone() });
    lists.whole_list("regions", list)?;
    let list = units.rows.iter().map(|(id, unit)| {
        let Unit { name, uuid, office_manager_account_name, dodo_is_api_account_name, region_id } =
            unit.clone();
        let region = region(&region_id);
        UnitDoc { id: *id, name, uuid, office_manager_account_name, dodo_is_api_account_name, region }
    });
    lists.whole_list("units", list)?;
    let list = report_types.rows.iter().map(|(id, row)| {
        let ReportType { name, verbose_name, parent_id, priority, is_active } = row.clone();
        let parent = parent_id.as_ref().map(kind);
        ReportTypeDoc { id: Some(*id), name, verbose_name, parent, priority, is_active }
    });
    lists.whole_list("report_types", list)?;
    let list = roles.rows.values().map(|role| {
        let Role { name, access_code, report_types, unit_ids } = role.clone();
        RoleDoc {
            name,
            access_code: (secrets == Secrets::Told).then_some(access_code),
            report_types: report_types.iter().map(kind).collect(),
            unit_ids: unit_ids.into_iter().collect(),
        }
    });
    lists.whole_list("roles", list)?;
    let list = network::chats(tx)?.into_iter().map(|(chat_id, chat)| {
        let role = chat.role_id.and_then(|id| roles.rows.get(&id)).map(|role| role.name.clone());
        ChatDoc {
            chat_id,
            kind: chat.kind,
            title: chat.title,
            username: Some(chat.username),
            role: Some(role),
        }
    });
    lists.whole_list("chats", list)?;

    lists.list("routes")?;
    network::each_route(tx, |chat_id, report_type_id, unit_id| {
        let route = RouteDoc { report_type: kind(&report_type_id).into(), unit_id, chat_id };
        lists.object(&route)
    })?;
    lists.end()
}
