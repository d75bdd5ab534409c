//! Roles: what the chats that have one may ask for.

use std::collections::BTreeSet;

use kernel::db::{Error, Page, Tx, Window};

use super::reference::{Region, ReportType, Unit, numbers, of_ids};
use crate::rules::{AccessCode, RegionId, ReportTypeId, RoleId, UnitId};

/// The regions in which the role has units.
///
/// From one region the index leads straight to the next, past all units of the first.
pub(crate) fn regions(tx: &mut Tx<'_>, role: RoleId, window: Window) -> Result<Page<Region>, Error> {
    let wanted = window.offset.saturating_add(i64::from(window.limit) + 1);
    tx.page(
        "WITH RECURSIVE steps (region_id, step) AS ( \
         SELECT (SELECT min(region_id) FROM routes_role_units WHERE role_id = $1), CAST(1 AS BIGINT) \
         UNION ALL \
         SELECT (SELECT min(n.region_id) FROM routes_role_units n WHERE n.role_id = $1 AND n.region_id > s.region_id), \
         s.step + 1 FROM steps s WHERE s.region_id IS NOT NULL AND s.step < $2) \
         SELECT g.id, g.name FROM steps s JOIN routes_regions g ON g.id = s.region_id ORDER BY g.id",
        &[role.into(), wanted.into()],
        window,
        Region::read,
    )
}

/// The role's units, or those of them in a region.
pub(crate) fn units(
    tx: &mut Tx<'_>,
    role: RoleId,
    region: Option<RegionId>,
    window: Window,
) -> Result<Page<Unit>, Error> {
    let (in_region, params) = match region {
        None => ("", vec![role.into()]),
        Some(region) => (" AND r.region_id = $2", vec![role.into(), region.into()]),
    };
    let sql = format!(
        "SELECT r.unit_id FROM routes_role_units r WHERE r.role_id = $1{in_region} ORDER BY r.unit_id"
    );
    let ids = tx.page(&sql, &params, window, |row| row.get(0))?;
    of_ids(tx, ids)
}

/// The role's report types, the active ones and the others, of all levels.
pub(crate) fn report_types(tx: &mut Tx<'_>, role: RoleId, window: Window) -> Result<Page<ReportType>, Error> {
    tx.page(
        "SELECT t.id, t.name, t.verbose_name FROM routes_role_report_types r \
         JOIN routes_report_types t ON t.id = r.report_type_id WHERE r.role_id = $1 ORDER BY t.priority DESC, t.id",
        &[role.into()],
        window,
        ReportType::read,
    )
}

/// Whether the role has the report type.
pub(crate) fn has_report_type(
    tx: &mut Tx<'_>,
    role: RoleId,
    report_type: ReportTypeId,
) -> Result<bool, Error> {
    let found = tx.query_opt(
        "SELECT 1 FROM routes_role_report_types WHERE role_id = $1 AND report_type_id = $2",
        &[role.into(), report_type.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Those of the units that the role has not, in ascending order.
pub(crate) fn denied_units(
    tx: &mut Tx<'_>,
    role: RoleId,
    units: &BTreeSet<UnitId>,
) -> Result<Vec<UnitId>, Error> {
    let sql = "SELECT unit_id FROM routes_role_units WHERE role_id = $1 AND unit_id IN ()";
    let found = tx.query_in(sql, &[role.into()], &numbers(units), |row| row.get(0).map(UnitId))?;
    Ok(units.difference(&found.into_iter().collect()).copied().collect())
}

/// A role by its id and its name.
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
}

/// The role with that access code. All codes are looked at, so that the time says nothing of any of them.
pub(crate) fn with_access_code(tx: &mut Tx<'_>, given: &AccessCode) -> Result<Option<Role>, Error> {
    let mut found = None;
    let sql = "SELECT id, name, access_code FROM routes_roles WHERE access_code IS NOT NULL ORDER BY id";
    tx.each(sql, &[], |row| {
        let code: String = row.get(2)?;
        let code = AccessCode::parse(&code).map_err(|mistake| Error::Statement(mistake.to_string()))?;
        if code.is(given) {
            found = Some(Role { id: RoleId(row.get(0)?), name: row.get(1)? });
        }
        Ok::<_, Error>(())
    })?;
    Ok(found)
}
