//! The file of reference data, in and out.

pub(crate) mod document;
pub(crate) mod plan;

mod check;
mod export;
mod initial;

use std::io::Write;

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use kernel::transfer::{ExportError, Growth, Import, ImportError, Secrets, Summary, Transfer, parse_json};

use self::check::check;
use self::document::{Document, RouteDoc};
use self::export::export;
pub use self::initial::{Initial, initial};
use crate::store::network;

/// Routes that are stored before the bar moves.
const AT_ONCE: usize = 10_000;

/// What the Routes API can import and export.
pub(crate) struct Reference;

impl Transfer for Reference {
    fn parse(&self, text: &str) -> Result<Box<dyn Import>, ImportError> {
        // A type whose parts may all be left out would be read from an empty list too.
        if text.trim_start().starts_with('[') {
            return Err(ImportError::File("line 1: the file is a list, and has to be an object".into()));
        }
        let document: Document = parse_json(text)?;
        check(&document)?;
        Ok(Box::new(document))
    }

    fn export(&self, tx: &mut Tx<'_>, secrets: Secrets, out: &mut dyn Write) -> Result<(), ExportError> {
        export(tx, secrets, out)
    }

    fn is_empty(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        network::is_empty(tx)
    }
}

impl Import for Document {
    fn store(&self, tx: &mut Tx<'_>, now: Micros, progress: &dyn Fn(u64)) -> Result<Summary, ImportError> {
        let mut network = network::read(tx)?;
        let types = network.put(self)?;
        let removed = network::write(tx, now, &network)?;
        let mut summary = Summary { removed, ..network.summary() };
        progress(self.steps() - self.routes.len() as u64);
        let mut growth = Growth::of(&["routes_routes"]);
        for routes in self.routes.chunks(AT_ONCE) {
            let row =
                |route: &RouteDoc| Some([route.chat_id, *types.get(&*route.report_type)?, route.unit_id]);
            let rows: Vec<_> = routes.iter().filter_map(row).collect();
            let added = network::add_routes(tx, now, &rows)?;
            growth.add(tx, added)?;
            summary.inserted += added;
            summary.unchanged += rows.len() as u64 - added;
            progress(routes.len() as u64);
        }
        Ok(summary)
    }

    fn steps(&self) -> u64 {
        let Self { account_roles, regions, units, report_types, roles, chats, routes } = self;
        let lengths = [
            account_roles.len(),
            regions.len(),
            units.len(),
            report_types.len(),
            roles.len(),
            chats.len(),
            routes.len(),
        ];
        lengths.iter().sum::<usize>() as u64
    }
}
