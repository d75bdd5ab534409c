//! Files in and out: the same twice changes nothing, and out of one database into another nothing is lost.

use std::fmt::Write as _;

use serde_json::{Value, json};
use testkit::{App, Engine, Finished, on_both_engines};

use super::{stock, with};

on_both_engines!(
    the_same_file_twice_changes_nothing,
    what_a_file_says_replaces_what_was_there_and_the_rest_stays,
    export_import_and_export_give_the_same,
    the_lists_of_a_document_come_in_any_order,
    a_table_is_taken_for_stock,
    a_table_of_many_pieces_is_stored_whole_and_counted,
    of_equal_keys_the_later_wins,
    accounts_are_apart,
    a_running_server_sees_an_import_at_once,
    one_event_tells_of_an_import,
    a_mistake_in_a_document_is_named_by_its_place_and_stores_nothing,
    a_mistake_in_a_table_is_named_by_its_line_and_stores_nothing,
    an_import_without_an_account_is_refused,
);

/// Two shops, three products, and stock of them.
fn document() -> Value {
    json!({
        "shops": [
            {"shop_id": "3", "name": "Крамниця \"Третя\"", "address": "Київ", "open_date": "2015-02-03",
             "latitude": "50.45", "longitude": "30.5234", "group_id": "g", "format_id": "f"},
            {"shop_id": 4, "name": "Четверта"},
        ],
        "products": [
            {"product_id": "6313", "name": "Молоко", "barcode": "482", "article": "a", "category_id": "c",
             "unit_id": "u", "brand_id": "b", "producer_id": "p", "active": false},
            {"product_id": "6343", "name": "Хліб <житній>"},
            {"product_id": "1_2", "name": "Сіль"},
        ],
        "stock": [
            {"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": "2.0000", "original_price": "46.67"},
            {"date": "2016-06-07", "shop_id": 3, "product_id": 6313, "qty": -1.5},
            {"date": "2016-6-8", "shop_id": "4", "product_id": "1_2", "qty": 10, "stock_total_price": "45.66"},
        ],
    })
}

fn import(app: &App, account: &str, name: &str, content: &str) -> Finished {
    let file = app.file(name, content.as_bytes());
    app.command(&["import", "inventory", file.to_str().expect("a path"), "--account", account])
}

fn export(app: &App, account: &str) -> String {
    app.command(&["export", "inventory", "--account", account]).printed()
}

fn furnished(engine: Engine) -> App {
    let app = App::start(engine);
    import(&app, "network", "all.json", &document().to_string()).printed();
    app
}

async fn the_same_file_twice_changes_nothing(engine: Engine) {
    let app = App::start(engine);
    let text = document().to_string();
    let first = import(&app, "network", "all.json", &text).printed();
    assert_eq!(first, "8 inserted, 0 updated, 0 removed, 0 unchanged\n");
    let exported = export(&app, "network");
    let again = import(&app, "network", "all.json", &text).printed();
    assert_eq!(again, "0 inserted, 0 updated, 0 removed, 8 unchanged\n");
    assert_eq!(export(&app, "network"), exported);
    let again = import(&app, "network", "exported.json", &exported).printed();
    assert_eq!(again, "0 inserted, 0 updated, 0 removed, 8 unchanged\n");
}

