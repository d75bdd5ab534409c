//! Shops, products and stock of an account, in and out by file: a JSON document, or a table of stock.
//!
//! Stock may be of tens of millions of lines, so no file is held as a whole. It is read twice: once to find out
//! whether it is sound, and for the shops and products, to which stock refers wherever they stand; then, inside the
//! transaction, for the stock.

mod document;
mod export;
mod table;

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, Write};

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use kernel::transfer::{Content, ExportError, Import, ImportError, Secrets, Summary, Transfer, unreadable};

use crate::rules::{Faults, Product, Shop, Upload};
use crate::store::{self, Intake, Mistake};
use crate::wire::{Named, Source, stock};

/// Objects of stock that are stored together.
const PIECE: usize = 5_000;

/// What can be imported and exported of the account of this name.
pub(crate) struct OfAccount(pub(crate) String);

impl Transfer for OfAccount {
    fn parse(&self, text: &str) -> Result<Box<dyn Import>, ImportError> {
        look(self.0.clone(), Content::Text(text.to_owned()))
    }

    fn parse_file(&self, file: File) -> Result<Box<dyn Import>, ImportError> {
        look(self.0.clone(), Content::File(file))
    }

    fn export(&self, tx: &mut Tx<'_>, _: Secrets, out: &mut dyn Write) -> Result<(), ExportError> {
        export::export(tx, &self.0, out)
    }

    fn is_empty(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        store::is_empty(tx)
    }
}

/// A list of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Shops,
    Products,
    Stock,
}

/// Where in a file an object stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Line(u64),
    Element(Part, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Element(part, index) => write!(f, "{}[{index}]", part.name()),
        }
    }
}

/// Takes the objects of a file in turn.
type TakeEach<'t> = dyn FnMut(Part, Place, &Source<'_>) -> Result<(), ImportError> + 't;

fn read(content: &Content, take: &mut TakeEach<'_>) -> Result<(), ImportError> {
    let mut reader = content.open()?;
    // A document is an object, and the name of no column begins so.
    let first = reader.fill_buf().map_err(unreadable)?.trim_ascii_start().first();
    if matches!(first, Some(b'{' | b'[')) { document::read(reader, take) } else { table::read(reader, take) }
}

fn mistake(place: Place, faults: &Faults) -> ImportError {
    ImportError::File(format!("{place}: {faults}"))
}

/// A file that was found sound.
struct Sound {
    account: String,
    content: Content,
    shops: Vec<Shop>,
    products: Vec<Product>,
    stock: u64,
}

fn look(account: String, content: Content) -> Result<Box<dyn Import>, ImportError> {
    let (mut shops, mut products, mut stock_count) = (Vec::new(), Vec::new(), 0);
    let mut ids = HashSet::new();
    read(&content, &mut |part, place, source| {
        let faulty = |faults| mistake(place, &faults);
        let id = match part {
            Part::Stock => {
                let mut upload = Upload::default();
                stock(source, &mut upload);
                stock_count += 1;
                let faults = upload.drafts.pop().and_then(|draft| draft.values.err());
                return faults.map_or(Ok(()), |faults| Err(faulty(faults)));
            }
            Part::Shops => {
                let shop = Shop::read(source).map_err(faulty)?;
                let id = shop.shop_id.clone();
                shops.push(shop);
                id
            }
            Part::Products => {
                let product = Product::read(source).map_err(faulty)?;
                let id = product.product_id.clone();
                products.push(product);
                id
            }
        };
        let twice = format!("{place}: {id} stands in the file twice");
        if ids.insert((part == Part::Shops, id)) { Ok(()) } else { Err(ImportError::File(twice)) }
    })?;
    Ok(Box::new(Sound { account, content, shops, products, stock: stock_count }))
}

impl Import for Sound {
    fn store(&self, tx: &mut Tx<'_>, now: Micros, progress: &dyn Fn(u64)) -> Result<Summary, ImportError> {
        let mut summary = store::bring(tx, &self.account, &self.shops)?;
        summary += store::bring(tx, &self.account, &self.products)?;
        progress((self.shops.len() + self.products.len()) as u64);
        let intake = Intake::begin(tx, &self.account)?;
        let mut storing = Storing { tx, progress, intake, piece: Upload::default(), places: Vec::new() };
        read(&self.content, &mut |part, place, source| match part {
            Part::Stock => storing.take(place, source),
            Part::Shops | Part::Products => Ok(()),
        })?;
        storing.store()?;
        let Storing { tx, intake, .. } = storing;
        summary += intake.finish(tx, now, &self.account)?;
        Ok(summary)
    }

    fn steps(&self) -> u64 {
        (self.shops.len() + self.products.len()) as u64 + self.stock
    }
}

/// The stock of a file on its way into the tables.
struct Storing<'a, 'tx> {
    tx: &'a mut Tx<'tx>,
    progress: &'a dyn Fn(u64),
    intake: Intake,
    piece: Upload,
    /// Where the objects of the piece stand in the file.
    places: Vec<Place>,
}

impl Storing<'_, '_> {
    fn take(&mut self, place: Place, source: &Source<'_>) -> Result<(), ImportError> {
        stock(source, &mut self.piece);
        self.places.push(place);
        if self.places.len() == PIECE { self.store() } else { Ok(()) }
    }

    fn store(&mut self) -> Result<(), ImportError> {
        let (piece, places) = (std::mem::take(&mut self.piece), std::mem::take(&mut self.places));
        self.intake.store(self.tx, &piece).map_err(|why| match why {
            Mistake::Db(error) => error.into(),
            Mistake::Faulty(at, faults) => match places.get(at) {
                Some(place) => mistake(*place, &faults),
                None => ImportError::File(faults.to_string()),
            },
        })?;
        (self.progress)(places.len() as u64);
        Ok(())
    }
}
