//! Bodies and parameters that break the contract, and those that only just do not.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, on_both_engines};

use super::{create, made, old_order, order, orders_at, send, start};

on_both_engines!(
    all_faults_of_a_body_are_told_at_once,
    of_very_many_faults_the_first_are_told,
    every_field_has_its_limits,
    what_the_contract_allows_is_taken,
    unknown_fields_are_ignored_and_optional_ones_may_be_left_out,
    a_number_out_of_its_range_is_told_on_which_side,
    the_older_version_has_the_same_checks,
    a_reference_is_checked_where_it_stands,
    what_is_no_json_is_told_by_its_position,
    what_is_no_utf_8_is_told_in_the_dialect,
);

/// The faults of an answer: where each is, and of what kind.
fn faults(answer: &Answer) -> Vec<(Value, String)> {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let detail = answer.json["detail"].as_array().expect("a list");
    let faults = detail.iter().map(|fault| {
        assert_eq!(fault.as_object().map(serde_json::Map::len), Some(4), "{fault}");
        assert!(fault["msg"].is_string() && fault.get("input").is_some(), "{fault}");
        (fault["loc"].clone(), fault["type"].as_str().expect("a type").to_owned())
    });
    faults.collect()
}

async fn all_faults_of_a_body_are_told_at_once(engine: Engine) {
    let (app, partner) = start(engine);
    let mut broken = order(23);
    broken["date"] = json!("2024-02-30T00:00:00Z");
    broken["client"]["phone"] = json!(7);
    broken["items"][0]["price"] = json!(-1);
    broken["items"][1].as_object_mut().expect("an object").remove("count");
    broken["order_type"] = json!(3);
    let answer = create(&app, &broken).await;
    let expected = [
        (json!(["body", "date"]), "datetime_from_date_parsing".to_owned()),
        (json!(["body", "client", "phone"]), "string_type".to_owned()),
        (json!(["body", "order_type"]), "less_than_equal".to_owned()),
        (json!(["body", "items", 0, "price"]), "greater_than".to_owned()),
        (json!(["body", "items", 1, "count"]), "missing".to_owned()),
    ];
    assert_eq!(faults(&answer), expected);
    let inputs: Vec<&Value> =
        answer.json["detail"].as_array().into_iter().flatten().map(|fault| &fault["input"]).collect();
    assert_eq!(inputs[..4], [&json!("2024-02-30T00:00:00Z"), &json!(7), &json!(3), &json!(-1)]);
    assert_eq!(inputs[4], &broken["items"][1], "of a missing field: what it is missing in");

    let nothing = send(&app, Method::POST, "/v2/orders/", &json!({})).await;
    let missing: Vec<Value> = faults(&nothing).into_iter().map(|(loc, _)| loc[1].clone()).collect();
    assert_eq!(missing, ["order_id", "date", "client", "their_pharmacy_id", "order_type", "items"]);
    assert_eq!(orders_at(&partner, 23).await, 0);
}

/// A JSON pointer as the place that a fault names.
fn loc(pointer: &str) -> Value {
    let steps = pointer.split('/').skip(1).map(|step| step.parse::<usize>().map_or(json!(step), Value::from));
    [json!("body")].into_iter().chain(steps).collect()
}

async fn every_field_has_its_limits(engine: Engine) {
    let (app, partner) = start(engine);
    let long = "x".repeat(257);
    for (pointer, wrong) in [
        ("/order_id", json!("ten")),
        ("/order_id", json!(1.5)),
        ("/order_id", json!(null)),
        ("/order_id", serde_json::from_str("9223372036854775808").expect("a number")),
        ("/date", json!("yesterday")),
        ("/date", json!(1_718_853_284)),
        ("/date", json!("2024-06-20")),
        ("/client", json!("Test")),
        ("/client/name", json!(null)),
        ("/client/phone", json!(["7"])),
        ("/client/email", json!({})),
        ("/client/name", json!("a\u{0}b")),
        ("/their_pharmacy_id", json!(1086)),
        ("/order_type", json!(0)),
        ("/order_type", json!("reservation")),
        ("/items", json!([])),
        ("/items", json!({})),
        ("/items/0", json!("58")),
        ("/items/0/their_id", json!(58)),
        ("/items/0/their_id", json!(long)),
        ("/items/0/price", json!(0)),
        ("/items/0/price", json!("0.00")),
        ("/items/0/price", json!("ten")),
        ("/items/0/price", json!(true)),
        ("/items/0/price", json!("10,5")),
        ("/items/0/price", json!("9".repeat(39))),
        ("/items/1/count", json!(0)),
        ("/items/1/count", json!(2_147_483_648_i64)),
        ("/items/1/count", json!(1.5)),
        ("/items/0/part", json!(7)),
        ("/items/0/part", json!(long)),
        ("/comment", json!(7)),
        ("/extra", json!([])),
        ("/extra", json!(null)),
    ] {
        let mut broken = order(24);
        match broken.pointer_mut(pointer) {
            Some(field) => *field = wrong.clone(),
            None => broken["items"][0]["part"] = wrong.clone(),
        }
        let found = faults(&create(&app, &broken).await);
        assert_eq!(found.len(), 1, "{pointer} {wrong}: {found:?}");
        assert_eq!(found[0].0, loc(pointer), "{wrong}");
    }
    assert_eq!(partner.report("24").await["total"]["find-orders"], 0, "nothing reached the partner");
    assert_eq!(app.database.value("SELECT count(*) FROM orders_orders"), "0", "and nothing was kept");
}

