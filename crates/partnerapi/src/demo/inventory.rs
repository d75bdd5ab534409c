//! Twelve shops, five hundred products, and the stock of the last sixty days.

use kernel::clock::Micros;
use kernel::time::{days_after, utc};
use serde_json::{Value, json};

const DAYS: i64 = 60;

const SHOPS: [(&str, &str, f64, f64); 12] = [
    ("Крамниця на Подолі", "Київ, вул. Сагайдачного, 25", 50.4593, 30.5234),
    ("Крамниця на Оболоні", "Київ, просп. Оболонський, 21", 50.5012, 30.4983),
    ("Крамниця на Печерську", "Київ, вул. Велика Васильківська, 72", 50.4312, 30.5167),
    ("Крамниця на Ринку", "Львів, пл. Ринок, 14", 49.8419, 24.0316),
    ("Крамниця на Сихові", "Львів, просп. Червоної Калини, 62", 49.7950, 24.0560),
    ("Крамниця біля моря", "Одеса, вул. Дерибасівська, 8", 46.4846, 30.7383),
    ("Крамниця на Таїрова", "Одеса, вул. Академіка Корольова, 33", 46.3998, 30.7210),
    ("Крамниця на Сумській", "Харків, вул. Сумська, 46", 50.0040, 36.2340),
    ("Крамниця на Набережній", "Дніпро, Січеславська набережна, 17", 48.4680, 35.0520),
    ("Крамниця в центрі", "Вінниця, вул. Соборна, 38", 49.2331, 28.4682),
    ("Крамниця біля замку", "Луцьк, вул. Кафедральна, 5", 50.7390, 25.3230),
    ("Крамниця над Ужем", "Ужгород, наб. Незалежності, 11", 48.6200, 22.2950),
];

const BRANDS: [&str; 5] = ["Ластівка", "Калина", "Криниця", "Світанок", "Смерека"];

/// What it is, two packs of it, and the price of the first in hundredths.
const GOODS: [(&str, [&str; 2], i64); 50] = [
    ("Молоко 2,6%", ["900 г", "1,8 кг"], 4_290),
    ("Кефір 1%", ["450 г", "900 г"], 2_650),
    ("Ряжанка 4%", ["400 г", "800 г"], 3_180),
    ("Сметана 20%", ["200 г", "350 г"], 3_490),
    ("Сир кисломолочний 9%", ["200 г", "400 г"], 5_990),
    ("Сир твердий", ["150 г", "500 г"], 9_450),
    ("Бринза", ["180 г", "360 г"], 8_920),
    ("Масло вершкове 82%", ["180 г", "360 г"], 10_290),
    ("Йогурт полуничний", ["120 г", "270 г"], 2_140),
    ("Морозиво пломбір", ["80 г", "500 г"], 2_990),
    ("Хліб житній", ["350 г", "700 г"], 2_480),
    ("Хліб пшеничний", ["325 г", "650 г"], 2_290),
    ("Батон нарізний", ["250 г", "500 г"], 2_360),
    ("Паляниця", ["400 г", "800 г"], 2_740),
    ("Булочка з маком", ["75 г", "150 г"], 1_590),
    ("Печиво вівсяне", ["180 г", "450 г"], 3_670),
    ("Пряники медові", ["250 г", "500 г"], 4_120),
    ("Шоколад чорний", ["90 г", "180 г"], 5_480),
    ("Мед соняшниковий", ["250 г", "700 г"], 8_850),
    ("Варення вишневе", ["230 г", "460 г"], 7_340),
    ("Крупа гречана", ["500 г", "1 кг"], 3_560),
    ("Рис довгий", ["500 г", "1 кг"], 4_070),
    ("Пшоно", ["500 г", "1 кг"], 1_980),
    ("Пластівці вівсяні", ["400 г", "800 г"], 2_830),
    ("Борошно пшеничне", ["1 кг", "2 кг"], 2_590),
    ("Цукор", ["500 г", "1 кг"], 1_840),
    ("Сіль кухонна", ["500 г", "1 кг"], 990),
    ("Макарони", ["400 г", "800 г"], 2_970),
    ("Олія соняшникова", ["500 мл", "850 мл"], 4_780),
    ("Оцет яблучний", ["250 мл", "500 мл"], 2_450),
    ("Гірчиця", ["120 г", "240 г"], 2_060),
    ("Кетчуп", ["250 г", "450 г"], 4_390),
    ("Майонез", ["180 г", "350 г"], 3_880),
    ("Горошок зелений", ["240 г", "420 г"], 4_160),
    ("Огірки мариновані", ["450 г", "900 г"], 7_690),
    ("Ковбаса варена", ["300 г", "600 г"], 11_900),
    ("Ковбаса домашня", ["300 г", "600 г"], 18_700),
    ("Сало солоне", ["200 г", "400 г"], 13_500),
    ("Яйця курячі", ["6 шт.", "10 шт."], 3_990),
    ("Оселедець солоний", ["250 г", "500 г"], 9_980),
    ("Вода мінеральна", ["500 мл", "1,5 л"], 1_690),
    ("Квас хлібний", ["500 мл", "1,5 л"], 2_870),
    ("Узвар", ["330 мл", "1 л"], 3_290),
    ("Сік яблучний", ["200 мл", "950 мл"], 2_190),
    ("Сік томатний", ["200 мл", "950 мл"], 2_240),
    ("Чай чорний", ["50 г", "100 г"], 6_150),
    ("Чай з м'ятою", ["40 г", "80 г"], 5_720),
    ("Кава мелена", ["100 г", "225 г"], 12_800),
    ("Мило господарське", ["125 г", "250 г"], 1_480),
    ("Серветки паперові", ["50 шт.", "100 шт."], 2_010),
];

