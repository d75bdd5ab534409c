//! What a file comes to on top of what is stored: decided before anything is written, and without a database.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use kernel::transfer::{ImportError, Summary};

use super::document::{ChatDoc, Document, Mistakes, ReportTypeDoc, RoleDoc, RouteDoc, UnitDoc};
use crate::rules::{AccessCode, ChatType};

/// Rows of a table by their id, and what a file did to them.
#[derive(Debug)]
pub(crate) struct Table<R> {
    pub(crate) rows: BTreeMap<i64, R>,
    /// In the file's order.
    inserted: Vec<i64>,
    /// What stood there before.
    updated: BTreeMap<i64, R>,
    unchanged: u64,
}

impl<R> FromIterator<(i64, R)> for Table<R> {
    fn from_iter<I: IntoIterator<Item = (i64, R)>>(rows: I) -> Self {
        Self { rows: rows.into_iter().collect(), inserted: vec![], updated: BTreeMap::new(), unchanged: 0 }
    }
}

impl<R: PartialEq> Table<R> {
    fn put(&mut self, id: i64, row: R) {
        match self.rows.insert(id, row) {
            None => self.inserted.push(id),
            Some(before) if self.rows.get(&id) == Some(&before) => self.unchanged += 1,
            Some(before) => drop(self.updated.insert(id, before)),
        }
    }

    /// The ids of rows that were there and have changed.
    pub(crate) fn updated(&self) -> impl Iterator<Item = i64> {
        self.updated.keys().copied()
    }

    /// What a row that has changed was before.
    pub(crate) fn before(&self, id: i64) -> Option<&R> {
        self.updated.get(&id)
    }

    /// The rows that are new, in the file's order, and those that have changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (i64, &R)> {
        let ids = self.inserted.iter().copied().chain(self.updated());
        ids.filter_map(|id| Some((id, self.rows.get(&id)?)))
    }

    /// Rows of the file, by their place in it, that have a key in common with a stored one, by its id.
    fn clashes<'a, K: Eq + Hash>(
        &'a self,
        ids: &[i64],
        key: impl Fn(&'a R) -> Option<K>,
    ) -> Vec<(usize, i64)> {
        let places: HashMap<i64, usize> = ids.iter().copied().zip(0..).collect();
        let stored = self.rows.iter().filter(|(id, _)| !places.contains_key(*id));
        let holders: HashMap<K, i64> = stored.filter_map(|(id, row)| Some((key(row)?, *id))).collect();
        let of_file = ids.iter().enumerate().filter_map(|(index, id)| Some((index, self.rows.get(id)?)));
        of_file.filter_map(|(index, row)| Some((index, *holders.get(&key(row)?)?))).collect()
    }

    fn summary(&self) -> Summary {
        Summary {
            inserted: self.inserted.len() as u64,
            updated: self.updated.len() as u64,
            removed: 0,
            unchanged: self.unchanged,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) office_manager_account_name: Option<String>,
    pub(crate) dodo_is_api_account_name: Option<String>,
    pub(crate) region_id: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportType {
    pub(crate) name: String,
    pub(crate) verbose_name: String,
    pub(crate) parent_id: Option<i64>,
    pub(crate) priority: i64,
    pub(crate) is_active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) access_code: Option<AccessCode>,
    pub(crate) report_types: BTreeSet<i64>,
    pub(crate) unit_ids: BTreeSet<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) kind: ChatType,
    pub(crate) title: String,
    pub(crate) username: Option<String>,
    pub(crate) role_id: Option<i64>,
}

/// Everything that is stored but the routes.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) account_roles: Table<String>,
    pub(crate) regions: Table<String>,
    pub(crate) units: Table<Unit>,
    pub(crate) report_types: Table<ReportType>,
    pub(crate) roles: Table<Role>,
    pub(crate) chats: Table<Chat>,
}

impl Network {
    /// Puts a file on top of it, and gives the ids of all report types by their names.
    ///
    /// # Errors
    /// [`ImportError::File`] with everything that does not fit.
    pub(crate) fn put(&mut self, file: &Document) -> Result<HashMap<String, i64>, ImportError> {
        let Document { account_roles, regions, units, report_types, roles, chats, routes } = file;
        let mut found = Mistakes::default();
        for role in account_roles {
            self.account_roles.put(role.id, role.name.clone());
        }
        let ids: Vec<_> = account_roles.iter().map(|role| role.id).collect();
        for (index, other) in self.account_roles.clashes(&ids, Some) {
            found.add(format_args!("account_roles[{index}].name"), format_args!("{other} has it already"));
        }
        let given = regions.iter().map(|region| (region.id, region.name.as_str()));
        let (ids, region_ids) = number(&mut found, "regions", &self.regions.rows, Clone::clone, given);
        for (id, region) in ids.iter().zip(regions) {
            self.regions.put(*id, region.name.clone());
        }
        for (index, other) in self.regions.clashes(&ids, Some) {
            found.add(format_args!("regions[{index}].name"), format_args!("{other} has it already"));
        }
        self.put_units(&mut found, units, &region_ids);
        let types = self.put_report_types(&mut found, report_types);
        let role_ids = self.put_roles(&mut found, roles, &types);
        self.put_chats(&mut found, chats, &role_ids);
        self.check_routes(&mut found, routes, &types);
        found.none()?;
        Ok(types)
    }
}

