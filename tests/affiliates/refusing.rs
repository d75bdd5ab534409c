//! POST and PUT: bodies that are refused, with the place of what is wrong, and change nothing.

use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{EVER, events, sale, sale_with, start};

on_both_engines!(
    a_body_that_is_no_list_of_objects_is_refused,
    a_field_that_is_wrong_is_named_with_its_place,
    an_update_that_is_wrong_is_named_with_its_place,
    the_same_id_twice_in_a_list_is_refused,
);

async fn a_body_that_is_no_list_of_objects_is_refused(engine: Engine) {
    let (app, supplier) = start(engine);
    for (body, message) in [
        ("", "O corpo não é JSON válido"),
        ("{", "O corpo não é JSON válido"),
        ("[{}", "O corpo não é JSON válido"),
        ("nonsense", "O corpo não é JSON válido"),
        ("[] []", "O corpo não é JSON válido"),
        ("[]", "A lista está vazia"),
        ("null", "registro 1: deve ser um objeto"),
        ("5", "registro 1: deve ser um objeto"),
        ("[[]]", "registro 1: deve ser um objeto"),
        ("[{}]", "registro 1, "),
        ("{}", "registro 1, "),
    ] {
        for method in [reqwest::Method::POST, reqwest::Method::PUT] {
            let answer = supplier.send(supplier.request(method.clone(), "purchases").body(body)).await;
            assert_eq!(answer.status, 400, "{method} {body}");
            let err = answer.json["err"].as_str().expect("a message");
            assert!(err.starts_with(message), "{method} {body}: {err}");
        }
    }
    let not_utf8 =
        supplier.send(supplier.request(reqwest::Method::POST, "purchases").body(&b"[\"\xff\"]"[..])).await;
    assert_eq!((not_utf8.status.as_u16(), not_utf8.json), (400, json!({"err": "O corpo não é UTF-8"})));
    let second = supplier.post(&json!([sale("1"), 5])).await;
    assert_eq!(second.json, json!({"err": "registro 2: deve ser um objeto"}));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(supplier.post_text(&deep).await.status, 400);
    let twice = supplier.post_text(r#"{"id": "1", "id": "2"}"#).await;
    assert_eq!(twice.status, 400, "{}", twice.text);
    assert_eq!(supplier.counts(EVER).await, (0, 0));
    assert!(events(&app).is_empty());
}

async fn a_field_that_is_wrong_is_named_with_its_place(engine: Engine) {
    let (app, supplier) = start(engine);
    let long = "x".repeat(101);
    let name = "x".repeat(256);
    let required =
        ["id", "pcrid", "purchase_date", "status", "price", "payment_commission_date", "commission_base"];
    let missing = required.iter().map(|field| (*field, Value::Null, "é obrigatório"));
    let wrong = [
        ("id", json!(""), "deve ter de 1 a 100 caracteres"),
        ("id", json!(long), "deve ter de 1 a 100 caracteres"),
        ("id", json!(5), "deve ser um texto"),
        ("id", json!("a\0b"), "não pode conter o caractere nulo"),
        ("pcrid", json!(0), "deve ser um inteiro maior que 0"),
        ("pcrid", json!(-1), "deve ser um inteiro maior que 0"),
        ("pcrid", json!(1.5), "deve ser um inteiro maior que 0"),
        ("pcrid", json!("2554"), "deve ser um inteiro maior que 0"),
        ("pcrid", json!(99_999_999_999_999_999_999_u128), "deve ser um inteiro maior que 0"),
        ("purchase_date", json!("2022-02-30"), "deve ser um dia AAAA-MM-DD ou uma data RFC 3339"),
        ("purchase_date", json!("2022-11-09T10:00:00"), "deve ser um dia AAAA-MM-DD ou uma data RFC 3339"),
        ("purchase_date", json!("09/11/2022"), "deve ser um dia AAAA-MM-DD ou uma data RFC 3339"),
        ("purchase_date", json!(20_221_109), "deve ser um texto"),
        ("payment_commission_date", json!("soon"), "deve ser um dia AAAA-MM-DD ou uma data RFC 3339"),
        ("payment_commission_date", json!(""), "deve ser um dia AAAA-MM-DD ou uma data RFC 3339"),
        ("purchase_time", json!("25:00:00"), "deve ser uma hora HH:MM:SS"),
        ("purchase_time", json!("10:00"), "deve ser uma hora HH:MM:SS"),
        ("purchase_time", json!("23:59:60"), "deve ser uma hora HH:MM:SS"),
        ("status", json!(3), "deve ser 0, 1 ou 2"),
        ("status", json!("1"), "deve ser 0, 1 ou 2"),
        ("status", json!(true), "deve ser 0, 1 ou 2"),
        ("price", json!(-0.01), "não pode ser negativo"),
        ("price", json!("100,00"), "deve ser um valor como 100.00"),
        ("price", json!(""), "deve ser um valor como 100.00"),
        ("price", json!([100]), "deve ser um valor como 100.00"),
        ("price", json!(100.001), "tem mais de 2 casas decimais"),
        ("price", json!("999999999999999999999"), "é grande demais"),
        ("commission_base", json!(-1), "não pode ser negativo"),
        ("commission_base", json!(100.01), "deve estar entre 0 e price"),
        ("contact_name", json!(name), "tem mais de 255 caracteres"),
        ("contact_name", json!(5), "deve ser um texto"),
        ("contact_name", json!("a\0b"), "não pode conter o caractere nulo"),
        ("tags", json!("a,b"), "deve ser uma lista de textos"),
        ("tags", json!([1]), "deve ser uma lista de textos"),
        ("tags", json!({"a": "b"}), "deve ser uma lista de textos"),
        ("extra", json!("text"), "deve ser um objeto"),
        ("extra", json!([1]), "deve ser um objeto"),
        ("extra", json!(5), "deve ser um objeto"),
    ];
    for (field, value, reason) in missing.chain(wrong) {
        let mut changes = serde_json::Map::new();
        changes.insert(field.into(), value.clone());
        let answer = supplier.post(&json!([sale("1"), sale_with("2", Value::Object(changes))])).await;
        let expected = json!({"err": format!("registro 2, {field}: {reason}")});
        assert_eq!((answer.status.as_u16(), answer.json), (400, expected), "{field}: {value}");
    }
    assert_eq!(supplier.counts(EVER).await, (0, 0), "all or nothing");
    assert!(events(&app).is_empty());
}

async fn an_update_that_is_wrong_is_named_with_its_place(engine: Engine) {
    let (app, supplier) = start(engine);
    assert_eq!(supplier.post(&sale("1")).await.status, 200);
    for (update, message) in [
        (json!({"status": 1}), "registro 2, id: é obrigatório"),
        (json!({"id": 5, "status": 1}), "registro 2, id: deve ser um texto"),
        (json!({"id": "2"}), "registro 2, status: é obrigatório"),
        (json!({"id": "2", "status": 3}), "registro 2, status: deve ser 0, 1 ou 2"),
        (json!({"id": "2", "status": "1"}), "registro 2, status: deve ser 0, 1 ou 2"),
    ] {
        let answer = supplier.put(&json!([{"id": "1", "status": 2}, update])).await;
        assert_eq!((answer.status.as_u16(), answer.json), (400, json!({"err": message})));
    }
    let many: Vec<Value> = (0..10_001).map(|number| json!({"id": number.to_string(), "status": 1})).collect();
    assert_eq!(supplier.put(&json!(many)).await.json, json!({"err": "A lista tem mais de 10000 registros"}));
    assert_eq!(supplier.counts(&format!("{EVER}&status=1")).await.1, 1, "it stands as it stood");
    assert_eq!(events(&app).len(), 1);
}

async fn the_same_id_twice_in_a_list_is_refused(engine: Engine) {
    let (_app, supplier) = start(engine);
    let twice = supplier.post(&json!([sale("a"), sale("b"), sale("a"), sale("c"), sale("b")])).await;
    assert_eq!((twice.status.as_u16(), twice.json), (400, json!({"err": "id repetido na lista: a, b"})));
    assert_eq!(supplier.counts(EVER).await, (0, 0));
    assert_eq!(supplier.post(&sale("a")).await.status, 200);
    let twice = supplier.put(&json!([{"id": "a", "status": 2}, {"id": "a", "status": 0}])).await;
    assert_eq!((twice.status.as_u16(), twice.json), (400, json!({"err": "id repetido na lista: a"})));
    assert_eq!(supplier.counts(&format!("{EVER}&status=1")).await.1, 1);
}
