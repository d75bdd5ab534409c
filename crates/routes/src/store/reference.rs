//! What the others refer to: regions, units, types of reports. Only an import changes it.

use std::collections::BTreeSet;

use kernel::db::{Error, Page, Row, Tx, Window};

use crate::rules::{RegionId, ReportTypeId, UnitId};

/// A part of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) id: RegionId,
    pub(crate) name: String,
}

impl Region {
    /// A row of `id, name`.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self { id: RegionId(row.get(0)?), name: row.get(1)? })
    }
}

/// A shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) id: UnitId,
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) office_manager_account_name: Option<String>,
    pub(crate) dodo_is_api_account_name: Option<String>,
    pub(crate) region_id: RegionId,
    /// The region's name.
    pub(crate) region: String,
}

impl Unit {
    /// What is read of a unit `u`.
    const COLUMNS: &str = "u.id, u.name, u.uuid, u.office_manager_account_name, u.dodo_is_api_account_name, \
         u.region_id, (SELECT g.name FROM routes_regions g WHERE g.id = u.region_id)";

    /// A row of [`Unit::COLUMNS`].
    fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: UnitId(row.get(0)?),
            name: row.get(1)?,
            uuid: row.get(2)?,
            office_manager_account_name: row.get(3)?,
            dodo_is_api_account_name: row.get(4)?,
            region_id: RegionId(row.get(5)?),
            region: row.get(6)?,
        })
    }
}

/// A type of report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportType {
    pub(crate) id: ReportTypeId,
    pub(crate) name: String,
    pub(crate) verbose_name: String,
}

impl ReportType {
    /// A row of `id, name, verbose_name`.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self { id: ReportTypeId(row.get(0)?), name: row.get(1)?, verbose_name: row.get(2)? })
    }
}

/// All units.
pub(crate) fn units(tx: &mut Tx<'_>, window: Window) -> Result<Page<Unit>, Error> {
    let columns = Unit::COLUMNS;
    let sql = format!("SELECT {columns} FROM routes_units u WHERE u.position >= $1 ORDER BY u.position");
    // The position is what an offset would count to.
    tx.page(&sql, &[window.offset.into()], Window { offset: 0, ..window }, Unit::read)
}

/// The units of a page of ids, which ascend. What an offset leaves out is never read whole, and no plan can begin with
/// all regions.
pub(super) fn of_ids(tx: &mut Tx<'_>, Page { rows: ids, is_last }: Page<i64>) -> Result<Page<Unit>, Error> {
    let columns = Unit::COLUMNS;
    let sql = format!("SELECT {columns} FROM routes_units u WHERE u.id IN ()");
    let mut rows = tx.query_in(&sql, &[], &ids, Unit::read)?;
    rows.sort_unstable_by_key(|unit| unit.id);
    Ok(Page { rows, is_last })
}

/// The unit of that name.
pub(crate) fn unit(tx: &mut Tx<'_>, name: &str) -> Result<Option<Unit>, Error> {
    let columns = Unit::COLUMNS;
    let sql = format!("SELECT {columns} FROM routes_units u WHERE u.name = $1");
    tx.query_opt(&sql, &[name.into()], Unit::read)
}

/// Those of the units that do not exist, in ascending order.
pub(crate) fn missing_units(tx: &mut Tx<'_>, units: &BTreeSet<UnitId>) -> Result<Vec<UnitId>, Error> {
    let sql = "SELECT id FROM routes_units WHERE id IN ()";
    let found = tx.query_in(sql, &[], &numbers(units), |row| row.get(0).map(UnitId))?;
    Ok(units.difference(&found.into_iter().collect()).copied().collect())
}

/// Units as numbers.
pub(super) fn numbers(units: &BTreeSet<UnitId>) -> Vec<i64> {
    units.iter().map(|UnitId(unit)| *unit).collect()
}

/// All regions.
pub(crate) fn regions(tx: &mut Tx<'_>, window: Window) -> Result<Page<Region>, Error> {
    tx.page("SELECT id, name FROM routes_regions ORDER BY id", &[], window, Region::read)
}

/// Which level of the types of reports is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Below {
    /// Those that are below no other.
    Nothing,
    /// Those below this one.
    Id(ReportTypeId),
    /// Those below the one of this name.
    Named(&'static str),
}

/// The active report types of a level.
pub(crate) fn report_types(tx: &mut Tx<'_>, below: Below, window: Window) -> Result<Page<ReportType>, Error> {
    let (parent, params) = match below {
        Below::Nothing => ("parent_id IS NULL", vec![]),
        Below::Id(id) => ("parent_id = $1", vec![id.into()]),
        Below::Named(name) => {
            ("parent_id = (SELECT id FROM routes_report_types WHERE name = $1)", vec![name.into()])
        }
    };
    let sql = format!(
        "SELECT id, name, verbose_name FROM routes_report_types WHERE {parent} AND is_active = 1 \
         ORDER BY priority DESC, id"
    );
    tx.page(&sql, &params, window, ReportType::read)
}

/// The active report type of that name.
pub(crate) fn report_type(tx: &mut Tx<'_>, name: &str) -> Result<Option<ReportType>, Error> {
    let sql = "SELECT id, name, verbose_name FROM routes_report_types WHERE name = $1 AND is_active = 1";
    tx.query_opt(sql, &[name.into()], ReportType::read)
}

/// Whether there is such a report type, active or not.
pub(crate) fn has_report_type(tx: &mut Tx<'_>, id: ReportTypeId) -> Result<bool, Error> {
    let found = tx.query_opt("SELECT 1 FROM routes_report_types WHERE id = $1", &[id.into()], |_| Ok(()))?;
    Ok(found.is_some())
}