impl Network {
    fn put_units(&mut self, found: &mut Mistakes, units: &[UnitDoc], region_ids: &HashMap<String, i64>) {
        for (index, unit) in units.iter().enumerate() {
            let UnitDoc { id, name, uuid, office_manager_account_name, dodo_is_api_account_name, region } =
                unit;
            let region_id = region_ids.get(region).copied().unwrap_or_else(|| {
                let place = format_args!("units[{index}].region");
                found.add(place, format_args!("there is no region {region:?}"));
                0
            });
            let unit = Unit {
                name: name.clone(),
                uuid: uuid.clone(),
                office_manager_account_name: office_manager_account_name.clone(),
                dodo_is_api_account_name: dodo_is_api_account_name.clone(),
                region_id,
            };
            self.units.put(*id, unit);
        }
        let ids: Vec<_> = units.iter().map(|unit| unit.id).collect();
        for (index, other) in self.units.clashes(&ids, |unit| Some(&unit.name)) {
            found.add(format_args!("units[{index}].name"), format_args!("{other} has it already"));
        }
        for (index, other) in self.units.clashes(&ids, |unit| Some(&unit.uuid)) {
            found.add(format_args!("units[{index}].uuid"), format_args!("{other} has it already"));
        }
    }

    /// Gives the ids of all report types by their names.
    fn put_report_types(&mut self, found: &mut Mistakes, types: &[ReportTypeDoc]) -> HashMap<String, i64> {
        let given = types.iter().map(|kind| (kind.id, kind.name.as_str()));
        let stored = &self.report_types.rows;
        let (ids, by_name) = number(found, "report_types", stored, |kind| kind.name.clone(), given);
        for (index, (id, kind)) in ids.iter().zip(types).enumerate() {
            let ReportTypeDoc { id: _, name, verbose_name, parent, priority, is_active } = kind;
            let parent_id = parent.as_ref().map(|parent| by_name.get(parent).copied().ok_or(parent));
            let parent_id = parent_id.transpose().unwrap_or_else(|parent| {
                let place = format_args!("report_types[{index}].parent");
                found.add(place, format_args!("there is no report type {parent:?}"));
                None
            });
            let kind = ReportType {
                name: name.clone(),
                verbose_name: verbose_name.clone(),
                parent_id,
                priority: *priority,
                is_active: *is_active,
            };
            self.report_types.put(*id, kind);
        }
        for (index, other) in self.report_types.clashes(&ids, |kind| Some(&kind.name)) {
            found.add(format_args!("report_types[{index}].name"), format_args!("{other} has it already"));
        }
        for (index, _) in ids.iter().enumerate().filter(|(_, id)| self.is_below_itself(**id)) {
            found.add(format_args!("report_types[{index}].parent"), "it would stand below itself");
        }
        by_name
    }

    fn is_below_itself(&self, id: i64) -> bool {
        let parent_of = |id: &i64| self.report_types.rows.get(id).and_then(|kind| kind.parent_id);
        let ancestors = std::iter::successors(parent_of(&id), parent_of);
        // A longer way up has come round.
        ancestors.take(self.report_types.rows.len()).any(|ancestor| ancestor == id)
    }

    /// Gives the ids of all roles by their names.
    fn put_roles(
        &mut self,
        found: &mut Mistakes,
        roles: &[RoleDoc],
        types: &HashMap<String, i64>,
    ) -> HashMap<String, i64> {
        let given = roles.iter().map(|role| (None, role.name.as_str()));
        let (ids, by_name) = number(found, "roles", &self.roles.rows, |role| role.name.clone(), given);
        for (index, (id, role)) in ids.iter().zip(roles).enumerate() {
            let RoleDoc { name, access_code, report_types, unit_ids } = role;
            for (at, unit_id) in
                unit_ids.iter().enumerate().filter(|(_, id)| !self.units.rows.contains_key(id))
            {
                let place = format_args!("roles[{index}].unit_ids[{at}]");
                found.add(place, format_args!("there is no unit {unit_id}"));
            }
            for (at, kind) in report_types.iter().enumerate().filter(|(_, kind)| !types.contains_key(*kind)) {
                let place = format_args!("roles[{index}].report_types[{at}]");
                found.add(place, format_args!("there is no report type {kind:?}"));
            }
            let stored_code = || self.roles.rows.get(id).and_then(|stored| stored.access_code.clone());
            let role = Role {
                name: name.clone(),
                access_code: access_code.clone().or_else(stored_code),
                report_types: report_types.iter().filter_map(|kind| types.get(kind).copied()).collect(),
                unit_ids: unit_ids.iter().copied().collect(),
            };
            self.roles.put(*id, role);
        }
        for (index, other) in
            self.roles.clashes(&ids, |role| role.access_code.as_ref().map(AccessCode::as_str))
        {
            let other = self.roles.rows.get(&other).map_or("another", |role| &role.name);
            found.add(format_args!("roles[{index}].access_code"), format_args!("{other:?} has it already"));
        }
        by_name
    }

