//! Stock to load the server with: on each day every shop has some of every product.

use std::io::Write;

use rusqlite::types::Value;

pub(crate) const SHOPS: usize = 20;
pub(crate) const PRODUCTS: usize = 2_000;
/// 2000-01-01, counted from 1970-01-01.
const FIRST_DAY: i64 = 10_957;

/// What a shop has on a day: an object for each product. Lists are counted from 0, day by day.
#[derive(Clone, Copy)]
pub(crate) struct List(pub(crate) usize);

/// An object of a list.
struct Object {
    date: String,
    day: i64,
    shop: usize,
    product: usize,
    /// Whole ones.
    qty: usize,
    /// In hundredths.
    price: usize,
}

impl List {
    fn objects(self) -> impl Iterator<Item = Object> {
        let (day, shop) = (self.0 / SHOPS, self.0 % SHOPS + 1);
        let date = date(day);
        (1..=PRODUCTS).map(move |product| Object {
            date: date.clone(),
            day: FIRST_DAY + day as i64,
            shop,
            product,
            qty: (day + shop + product) % 50,
            price: 100 + product * 7,
        })
    }

    /// The body of a request, as the vendor's client writes it.
    pub(crate) fn json(self) -> String {
        let objects: Vec<String> = self
            .objects()
            .map(|Object { date, shop, product, qty, price, .. }| {
                format!(
                    r#"{{"date": "{date}", "shop_id": "{shop}", "product_id": "{product}", "qty": "{qty}.0000", "original_price": "{}.{:02}00", "stock_total_price": "0.00"}}"#,
                    price / 100,
                    price % 100
                )
            })
            .collect();
        format!("[{}]", objects.join(", "))
    }

    /// Lines of a table of stock.
    pub(crate) fn write_csv(self, out: &mut impl Write) -> std::io::Result<()> {
        self.objects().try_for_each(|Object { date, shop, product, qty, price, .. }| {
            writeln!(out, "{date},{shop},{product},{qty},{}.{:02}", price / 100, price % 100)
        })
    }

    /// Rows of `inventory_stock`, in the order of its columns: account, number, day, shop, product, qty, price, total.
    pub(crate) fn rows(self) -> impl Iterator<Item = [i64; 8]> {
        let before = self.0 * PRODUCTS;
        self.objects().map(move |Object { day, shop, product, qty, price, .. }| {
            let [shop, product, number, qty, price, total] =
                [shop, product, before + product, qty * 10_000, price * 100, qty * price]
                    .map(|number| number as i64);
            [1, number, day, shop, product, qty, price, total]
        })
    }

    /// The same as values of SQLite.
    pub(crate) fn values(self) -> Vec<[Value; 8]> {
        self.rows().map(|row| row.map(Value::Integer)).collect()
    }

    /// The same as COPY reads them.
    pub(crate) fn copied(self) -> String {
        self.rows().map(|row| row.map(|number| number.to_string()).join("\t") + "\n").collect()
    }
}

/// The header of [`List::write_csv`].
pub(crate) const HEADER: &str = "date,shop_id,product_id,qty,original_price";

/// A day, counted from 0.
pub(crate) fn date(day: usize) -> String {
    format!("{}-{:02}-{:02}", 2000 + day / 336, day / 28 % 12 + 1, day % 28 + 1)
}

/// A file for `import inventory`: the shops and products.
pub(crate) fn catalogue() -> String {
    let shops: Vec<String> =
        (1..=SHOPS).map(|shop| format!(r#"{{"shop_id": "{shop}", "name": "Магазин №{shop}"}}"#)).collect();
    let products: Vec<String> = (1..=PRODUCTS)
        .map(|product| {
            format!(r#"{{"product_id": "{product}", "name": "Молоко {}"}}"#, product * 7919 % PRODUCTS)
        })
        .collect();
    format!(r#"{{"shops": [{}], "products": [{}]}}"#, shops.join(",\n"), products.join(",\n"))
}