async fn of_very_many_faults_the_first_are_told(engine: Engine) {
    let (app, _partner) = start(engine);
    let answer = create(&app, &json!({"order_id": 1, "items": vec![json!({}); 100_000]})).await;
    let faults = faults(&answer);
    assert_eq!(faults.len(), 1_000);
    assert_eq!(faults[0].0, loc("/date"));
    // A field that is missing at the top repeats the whole body, of 300 KB.
    assert!(answer.text.len() < 4 << 20, "{} bytes", answer.text.len());
}

async fn what_the_contract_allows_is_taken(engine: Engine) {
    let (app, partner) = start(engine);
    let longest = "x".repeat(256);
    partner
        .control(Method::PUT, &format!("items/{longest}"), json!({"name": "Long", "reservation": "10"}))
        .await;
    for (order_id, pointer, right) in [
        (i64::MIN, "/comment", json!(null)),
        (i64::MAX, "/date", json!("2024-06-20T03:14:44")),
        (26, "/date", json!("2024-06-20T06:14:44.5+03:00")),
        (27, "/items/0/price", json!("10.00")),
        (28, "/items/0/their_id", json!(longest)),
        (29, "/items/0/count", json!(2_147_483_647)),
        (30, "/extra", json!({"any": {"thing": [1, 2.50, null]}})),
        (31, "/order_id", json!("31")),
        (35, "/order_id", json!(35.0)),
        (36, "/comment", json!("x".repeat(20_000))),
    ] {
        let mut edge = order(order_id);
        *edge.pointer_mut(pointer).expect("a field") = right.clone();
        let answer = create(&app, &edge).await;
        made(&answer);
        assert_eq!(orders_at(&partner, order_id).await, 1, "{pointer} {right}");
    }
    let mut edge = order(32);
    edge["items"][0]["part"] = json!(longest);
    let answer = create(&app, &edge).await;
    made(&answer);
    assert_eq!(answer.json["items"][0]["part"], json!(longest));
}

async fn unknown_fields_are_ignored_and_optional_ones_may_be_left_out(engine: Engine) {
    let (app, partner) = start(engine);
    let mut short = order(33);
    let fields = short.as_object_mut().expect("an object");
    fields.remove("comment");
    fields.remove("extra");
    short["surprise"] = json!({"order_id": 5});
    short["client"]["surprise"] = json!(1);
    made(&create(&app, &short).await);
    assert_eq!(orders_at(&partner, 33).await, 1);
}

async fn a_number_out_of_its_range_is_told_on_which_side(engine: Engine) {
    let (app, _partner) = start(engine);
    for (wrong, kind) in [
        ("9223372036854775808", "less_than_equal"),
        ("-9223372036854775809", "greater_than_equal"),
        ("1e30", "less_than_equal"),
        ("1.5", "int_from_float"),
        ("\"1.5\"", "int_parsing"),
    ] {
        let mut broken = order(37);
        broken["order_id"] = serde_json::from_str(wrong).expect("JSON");
        assert_eq!(faults(&create(&app, &broken).await), [(loc("/order_id"), kind.to_owned())], "{wrong}");
    }
}