async fn what_a_file_says_replaces_what_was_there_and_the_rest_stays(engine: Engine) {
    let app = furnished(engine);
    let change = json!({
        "shops": [{"shop_id": "3", "name": "Перша"}],
        "products": [{"product_id": "6343", "name": "Хліб <житній>"}],
        "stock": [
            {"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": "3", "original_price": "46.67"},
            {"date": "2016-06-09", "shop_id": "3", "product_id": "6343", "qty": "1"},
            {"date": "2016-06-07", "shop_id": "3", "product_id": "6313", "qty": "-1.5000"},
        ],
    });
    let changed = import(&app, "network", "change.json", &change.to_string()).printed();
    assert_eq!(changed, "1 inserted, 2 updated, 0 removed, 2 unchanged\n");
    let client = app.inventory("network");
    let shop = client.get("shops/3/").await.json;
    assert_eq!((&shop["name"], &shop["address"]), (&json!("Перша"), &Value::Null), "replaced as a whole");
    assert_eq!(client.get("shops/4/").await.json["name"], "Четверта");
    let page = client.get("product-inventory/").await.json;
    let qty: Vec<_> =
        page["results"].as_array().expect("results").iter().map(|object| &object["qty"]).collect();
    assert_eq!(qty, ["3.0000", "-1.5000", "10.0000", "1.0000"]);
    assert_eq!(page["results"][0]["stock_total_price"], "140.01", "worked out as by POST");
}

async fn export_import_and_export_give_the_same(engine: Engine) {
    let app = furnished(engine);
    let client = app.inventory("network");
    let posted =
        with(&stock("6343", "0.0001"), &json!({"date": "2016-01-01", "original_price": "9999999.9999"}));
    assert_eq!(client.store(&posted).await.status, 201);
    let exported = export(&app, "network");
    let read: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(read["shops"][0], document()["shops"][0].clone(), "every field of a shop");
    assert_eq!(read["products"][0], document()["products"][0].clone(), "every field of a product");
    assert_eq!(
        read["stock"][3],
        json!({"date": "2016-01-01", "shop_id": "3", "product_id": "6343", "qty": "0.0001",
               "original_price": "9999999.9999", "stock_total_price": "1000.00"})
    );
    for other in [Engine::Sqlite, Engine::Postgres] {
        let copy = App::start(other);
        import(&copy, "another", "exported.json", &exported).printed();
        assert_eq!(export(&copy, "another"), exported, "from {engine:?} to {other:?}");
    }
    assert_eq!(
        serde_json::from_str::<Value>(&export(&app, "nobody")).expect("JSON"),
        json!({"shops": [], "products": [], "stock": []})
    );
}

async fn the_lists_of_a_document_come_in_any_order(engine: Engine) {
    let app = App::start(engine);
    let text = |part: &str| format!("\"{part}\": {}", document()[part]);
    let backwards = format!("\u{feff}{{{},\n{},\n{}}}", text("stock"), text("products"), text("shops"));
    let imported = import(&app, "network", "backwards.json", &backwards).printed();
    assert_eq!(imported, "8 inserted, 0 updated, 0 removed, 0 unchanged\n");
    let stock_alone = json!({"stock": [stock("6343", "7")]}).to_string();
    let imported = import(&app, "network", "stock.json", &stock_alone).printed();
    assert_eq!(imported, "0 inserted, 1 updated, 0 removed, 0 unchanged\n");
    assert_eq!(
        import(&app, "network", "empty.json", "{}").printed(),
        "0 inserted, 0 updated, 0 removed, 0 unchanged\n"
    );
}

async fn a_table_is_taken_for_stock(engine: Engine) {
    let app = furnished(engine);
    let client = app.inventory("network");
    for (number, table) in [
        "date,shop_id,product_id,qty,original_price,stock_total_price\n2016-07-01,3,6343,1.5,2.10,\n",
        "\u{feff}qty;product_id ; shop_id;date;comment\r\n2,5;x\r\n",
        "qty;product_id; shop_id;date;original_price;comment\r\n1.50;6343;3;2016-7-1;2.10;\"a;\r\nb\"\r\n\r\n",
        "date,shop_id,product_id,qty,original_price\n2016-07-01T10:00:00Z,\"3\",\"6343\",15E-1,2.1",
    ]
    .into_iter()
    .enumerate()
    {
        let imported = import(&app, "network", "stock.csv", table);
        let expected = match number {
            0 => "1 inserted, 0 updated, 0 removed, 0 unchanged\n",
            1 => {
                imported.refused(1);
                continue;
            }
            _ => "0 inserted, 0 updated, 0 removed, 1 unchanged\n",
        };
        assert_eq!(imported.printed(), expected, "{table}");
    }
    let found = client.get("product-inventory/2016-07-01_3_6343/").await;
    assert_eq!(found.json["stock_total_price"], "3.15", "{}", found.text);
    let none = import(&app, "network", "stock.csv", "date,shop_id,product_id,qty\n").printed();
    assert_eq!(none, "0 inserted, 0 updated, 0 removed, 0 unchanged\n");
}

