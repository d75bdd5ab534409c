//! Failures on demand.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Partner, run, until};

use super::{cancel, create, find, form, good, json_of, refused, status};

/// Sends `create` with a failure in its header: the answer's status and text, or nothing if it broke.
async fn fail(partner: &Partner, failure: &str, external_id: &str) -> Option<(u16, String)> {
    let request = partner.request(Method::POST, "/create").header("X-Sandbox-Failure", failure);
    let response = request.form(&good(external_id)).send().await.ok()?;
    Some((response.status().as_u16(), response.text().await.ok()?))
}

#[test]
fn it_hangs_up_before_or_after_the_order_was_made() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        for before in ["hang-up", "hang-up-before"] {
            let request = partner.request(Method::POST, "/create").header("X-Sandbox-Failure", before);
            let error = request.form(&good("10")).send().await.unwrap_err();
            assert!(!error.is_timeout() && error.status().is_none(), "not a byte of an answer: {error}");
            assert_eq!(find(&partner, "10").await, json!([]));
        }
        assert_eq!(fail(&partner, "hang-up-after", "10").await, None);
        assert_eq!(find(&partner, "10").await, json!([1]));
    });
}

#[test]
fn it_answers_with_an_error_of_http_before_or_after_the_order_was_made() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        for (failure, made) in
            [("500", 0), ("503", 0), ("429", 0), ("404", 0), ("502-after", 1), ("400-after", 1)]
        {
            let (status, _) = fail(&partner, failure, failure).await.unwrap();
            assert_eq!(status.to_string(), failure[..3]);
            let report = partner.report(failure).await;
            assert_eq!(report["orders"].as_array().map(Vec::len), Some(made), "{failure}");
            assert_eq!(report["calls"][failure]["create"], 1, "the call counts all the same");
        }
    });
}

#[test]
fn it_answers_nonsense() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        let text = async |failure: &'static str| fail(&partner, failure, "10").await.unwrap().1;
        assert!(text("html").await.starts_with("<html>"));
        assert!(serde_json::from_str::<Value>(&text("broken-json").await).is_err());
        let shape: Value = serde_json::from_str(&text("wrong-shape").await).unwrap();
        assert!(shape["order_id"].is_object(), "{shape}");
        assert_eq!(text("empty").await, "");
        assert!(text("huge:3").await.len() > 3 << 20);
        let request = partner.request(Method::POST, "/create").header("X-Sandbox-Failure", "gzip");
        let rubbish = request.form(&good("10")).send().await.unwrap();
        assert_eq!(rubbish.headers()["content-encoding"], "gzip");
        assert_eq!(find(&partner, "10").await, json!([]), "none of this made an order");

        assert_eq!(fail(&partner, "cut", "10").await, None, "the answer breaks off");
        assert_eq!(find(&partner, "10").await, json!([1]), "but the order was made");
        fail(&partner, "html-after", "11").await.unwrap();
        assert_eq!(find(&partner, "11").await, json!([2]));
    });
}

#[test]
fn it_refuses_in_every_shape_that_errors_come_in() {
    run(async {
        let partner = Partner::start(&[]);
        for (failure, errors) in [
            ("errors-text", json!("The shop takes no orders today")),
            ("errors-list", json!(["The shop takes no orders today", "Call us"])),
            ("errors-object", json!({"shop_id": ["The shop takes no orders today"]})),
            ("errors-empty", json!([])),
            ("not-allowed", json!(["cancellation not allowed"])),
        ] {
            for endpoint in ["find-orders", "create", "orders-data", "cancel"] {
                partner.arm(endpoint, failure, 1).await;
            }
            let expected = json!({"status": "error", "errors": errors});
            let found = partner.request(Method::GET, "/find-orders?external_id=10");
            assert_eq!(json_of(found).await, expected);
            assert_eq!(create(&partner, &good("10")).await, expected);
            assert_eq!(status(&partner, "1").await, expected);
            assert_eq!(cancel(&partner, "1").await, expected);
        }
        assert_eq!(find(&partner, "10").await, json!([]));
    });
}

