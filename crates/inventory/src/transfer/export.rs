//! The file as an export writes it: one thing a line.

use std::io::Write;

use kernel::db::Tx;
use kernel::transfer::ExportError;
use serde::Serialize;

use crate::rules::{Product, Shop};
use crate::store;
use crate::wire::{ProductView, ShopView, StockView};

/// Objects of stock that are read together.
const PIECE: i64 = 10_000;

/// Writes everything that an account has.
pub(super) fn export(tx: &mut Tx<'_>, account: &str, out: &mut dyn Write) -> Result<(), ExportError> {
    let mut lines = Lines { out, is_first: true };
    lines.begin("{\"shops\": [")?;
    store::each_entry(tx, account, |shop: Shop| lines.line(&ShopView::of(&shop, String::new())))?;
    lines.begin("\n],\n\"products\": [")?;
    store::each_entry(tx, account, |product: Product| lines.line(&ProductView::of(&product, String::new())))?;
    lines.begin("\n],\n\"stock\": [")?;
    let account = store::account(tx, account)?;
    for before in (0..account.stock).step_by(PIECE as usize) {
        for object in store::between(tx, account.number, before + 1, before + PIECE)? {
            lines.line(&StockView::of(&object))?;
        }
    }
    lines.begin("\n]}\n")
}

struct Lines<'o> {
    out: &'o mut dyn Write,
    is_first: bool,
}

impl Lines<'_> {
    /// Ends a list and begins the next.
    fn begin(&mut self, text: &str) -> Result<(), ExportError> {
        self.is_first = true;
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn line(&mut self, object: &impl Serialize) -> Result<(), ExportError> {
        let before: &[u8] = if std::mem::take(&mut self.is_first) { b"\n" } else { b",\n" };
        self.out.write_all(before)?;
        serde_json::to_writer(&mut *self.out, object).map_err(std::io::Error::from)?;
        Ok(())
    }
}
