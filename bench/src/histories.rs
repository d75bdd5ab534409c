//! Histories of a supplier to load the server with.

use std::io::{self, Write};

use rusqlite::types::Value;

pub(crate) const HASH: &str = "0000000a-111b-222c-333d-44444444444e";
/// What a browser calls itself.
pub(crate) const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
/// Sales of a request.
pub(crate) const SALES: usize = 100;
const AFFILIATES: usize = 50;
/// Over so many days a history goes, of 12 months of 28 days in [`YEAR`].
const DAYS: usize = 336;
const YEAR: usize = 2025;
const DAY: usize = 24 * 60 * 60;
/// When the first sale that is sent is made, in microseconds.
const SENT_AT: i64 = 1_700_000_000_000_000;

/// So many accesses, and a tenth as many sales.
#[derive(Clone, Copy)]
pub(crate) struct History {
    pub(crate) accesses: usize,
}

impl History {
    pub(crate) fn sales(self) -> usize {
        self.accesses / 10
    }

    /// Writes a file for `import affiliates`.
    pub(crate) fn write(self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, r#"{{"suppliers": [{{"account": "bench", "ecommerceHash": "{HASH}"}}],"#)?;
        list(out, "affiliates", AFFILIATES, |out, index| {
            write!(out, r#"{{"pcrid": {}, "name": "Blog {index}", "rate": "0.12"}}"#, index + 1)
        })?;
        out.write_all(b",\n")?;
        list(out, "accesses", self.accesses, |out, index| self.write_access(out, index))?;
        out.write_all(b",\n")?;
        list(out, "purchases", self.sales(), |out, index| self.write_sale(out, index))?;
        out.write_all(b"}\n")
    }

    fn write_access(self, out: &mut impl Write, index: usize) -> io::Result<()> {
        write!(
            out,
            r#"{{"account": "bench", "id": {}, "uuid": "00000000-0000-4000-8000-{index:012}", "pcrid": {}, "utmSource": "blog", "utmMedium": "link", "tags": ["verão"], "created_at": "{}", "href": "https://hotel.example/quartos/{index}?pcrid=1", "userAgent": "{BROWSER}", "query": "?pcrid=1", "device": "desktop", "os": "Windows 10", "browser": "Chrome"}}"#,
            index + 1,
            index % AFFILIATES + 1,
            instant(index, self.accesses)
        )
    }

    fn write_sale(self, out: &mut impl Write, index: usize) -> io::Result<()> {
        let base = index % 900 + 50;
        write!(
            out,
            r#"{{"account": "bench", "id": "{}", "pcrid": {}, "status": {}, "purchase_date": "2025-01-01", "price": {base}.90, "payment_commission_date": "2025-02-01", "commission_base": {base}.00, "commission_value": 5.00, "contact_name": "Maria", "tags": ["verão"], "created_at": "{}"}}"#,
            sale_name(index),
            index % AFFILIATES + 1,
            index % 3,
            instant(index, self.sales())
        )
    }
}

/// The name of a sale of a history.
pub(crate) fn sale_name(index: usize) -> String {
    format!("imported-{index}")
}

/// The days of a history, as a query has them.
pub(crate) fn days(from: usize, to: usize) -> String {
    format!("begin={}&end={}", date(from), date(to))
}

/// All days of a history.
pub(crate) fn all_days() -> String {
    days(0, DAYS)
}

fn date(day: usize) -> String {
    format!("{}-{:02}-{:02}", YEAR + day / DAYS, day / 28 % 12 + 1, day % 28 + 1)
}

/// When the entry of that number of so many happened, by the supplier's clock: no two at once.
fn instant(index: usize, of: usize) -> String {
    let second = index * (DAYS * DAY) / of;
    let (hours, minutes, seconds) = (second % DAY / 3600, second / 60 % 60, second % 60);
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}-03:00", date(second / DAY))
}

/// Writes a list of a file.
fn list<W: Write>(
    out: &mut W,
    name: &str,
    length: usize,
    one: impl Fn(&mut W, usize) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, "\"{name}\": [")?;
    for index in 0..length {
        out.write_all(if index > 0 { b",\n" } else { b"\n" })?;
        one(out, index)?;
    }
    out.write_all(b"]")
}

/// Sales of one request. Lists are counted from 0.
#[derive(Clone, Copy)]
pub(crate) struct Sales(pub(crate) usize);

impl Sales {
    fn numbers(self) -> std::ops::Range<usize> {
        self.0 * SALES..(self.0 + 1) * SALES
    }

    /// The body of a request.
    pub(crate) fn json(self) -> String {
        let sales: Vec<String> = self
            .numbers()
            .map(|number| {
                let (pcrid, base) = (number % AFFILIATES + 1, number % 900 + 50);
                format!(
                    r#"{{"id": "sale-{number}", "pcrid": {pcrid}, "purchase_date": "2025-01-01", "status": {}, "price": {base}.90, "payment_commission_date": "2025-02-01", "commission_base": {base}.00, "contact_name": "Maria", "tags": ["verão"], "extra": {{"room": {number}}}}}"#,
                    number % 3
                )
            })
            .collect();
        format!("[{}]", sales.join(", "))
    }

    /// Rows of `affiliates_purchases`, in the order of its columns.
    pub(crate) fn values(self) -> Vec<[Value; 16]> {
        let row = |number: usize| {
            let whole = |number: usize| Value::Integer(number as i64);
            let text = |text: &str| Value::Text(text.to_owned());
            let base = number % 900 + 50;
            [
                whole(1),
                Value::Text(format!("sale-{number}")),
                whole(number + 1),
                Value::Integer(SENT_AT + self.0 as i64),
                whole(number % AFFILIATES + 1),
                whole(number % 3),
                whole(number % 3),
                Value::Integer(1_735_689_600_000_000),
                Value::Null,
                whole(base * 100 + 90),
                Value::Integer(1_738_368_000_000_000),
                whole(base * 100),
                whole(base * 12),
                text("Maria"),
                text(r#"["verão"]"#),
                Value::Text(format!(r#"{{"room": {number}}}"#)),
            ]
        };
        self.numbers().map(row).collect()
    }
}