async fn a_table_of_many_pieces_is_stored_whole_and_counted(engine: Engine) {
    let app = App::start(engine);
    let client = app.inventory("network");
    let products: Vec<String> = (0..400).map(|product| format!("p{product}")).collect();
    let products: Vec<&str> = products.iter().map(String::as_str).collect();
    client.furnish(&["3", "4"], &products).await;
    let mut table = String::from("date,shop_id,product_id,qty\n");
    for day in 1..=15 {
        for shop in [3, 4] {
            for product in &products {
                writeln!(table, "2016-06-{day:02},{shop},{product},{day}").expect("a text takes everything");
            }
        }
    }
    let imported = import(&app, "network", "stock.csv", &table).printed();
    assert_eq!(imported, "12000 inserted, 0 updated, 0 removed, 0 unchanged\n");
    let counts = async || {
        let mut counts = Vec::new();
        for filter in ["", "date=2016-06-03", "shop_id=4", "product_id=p7", "date_from=2016-06-14&shop_id=3"]
        {
            counts.push(
                client.get(&format!("product-inventory/?{filter}&page_size=1")).await.json["count"].clone(),
            );
        }
        counts
    };
    assert_eq!(counts().await, [12_000, 800, 6_000, 30, 800]);
    let last = client.get("product-inventory/?page_size=5000&page=3").await.json;
    assert_eq!(
        last["results"][1999],
        with(
            &stock("p399", "15.0000"),
            &json!({
                "date": "2016-06-15", "shop_id": "4", "original_price": null, "stock_total_price": "0.00"
            })
        )
    );
    let again = import(&app, "network", "stock.csv", &table).printed();
    assert_eq!(again, "0 inserted, 0 updated, 0 removed, 12000 unchanged\n");
    // A day that two pieces share, and whose second half is there already.
    client.store(&with(&stock("p399", "1"), &json!({"date": "2016-07-02"}))).await;
    let shifted = table.replace("2016-06-", "2016-07-");
    let imported = import(&app, "network", "stock.csv", &shifted).printed();
    assert_eq!(imported, "11999 inserted, 1 updated, 0 removed, 0 unchanged\n");
    assert_eq!(counts().await, [24_000, 800, 12_000, 60, 6_800]);
}

async fn of_equal_keys_the_later_wins(engine: Engine) {
    let app = furnished(engine);
    let table = "date,shop_id,product_id,qty\n2016-07-01,3,6343,1\n2016-07-01,3,6343,2\n";
    let imported = import(&app, "network", "stock.csv", table).printed();
    assert_eq!(imported, "1 inserted, 0 updated, 0 removed, 0 unchanged\n");
    let found = app.inventory("network").get("product-inventory/2016-07-01_3_6343/").await;
    assert_eq!(found.json["qty"], "2.0000");
}

async fn accounts_are_apart(engine: Engine) {
    let app = furnished(engine);
    let other = json!({
        "shops": [{"shop_id": "3", "name": "Ours"}],
        "products": [{"product_id": "6343", "name": "Bread"}],
        "stock": [stock("6343", "99")],
    });
    let before = export(&app, "network");
    let imported = import(&app, "other", "other.json", &other.to_string()).printed();
    assert_eq!(imported, "3 inserted, 0 updated, 0 removed, 0 unchanged\n");
    assert_eq!(export(&app, "network"), before);
    let theirs: Value = serde_json::from_str(&export(&app, "other")).expect("JSON");
    assert_eq!(
        (theirs["shops"].as_array().map(Vec::len), &theirs["stock"][0]["qty"]),
        (Some(1), &json!("99.0000"))
    );
    let refused = import(&app, "other", "stock.csv", "date,shop_id,product_id,qty\n2016-06-07,4,6343,1\n");
    assert!(refused.refused(1).contains("line 2: shop_id: Object with shop_id=4 does not exist."));
}

