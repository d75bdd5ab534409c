//! The examples of the seed, word for word.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines, suppliers};

use super::{EVER, HASH, start};

on_both_engines!(
    an_access_has_the_fields_of_the_seed_in_their_order,
    a_sale_has_the_fields_of_the_seed_in_their_order,
    the_example_of_post_is_taken,
    the_example_of_put_is_taken,
);

/// The example of the seed's list of accesses.
fn example_access() -> Value {
    let user_agent = "Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-A207M) AppleWebKit/537.36 (KHTML, like Gecko) \
                      SamsungBrowser/18.0 Chrome/99.0.4844.88 Mobile Safari/537.36";
    json!({
        "id": 987_654_321, "uuid": "0000000a-111b-222c-333d-44444444444e", "pcrid": 2554, "ecommerceHash": HASH,
        "utmSource": "utm_source", "utmMedium": "utm_medium", "tags": ["tag-teste", "outra-tag"],
        "created_at": "2022-10-04T23:59:44.465152Z",
        "href": "https://www.parceirospromo.com.br/?utm_medium=utm_medium&pcrid=2554&utm_source=utm_source&pcrtt=tag-teste,outra-tag",
        "referrer": "", "cookie": "Informações de Cookie", "userAgent": user_agent,
        "query": "?utm_medium=utm_medium&pcrid=2554&utm_source=utm_source&pcrtt=tag-teste,outra-tag",
        "device": "Samsung SM-A207M", "os": "Android 11", "browser": "Samsung Internet 18.0",
        "screen": {"availHeight": 892, "availWidth": 412, "height": 892, "width": 412, "colorDepth": 24, "pixelDepth": 24},
        "navigator": {"hardwareConcurrency": 8, "language": "pt-BR", "languages": ["pt-BR", "pt", "en-US", "en"]},
        "geolocation": {"city": "São Paulo", "state": "SP", "country": "Brasil"}
    })
}

/// The names of the fields of the first entry of a page, in the order in which they stand there.
fn names_in_order(text: &str, names: &[&str]) -> bool {
    let (_, data) = text.split_once("\"data\":").expect("the data");
    let places: Vec<_> = names.iter().map(|name| data.find(&format!("\"{name}\":")).expect(name)).collect();
    places.is_sorted()
}