async fn the_older_version_has_the_same_checks(engine: Engine) {
    let (app, partner) = start(engine);
    let post = async |body: &Value| send(&app, Method::POST, "/SendOrder", body).await;
    for (pointer, wrong) in [
        ("/OrderId", json!(2_147_483_648_i64)),
        ("/OrderId", json!(-2_147_483_649_i64)),
        ("/Date", json!("yesterday")),
        ("/Client/FIO", json!(7)),
        ("/Client/Phone", json!(null)),
        ("/Client/EMail", json!([])),
        ("/TheirPharmacyId", json!(1086)),
        ("/Reserve", json!("yes")),
        ("/Items", json!([])),
        ("/Items/0/TheirId", json!(null)),
        ("/Items/0/Price", json!(-1)),
        ("/Items/0/Count", json!(0)),
    ] {
        let mut broken = old_order(34);
        *broken.pointer_mut(pointer).expect("a field") = wrong.clone();
        let found = faults(&post(&broken).await);
        assert_eq!(found.len(), 1, "{pointer} {wrong}: {found:?}");
        assert_eq!(found[0].0, loc(pointer), "{wrong}");
    }
    let mut with_more = old_order(34);
    with_more["Comment"] = json!(null);
    with_more["Extra"] = json!({"a": 1});
    assert_eq!(post(&with_more).await.json["Result"], "success");
    assert_eq!(orders_at(&partner, 34).await, 1);
}

async fn a_reference_is_checked_where_it_stands(engine: Engine) {
    let (app, _partner) = start(engine);
    let first = |answer: &Answer| faults(answer)[0].clone();
    for path in ["/v2/orders/ten", "/v2/orders/1.5", "/v2/orders/9223372036854775808"] {
        assert_eq!(first(&app.get(path).await).0, json!(["path", "order_id"]), "{path}");
    }
    assert_eq!(first(&app.get("/v2/orders/").await), (json!(["query", "order_id"]), "missing".to_owned()));
    let long = "x".repeat(257);
    for path in [
        format!("/v2/orders/1?their_order_id={long}"),
        format!("/v2/orders/?order_id=1&their_order_id={long}"),
    ] {
        assert_eq!(first(&app.get(&path).await).0, json!(["query", "their_order_id"]));
    }
    let deleted = Answer::of(app.request(Method::DELETE, "/v2/orders/?order_id=1")).await;
    assert_eq!(first(&deleted), (json!(["query", "their_order_id"]), "missing".to_owned()));

    for (method, path, body, at) in [
        (Method::DELETE, "/v2/orders/", json!({"order_id": 1}), "their_order_id"),
        (Method::DELETE, "/v2/orders/", json!({"order_id": 1, "their_order_id": 1}), "their_order_id"),
        (
            Method::DELETE,
            "/v2/orders/",
            json!({"order_id": 1, "their_order_id": "1", "client_phone": 7}),
            "client_phone",
        ),
        (Method::POST, "/GetOrderStatus", json!({"OrderId": 1}), "TheirOrderId"),
        (
            Method::POST,
            "/GetOrderStatus",
            json!({"OrderId": 1, "TheirOrderId": "1", "TheirStatusId": "x"}),
            "TheirStatusId",
        ),
        (Method::POST, "/cancel_order", json!({"their_order_ID": "1"}), "order_ID"),
        (
            Method::POST,
            "/cancel_order",
            json!({"order_ID": 3_000_000_000_i64, "their_order_ID": "1"}),
            "order_ID",
        ),
    ] {
        let answer = send(&app, method, path, &body).await;
        assert_eq!(first(&answer).0, json!(["body", at]), "{path} {body}");
    }
}

async fn what_is_no_json_is_told_by_its_position(engine: Engine) {
    let app = App::start(engine);
    for path in ["/v2/orders/", "/SendOrder", "/GetOrderStatus", "/cancel_order"] {
        let post = async |body: &'static [u8]| Answer::of(app.request(Method::POST, path).body(body)).await;
        for (body, at) in [(&b"{\"order_id\": ten}"[..], 14), (b"{\n  \"a\": 1,\n}", 12), (b"", 0)] {
            let found = faults(&post(body).await);
            assert_eq!(found, [(json!(["body", at]), "json_invalid".to_owned())], "{path}");
        }
        for body in [&b"[]"[..], b"7", b"\"order\"", b"null"] {
            let found = faults(&post(body).await);
            assert_eq!(found, [(json!(["body"]), "model_attributes_type".to_owned())], "{path}");
        }
        assert_eq!(post(b"\xff\xfe").await.status, 422, "{path}: no UTF-8");
    }
}

async fn what_is_no_utf_8_is_told_in_the_dialect(engine: Engine) {
    let app = App::start(engine);
    let answer = app.get("/v2/orders/%ff").await;
    assert_eq!((answer.status.as_u16(), answer.json), (404, json!({"detail": "Not Found"})));
    let answer = app.get("/v2/orders/?order_id=%ff").await;
    assert_eq!((answer.status.as_u16(), answer.json), (400, json!({"detail": "A parameter is not UTF-8"})));
}