async fn a_running_server_sees_an_import_at_once(engine: Engine) {
    let app = App::start(engine);
    let client = app.inventory("network");
    assert_eq!(client.get("product-inventory/").await.json["count"], 0);
    import(&app, "network", "all.json", &document().to_string()).printed();
    assert_eq!(client.get("product-inventory/").await.json["count"], 3);
    assert_eq!(client.get("product-inventory/?search=ХЛІБ").await.json["count"], 1);
    import(&app, "network", "stock.csv", "date,shop_id,product_id,qty\n2016-06-07,3,6343,8\n").printed();
    assert_eq!(client.get("product-inventory/1/").await.json["qty"], "8.0000");
}

async fn one_event_tells_of_an_import(engine: Engine) {
    let app = furnished(engine);
    let events = || app.command(&["events"]).printed();
    let told: Value = serde_json::from_str(&events()).expect("one line");
    assert_eq!((&told["type"], &told["account"]), (&json!("inventory.stock.stored"), &json!("network")));
    assert_eq!(
        told["data"],
        json!({"inserted": 3, "updated": 0, "days": ["2016-06-07", "2016-06-08"], "shops": ["3", "4"]})
    );
    import(&app, "network", "all.json", &document().to_string()).printed();
    assert_eq!(events().lines().count(), 1, "nothing has happened");
}

