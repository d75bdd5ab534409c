//! What is told of accesses and sales.

use reqwest::Method;
use serde_json::json;
use testkit::{Engine, on_both_engines};

use super::{EVER, HASH, events, sale_with, start};

on_both_engines!(what_happens_is_told_with_its_data);

async fn what_happens_is_told_with_its_data(engine: Engine) {
    let (app, supplier) = start(engine);
    let report = json!({"ecommerceHash": HASH, "pcrid": 2554, "tags": "a,b", "utmSource": "s", "utmMedium": "m", "cookie": "pcrid=2554"});
    let sent = app.request(Method::POST, "/cmp").body(report.to_string()).send().await.expect("an answer");
    assert_eq!(sent.status(), 204);
    let sale = sale_with("1", json!({"status": 0, "commission_base": 90, "contact_name": "João Alves"}));
    assert_eq!(supplier.post(&sale).await.status, 200);
    assert_eq!(supplier.put(&json!({"id": "1", "status": 2})).await.status, 200);
    let access = &supplier.accesses(EVER).await["data"][0];
    let account = || "hotel-hello".to_owned();
    let told = [
        (
            "affiliates.access.recorded".to_owned(),
            account(),
            json!({
                "id": access["id"], "uuid": access["uuid"], "pcrid": 2554, "tags": ["a", "b"], "utmSource": "s", "utmMedium": "m",
                "created_at": access["created_at"]
            }),
        ),
        (
            "affiliates.purchase.created".to_owned(),
            account(),
            serde_json::from_str(
                r#"{"id": "1", "pcrid": 2554, "status": 0, "price": 100.00, "commission_base": 90.00, "commission_value": 9.00}"#,
            )
            .expect("JSON"),
        ),
        ("affiliates.purchase.status_changed".to_owned(), account(), json!({"id": "1", "pcrid": 2554, "from": 0, "to": 2})),
    ];
    assert_eq!(events(&app), told);
}
