//! A table of stock: a line of field names, then a line an object, with `,` or `;` between the values.

use std::io::BufRead;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use kernel::transfer::ImportError;

use super::{Part, Place, Take, unreadable};
use crate::wire::{STOCK, Source};

/// Columns that may be missing.
const OPTIONAL: [&str; 2] = ["original_price", "stock_total_price"];

/// Hands all lines of a table over.
pub(super) fn read(mut source: impl BufRead, take: &mut Take<'_>) -> Result<(), ImportError> {
    let head = source.fill_buf().map_err(unreadable)?;
    let head = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if head.contains(&b';') { b';' } else { b',' };
    let mut table = ReaderBuilder::new().delimiter(delimiter).trim(Trim::Headers).from_reader(source);
    let names = table.headers().map_err(wrong)?.clone();
    check(&names)?;
    let mut record = StringRecord::new();
    while table.read_record(&mut record).map_err(wrong)? {
        let line = record.position().map_or(0, csv::Position::line);
        let fields: Vec<_> = names.iter().zip(&record).collect();
        take(Part::Stock, Place::Line(line), &Source::Row(&fields))?;
    }
    Ok(())
}

/// Refuses a table without a column that it needs, or with two of one.
fn check(names: &StringRecord) -> Result<(), ImportError> {
    let missing =
        STOCK.iter().find(|field| !OPTIONAL.contains(field) && !names.iter().any(|name| name == **field));
    if let Some(field) = missing {
        let columns = STOCK.join(", ");
        return Err(ImportError::File(format!(
            "line 1: there is no column {field}; columns may be {columns}"
        )));
    }
    let twice = STOCK.iter().find(|field| names.iter().filter(|name| name == *field).count() > 1);
    match twice {
        Some(field) => Err(ImportError::File(format!("line 1: there are two columns {field}"))),
        None => Ok(()),
    }
}

fn wrong(error: csv::Error) -> ImportError {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        ErrorKind::Io(error) => unreadable(error),
        ErrorKind::Utf8 { .. } => ImportError::File(format!("line {line} is not UTF-8")),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            ImportError::File(format!("line {line} has {len} values where line 1 has {expected_len} names"))
        }
        other => ImportError::File(format!("line {line} cannot be read: {other:?}")),
    }
}
