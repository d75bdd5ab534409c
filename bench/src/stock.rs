//! The Inventory API: uploads next to a bare loop and to COPY, pages next to a bare program and to pgbench, and many
//! objects.

use std::io::{BufWriter, Write as _};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use postgres::{Client, NoTls};
use serde::Deserialize;

use crate::http;
use crate::lists::{Loop, SENDERS, Senders};
use crate::process::{Database, Imported};
use crate::scenarios::{Bench, ENGINES};
use crate::shelves::{HEADER, List, PRODUCTS, SHOPS, catalogue, date};
use crate::sizes::{self, Change, Place, medians};
use crate::table::{Row, thousands};
use crate::turns::{Turns, turn};

const LOOP_TARGET: f64 = 0.5;
const COPY_TARGET: f64 = 0.25;
const PAGE_TARGET: f64 = 0.4;
const COUNT_TARGET_MS: f64 = 5.0;

const COLLECTION: &str = "/api/v1/product-inventory/";
/// Lists that are sent for each second of a turn.
const SQLITE_LISTS: usize = 50;
const POSTGRES_LISTS: usize = 15;
const PAGE: usize = 100;
/// The page that is driven hard.
const PAGE_READ: usize = 7;

const UPSERT: &str = "INSERT INTO inventory_stock (account, number, day, shop, product, qty, price, total) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, day, shop, product) \
     DO UPDATE SET qty = excluded.qty, price = excluded.price, total = excluded.total";

