//! The control API.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Partner, run};

use super::{create, find, form, good, refused, status};

#[test]
fn an_order_is_shown_as_it_came() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1001"]);
        create(&partner, &form("10", &[("30412", "2", "641.520")])).await;
        status(&partner, "1001").await;
        let shown = partner.control(Method::GET, "orders", Value::Null).await;
        let calls = json!({"find-orders": 0, "create": 1, "orders-data": 1, "cancel": 0});
        let order = json!({
            "id": 1001, "external_id": "10", "status": "created", "shop_id": "1086", "phone": "79997772211",
            "first_name": "Test", "email": "example@example.com",
            "items": [{"id": "30412", "quantity": "2", "price": "641.520"}],
        });
        let expected = json!({"orders": [order], "duplicates": [], "calls": {"10": calls}, "total": calls});
        assert_eq!(shown, expected);
    });
}

#[test]
fn a_status_may_be_a_word_that_nobody_knows_or_none() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1001"]);
        create(&partner, &good("10")).await;
        partner.set_status("1001", Some("packed")).await;
        assert_eq!(status(&partner, "1001").await["data"], json!({"1001": {"status": "packed"}}));
        partner.set_status("1001", None).await;
        assert_eq!(status(&partner, "1001").await, json!({"status": "ok", "data": {"1001": {}}}));
    });
}

#[test]
fn prices_and_stock_are_set_and_items_taken_off_sale() {
    run(async {
        let partner = Partner::start(&[]);
        let change = json!({"reservation": "0", "pre_order": "12.34", "stock": 1});
        let item = partner.control(Method::PUT, "items/58", change).await;
        assert_eq!((&item["reservation"], &item["pre_order"]), (&json!("0"), &json!("12.34")));
        let order = form("10", &[("58", "2", "10")]);
        let told = json!({"58": ["Wrong quantity", "Wrong price: current price is 0 or 12.34"]});
        assert_eq!(create(&partner, &order).await, refused(told));

        let catalogue = partner.control(Method::GET, "catalogue", Value::Null).await;
        let items = catalogue["items"].as_array().unwrap();
        assert!(items.contains(&item) && items.len() > 10, "{catalogue}");
        assert!(catalogue["shops"].as_array().unwrap().iter().any(|shop| shop["id"] == "1086"));

        partner.control(Method::DELETE, "items/58", Value::Null).await;
        assert_eq!(create(&partner, &order).await, refused(json!({"58": ["Item not found"]})));
        partner.control(Method::PUT, "items/new", json!({"pre_order": 3})).await;
        assert_eq!(create(&partner, &form("10", &[("new", "7", "3.00")])).await["status"], "ok");
    });
}

#[test]
fn a_reset_forgets_everything_but_gives_no_id_twice() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1001", "--sandbox-ids", "string"]);
        create(&partner, &good("10")).await;
        partner.arm("create", "500", 1).await;
        partner.control(Method::DELETE, "items/58", Value::Null).await;
        partner.control(Method::POST, "reset", Value::Null).await;
        let report = partner.report("10").await;
        assert_eq!((&report["orders"], &report["calls"]), (&json!([]), &json!({})));
        assert_eq!(create(&partner, &good("10")).await, json!({"status": "ok", "order_id": "1002"}));
        assert_eq!(find(&partner, "10").await, json!(["1002"]));
    });
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    run(async {
        let partner = Partner::start(&[]);
        let before = partner.control(Method::GET, "settings", Value::Null).await;
        for (method, path, body, status) in [
            (Method::POST, "failures", r#"{"endpoint": "make", "failure": "500"}"#, 400),
            (Method::POST, "failures", r#"{"endpoint": "create", "failure": "sulk"}"#, 400),
            (Method::POST, "failures", r#"{"endpoint": "create", "failure": "500", "count": 0}"#, 400),
            (Method::POST, "failures", r#"{"endpoint": "create", "failure": "500", "often": 2}"#, 400),
            (Method::PUT, "items/58", r#"{"reservation": "1.005"}"#, 400),
            (Method::PUT, "items/58", r#"{"price": "1"}"#, 400),
            (Method::DELETE, "items/none", "", 404),
            (Method::PUT, "orders/1", r#"{"status": "done"}"#, 404),
            (Method::PUT, "orders/1", "{}", 400),
            (Method::PUT, "settings", r#"{"ids": "code", "advance": -1}"#, 400),
            (Method::PUT, "settings", r#"{"ids": "code", "error_status": 500}"#, 400),
            (Method::PUT, "settings", r#"{"ids": "code", "fail": "create"}"#, 400),
            (Method::GET, "nothing", "", 404),
        ] {
            let request = partner.request(method.clone(), &format!("/_sandbox/{path}")).body(body);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), status, "{method} {path} {body}");
            let told: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert!(told["detail"].is_string(), "{told}");
        }
        assert_eq!(partner.control(Method::GET, "settings", Value::Null).await, before);
        assert_eq!(partner.control(Method::GET, "failures", Value::Null).await, json!({"armed": []}));
    });
}

#[test]
fn a_header_with_an_unknown_failure_is_refused_with_the_list_of_those_there_are() {
    run(async {
        let partner = Partner::start(&[]);
        let request = partner.request(Method::POST, "/create").header("X-Sandbox-Failure", "sulk");
        let response = request.form(&good("10")).send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert!(response.text().await.unwrap().contains("hang-up"));
        let index = partner.control(Method::GET, "", Value::Null).await;
        assert!(index["failures"].as_array().unwrap().contains(&json!("hang-up")), "{index}");
        assert_eq!(find(&partner, "10").await, json!([]));
    });
}
