//! POST: sales that are taken.

use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{EVER, column, events, sale, sale_with, start};

on_both_engines!(
    one_sale_or_a_list_is_taken,
    a_sale_that_is_sent_again_is_there_once,
    a_sale_that_is_sent_again_with_other_data_is_refused_by_name,
    amounts_come_as_numbers_or_texts_and_leave_with_two_decimals,
    days_leave_as_their_midnight_and_instants_in_utc,
    what_may_be_left_out_may_be_empty_as_php_has_it,
    extra_is_kept_as_it_came,
    ten_thousand_sales_are_one_request,
    the_same_sales_from_many_hands_at_once_are_there_once,
);

async fn one_sale_or_a_list_is_taken(engine: Engine) {
    let (_app, supplier) = start(engine);
    assert_eq!(supplier.post(&sale("one")).await.status, 200);
    assert_eq!(supplier.post(&json!([sale("a"), sale("b")])).await.status, 200);
    // Ids are texts of all sorts.
    let ids = ["é".repeat(100), "a,b".into(), "'; DROP".into(), " ".into(), "\"".into(), "A".into()];
    let sales: Vec<Value> = ids.iter().map(|id| sale(id)).collect();
    assert_eq!(supplier.post(&json!(sales)).await.status, 200);
    let mut found = column(&supplier.purchases(EVER).await, "id");
    assert_eq!(found.pop(), Some(json!("one")), "the newest stand first");
    assert_eq!(found.pop(), Some(json!("a")));
    assert_eq!(found.pop(), Some(json!("b")));
    assert_eq!(supplier.counts(EVER).await, (0, 9));
}

async fn a_sale_that_is_sent_again_is_there_once(engine: Engine) {
    let (app, supplier) = start(engine);
    let first = sale_with("1", json!({"status": 0, "extra": {"a": 1, "b": [1.50, null]}, "tags": ["x"]}));
    assert_eq!(supplier.post(&first).await.status, 200);
    let before = supplier.purchases(EVER).await;
    let again = supplier.post(&first).await;
    assert_eq!(
        (again.status.as_u16(), &*again.text),
        (200, r#"{"msg":"Registro(s) adicionado(s) com sucesso"}"#)
    );
    // The same with the keys in another order, and beside a new one.
    let shuffled = r#"[{"extra": {"b": [1.5 , null], "a": 1}, "commission_base": "100", "price": "100.00", "tags": ["x"], "status": 0,
        "payment_commission_date": "2022-12-01T00:00:00Z", "purchase_date": "2022-11-09", "pcrid": 2554, "id": "1"}]"#;
    assert_eq!(supplier.post_text(shuffled).await.status, 200);
    assert_eq!(supplier.purchases(EVER).await, before);
    assert_eq!(supplier.post(&json!([first, sale("2")])).await.status, 200);
    assert_eq!(supplier.counts(EVER).await, (0, 2));
    assert_eq!(events(&app).len(), 2, "each is told of once");
    // What was sent counts, not what became of it.
    assert_eq!(supplier.put(&json!({"id": "1", "status": 2})).await.status, 200);
    assert_eq!(supplier.post(&first).await.status, 200);
    assert_eq!(
        column(&supplier.purchases(&format!("{EVER}&status=2")).await, "id"),
        ["1"],
        "it stays as it is"
    );
}

async fn a_sale_that_is_sent_again_with_other_data_is_refused_by_name(engine: Engine) {
    let (_app, supplier) = start(engine);
    let first = sale_with(
        "1",
        json!({"extra": {"a": 1}, "tags": ["x"], "contact_name": "Ana", "purchase_time": "10:00:00"}),
    );
    assert_eq!(supplier.post(&json!([first, sale("2")])).await.status, 200);
    let before = supplier.purchases(EVER).await;
    for change in [
        json!({"pcrid": 2555}),
        json!({"status": 0}),
        json!({"purchase_date": "2022-11-10"}),
        json!({"purchase_time": "10:00:01"}),
        json!({"purchase_time": null}),
        json!({"price": 100.01}),
        json!({"payment_commission_date": "2022-12-01T00:00:01Z"}),
        json!({"commission_base": 99.99}),
        json!({"contact_name": "Ana B."}),
        json!({"tags": ["x", "y"]}),
        json!({"extra": {"a": 2}}),
        json!({"extra": {}}),
    ] {
        let mut other = first.clone();
        change.as_object().expect("changes").iter().for_each(|(name, value)| other[name] = value.clone());
        let answer = supplier.post(&json!([sale("3"), other, sale("2")])).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (400, &json!({"err": "id já cadastrado com outros dados: 1"})),
            "{change}"
        );
    }
    let both = supplier
        .post(&json!([sale_with("1", json!({"status": 2})), sale_with("2", json!({"status": 2}))]))
        .await;
    assert_eq!(both.json, json!({"err": "id já cadastrado com outros dados: 1, 2"}));
    assert_eq!(supplier.purchases(EVER).await, before, "all or nothing");
}

