//! The organiser's file, in and out.

pub(crate) mod document;

use std::io::Write;

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use kernel::transfer::{
    ExportError, Import, ImportError, ListsWriter, Secrets, Summary, Transfer, parse_json,
};

use self::document::{Document, check};
use crate::store::programme;

/// What the Tickets API can import and export.
pub(crate) struct Tickets;

impl Transfer for Tickets {
    fn parse(&self, text: &str) -> Result<Box<dyn Import>, ImportError> {
        let document: Document = parse_json(text)?;
        check(&document)?;
        Ok(Box::new(document))
    }

    fn export(&self, tx: &mut Tx<'_>, _: Secrets, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut lists = ListsWriter::of(out);
        lists.list("events")?;
        for event_id in programme::event_ids(tx)? {
            lists.object(&programme::export(tx, event_id)?)?;
        }
        lists.end()
    }

    fn is_empty(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        Ok(programme::event_ids(tx)?.is_empty())
    }
}

impl Import for Document {
    fn store(&self, tx: &mut Tx<'_>, now: Micros, progress: &dyn Fn(u64)) -> Result<Summary, ImportError> {
        let mut summary = Summary::default();
        for event in &self.events {
            summary += programme::store(tx, now, event)?;
            progress(event.shows.len() as u64);
        }
        Ok(summary)
    }

    fn steps(&self) -> u64 {
        self.events.iter().map(|event| event.shows.len() as u64).sum()
    }
}
