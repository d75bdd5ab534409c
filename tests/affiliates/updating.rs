//! PUT: the status of sales.

use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{EVER, column, events, sale_with, start};

on_both_engines!(
    a_status_may_change_in_any_direction,
    an_unknown_id_is_named_and_nothing_changed,
    a_status_that_it_has_already_is_no_change,
    every_change_is_kept_with_its_time,
    changes_from_many_hands_at_once_all_count,
);

async fn a_status_may_change_in_any_direction(engine: Engine) {
    let (_app, supplier) = start(engine);
    assert_eq!(
        supplier
            .post(&json!([sale_with("1", json!({"status": 0})), sale_with("2", json!({"status": 0}))]))
            .await
            .status,
        200
    );
    for status in [1, 2, 0, 2, 1, 0] {
        assert_eq!(supplier.put(&json!({"id": "1", "status": status})).await.status, 200);
        for candidate in 0..3 {
            let page = supplier.purchases(&format!("{EVER}&status={candidate}")).await;
            let mut expected: Vec<&str> = Vec::new();
            if candidate == 0 {
                expected.push("2");
            }
            if candidate == status {
                expected.push("1");
            }
            assert_eq!(column(&page, "id"), expected, "{status}");
        }
    }
}

async fn an_unknown_id_is_named_and_nothing_changed(engine: Engine) {
    let (app, supplier) = start(engine);
    assert_eq!(supplier.post(&sale_with("1", json!({"status": 0}))).await.status, 200);
    let updates = json!([{"id": "x", "status": 1}, {"id": "1", "status": 1}, {"id": "y", "status": 1}]);
    let answer = supplier.put(&updates).await;
    assert_eq!((answer.status.as_u16(), answer.json), (400, json!({"err": "id desconhecido: x, y"})));
    assert_eq!(column(&supplier.purchases(&format!("{EVER}&status=0")).await, "id"), ["1"]);
    assert_eq!(events(&app).len(), 1);
}

async fn a_status_that_it_has_already_is_no_change(engine: Engine) {
    let (app, supplier) = start(engine);
    assert_eq!(supplier.post(&sale_with("1", json!({"status": 0}))).await.status, 200);
    assert_eq!(supplier.put(&json!({"id": "1", "status": 0})).await.status, 200);
    assert_eq!(supplier.put(&json!({"id": "1", "status": 1})).await.status, 200);
    assert_eq!(supplier.put(&json!({"id": "1", "status": 1})).await.status, 200);
    let kinds: Vec<String> = events(&app).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["affiliates.purchase.created", "affiliates.purchase.status_changed"]);
    assert_eq!(app.database.value("SELECT count(*) FROM affiliates_changes"), "1");
}

async fn every_change_is_kept_with_its_time(engine: Engine) {
    let (app, supplier) = start(engine);
    assert_eq!(supplier.post(&sale_with("1", json!({"status": 0}))).await.status, 200);
    for status in [1, 2] {
        assert_eq!(supplier.put(&json!({"id": "1", "status": status})).await.status, 200);
    }
    let changes = app.database.rows(
        "SELECT id, from_status, to_status, changed_at - (SELECT created_at FROM affiliates_purchases) \
         FROM affiliates_changes ORDER BY changed_at",
    );
    let text = |cell: &Option<String>| cell.clone().expect("a value");
    let kept: Vec<(String, String, String)> =
        changes.iter().map(|row| (text(&row[0]), text(&row[1]), text(&row[2]))).collect();
    let expected = [("1", "0", "1"), ("1", "1", "2")]
        .map(|(id, from, to)| (id.to_owned(), from.to_owned(), to.to_owned()));
    assert_eq!(kept, expected);
    for row in changes {
        let after: i64 = text(&row[3]).parse().expect("microseconds");
        assert!((1..60_000_000).contains(&after), "{after}");
    }
}

async fn changes_from_many_hands_at_once_all_count(engine: Engine) {
    let (app, supplier) = start(engine);
    let sales: Vec<Value> =
        (0..40).map(|number| sale_with(&format!("{number:02}"), json!({"status": 0}))).collect();
    assert_eq!(supplier.post(&json!(sales)).await.status, 200);
    let hands = (0..8).map(|hand| {
        let supplier = supplier.clone();
        tokio::spawn(async move {
            for number in (hand..40).step_by(8) {
                let answer =
                    supplier.put(&json!({"id": format!("{number:02}"), "status": 1 + number % 2})).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.expect("a hand");
    }
    for (status, count) in [(0, 0), (1, 20), (2, 20)] {
        assert_eq!(supplier.counts(&format!("{EVER}&status={status}")).await.1, count);
    }
    assert_eq!(events(&app).len(), 80);
}
