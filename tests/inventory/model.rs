//! Pages held against a model so plain that it is seen to be right: all objects in a list, filtered, sorted and cut.
//!
//! There are so many objects that no filter and no order is served by sorting everything.

use std::cmp::Ordering;

use serde_json::{Value, json};
use testkit::{App, Engine, Inventory, on_both_engines};

on_both_engines!(pages_are_what_the_model_says);

/// An object of stock, and the names by which it is found.
#[derive(Clone, Debug)]
struct Object {
    number: usize,
    day: usize,
    shop: usize,
    product: usize,
    qty: i64,
}

impl Object {
    fn date(&self) -> String {
        date(self.day)
    }

    fn shop_id(&self) -> String {
        format!("s{}", self.shop)
    }

    fn product_id(&self) -> String {
        format!("p{}", self.product)
    }

    fn product_name(&self) -> String {
        name_of_product(self.product)
    }

    fn json(&self) -> Value {
        json!({"date": self.date(), "shop_id": self.shop_id(), "product_id": self.product_id(), "qty": self.qty})
    }
}

/// Months of 28 days: days in their order.
fn date(day: usize) -> String {
    format!("{}-{:02}-{:02}", 2015 + day / 336, day / 28 % 12 + 1, day % 28 + 1)
}

/// Several products have a name, some in capitals.
fn name_of_product(product: usize) -> String {
    let name = format!("Товар №{}", product % 40);
    if product.is_multiple_of(3) { name.to_uppercase() } else { name }
}

fn name_of_shop(shop: usize) -> String {
    format!("Крамниця {shop}")
}

const SHOPS: usize = 102;
const PRODUCTS: usize = 220;

/// One shop has stock of all products, and all shops have stock of one product: each too much to be sorted for a page.
/// Some of it comes late.
fn objects() -> Vec<Object> {
    let mut objects = Vec::new();
    for day in 0..210 {
        if day < 100 {
            objects.extend((0..PRODUCTS).map(|product| (day, 0, product)));
        }
        let first = usize::from(day < 100);
        objects.extend((first..SHOPS).map(|shop| (day, shop, 0)));
    }
    let is_late =
        |(day, shop, product): &(usize, usize, usize)| (day * 31 + shop * 17 + product * 7) % 60 == 0;
    let (late, in_time): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_late);
    (1..)
        .zip(in_time.into_iter().chain(late))
        .map(|(number, (day, shop, product))| Object {
            number,
            day,
            shop,
            product,
            qty: (number as i64 * 7919) % 97 - 20,
        })
        .collect()
}

async fn filled(client: &Inventory, objects: &[Object]) {
    let shops: Vec<_> =
        (0..SHOPS).map(|shop| json!({"shop_id": format!("s{shop}"), "name": name_of_shop(shop)})).collect();
    let products: Vec<_> = (0..PRODUCTS)
        .map(|product| json!({"product_id": format!("p{product}"), "name": name_of_product(product)}))
        .collect();
    assert_eq!(client.post("shops/", &shops.into()).await.status, 201);
    assert_eq!(client.post("products/", &products.into()).await.status, 201);
    for chunk in objects.chunks(9_999) {
        let list: Vec<Value> = chunk.iter().map(Object::json).collect();
        assert_eq!(client.store(&list.into()).await.json, json!({"updated": 0, "inserted": chunk.len()}));
    }
}