/// The file to import.
pub(crate) fn data(now: Micros) -> String {
    let shops: Vec<Value> = (1..).zip(SHOPS).map(shop).collect();
    let products: Vec<Product> = products().collect();
    let mut stock = Vec::new();
    for back in (0..DAYS).rev() {
        let instant = utc(days_after(now, -back));
        let date = instant.split('T').next().unwrap_or_default();
        for (shop, _) in (0..).zip(SHOPS) {
            stock.extend(products.iter().filter(|product| product.is_counted(shop, back)).map(|product| {
                json!({
                    "date": date,
                    "shop_id": (shop + 1).to_string(),
                    "product_id": product.id(),
                    "qty": product.left(shop, back),
                    "original_price": decimal(product.price),
                })
            }));
        }
    }
    let products: Vec<Value> = products.iter().map(Product::json).collect();
    json!({"shops": shops, "products": products, "stock": stock}).to_string()
}

fn shop((number, (name, address, latitude, longitude)): (i64, (&str, &str, f64, f64))) -> Value {
    json!({
        "shop_id": number.to_string(),
        "name": name,
        "address": address,
        "open_date": format!("20{:02}-{:02}-15", 10 + number, number),
        "latitude": latitude.to_string(),
        "longitude": longitude.to_string(),
    })
}

struct Product {
    number: i64,
    name: String,
    category: usize,
    brand: usize,
    price: i64,
}

fn products() -> impl Iterator<Item = Product> {
    let packs = GOODS.iter().enumerate().flat_map(|(category, (name, packs, price))| {
        BRANDS.iter().enumerate().flat_map(move |(brand, of)| {
            packs.iter().zip([*price, price * 19 / 10]).map(move |(pack, price)| {
                (category, brand, format!("{name} «{of}», {pack}"), price + 13 * brand as i64)
            })
        })
    });
    (0..).zip(packs).map(|(number, (category, brand, name, price))| Product {
        number,
        name,
        category,
        brand,
        price,
    })
}

impl Product {
    fn id(&self) -> String {
        (6001 + self.number).to_string()
    }

    fn json(&self) -> Value {
        json!({
            "product_id": self.id(),
            "name": self.name,
            "barcode": format!("482{:010}", 7_000_000 + self.number * 37),
            "category_id": (self.category + 1).to_string(),
            "brand_id": (self.brand + 1).to_string(),
        })
    }

    /// A shop has every eighth product, and counts a third of them on a day.
    fn is_counted(&self, shop: i64, back: i64) -> bool {
        (self.number + shop * 3) % 8 == 0 && (self.number / 8 + back + shop) % 3 == 0
    }

    /// It is sold off within some days, and delivered again. What is weighed is left in parts.
    fn left(&self, shop: i64, back: i64) -> String {
        let days = 5 + self.number % 9;
        let day = (DAYS - back + shop + self.number) % days;
        let full = 20 + self.number * 17 % 60;
        let left = full * 10_000 * (days - day) / days;
        if self.number % 7 == 0 { decimal(left / 100) } else { (left / 10_000).to_string() }
    }
}

/// Hundredths as a decimal number.
fn decimal(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
