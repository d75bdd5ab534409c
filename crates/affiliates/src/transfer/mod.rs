//! Suppliers, affiliates and histories, in and out by file.
//!
//! A file is read twice: once for suppliers and affiliates, which everything else needs and which may stand at its
//! end, and to find out whether it is whole; then, inside the transaction, for the histories.

pub(crate) mod document;
mod reading;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use kernel::transfer::{
    Content, ExportError, Import, ImportError, ListsWriter, Secrets, Summary, Transfer, mistake,
};
use serde::de::IgnoredAny;

use self::document::{AccessDoc, AffiliateDoc, ImportedAccess, PurchaseDoc, SupplierDoc};
use self::reading::{TakeEach, read};
use crate::store::history::Intake;
use crate::store::{Supplier, history, reference};
use crate::wire::Purchase;

/// Objects of a history that are stored together, and how many bytes they may have for that.
const OBJECTS_AT_ONCE: usize = 500;
const BYTES_AT_ONCE: usize = 1 << 20;

/// What the Affiliates API can import and export.
pub(crate) struct Affiliates;

impl Transfer for Affiliates {
    fn parse(&self, text: &str) -> Result<Box<dyn Import>, ImportError> {
        parse(Content::Text(text.to_owned()))
    }

    fn parse_file(&self, file: File) -> Result<Box<dyn Import>, ImportError> {
        parse(Content::File(file))
    }

    fn export(&self, tx: &mut Tx<'_>, _: Secrets, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut lists = ListsWriter::of(out);
        lists.whole_list("suppliers", reference::suppliers(tx)?)?;
        lists.whole_list("affiliates", reference::affiliates(tx)?)?;
        lists.list("accesses")?;
        history::export_accesses(tx, &mut lists)?;
        lists.list("purchases")?;
        history::export_purchases(tx, &mut lists)?;
        lists.end()
    }

    fn is_empty(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        reference::is_empty(tx)
    }
}

fn parse(content: Content) -> Result<Box<dyn Import>, ImportError> {
    let mut reference = Reference::default();
    read(&content, &mut reference)?;
    Ok(Box::new(Document { reference, content }))
}

/// What a first look at a file gives.
#[derive(Default)]
struct Reference {
    suppliers: Vec<SupplierDoc>,
    affiliates: Vec<AffiliateDoc>,
    accounts: HashSet<String>,
    hashes: HashSet<String>,
    pcrids: HashSet<i64>,
    objects: u64,
}

impl TakeEach for Reference {
    type Supplier = SupplierDoc;
    type Affiliate = AffiliateDoc;
    type Access = IgnoredAny;
    type Purchase = IgnoredAny;

    fn supplier(&mut self, index: usize, supplier: SupplierDoc) -> Result<(), ImportError> {
        let place = format!("suppliers[{index}]");
        supplier.check(&place)?;
        if !self.accounts.insert(supplier.account.clone()) {
            return Err(mistake(&place, "account", format!("{} stands in the file twice", supplier.account)));
        }
        if !self.hashes.insert(supplier.ecommerce_hash.clone()) {
            let hash = &supplier.ecommerce_hash;
            return Err(mistake(&place, "ecommerceHash", format!("{hash} stands in the file twice")));
        }
        self.objects += 1;
        self.suppliers.push(supplier);
        Ok(())
    }

    fn affiliate(&mut self, index: usize, affiliate: AffiliateDoc) -> Result<(), ImportError> {
        let place = format!("affiliates[{index}]");
        affiliate.check(&place)?;
        if !self.pcrids.insert(affiliate.pcrid) {
            return Err(mistake(&place, "pcrid", format!("{} stands in the file twice", affiliate.pcrid)));
        }
        self.objects += 1;
        self.affiliates.push(affiliate);
        Ok(())
    }

    fn access(&mut self, _: usize, _: IgnoredAny) -> Result<(), ImportError> {
        self.objects += 1;
        Ok(())
    }

    fn purchase(&mut self, _: usize, _: IgnoredAny) -> Result<(), ImportError> {
        self.objects += 1;
        Ok(())
    }
}

/// A file that has been looked through.
struct Document {
    reference: Reference,
    content: Content,
}