type Filter = (&'static str, fn(&Object) -> bool);

const FILTERS: [Filter; 17] = [
    ("", |_| true),
    ("shop_id=s0", |o| o.shop == 0),
    ("product_id=p0", |o| o.product == 0),
    ("shop_id=s5", |o| o.shop == 5),
    ("product_id=p7", |o| o.product == 7),
    ("shop_id=s0&product_id=p0", |o| o.shop == 0 && o.product == 0),
    ("date=2015-01-05", |o| o.day == 4),
    ("date_from=2015-02-01", |o| o.day >= 28),
    ("date_to=2015-01-28&date_from=2015-01-05", |o| (4..28).contains(&o.day)),
    ("date_from=2015-01-09&shop_id=s0", |o| o.day >= 8 && o.shop == 0),
    ("date_from=2015-01-02&product_id=p0", |o| o.day >= 1 && o.product == 0),
    ("date=2015-01-05&shop_id=s0", |o| o.day == 4 && o.shop == 0),
    ("date=2015-01-05&product_id=p0", |o| o.day == 4 && o.product == 0),
    ("date_to=2015-02-28&shop_id=s0&product_id=p0", |o| o.day < 56 && o.shop == 0 && o.product == 0),
    // Products 7, 47, 87, 127, 167, 207; no shop.
    ("search=%E2%84%967&product_id=", |o| o.product % 40 == 7),
    // The shop 0 is one of those whose name has a 0.
    ("search=КРАМНИЦЯ%200", |o| o.shop == 0),
    // Both have it.
    ("search=1", |o| name_of_shop(o.shop).contains('1') || o.product_name().contains('1')),
];

type Compare = fn(&Object, &Object) -> Ordering;

const ORDERS: [(&str, Compare); 14] = [
    ("", |_, _| Ordering::Equal),
    ("name", |a, b| a.product_name().to_lowercase().cmp(&b.product_name().to_lowercase())),
    ("-name", |a, b| b.product_name().to_lowercase().cmp(&a.product_name().to_lowercase())),
    ("identifier", |a, b| a.product_id().cmp(&b.product_id())),
    ("-product_id", |a, b| b.product_id().cmp(&a.product_id())),
    ("date", |a, b| a.day.cmp(&b.day)),
    ("-date", |a, b| b.day.cmp(&a.day)),
    ("shop_id", |a, b| a.shop_id().cmp(&b.shop_id())),
    ("-shop_id", |a, b| b.shop_id().cmp(&a.shop_id())),
    ("qty", |a, b| a.qty.cmp(&b.qty)),
    ("-qty", |a, b| b.qty.cmp(&a.qty)),
    ("date,-qty", |a, b| a.day.cmp(&b.day).then(b.qty.cmp(&a.qty))),
    ("-shop_id,identifier", |a, b| b.shop_id().cmp(&a.shop_id()).then(a.product_id().cmp(&b.product_id()))),
    ("qty,-date,shop_id", |a, b| {
        a.qty.cmp(&b.qty).then(b.day.cmp(&a.day)).then(a.shop_id().cmp(&b.shop_id()))
    }),
];

async fn pages_are_what_the_model_says(engine: Engine) {
    let app = App::start(engine);
    let client = app.inventory("network");
    let objects = objects();
    filled(&client, &objects).await;
    for (at, (filter, holds)) in FILTERS.iter().enumerate() {
        for (number, (ordering, compare)) in ORDERS.iter().enumerate() {
            // No filter in every order, every filter in some.
            if number > 0 && at > 0 && (at + number) % 4 != 0 {
                continue;
            }
            let mut expected: Vec<&Object> = objects.iter().filter(|object| holds(object)).collect();
            expected.sort_by(|one, other| compare(one, other));
            check(&client, &format!("{filter}&ordering={ordering}"), &expected).await;
        }
    }
}

/// Looks at the first pages, some in the middle and the last of a listing, and from each follows the link.
async fn check(client: &Inventory, query: &str, expected: &[&Object]) {
    const SIZE: usize = 37;
    let pages = expected.len().div_ceil(SIZE).max(1);
    for page in [1, pages / 2, pages] {
        if page == 0 {
            continue;
        }
        let path = format!("product-inventory/?{query}&page_size={SIZE}&page={page}");
        let answer = client.get(&path).await;
        assert_page(&path, &answer.json, page, SIZE, expected);
        if let Some(next) = answer.json["next"].as_str() {
            let following = client.get(next).await;
            assert_page(next, &following.json, page + 1, SIZE, expected);
        } else {
            assert_eq!(page, pages, "{path}");
        }
    }
    let beyond = client.get(&format!("product-inventory/?{query}&page_size={SIZE}&page={}", pages + 1)).await;
    assert_eq!(beyond.status, 404, "{query}");
}

fn assert_page(path: &str, page: &Value, number: usize, size: usize, expected: &[&Object]) {
    assert_eq!(page["count"], expected.len(), "{path}");
    assert_eq!(page["previous"].is_null(), number == 1, "{path}");
    let part: Vec<_> = expected.iter().skip((number - 1) * size).take(size).collect();
    let results = page["results"].as_array().expect("results");
    assert_eq!(results.len(), part.len(), "{path}");
    for (result, object) in results.iter().zip(part) {
        let found = (&result["date"], &result["shop_id"], &result["product_id"], &result["qty"]);
        let wanted = (
            &json!(object.date()),
            &json!(object.shop_id()),
            &json!(object.product_id()),
            &json!(format!("{}.0000", object.qty)),
        );
        assert_eq!(found, wanted, "{path}: number {}", object.number);
    }
}