async fn an_access_has_the_fields_of_the_seed_in_their_order(engine: Engine) {
    let app = App::start(engine);
    let mut file = suppliers();
    let mut access = example_access();
    access["account"] = json!("hotel-hello");
    file["accesses"] = json!([access]);
    app.import("affiliates", &file).printed();
    let supplier = app.supplier("hotel-hello");
    let answer = supplier.get("accesses?begin=2022-10-01&end=2022-10-04&page=5").await;
    let example = json!({
        "current_page": 1, "total_pages": 1, "has_previous": false, "has_next": false, "total_items": 1,
        "data": [example_access()]
    });
    assert_eq!(answer.json, example);
    let names = [
        "id",
        "uuid",
        "pcrid",
        "ecommerceHash",
        "utmSource",
        "utmMedium",
        "tags",
        "created_at",
        "href",
        "referrer",
        "cookie",
        "userAgent",
        "query",
        "device",
        "os",
        "browser",
        "screen",
        "navigator",
        "geolocation",
    ];
    assert!(names_in_order(&answer.text, &names), "{}", answer.text);
    let parts = ["current_page", "total_pages", "has_previous", "has_next", "total_items", "data"];
    let places: Vec<_> = parts.iter().map(|name| answer.text.find(&format!("\"{name}\":"))).collect();
    assert!(places.is_sorted(), "{}", answer.text);
    let count = supplier.get("accesses/count?begin=2022-10-01&end=2022-10-04").await;
    assert_eq!(count.text, r#"{"accesses_count":1}"#);
}

async fn a_sale_has_the_fields_of_the_seed_in_their_order(engine: Engine) {
    let app = App::start(engine);
    let mut file = suppliers();
    // Written by hand: zeros of numbers are kept.
    let extra = r#"{"check_in":"2022-11-29","check_out":"2022-11-30","currency":"USD","exchange_rate":5.00,"exchange_value":20.00,"hotel":"Hotel Hello World"}"#;
    file["purchases"] = json!([{
        "account": "hotel-hello", "id": "987654", "pcrid": 2554, "status": 1, "purchase_date": "2022-10-31T00:00:00Z",
        "price": "100.00", "payment_commission_date": "2022-12-01T00:00:00Z", "commission_base": "90.00",
        "commission_value": "9.00", "contact_name": "João Alves", "tags": ["tag-teste", "outra-tag"], "extra": "EXTRA",
        "created_at": "2022-10-31T00:01:25.437499-03:00"
    }]);
    let text = file.to_string().replace("\"EXTRA\"", extra);
    let path = app.file("sales.json", text.as_bytes());
    app.command(&["import", "affiliates", path.to_str().expect("UTF-8")]).printed();
    let supplier = app.supplier("hotel-hello");
    let answer = supplier.get("purchases?begin=2022-10-01&end=2022-10-31&status=1&page=5").await;
    let expected = format!(
        r#"{{"current_page":1,"total_pages":1,"has_previous":false,"has_next":false,"total_items":1,"data":[{{"id":"987654","pcrid":2554,"status":1,"purchase_date":"2022-10-31T00:00:00Z","price":100.00,"payment_commission_date":"2022-12-01T00:00:00Z","commission_base":90.00,"commission_value":9.00,"contact_name":"João Alves","tags":["tag-teste","outra-tag"],"extra":{extra},"created_at":"2022-10-31T00:01:25.437499-03:00"}}]}}"#
    );
    assert_eq!(answer.text, expected);
    let count = supplier.get("purchases/count?begin=2022-10-01&end=2022-10-31&status=1").await;
    assert_eq!(count.text, r#"{"purchases_count":1}"#);
    let count = supplier.get("purchases/count?begin=2022-10-01&end=2022-10-31&status=0").await;
    assert_eq!(count.text, r#"{"purchases_count":0}"#);
}

/// The body of the seed's example, without its comment.
const POST: &str = r#"[{
    "id": "ABC123",
    "pcrid": 2554,
    "purchase_date": "2022-11-09",
    "status": 1,
    "price": 100.00,
    "payment_commission_date": "2022-12-01",
    "commission_base": 100.00,
    "contact_name": "Desenvolvimento AmoPromo",
    "tags": ["tag-teste", "outra-tag"],
    "extra": {
        "check_in": "2022-11-29",
        "check_out": "2022-11-30",
        "currency": "USD",
        "exchange_rate": 5.00,
        "exchange_value": 20.00,
        "hotel": "Hotel Hello World",
        "product": "Quarto duplo, tipo A"
    }
}]"#;

async fn the_example_of_post_is_taken(engine: Engine) {
    let (_app, supplier) = start(engine);
    let answer = supplier.post_text(POST).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.text),
        (200, r#"{"msg":"Registro(s) adicionado(s) com sucesso"}"#)
    );
    let page = supplier.get(&format!("purchases?{EVER}")).await;
    let sale = &page.json["data"][0];
    for (name, value) in [
        ("id", json!("ABC123")),
        ("pcrid", json!(2554)),
        ("status", json!(1)),
        ("purchase_date", json!("2022-11-09T00:00:00Z")),
        ("payment_commission_date", json!("2022-12-01T00:00:00Z")),
        ("contact_name", json!("Desenvolvimento AmoPromo")),
        ("tags", json!(["tag-teste", "outra-tag"])),
    ] {
        assert_eq!(sale[name], value, "{name}");
    }
    assert_eq!(sale.get("purchase_time"), None, "it was not sent");
    for part in [
        r#""price":100.00,"#,
        r#""commission_base":100.00,"#,
        r#""commission_value":10.00,"#,
        r#""exchange_rate": 5.00,"#,
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
}

async fn the_example_of_put_is_taken(engine: Engine) {
    let (_app, supplier) = start(engine);
    let sales = json!([
        super::sale_with("ABC123", json!({"status": 0})),
        super::sale_with("9D8E8F7", json!({"status": 0}))
    ]);
    assert_eq!(supplier.post(&sales).await.status, 200);
    let answer = supplier.put(&json!([{"id": "ABC123", "status": 1}, {"id": "9D8E8F7", "status": 2}])).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.text),
        (200, r#"{"msg":"Registro(s) atualizado(s) com sucesso"}"#)
    );
    for (status, id) in [(1, "ABC123"), (2, "9D8E8F7")] {
        let page = supplier.purchases(&format!("{EVER}&status={status}")).await;
        assert_eq!(super::column(&page, "id"), [id]);
    }
}
