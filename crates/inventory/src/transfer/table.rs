//! A table of stock: a line of field names, then a line an object, with `,` or `;` between the values (RFC 4180).
//!
//! Read here and not by a crate because a mistake is named by its line: the reader that is usual says where it had
//! been before it came upon a record, and not where that begins.

use std::borrow::Cow;
use std::io::{BufRead, Read as _};

use kernel::transfer::{ImportError, unreadable};

use super::{Part, Place, TakeEach};
use crate::wire::{STOCK, Source};

/// Columns that may be missing.
const OPTIONAL: [&str; 2] = ["original_price", "stock_total_price"];

/// Bytes of a record at most: what has more has lost a quote or a line's end.
const RECORD_AT_MOST: usize = 64 << 10;

/// Hands all lines of a table over.
pub(super) fn read(source: impl BufRead, take: &mut TakeEach<'_>) -> Result<(), ImportError> {
    let mut records = Records { source, line: 0, text: String::new() };
    let line = records.next()?.unwrap_or(1);
    let delimiter = if records.text.contains(';') { ';' } else { ',' };
    let names = records.values(delimiter, line)?;
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    check(&names)?;
    while let Some(line) = records.next()? {
        let values = records.values(delimiter, line)?;
        if values.len() != names.len() {
            let (len, expected) = (values.len(), names.len());
            return wrong(line, format_args!("has {len} values where the first line has {expected} names"));
        }
        let fields: Vec<(&str, &str)> =
            names.iter().zip(&values).map(|(name, value)| (name.as_str(), &**value)).collect();
        take(Part::Stock, Place::Line(line), &Source::Row(&fields))?;
    }
    Ok(())
}

/// Refuses a table without a column that it needs, or with two of one.
fn check(names: &[String]) -> Result<(), ImportError> {
    let count = |field: &str| names.iter().filter(|name| *name == field).count();
    if let Some(field) = STOCK.iter().find(|field| !OPTIONAL.contains(field) && count(field) == 0) {
        let columns = STOCK.join(", ");
        return wrong(1, format_args!("has no column {field}; columns may be {columns}"));
    }
    match STOCK.iter().find(|field| count(field) > 1) {
        Some(field) => wrong(1, format_args!("has two columns {field}")),
        None => Ok(()),
    }
}

fn wrong<T>(line: u64, what: impl std::fmt::Display) -> Result<T, ImportError> {
    Err(ImportError::File(format!("line {line} {what}")))
}

/// A table's records, one after the other.
struct Records<R> {
    source: R,
    /// How many lines were read.
    line: u64,
    /// The record as it is written.
    text: String,
}

impl<R: BufRead> Records<R> {
    /// Goes to the next record that is not empty, and tells its line.
    fn next(&mut self) -> Result<Option<u64>, ImportError> {
        loop {
            self.text.clear();
            if !self.add_line()? {
                return Ok(None);
            }
            if !self.text.is_empty() {
                return Ok(Some(self.line));
            }
        }
    }

    /// Adds a line to the record. False: there is none.
    fn add_line(&mut self) -> Result<bool, ImportError> {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        let before = bytes.len();
        let mut limited = self.source.by_ref().take(RECORD_AT_MOST as u64 + 1);
        let read = limited.read_until(b'\n', &mut bytes).map_err(unreadable)?;
        self.line += 1;
        let line = self.line;
        if bytes.len() > RECORD_AT_MOST {
            return wrong(line, "is too long, or a quote does not end");
        }
        if bytes.ends_with(b"\n") {
            bytes.pop();
        }
        if bytes.len() > before && bytes.ends_with(b"\r") {
            bytes.pop();
        }
        self.text = String::from_utf8(bytes).or_else(|_| wrong(line, "is not UTF-8"))?;
        Ok(read > 0)
    }

    /// The values of the record, which goes on to further lines if a quoted one does.
    fn values(&mut self, delimiter: char, begins: u64) -> Result<Vec<Cow<'_, str>>, ImportError> {
        while split(&self.text, delimiter).is_none() {
            self.text.push('\n');
            if !self.add_line()? {
                return wrong(begins, "has a quote that does not end");
            }
        }
        Ok(split(&self.text, delimiter).unwrap_or_default())
    }
}

/// The values of a record. `None`: it ends within quotes.
fn split(mut rest: &str, delimiter: char) -> Option<Vec<Cow<'_, str>>> {
    let mut values = Vec::new();
    loop {
        let (value, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted, delimiter)?,
            None => match rest.split_once(delimiter) {
                Some((value, behind)) => (Cow::Borrowed(value), Some(behind)),
                None => (Cow::Borrowed(rest), None),
            },
        };
        values.push(value);
        match behind {
            Some(behind) => rest = behind,
            None => return Some(values),
        }
    }
}

/// A value up to the quote that ends it, and what comes behind the delimiter. Two quotes are one. What stands between
/// the quote and the delimiter belongs to the value.
fn unquoted(quoted: &str, delimiter: char) -> Option<(Cow<'_, str>, Option<&str>)> {
    let mut from = 0;
    let end = loop {
        let at = from + quoted[from..].find('"')?;
        if !quoted[at + 1..].starts_with('"') {
            break at;
        }
        from = at + 2;
    };
    let (tail, behind) = match quoted[end + 1..].split_once(delimiter) {
        Some((tail, behind)) => (tail, Some(behind)),
        None => (&quoted[end + 1..], None),
    };
    let value = &quoted[..end];
    let value = match value.contains('"') || !tail.is_empty() {
        true => Cow::Owned(value.replace("\"\"", "\"") + tail),
        false => Cow::Borrowed(value),
    };
    Some((value, behind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_is_split_as_spreadsheets_write_it() {
        for (text, values) in [
            ("a,b,c", &["a", "b", "c"][..]),
            ("a,,", &["a", "", ""]),
            ("", &[""]),
            ("\"a,\"\"b\"\"\",c", &["a,\"b\"", "c"]),
            ("\"\",\"\"\"\"", &["", "\""]),
            ("2\" pipe,\"x\"y", &["2\" pipe", "xy"]),
            ("\"a\nb\";c,", &["a\nb;c", ""]),
        ] {
            assert_eq!(split(text, ',').unwrap(), values, "{text:?}");
        }
        assert_eq!(split("a;\"b,c\"", ';').unwrap(), ["a", "b,c"]);
        for unfinished in ["\"", "a,\"b", "\"a\"\"", "\"a\"\",b"] {
            assert_eq!(split(unfinished, ','), None, "{unfinished:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec("[a;,\" \n\u{456}]{0,6}", 1..5)) {
            let quoted: Vec<String> =
                values.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
            let written = quoted.join(";");
            prop_assert_eq!(split(&written, ';').unwrap(), values);
        }

        #[test]
        fn no_text_makes_the_reader_stumble(text in "[a,;\"\r\n\u{456}]{0,40}") {
            drop(read(text.as_bytes(), &mut |_, _, _| Ok(())));
            drop(split(&text, ','));
        }
    }
}