/// Corrects an object.
const CHANGE: Change = Change {
    method: "POST",
    path: COLLECTION,
    body: |look| format!(r#"{{"date": "{}", "shop_id": "1", "product_id": "1", "qty": "{look}"}}"#, date(0)),
    status: 201,
};

fn page_name(engine: &str) -> String {
    format!("{PAGE} objects of stock, {engine}")
}

fn page_path() -> String {
    format!("{COLLECTION}?page={PAGE_READ}")
}

/// As much of a page as tells where it stands.
#[derive(Deserialize)]
struct Page {
    count: usize,
    next: Option<String>,
}

impl Bench {
    /// Uploads next to the same rows in a bare loop of rusqlite, and pages next to the bare program.
    pub(crate) fn sqlite_stock(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.shelves("SQLite", "stock")?;
        Database::make(self.sqlite_url("bare_stock"), "inventory")?;
        let mut bare = Loop::open(&self.directory.join("bare_stock.db"))?;
        let a_turn = SQLITE_LISTS * self.seconds as usize;
        let mut rows = self.uploads("SQLite", &database, a_turn, LOOP_TARGET, |lists| {
            let lists: Vec<_> = lists.iter().map(|list| list.values()).collect();
            bare.write(UPSERT, &lists)
        })?;
        rows.push(self.reads(&database, &page_name("SQLite"), &page_path(), Some(PAGE_TARGET))?);
        Ok(rows)
    }

    /// Uploads next to COPY of the same rows, and pages next to the same statements run by pgbench.
    pub(crate) fn postgres_stock(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.shelves("PostgreSQL", "stock")?;
        let mut client = Client::connect(&database.url, NoTls)?;
        client.batch_execute("CREATE TABLE copied (LIKE inventory_stock INCLUDING ALL)")?;
        let a_turn = POSTGRES_LISTS * self.seconds as usize;
        let mut rows = self.uploads("PostgreSQL", &database, a_turn, COPY_TARGET, |lists| {
            let texts: Vec<_> = lists.iter().map(|list| list.copied()).collect();
            let (began, mut rows) = (Instant::now(), 0);
            for text in texts {
                let mut copy = client.copy_in("COPY copied FROM STDIN")?;
                copy.write_all(text.as_bytes())?;
                rows += copy.finish()?;
            }
            Ok(rows as f64 / began.elapsed().as_secs_f64())
        })?;
        client.batch_execute("VACUUM ANALYZE")?;
        let (first, last) = ((PAGE_READ - 1) * PAGE + 1, PAGE_READ * PAGE);
        let variables = [("number", 1), ("first", first), ("last", last)];
        let variables = variables.map(|(name, value)| (name, value.to_string()));
        let name = page_name("PostgreSQL");
        rows.push(self.reads_next_to_pgbench(
            &database,
            &name,
            &page_path(),
            "stock.sql",
            &variables,
            PAGE_TARGET,
        )?);
        Ok(rows)
    }

    /// Turns of uploads, `a_turn` lists each, and of what writes the same lists to a table of its own.
    fn uploads(
        &self,
        engine: &str,
        database: &Database,
        a_turn: usize,
        target: f64,
        mut bare: impl FnMut(&[List]) -> anyhow::Result<f64>,
    ) -> anyhow::Result<Vec<Row>> {
        let (mut rows, mut sent) = (Vec::new(), 0);
        for count in SENDERS {
            eprintln!("{engine}: uploads, {count} at once");
            let server = database.serve("warn", self.connections)?;
            let senders =
                Senders { count, key: &database.key, path: COLLECTION, status: 201, rows: PRODUCTS };
            let mut turns = Turns::default();
            for _ in 0..self.rounds {
                let lists: Vec<_> = (sent..sent + a_turn).map(List).collect();
                sent += a_turn;
                turns.pgbench.push(bare(&lists)?);
                let bodies: Vec<_> = lists.iter().map(|list| list.json()).collect();
                turns.server.push(turn(&server, |port| senders.send(port, &bodies))?);
            }
            let stored = page(&http::get(server.port, COLLECTION, &database.key)?)?.count;
            ensure!(stored == sent * PRODUCTS, "{} objects were taken, {stored} are there", sent * PRODUCTS);
            let is_the_target = rows.is_empty();
            let plural = if count == 1 { "" } else { "s" };
            let name = format!("Objects uploaded, {PRODUCTS} a list, {engine}, {count} client{plural}");
            rows.push(turns.row(&name, is_the_target.then_some(target), &server)?);
        }
        Ok(rows)
    }

    /// Many objects: bringing them in, the first pages and the last, and counts.
    pub(crate) fn stock_by_size(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for engine in ENGINES {
            let database = self.shelves(engine, "many_objects")?;
            let days = self.objects.div_ceil(PRODUCTS * SHOPS);
            let objects = days * PRODUCTS * SHOPS;
            rows.push(self.import_stock(engine, &database, objects)?);
            let mut place = Place::open(&database, self.connections, CHANGE)?;
            ensure!(page(&place.read(COLLECTION)?)?.count == objects, "not every object was imported");
            rows.extend(pages(engine, &mut place, days)?);
            rows.extend(counts(engine, &mut place, days)?);
        }
        Ok(rows)
    }

    /// A database with the shops and the products.
    fn shelves(&self, engine: &str, name: &str) -> anyhow::Result<Database> {
        let database = Database::make(self.url(engine, name)?, "inventory")?;
        let file = self.directory.join("catalogue.json");
        std::fs::write(&file, catalogue())?;
        database.import(&["inventory", "--account", "bench"], &file)?;
        Ok(database)
    }

    fn import_stock(&self, engine: &str, database: &Database, objects: usize) -> anyhow::Result<Row> {
        eprintln!("{engine}: importing {objects} objects of stock");
        let file = self.directory.join("stock.csv");
        let mut out = BufWriter::new(std::fs::File::create(&file)?);
        writeln!(out, "{HEADER}")?;
        (0..objects / PRODUCTS).try_for_each(|list| List(list).write_csv(&mut out))?;
        out.into_inner()?;
        let Imported { took, memory } = database.import(&["inventory", "--account", "bench"], &file)?;
        std::fs::remove_file(&file)?;
        Ok(Row {
            scenario: format!("Import of {} objects of stock, {engine}, a second", thousands(objects as f64)),
            server: thousands(objects as f64 / took.as_secs_f64()),
            memory: Some(memory),
            ..Row::default()
        })
    }
}

fn page(body: &[u8]) -> anyhow::Result<Page> {
    Ok(serde_json::from_slice(body)?)
}

/// Pages far from the first of their listing, and that one.
fn pages(engine: &str, place: &mut Place, days: usize) -> anyhow::Result<Vec<Row>> {
    let a_shop_s_days = format!("shop_id=7&{}", some_days(days));
    let mut rows = Vec::new();
    for (name, words) in [
        ("stock", ""),
        ("a shop's stock", "shop_id=7"),
        ("a shop's stock of some days", &a_shop_s_days),
        ("stock by name", "ordering=name"),
        ("stock by date, the latest first", "ordering=-date"),
        ("stock by quantity", "ordering=qty"),
    ] {
        let first = format!("{COLLECTION}?{words}");
        let count = page(&place.read(&first)?)?.count;
        let last = last_page(place, words, count)?;
        let mut far = vec![(format!("page {} by `next`", thousands(count.div_ceil(PAGE) as f64)), last)];
        if words.is_empty() {
            far.insert(0, ("page 1,000 by `page`".to_owned(), format!("{first}page=1000")));
        }
        for (which, path) in far {
            eprintln!("{engine}: {name}, {path}");
            let paths = [&first, &path];
            let [base, cost] = medians(|which| place.look(paths[which]))?;
            rows.push(sizes::row(
                format!("Reading {name}, {engine}: p50 of {which}, and of page 1"),
                base,
                cost,
            ));
        }
    }
    Ok(rows)
}

/// The last page of a listing, as the page before leads to it.
fn last_page(place: &mut Place, words: &str, count: usize) -> anyhow::Result<String> {
    let before = format!("{COLLECTION}?{words}&page={}", count.div_ceil(PAGE) - 1);
    let next = page(&place.read(&before)?)?.next.context("a page before the last without a next one")?;
    let path = next.find(COLLECTION).map(|at| next[at..].to_owned()).context("a link to somewhere else")?;
    ensure!(page(&place.read(&path)?)?.next.is_none(), "{path} is not the last page");
    Ok(path)
}

/// All days but the first and the last.
fn some_days(days: usize) -> String {
    format!("date_from={}&date_to={}", date(1), date(days - 2))
}

/// What a count takes, beside which one object is read.
fn counts(engine: &str, place: &mut Place, days: usize) -> anyhow::Result<Vec<Row>> {
    let some_days = some_days(days);
    let mut rows = Vec::new();
    for (name, words) in [
        ("all stock", ""),
        ("a shop's stock", "shop_id=7"),
        ("a product's stock", "product_id=77"),
        ("a product's stock in a shop", "shop_id=7&product_id=77"),
        ("stock of some days", some_days.as_str()),
    ] {
        eprintln!("{engine}: count of {name}");
        let path = format!("{COLLECTION}?page_size=1&{words}");
        let [cost] = medians(|_| place.look(&path))?;
        rows.push(Row {
            scenario: format!("Counting {name}, {engine}, with one object read"),
            server: format!("{cost:.0} µs"),
            target: format!("< {COUNT_TARGET_MS} ms"),
            met: Some(cost < COUNT_TARGET_MS * 1e3),
            ..Row::default()
        });
    }
    Ok(rows)
}