#[test]
fn it_refuses_items_that_are_well() {
    run(async {
        let partner = Partner::start(&[]);
        for (failure, items) in [
            ("item-not-found", json!({"58": ["Item not found"], "21737": ["Item not found"]})),
            ("wrong-quantity:58", json!({"58": ["Wrong quantity"]})),
            ("wrong-price:58", json!({"58": ["Wrong price: current price is 11 or 10.5"]})),
            ("unknown-text", json!({"58": ["Item is being recounted"]})),
            ("unknown-text:21737", json!({"21737": ["Item is being recounted"]})),
            ("unordered-item", json!({"999999": ["Item not found"]})),
        ] {
            let (_, text) = fail(&partner, failure, "10").await.unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), refused(items), "{failure}");
        }
        partner.arm("create", "unordered-item", 1).await;
        let beside = create(&partner, &form("10", &[("58", "1", "1")])).await;
        let both = json!({"58": ["Wrong price: current price is 10 or 9.5"], "999999": ["Item not found"]});
        assert_eq!(beside, refused(both), "beside an error that is true");
        assert_eq!(find(&partner, "10").await, json!([]));
    });
}

#[test]
fn a_failure_is_armed_for_one_endpoint_with_a_count_and_for_one_order_of_the_clients() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        let arming = json!({"endpoint": "create", "failure": "500", "count": 2, "external_id": "11"});
        let armed = partner.control(Method::POST, "failures", arming.clone()).await;
        assert_eq!(armed, json!({"armed": [arming]}));
        assert_eq!(create(&partner, &good("10")).await["order_id"], 1, "another order");
        assert_eq!(find(&partner, "11").await, json!([]), "another endpoint");
        for left in [json!([1]), json!([])] {
            let answer = partner.request(Method::POST, "/create").form(&good("11")).send().await.unwrap();
            assert_eq!(answer.status(), 500);
            let armed = partner.control(Method::GET, "failures", Value::Null).await;
            let counts = armed["armed"].as_array().unwrap().iter().map(|armed| armed["count"].clone());
            assert_eq!(counts.collect::<Value>(), left);
        }
        assert_eq!(create(&partner, &good("11")).await["order_id"], 2);

        // Of the client's order, although these two are asked by the partner's id.
        for endpoint in ["orders-data", "cancel"] {
            let arming = json!({"endpoint": endpoint, "failure": "errors-empty", "external_id": "11"});
            partner.control(Method::POST, "failures", arming).await;
        }
        assert_eq!(status(&partner, "1").await["status"], "ok");
        assert_eq!(status(&partner, "2").await, json!({"status": "error", "errors": []}));
        assert_eq!(cancel(&partner, "1").await["status"], "ok");
        assert_eq!(cancel(&partner, "2").await, json!({"status": "error", "errors": []}));
        partner.arm("cancel", "500", 9).await;
        partner.control(Method::DELETE, "failures", Value::Null).await;
        assert_eq!(cancel(&partner, "2").await["status"], "ok", "nothing is armed any more");
    });
}

#[test]
fn a_slow_answer_is_the_true_one_late() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        let began = Instant::now();
        let (_, text) = fail(&partner, "slow:50", "10").await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(50), "{:?}", began.elapsed());
        assert_eq!(text, r#"{"order_id":1,"status":"ok"}"#);
    });
}

#[test]
fn an_order_is_made_although_its_client_has_stopped_waiting() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        // Made at once, and an answer that nobody can wait for.
        let request =
            partner.request(Method::POST, "/create").header("X-Sandbox-Failure", "slow-after:600000");
        let waiting = tokio::spawn(request.form(&good("10")).send());
        until("the order is made", async || find(&partner, "10").await == json!([1])).await;
        assert!(!waiting.is_finished());
        waiting.abort();

        // Made only when nobody waits any more.
        let request = partner.request(Method::POST, "/create").header("X-Sandbox-Failure", "slow:500");
        let waiting = tokio::spawn(request.form(&good("11")).send());
        until("it is asked for", async || partner.report("11").await["calls"]["11"]["create"] == 1).await;
        waiting.abort();
        until("the order is made", async || find(&partner, "11").await == json!([2])).await;
    });
}