async fn amounts_come_as_numbers_or_texts_and_leave_with_two_decimals(engine: Engine) {
    let (_app, supplier) = start(engine);
    for (number, (sent, left)) in [
        ("100", "100.00"),
        ("100.5", "100.50"),
        ("\"100.50\"", "100.50"),
        ("0", "0.00"),
        ("0.01", "0.01"),
        ("1234567.890", "1234567.89"),
        ("1.005E+2", "100.50"),
        ("\"90071992547409.93\"", "90071992547409.93"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!(
            r#"{{"id": "{number}", "pcrid": 1, "purchase_date": "2022-11-09", "status": 1, "price": {sent},
                "payment_commission_date": "2022-12-01", "commission_base": {sent}}}"#
        );
        assert_eq!(supplier.post_text(&body).await.status, 200, "{sent}");
        let page = supplier.get(&format!("purchases?{EVER}")).await;
        let parts = format!(
            r#""{number}","pcrid":1,"status":1,"purchase_date":"2022-11-09T00:00:00Z","price":{left},"#
        );
        assert!(page.text.contains(&parts), "{parts} in {}", page.text);
        assert!(page.text.contains(&format!(r#""commission_base":{left},"#)), "{}", page.text);
    }
}

async fn days_leave_as_their_midnight_and_instants_in_utc(engine: Engine) {
    let (_app, supplier) = start(engine);
    for (id, sent, left) in [
        ("1", "2022-10-31", "2022-10-31T00:00:00Z"),
        ("2", "2022-10-31T22:15:00-03:00", "2022-11-01T01:15:00Z"),
        ("3", "2022-10-31T22:15:00.25Z", "2022-10-31T22:15:00.25Z"),
        ("4", "9999-12-31", "9999-12-31T00:00:00Z"),
        ("5", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ] {
        let sale = sale_with(
            id,
            json!({"purchase_date": sent, "payment_commission_date": sent, "purchase_time": format!("10:0{id}:59")}),
        );
        assert_eq!(supplier.post(&sale).await.status, 200);
        let first = &supplier.purchases(EVER).await["data"][0];
        assert_eq!(
            (&first["purchase_date"], &first["payment_commission_date"]),
            (&json!(left), &json!(left))
        );
        assert_eq!(first["purchase_time"], format!("10:0{id}:59"), "it is given back");
    }
}

async fn what_may_be_left_out_may_be_empty_as_php_has_it(engine: Engine) {
    let (_app, supplier) = start(engine);
    for (id, empty) in [
        ("1", json!({})),
        ("2", json!({"contact_name": null, "tags": null, "extra": null, "purchase_time": null})),
        ("3", json!({"contact_name": "", "tags": "", "extra": "", "purchase_time": ""})),
        ("4", json!({"tags": [], "extra": []})),
        ("5", json!({"extra": {}, "something": "else"})),
    ] {
        let answer = supplier.post(&sale_with(id, empty)).await;
        assert_eq!(answer.status, 200, "{id}: {}", answer.text);
        let first = supplier.purchases(EVER).await["data"][0].clone();
        assert_eq!(first["id"], id);
        assert_eq!(
            (&first["contact_name"], &first["tags"], &first["extra"], first.get("purchase_time")),
            (&json!(""), &json!([]), &json!({}), None)
        );
    }
}

async fn extra_is_kept_as_it_came(engine: Engine) {
    let (_app, supplier) = start(engine);
    let extra =
        r#"{"z": 1.50, "a": {"deep": [1e3, -0.0, 12345678901234567890]}, "é\u0000": "\u00e9", "z": 2}"#;
    let body = sale_with("1", json!({"extra": "EXTRA"})).to_string().replace("\"EXTRA\"", extra);
    assert_eq!(supplier.post_text(&body).await.status, 200);
    let page = supplier.get(&format!("purchases?{EVER}")).await;
    assert!(page.text.contains(extra), "{}", page.text);
}

async fn ten_thousand_sales_are_one_request(engine: Engine) {
    let (_app, supplier) = start(engine);
    let sales =
        |count: usize| json!((0..count).map(|number| sale(&format!("{number:05}"))).collect::<Vec<_>>());
    let many = supplier.post(&sales(10_001)).await;
    assert_eq!(
        (many.status.as_u16(), many.json),
        (400, json!({"err": "A lista tem mais de 10000 registros"}))
    );
    assert_eq!(supplier.counts(EVER).await, (0, 0));
    assert_eq!(supplier.post(&sales(10_000)).await.status, 200);
    assert_eq!(supplier.counts(EVER).await, (0, 10_000));
    let page = supplier.purchases(&format!("{EVER}&page=667")).await;
    assert_eq!((&page["total_pages"], column(&page, "id").len()), (&json!(667), 10));
    assert_eq!(supplier.post(&sales(10_000)).await.status, 200, "and all of them again");
    assert_eq!(supplier.counts(EVER).await, (0, 10_000));
}

async fn the_same_sales_from_many_hands_at_once_are_there_once(engine: Engine) {
    let (app, supplier) = start(engine);
    let hands = (0..8).map(|hand| {
        let supplier = supplier.clone();
        tokio::spawn(async move {
            for round in 0..5 {
                let shared = (0..30).map(|number| sale(&format!("shared-{round}-{number}")));
                let sales: Vec<Value> = shared.chain([sale(&format!("{hand}-{round}"))]).collect();
                let sales = json!(sales);
                let answer = supplier.post(&sales).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.expect("a hand");
    }
    const SALES: usize = 5 * 30 + 8 * 5;
    assert_eq!(supplier.counts(EVER).await, (0, SALES as i64));
    assert_eq!(supplier.counts(&format!("{EVER}&status=1")).await.1, SALES as i64);
    assert_eq!(events(&app).len(), SALES);
    let mut ids = Vec::new();
    for page in 1..=SALES.div_ceil(15) {
        ids.extend(column(&supplier.purchases(&format!("{EVER}&page={page}")).await, "id"));
    }
    let mut all: Vec<_> = ids.iter().map(|id| id.as_str().expect("a text")).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), SALES, "no page has what another has");
}
