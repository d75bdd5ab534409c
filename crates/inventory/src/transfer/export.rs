//! The file as an export writes it.

use std::io::Write;

use kernel::db::Tx;
use kernel::transfer::{ExportError, ListsWriter};

use crate::rules::{Product, Shop};
use crate::store;
use crate::wire::{ProductView, ShopView, StockView};

/// Objects of stock that are read together.
const PIECE: i64 = 10_000;

/// Writes everything that an account has.
pub(super) fn export(tx: &mut Tx<'_>, account: &str, out: &mut dyn Write) -> Result<(), ExportError> {
    let mut lists = ListsWriter::of(out);
    lists.list("shops")?;
    store::each_entry(tx, account, |shop: Shop| lists.object(&ShopView::of(&shop, String::new())))?;
    lists.list("products")?;
    store::each_entry(tx, account, |product: Product| {
        lists.object(&ProductView::of(&product, String::new()))
    })?;
    lists.list("stock")?;
    let account = store::account(tx, account)?;
    for before in (0..account.stock).step_by(PIECE as usize) {
        for object in store::between(tx, account.number, before + 1, before + PIECE)? {
            lists.object(&StockView::of(&object))?;
        }
    }
    lists.end()
}
