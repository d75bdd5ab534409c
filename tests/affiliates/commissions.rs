//! What a sale earns, and by which rate.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines, suppliers};

use super::{EVER, column, sale_with, start};

on_both_engines!(
    the_nearest_rate_counts,
    half_a_cent_is_rounded_up,
    a_rate_that_changes_later_changes_nothing_that_is_past,
);

/// What sales of these affiliates earn from a base of a hundred.
async fn earned(app: &App, account: &str, run: &str, pcrids: &[i64]) -> Vec<Value> {
    let supplier = app.supplier(account);
    let sales: Vec<Value> = (0..)
        .zip(pcrids)
        .map(|(number, pcrid)| sale_with(&format!("{run}-{number}"), json!({"pcrid": pcrid})))
        .collect();
    assert_eq!(supplier.post(&json!(sales)).await.status, 200);
    let mut values = column(&supplier.purchases(EVER).await, "commission_value");
    values.truncate(pcrids.len());
    values.reverse();
    values
}

fn money(amounts: &[&str]) -> Vec<Value> {
    amounts.iter().map(|amount| serde_json::from_str(amount).expect("a number")).collect()
}

async fn the_nearest_rate_counts(engine: Engine) {
    let (app, _) = start(engine);
    // An affiliate's for the supplier, the affiliate's, the supplier's default; and of an unknown one the default.
    assert_eq!(earned(&app, "ryokan", "a", &[2555, 2554, 9999]).await, money(&["12.50", "7.00", "7.00"]));
    assert_eq!(
        earned(&app, "hotel-hello", "a", &[2555, 2554, 9999]).await,
        money(&["5.00", "10.00", "10.00"])
    );
    // A supplier whose file says nothing of it: ten per cent.
    let plain = json!({"suppliers": [{"account": "plain", "ecommerceHash": "plain"}]});
    app.import("affiliates", &plain).printed();
    assert_eq!(earned(&app, "plain", "a", &[2554, 2555]).await, money(&["10.00", "5.00"]));
    // A rate of nothing is a rate.
    let nothing = json!({"affiliates": [{"pcrid": 7, "name": "x", "rate": "0.5", "rates": {"plain": 0}}]});
    app.import("affiliates", &nothing).printed();
    assert_eq!(earned(&app, "plain", "b", &[7]).await, money(&["0.00"]));
    assert_eq!(earned(&app, "ryokan", "b", &[7]).await, money(&["50.00"]));
}

async fn half_a_cent_is_rounded_up(engine: Engine) {
    let (app, supplier) = start(engine);
    for (number, (base, value)) in [
        ("0.04", "0.00"),
        ("0.05", "0.01"),
        ("0.14", "0.01"),
        ("1.25", "0.13"),
        ("99.95", "10.00"),
        ("0", "0.00"),
    ]
    .into_iter()
    .enumerate()
    {
        let sale = sale_with(&number.to_string(), json!({"commission_base": base}));
        assert_eq!(supplier.post(&sale).await.status, 200);
        let page = supplier.get(&format!("purchases?{EVER}")).await;
        assert!(page.text.contains(&format!(r#"[{{"id":"{number}","#)), "{}", page.text);
        let (_, first) = page.text.split_once("\"commission_value\":").expect("a value");
        assert!(first.starts_with(&format!("{value},")), "{base}: {first}");
    }
    drop(app);
}

async fn a_rate_that_changes_later_changes_nothing_that_is_past(engine: Engine) {
    let (app, supplier) = start(engine);
    assert_eq!(earned(&app, "hotel-hello", "a", &[2554, 2555]).await, money(&["10.00", "5.00"]));
    let before = supplier.purchases(EVER).await;
    let mut file = suppliers();
    file["suppliers"][0]["default_rate"] = json!("0.20");
    file["affiliates"][1]["rate"] = json!("0.30");
    assert_eq!(app.import("affiliates", &file).printed(), "0 inserted, 2 updated, 0 removed, 2 unchanged\n");
    assert_eq!(supplier.purchases(EVER).await, before);
    assert_eq!(supplier.put(&json!([{"id": "a-0", "status": 2}])).await.status, 200);
    assert_eq!(supplier.put(&json!([{"id": "a-0", "status": 1}])).await.status, 200);
    assert_eq!(supplier.purchases(EVER).await, before, "nor does a change of status");
    // Sent again it is the sale that it was.
    assert_eq!(supplier.post(&sale_with("a-0", json!({}))).await.status, 200);
    assert_eq!(supplier.purchases(EVER).await, before);
    assert_eq!(earned(&app, "hotel-hello", "b", &[2554, 2555]).await, money(&["20.00", "30.00"]));
}