    fn put_chats(&mut self, found: &mut Mistakes, chats: &[ChatDoc], role_ids: &HashMap<String, i64>) {
        for (index, chat) in chats.iter().enumerate() {
            let ChatDoc { chat_id, kind, title, username, role } = chat;
            let stored = self.chats.rows.get(chat_id);
            let role_id = match role {
                None => stored.and_then(|chat| chat.role_id),
                Some(None) => None,
                Some(Some(role)) => role_ids.get(role).copied().or_else(|| {
                    found.add(format_args!("chats[{index}].role"), format_args!("there is no role {role:?}"));
                    None
                }),
            };
            let stored_username = || stored.and_then(|chat| chat.username.clone());
            let username = username.clone().unwrap_or_else(stored_username);
            self.chats.put(*chat_id, Chat { kind: *kind, title: title.clone(), username, role_id });
        }
    }

    /// Chats that were there and get another role, with it.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (i64, i64)> {
        self.chats.updated.iter().filter_map(|(chat_id, before)| {
            let role_id = self.chats.rows.get(chat_id)?.role_id?;
            (before.role_id != Some(role_id)).then_some((*chat_id, role_id))
        })
    }

    /// A route of the file may lead anywhere, as one by another chat's rights may; but not to where the same file
    /// has just taken its chat's rights away.
    fn check_routes(&self, found: &mut Mistakes, routes: &[RouteDoc], types: &HashMap<String, i64>) {
        let moved: HashMap<i64, &Role> = self
            .moved()
            .filter_map(|(chat_id, role_id)| Some((chat_id, self.roles.rows.get(&role_id)?)))
            .collect();
        for (index, RouteDoc { report_type, unit_id, chat_id }) in routes.iter().enumerate() {
            let type_id = types.get(&**report_type);
            if type_id.is_none() {
                let place = format_args!("routes[{index}].report_type");
                found.add(place, format_args!("there is no report type {report_type:?}"));
            }
            if !self.units.rows.contains_key(unit_id) {
                found
                    .add(format_args!("routes[{index}].unit_id"), format_args!("there is no unit {unit_id}"));
            }
            if !self.chats.rows.contains_key(chat_id) {
                found
                    .add(format_args!("routes[{index}].chat_id"), format_args!("there is no chat {chat_id}"));
            }
            let Some(role) = moved.get(chat_id) else { continue };
            let fits =
                role.unit_ids.contains(unit_id) && type_id.is_none_or(|id| role.report_types.contains(id));
            if !fits {
                let complaint =
                    format_args!("outside the role {:?}, which the file gives to the chat", role.name);
                found.add(format_args!("routes[{index}]"), complaint);
            }
        }
    }

    /// What the file does, but for the routes.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        let Self { account_roles, regions, units, report_types, roles, chats } = self;
        summary += account_roles.summary();
        summary += regions.summary();
        summary += units.summary();
        summary += report_types.summary();
        summary += roles.summary();
        summary += chats.summary();
        summary
    }
}

/// Finds the ids of things in a file by what it says, else by their names, else gives new ones. Gives also the ids
/// of all things by the names that they are going to have.
fn number<'a, R>(
    found: &mut Mistakes,
    list: &str,
    stored: &BTreeMap<i64, R>,
    name: impl Fn(&R) -> String,
    given: impl Iterator<Item = (Option<i64>, &'a str)> + Clone,
) -> (Vec<i64>, HashMap<String, i64>) {
    let stored_ids: HashMap<String, i64> = stored.iter().map(|(id, row)| (name(row), *id)).collect();
    let largest =
        stored.keys().copied().chain(given.clone().filter_map(|(id, _)| id)).max().unwrap_or_default();
    let (mut ids, mut places, mut last) = (Vec::new(), HashMap::new(), largest);
    for (index, (id, name)) in given.clone().enumerate() {
        let id = id.or_else(|| stored_ids.get(name).copied()).unwrap_or_else(|| {
            last += 1;
            last
        });
        if let Some(first) = places.insert(id, index) {
            let complaint = format_args!("{name:?} is stored as {id}, to which {list}[{first}] gives a name");
            found.add(format_args!("{list}[{index}]"), complaint);
        }
        ids.push(id);
    }
    let untouched = stored_ids.into_iter().filter(|(_, id)| !places.contains_key(id));
    let of_file = given.zip(&ids).map(|((_, name), id)| (name.to_owned(), *id));
    let by_name = untouched.chain(of_file).collect();
    (ids, by_name)
}
