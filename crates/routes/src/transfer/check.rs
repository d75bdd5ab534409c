//! What must hold in a file by itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Arguments;
use std::hash::Hash;
use std::ops::RangeInclusive;

use kernel::db::can_hold;
use kernel::transfer::ImportError;

use super::document::{
    AccountRoleDoc, ChatDoc, Document, Mistakes, RegionDoc, ReportTypeDoc, RoleDoc, UnitDoc,
};
use crate::rules::AccessCode;

/// The largest id: beyond it JavaScript rounds.
const ID_AT_MOST: i64 = (1 << 53) - 1;
/// Characters of a name at most.
const NAME_AT_MOST: usize = 255;
const USERNAME_AT_MOST: usize = 64;

/// Tells all mistakes at once, with their places: `units[3].uuid`.
pub(super) fn check(document: &Document) -> Result<(), ImportError> {
    let Document { account_roles, regions, units, report_types, roles, chats, routes } = document;
    let mut found = Mistakes::default();
    check_account_roles(&mut found, account_roles);
    check_regions(&mut found, regions);
    check_units(&mut found, units);
    check_report_types(&mut found, report_types);
    check_roles(&mut found, roles);
    check_chats(&mut found, chats);
    once(&mut found, "routes", "", routes.iter().map(Some));
    found.none()
}

fn check_account_roles(found: &mut Mistakes, roles: &[AccountRoleDoc]) {
    for (index, AccountRoleDoc { id, name }) in roles.iter().enumerate() {
        check_id(found, format_args!("account_roles[{index}].id"), *id);
        check_text(found, format_args!("account_roles[{index}].name"), name, 1..=NAME_AT_MOST);
    }
    once(found, "account_roles", ".id", roles.iter().map(|role| Some(role.id)));
    once(found, "account_roles", ".name", roles.iter().map(|role| Some(&role.name)));
}

fn check_regions(found: &mut Mistakes, regions: &[RegionDoc]) {
    for (index, RegionDoc { id, name }) in regions.iter().enumerate() {
        check_id(found, format_args!("regions[{index}].id"), id.unwrap_or(1));
        check_text(found, format_args!("regions[{index}].name"), name, 1..=NAME_AT_MOST);
    }
    once(found, "regions", ".id", regions.iter().map(|region| region.id));
    once(found, "regions", ".name", regions.iter().map(|region| Some(&region.name)));
}

fn check_units(found: &mut Mistakes, units: &[UnitDoc]) {
    for (index, unit) in units.iter().enumerate() {
        let UnitDoc { id, name, uuid: _, office_manager_account_name, dodo_is_api_account_name, region } =
            unit;
        check_id(found, format_args!("units[{index}].id"), *id);
        for (field, text) in [
            ("name", Some(name)),
            ("office_manager_account_name", office_manager_account_name.as_ref()),
            ("dodo_is_api_account_name", dodo_is_api_account_name.as_ref()),
            ("region", Some(region)),
        ] {
            let Some(text) = text else { continue };
            check_text(found, format_args!("units[{index}].{field}"), text, 1..=NAME_AT_MOST);
        }
    }
    once(found, "units", ".id", units.iter().map(|unit| Some(unit.id)));
    once(found, "units", ".name", units.iter().map(|unit| Some(&unit.name)));
    once(found, "units", ".uuid", units.iter().map(|unit| Some(&unit.uuid)));
}

fn check_report_types(found: &mut Mistakes, types: &[ReportTypeDoc]) {
    for (index, ReportTypeDoc { id, name, verbose_name, parent: _, priority: _, is_active: _ }) in
        types.iter().enumerate()
    {
        check_id(found, format_args!("report_types[{index}].id"), id.unwrap_or(1));
        check_text(found, format_args!("report_types[{index}].name"), name, 1..=NAME_AT_MOST);
        check_text(found, format_args!("report_types[{index}].verbose_name"), verbose_name, 1..=NAME_AT_MOST);
    }
    once(found, "report_types", ".id", types.iter().map(|kind| kind.id));
    once(found, "report_types", ".name", types.iter().map(|kind| Some(&kind.name)));
}

fn check_roles(found: &mut Mistakes, roles: &[RoleDoc]) {
    for (index, RoleDoc { name, access_code: _, report_types, unit_ids }) in roles.iter().enumerate() {
        check_text(found, format_args!("roles[{index}].name"), name, 1..=NAME_AT_MOST);
        once(found, &format!("roles[{index}].report_types"), "", report_types.iter().map(Some));
        once(found, &format!("roles[{index}].unit_ids"), "", unit_ids.iter().map(Some));
    }
    once(found, "roles", ".name", roles.iter().map(|role| Some(&role.name)));
    once(
        found,
        "roles",
        ".access_code",
        roles.iter().map(|role| role.access_code.as_ref()?.as_ref().map(AccessCode::as_str)),
    );
}

fn check_chats(found: &mut Mistakes, chats: &[ChatDoc]) {
    for (index, ChatDoc { chat_id: _, kind: _, title, username, role: _ }) in chats.iter().enumerate() {
        check_text(found, format_args!("chats[{index}].title"), title, 1..=NAME_AT_MOST);
        if let Some(Some(username)) = username {
            check_text(found, format_args!("chats[{index}].username"), username, 0..=USERNAME_AT_MOST);
        }
    }
    once(found, "chats", ".chat_id", chats.iter().map(|chat| Some(chat.chat_id)));
}

fn check_id(found: &mut Mistakes, place: Arguments<'_>, id: i64) {
    if !(1..=ID_AT_MOST).contains(&id) {
        found.add(place, format_args!("{id} is not between 1 and {ID_AT_MOST}"));
    }
}

fn check_text(found: &mut Mistakes, place: Arguments<'_>, text: &str, length: RangeInclusive<usize>) {
    let characters = text.chars().count();
    if !length.contains(&characters) {
        let (least, most) = length.into_inner();
        found.add(place, format_args!("has {characters} characters, and may have {least} to {most}"));
    } else if !can_hold(text) {
        found.add(place, "holds a NUL");
    }
}

/// Each of the keys that there are stands in the list once.
fn once<K: Eq + Hash>(found: &mut Mistakes, list: &str, field: &str, keys: impl Iterator<Item = Option<K>>) {
    let mut seen = HashMap::new();
    for (index, key) in keys.enumerate().filter_map(|(index, key)| Some((index, key?))) {
        match seen.entry(key) {
            Entry::Vacant(new) => drop(new.insert(index)),
            Entry::Occupied(first) => {
                let first = first.get();
                found.add(
                    format_args!("{list}[{index}]{field}"),
                    format_args!("the same as {list}[{first}]{field}"),
                );
            }
        }
    }
}