async fn a_mistake_in_a_document_is_named_by_its_place_and_stores_nothing(engine: Engine) {
    let app = App::start(engine);
    let changed = |part: &str, index: usize, changes: &Value| {
        let mut document = document();
        document[part][index] = with(&document[part][index], changes);
        document.to_string()
    };
    let mut twice = document();
    let shop = twice["shops"][0].clone();
    twice["shops"].as_array_mut().expect("a list").push(shop);
    for (text, named) in [
        (changed("stock", 1, &json!({"qty": "x"})), "stock[1]: qty: A valid number is required."),
        (
            changed("stock", 2, &json!({"shop_id": "5"})),
            "stock[2]: shop_id: Object with shop_id=5 does not exist.",
        ),
        (
            changed("stock", 0, &json!({"stock_total_price": "1"})),
            "stock[0]: stock_total_price must equal original_price * qty.",
        ),
        (changed("shops", 1, &json!({"name": "", "shop_id": "x".repeat(51)})), "shops[1]: shop_id: Ensure"),
        (
            changed("products", 2, &json!({"active": "perhaps"})),
            "products[2]: active: Must be a valid boolean.",
        ),
        (twice.to_string(), "shops[2]: 3 stands in the file twice"),
        (r#"{"stock": [5]}"#.to_owned(), "stock[0]: Invalid data. Expected a dictionary, but got int."),
        (r#"{"stock": 5}"#.to_owned(), "a list of stock"),
        ("{\n\"goods\": []}".to_owned(), "\"goods\" is none of shops, products, stock at line 2"),
        ("{\"stock\": [],\n\"stock\": []}".to_owned(), "stock stands in the file twice at line 2"),
        ("{\"shops\": [\n{]}".to_owned(), "line 2"),
        ("{}\n{}".to_owned(), "line 2"),
        ("[]".to_owned(), "an object with lists of shops, products, stock"),
    ] {
        let refused = import(&app, "network", "mistake.json", &text).refused(1);
        assert!(refused.contains("mistake.json") && refused.contains(named), "{named}: {refused}");
    }
    assert_eq!(app.database.value("SELECT count(*) FROM inventory_shops"), "0");
    assert_eq!(app.database.value("SELECT count(*) FROM inventory_stock"), "0");
    assert_eq!(app.command(&["events"]).printed(), "");
}

async fn a_mistake_in_a_table_is_named_by_its_line_and_stores_nothing(engine: Engine) {
    let app = furnished(engine);
    let before = export(&app, "network");
    let many: String = (1..=6_000).map(|number| format!("2016-07-01,3,6343,{number}\n")).collect();
    for (table, named) in [
        (
            format!("date,shop_id,product_id,qty\n{many}2016-07-01,3,6343,\n"),
            "line 6002: qty: This field is required.",
        ),
        (
            format!("date,shop_id,product_id,qty\n{many}2016-07-01,3,6,1\n"),
            "line 6002: product_id: Object with product_id=6 does not exist.",
        ),
        (
            "date;shop_id;product_id;qty\n\"2016\n\";3;6343;1\n".to_owned(),
            "line 2: date: Date has wrong format.",
        ),
        (
            "date;shop_id;product_id;qty\n2016-07-01;3;6343;1,5\n".to_owned(),
            "line 2: qty: A valid number is required.",
        ),
        (
            "date,shop_id,product_id,qty\n\n2016-07-01,3,6343\n".to_owned(),
            "line 3 has 3 values where the first line has 4 names",
        ),
        ("date,shop_id,qty\n2016-07-01,3,1\n".to_owned(), "line 1 has no column product_id"),
        ("date,date,shop_id,product_id,qty\n".to_owned(), "line 1 has two columns date"),
        (
            "date,shop_id,product_id,qty\r\n\r\n2016-07-01,3,6343,1\r\n2016-07-01,3,6343,x\r\n".to_owned(),
            "line 4: qty",
        ),
        (
            "date,shop_id,product_id,qty\n2016-07-01,3,6343,1\n2016-07-01,\"3,6343,1\n".to_owned(),
            "line 3 has a quote that does not end",
        ),
        (format!("date,shop_id,product_id,qty\n{}", "1".repeat(1 << 20)), "line 2 is too long"),
        (String::new(), "line 1 has no column date"),
    ] {
        let refused = import(&app, "network", "mistake.csv", &table).refused(1);
        assert!(refused.contains("mistake.csv") && refused.contains(named), "{named}: {refused}");
    }
    let file = app.file("mistake.csv", b"date,shop_id,product_id,qty\n2016-07-01,3,\xff,1\n");
    let refused =
        app.command(&["import", "inventory", file.to_str().expect("a path"), "--account", "network"]);
    assert!(refused.refused(1).contains("line 2 is not UTF-8"));
    assert_eq!(export(&app, "network"), before);
    assert_eq!(app.command(&["events"]).printed().lines().count(), 1);
}

async fn an_import_without_an_account_is_refused(engine: Engine) {
    let app = App::start(engine);
    let file = app.file("all.json", document().to_string().as_bytes());
    let file = file.to_str().expect("a path");
    for words in [
        &["import", "inventory", file][..],
        &["export", "inventory"],
        &["import", "inventory", file, "--account", ""],
    ] {
        assert!(app.command(words).refused(2).contains("--account"), "{words:?}");
    }
    assert_eq!(app.database.value("SELECT count(*) FROM inventory_shops"), "0");
}

/// Else it goes on with plans for empty tables, which take the longer the more is there.
#[test]
fn postgresql_counts_what_an_import_brings() {
    let app = furnished(Engine::Postgres);
    let mut table = String::from("date,shop_id,product_id,qty\n");
    for place in 0..1_500 {
        writeln!(table, "{}-01-{:02},3,6313,1", 1990 + place / 28, place % 28 + 1).expect("a text grows");
    }
    import(&app, "network", "stock.csv", &table).printed();
    assert!(app.database.rows_planned_with("inventory_stock") >= 1_000);
}
