//! The Affiliates API: accesses and pages next to a bare program, sales next to a bare loop, and long histories.

use std::io::BufWriter;

use anyhow::{Context as _, ensure};

use crate::histories::{BROWSER, HASH, History, SALES, Sales, all_days, days, sale_name};
use crate::http;
use crate::lists::{Loop, SENDERS, Senders};
use crate::process::{Database, Imported, Process};
use crate::scenarios::{Bench, CONNECTIONS, ENGINES};
use crate::sizes::{Change, Place, compare};
use crate::table::{Row, thousands};
use crate::turns::{Turns, turn};

const ACCESSES_TARGET: f64 = 0.25;
const SALES_TARGET: f64 = 0.4;
const PAGE_TARGET: f64 = 0.5;

/// The history of which pages are driven hard.
const DRIVEN: History = History { accesses: 20_000 };
/// A long history is so many times a short one.
const TIMES: usize = 100;
const PAGE: usize = 15;
/// Requests with sales that are sent for each second of a turn.
const REQUESTS: usize = 300;
/// All reports come from one address.
const NO_LIMIT: (&str, &str) = ("PARTNERAPI_ACCESSES_PER_MINUTE", "1000000000");
/// Days from before the first access to after the last.
const EVER: &str = "begin=2000-01-01&end=2100-12-31";

const INSERT: &str = "INSERT INTO affiliates_purchases (supplier, id, place, created_at, pcrid, status, sent_status, \
     purchase_date, purchase_time, price, payment_commission_date, commission_base, commission_value, \
     contact_name, tags, extra) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