impl Import for Document {
    fn store(&self, tx: &mut Tx<'_>, now: Micros, progress: &dyn Fn(u64)) -> Result<Summary, ImportError> {
        let Reference { suppliers, affiliates, .. } = &self.reference;
        let mut summary = reference::store(tx, suppliers, affiliates)?;
        progress((suppliers.len() + affiliates.len()) as u64);
        let suppliers = reference::by_account(tx)?;
        let mut storing = Storing {
            tx,
            now,
            progress,
            suppliers,
            intake: Intake::default(),
            accesses: Vec::new(),
            purchases: Vec::new(),
            waiting: 0,
            summary: Summary::default(),
        };
        read(&self.content, &mut storing)?;
        summary += storing.finish()?;
        Ok(summary)
    }

    fn steps(&self) -> u64 {
        self.reference.objects
    }
}

/// Stores the histories of a file.
struct Storing<'a, 'tx> {
    tx: &'a mut Tx<'tx>,
    now: Micros,
    progress: &'a dyn Fn(u64),
    suppliers: HashMap<String, Arc<Supplier>>,
    intake: Intake,
    accesses: Vec<ImportedAccess>,
    purchases: Vec<(Arc<Supplier>, Purchase)>,
    /// About the bytes of those that wait.
    waiting: usize,
    summary: Summary,
}

impl Storing<'_, '_> {
    fn supplier_of(&self, place: &str, account: &str) -> Result<Arc<Supplier>, ImportError> {
        let supplier = self.suppliers.get(account).cloned();
        supplier.ok_or_else(|| mistake(place, "account", format!("{account:?} is no supplier")))
    }

    /// Stores what waits, if it is enough.
    fn make_room(&mut self, bytes: usize) -> Result<(), ImportError> {
        self.waiting += bytes;
        let objects = self.accesses.len() + self.purchases.len();
        if objects < OBJECTS_AT_ONCE && self.waiting < BYTES_AT_ONCE {
            return Ok(());
        }
        self.waiting = 0;
        self.store_accesses()?;
        self.store_purchases()
    }

    fn store_accesses(&mut self) -> Result<(), ImportError> {
        let accesses = std::mem::take(&mut self.accesses);
        self.summary += self.intake.store_accesses(self.tx, &accesses)?;
        (self.progress)(accesses.len() as u64);
        Ok(())
    }

    fn store_purchases(&mut self) -> Result<(), ImportError> {
        let purchases = std::mem::take(&mut self.purchases);
        self.summary += self.intake.store_purchases(self.tx, self.now, &purchases)?;
        (self.progress)(purchases.len() as u64);
        Ok(())
    }

    fn finish(mut self) -> Result<Summary, ImportError> {
        self.store_accesses()?;
        self.store_purchases()?;
        self.intake.settle(self.tx)?;
        Ok(self.summary)
    }
}

impl TakeEach for Storing<'_, '_> {
    type Supplier = IgnoredAny;
    type Affiliate = IgnoredAny;
    type Access = AccessDoc;
    type Purchase = PurchaseDoc;

    fn supplier(&mut self, _: usize, _: IgnoredAny) -> Result<(), ImportError> {
        Ok(())
    }

    fn affiliate(&mut self, _: usize, _: IgnoredAny) -> Result<(), ImportError> {
        Ok(())
    }

    fn access(&mut self, index: usize, access: AccessDoc) -> Result<(), ImportError> {
        let place = format!("accesses[{index}]");
        let supplier = self.supplier_of(&place, &access.account)?;
        if access.ecommerce_hash.as_ref().is_some_and(|hash| *hash != supplier.ecommerce_hash) {
            return Err(mistake(&place, "ecommerceHash", format!("is not that of {}", supplier.account)));
        }
        let access = access.into_kept(&place, supplier.number)?;
        let bytes = access.record.len();
        self.accesses.push(access);
        self.make_room(bytes)
    }

    fn purchase(&mut self, index: usize, purchase: PurchaseDoc) -> Result<(), ImportError> {
        let place = format!("purchases[{index}]");
        let supplier = self.supplier_of(&place, &purchase.account)?;
        let purchase = purchase.into_kept(&place)?;
        let bytes = purchase.sale.extra.get().len() + purchase.sale.tags.get().len();
        self.purchases.push((supplier, purchase));
        self.make_room(bytes)
    }
}