/// Gives the first sale another status.
const CHANGE: Change = Change {
    method: "PUT",
    path: "/api/purchases/",
    body: |look| format!(r#"[{{"id": "{}", "status": {}}}]"#, sale_name(0), look % 3),
    status: 200,
};

impl Bench {
    /// Accesses, sales and pages on SQLite.
    pub(crate) fn sqlite_affiliates(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.history("SQLite", "affiliates", History { accesses: 0 })?.0;
        let mut rows = vec![self.accesses(&database)?];
        rows.extend(self.sales(&database)?);
        let (database, _) = self.history("SQLite", "affiliates_pages", DRIVEN)?;
        for (name, path) in [("accesses", "/api/accesses"), ("sales", "/api/purchases")] {
            let path = format!("{path}?{}&page=7", all_days());
            rows.push(self.reads(&database, &format!("{PAGE} {name}, SQLite"), &path, Some(PAGE_TARGET))?);
        }
        Ok(rows)
    }

    /// Accesses reported by browsers. All that were answered must be in the server's own count.
    fn accesses(&self, database: &Database) -> anyhow::Result<Row> {
        eprintln!("SQLite: accesses");
        let settings = [(NO_LIMIT.0, NO_LIMIT.1.to_owned())];
        let server = database.serve_with("warn", self.connections, &settings)?;
        let baseline = self.baseline(b"")?;
        let drive = self.drive(database, CONNECTIONS);
        let mut turns = Turns::default();
        for _ in 0..self.rounds {
            turns.baseline.push(turn(&baseline, |port| drive.accesses(port, HASH, BROWSER))?);
            turns.server.push(turn(&server, |port| drive.accesses(port, HASH, BROWSER))?);
        }
        let answered: u64 = turns.server.iter().map(|turn| turn.load.requests).sum();
        let stored = count(&server, database, "accesses")?;
        // When wrk ends, each of its connections may have one under way.
        let under_way = u64::from(self.rounds) * CONNECTIONS as u64;
        ensure!(
            (answered..=answered + under_way).contains(&stored),
            "{answered} accesses were answered, {stored} are there"
        );
        turns.row(
            &format!("Recording an access, SQLite, {CONNECTIONS} connections"),
            Some(ACCESSES_TARGET),
            &server,
        )
    }

    /// Sales, [`SALES`] a request, next to the same rows in a bare loop of rusqlite.
    fn sales(&self, database: &Database) -> anyhow::Result<Vec<Row>> {
        Database::make(self.sqlite_url("bare_sales"), "affiliates")?;
        let mut bare = Loop::open(&self.directory.join("bare_sales.db"))?;
        let a_turn = REQUESTS * self.seconds as usize;
        let (mut rows, mut sent) = (Vec::new(), 0);
        for count_of_senders in SENDERS {
            eprintln!("SQLite: sales, {count_of_senders} clients");
            let server = database.serve("warn", self.connections)?;
            let senders = Senders {
                count: count_of_senders,
                key: &database.key,
                path: "/api/purchases/",
                status: 200,
                rows: SALES,
            };
            let mut turns = Turns::default();
            for _ in 0..self.rounds {
                let lists: Vec<_> = (sent..sent + a_turn).map(Sales).collect();
                sent += a_turn;
                let values: Vec<_> = lists.iter().map(|list| list.values()).collect();
                turns.pgbench.push(bare.write(INSERT, &values)?);
                let bodies: Vec<_> = lists.iter().map(|list| list.json()).collect();
                turns.server.push(turn(&server, |port| senders.send(port, &bodies))?);
            }
            let (sent, stored) = (sent * SALES, count(&server, database, "purchases")?);
            ensure!(stored == sent as u64, "{sent} sales were taken, {stored} are there");
            let is_the_target = rows.is_empty();
            let plural = if count_of_senders == 1 { "" } else { "s" };
            let name = format!("Sales, {SALES} a request, SQLite, {count_of_senders} client{plural}");
            rows.push(turns.row(&name, is_the_target.then_some(SALES_TARGET), &server)?);
        }
        Ok(rows)
    }

    /// Pages and counts of a long history, next to the same of a short one.
    pub(crate) fn affiliates_by_size(&self) -> anyhow::Result<Vec<Row>> {
        let large = History { accesses: self.accesses / (10 * TIMES) * (10 * TIMES) };
        let small = History { accesses: large.accesses / TIMES };
        let mut rows = Vec::new();
        for engine in ENGINES {
            let (in_small, _) = self.history(engine, "short_history", small)?;
            let (in_large, row) = self.history(engine, "long_history", large)?;
            rows.push(row);
            let open = |database| Place::open(database, self.connections, CHANGE);
            let mut places = [open(&in_small)?, open(&in_large)?];
            for (place, history) in std::iter::zip(&mut places, [small, large]) {
                for (path, expected) in [("accesses", history.accesses), ("purchases", history.sales())] {
                    let counted = counted(&place.read(&format!("/api/{path}/count?{}", all_days()))?)?;
                    ensure!(counted == expected as u64, "{counted} {path} of {expected}");
                }
            }
            let reads = std::iter::zip(reads(small), reads(large))
                .map(|((name, in_small), (_, in_large))| (name, [in_small, in_large]));
            rows.extend(compare(engine, "in a long history, and in one of a hundredth", places, reads)?);
        }
        Ok(rows)
    }

    /// A new database with a history, and the row of its import.
    fn history(&self, engine: &str, name: &str, history: History) -> anyhow::Result<(Database, Row)> {
        let entries = history.accesses + history.sales();
        eprintln!("{engine}: importing a history of {entries} accesses and sales");
        let database = Database::make(self.url(engine, name)?, "affiliates")?;
        let file = self.directory.join("history.json");
        let mut out = BufWriter::new(std::fs::File::create(&file)?);
        history.write(&mut out)?;
        out.into_inner()?;
        let Imported { took, memory } = database.import(&["affiliates"], &file)?;
        std::fs::remove_file(&file)?;
        let entries = entries as f64;
        let row = Row {
            scenario: format!("Import of {} accesses and sales, {engine}, a second", thousands(entries)),
            server: thousands(entries / took.as_secs_f64()),
            memory: Some(memory),
            ..Row::default()
        };
        Ok((database, row))
    }
}

/// Pages and counts of a history. Each page is full.
fn reads(history: History) -> Vec<(&'static str, String)> {
    let (accesses, sales) = (history.accesses / PAGE, history.sales() / PAGE);
    let approved = history.sales() / 3 / PAGE;
    let (all, some) = (all_days(), days(60, 250));
    [
        ("accesses, page 1", format!("accesses?{all}")),
        ("accesses, middle page", format!("accesses?{all}&page={}", accesses / 2)),
        ("accesses, last page", format!("accesses?{all}&page={accesses}")),
        ("accesses of some days, a page", format!("accesses?{some}&page={}", accesses / 3)),
        ("the count of accesses", format!("accesses/count?{all}")),
        ("the count of accesses of some days", format!("accesses/count?{some}")),
        ("sales, page 1", format!("purchases?{all}")),
        ("sales, last page", format!("purchases?{all}&page={sales}")),
        ("sales of some days, a page", format!("purchases?{some}&page={}", sales / 3)),
        ("approved sales, page 1", format!("purchases?{all}&status=1")),
        ("approved sales, last page", format!("purchases?{all}&status=1&page={approved}")),
        ("the count of sales", format!("purchases/count?{all}")),
        ("the count of approved sales of some days", format!("purchases/count?{some}&status=1")),
    ]
    .map(|(name, path)| (name, format!("/api/{path}")))
    .into()
}

/// How many accesses or purchases there are, as the server counts them.
fn count(server: &Process, database: &Database, what: &str) -> anyhow::Result<u64> {
    counted(&http::get(server.port, &format!("/api/{what}/count?{EVER}"), &database.key)?)
}

fn counted(body: &[u8]) -> anyhow::Result<u64> {
    let answer: serde_json::Value = serde_json::from_slice(body)?;
    let count =
        answer.as_object().and_then(|answer| answer.values().next()).and_then(serde_json::Value::as_u64);
    count.with_context(|| format!("no count: {answer}"))
}
