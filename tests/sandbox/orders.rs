//! Creating, finding, following and cancelling orders.

use reqwest::Method;
use serde_json::json;
use testkit::{Partner, run};

use super::{cancel, create, find, form, good, json_of, refused, status};

#[test]
fn an_order_is_created_found_followed_and_cancelled() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1001"]);
        assert_eq!(find(&partner, "10").await, json!([]));
        assert_eq!(create(&partner, &good("10")).await, json!({"status": "ok", "order_id": 1001}));
        assert_eq!(find(&partner, "10").await, json!([1001]));
        let created = json!({"status": "ok", "data": {"1001": {"status": "created"}}});
        assert_eq!(status(&partner, "1001").await, created);
        assert_eq!(cancel(&partner, "1001").await, json!({"status": "ok"}));
        let cancelled = json!({"status": "ok", "data": {"1001": {"status": "cancelled"}}});
        assert_eq!(status(&partner, "1001").await, cancelled);
        assert_eq!(cancel(&partner, "1001").await, json!({"status": "ok"}), "it is cancelled already");
    });
}

#[test]
fn several_orders_are_followed_at_once_and_an_unknown_one_is_left_out() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "9"]);
        create(&partner, &good("1")).await;
        create(&partner, &good("2")).await;
        let both = json!({"status": "ok", "data": {"9": {"status": "created"}, "10": {"status": "created"}}});
        assert_eq!(status(&partner, "9,10").await, both);
        assert_eq!(status(&partner, "9,7&order_ids=10").await, both);
        assert_eq!(status(&partner, "7").await, json!({"status": "error", "errors": ["order not found"]}));
    });
}

#[test]
fn an_order_in_delivery_or_done_cannot_be_cancelled_nor_one_that_nobody_knows() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1001"]);
        create(&partner, &good("10")).await;
        for word in ["delivery", "done"] {
            partner.set_status("1001", Some(word)).await;
            let refused = json!({"status": "error", "errors": ["cancellation not allowed"]});
            assert_eq!(cancel(&partner, "1001").await, refused, "{word}");
            assert_eq!(status(&partner, "1001").await["data"]["1001"]["status"], word);
        }
        partner.set_status("1001", Some("in_shop")).await;
        assert_eq!(cancel(&partner, "1001").await, json!({"status": "ok"}));
        assert_eq!(cancel(&partner, "7").await, json!({"status": "error", "errors": ["order not found"]}));
    });
}

#[test]
fn several_items_fail_at_once_each_with_its_text() {
    run(async {
        let partner = Partner::start(&[]);
        let items = [
            ("58", "1", "9.50"),
            ("30412", "1", "700"),
            ("88041", "1", "10"),
            ("70233", "6", "2890"),
            ("11203", "0", "38.9"),
            ("61950", "13", "1"),
            ("5", "1", "1"),
        ];
        let answer = create(&partner, &form("10", &items)).await;
        let expected = refused(json!({
            "30412": ["Wrong price: current price is 641.52 or NONE"],
            "88041": ["Wrong price: current price is NONE or 3184.2"],
            "70233": ["Wrong quantity"],
            "11203": ["Wrong quantity"],
            "61950": ["Wrong quantity", "Wrong price: current price is 329.5 or 310"],
            "5": ["Item not found"],
        }));
        assert_eq!(answer, expected);
        assert_eq!(find(&partner, "10").await, json!([]), "nothing was ordered");
    });
}

#[test]
fn a_price_is_compared_as_a_number_and_never_as_a_float() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        let answer = create(&partner, &form("10", &[("30412", "1", "641.520")])).await;
        assert_eq!(answer["status"], "ok");
        for wrong in ["641.5200001", "641,52", "6.4152e1", "", "641.51999999999999999"] {
            let answer = create(&partner, &form("11", &[("30412", "1", wrong)])).await;
            let told = json!({"30412": ["Wrong price: current price is 641.52 or NONE"]});
            assert_eq!(answer, refused(told), "{wrong:?}");
        }
    });
}

#[test]
fn stock_falls_with_orders_and_comes_back_with_cancellation() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        let three = |external_id| form(external_id, &[("70233", "3", "2890")]);
        assert_eq!(create(&partner, &three("10")).await["order_id"], 1);
        assert_eq!(create(&partner, &three("11")).await, refused(json!({"70233": ["Wrong quantity"]})));
        assert_eq!(cancel(&partner, "1").await["status"], "ok");
        assert_eq!(cancel(&partner, "1").await["status"], "ok", "which puts nothing back a second time");
        assert_eq!(create(&partner, &three("11")).await["order_id"], 2);
        assert_eq!(create(&partner, &three("12")).await, refused(json!({"70233": ["Wrong quantity"]})));
        let many = form("13", &[("58", "2147483647", "10")]);
        assert_eq!(create(&partner, &many).await["order_id"], 3, "of an ordinary item there is no end");
    });
}

#[test]
fn a_form_must_be_exactly_as_the_contract_has_it() {
    run(async {
        let partner = Partner::start(&[]);
        let mut faults = good("10");
        faults.retain(|(field, _)| *field != "email");
        faults[0].1 = "1".into();
        faults[1].1 = "+7 999 777-22-11".into();
        faults.push(("comment", "Call first".into()));
        faults.push(("ids[]", "73".into()));
        let answer = create(&partner, &faults).await;
        let expected = json!({
            "comment": ["There is no such field"],
            "email": ["This field is required"],
            "ids": ["ids[], quantity[] and prices[] must be equally many"],
            "phone": ["Enter a phone like 79997772211"],
            "shop_id": ["Shop not found"],
        });
        assert_eq!(answer, json!({"status": "error", "errors": expected}));
        let no_form =
            json_of(partner.request(Method::POST, "/create").json(&json!({"shop_id": "1086"}))).await;
        assert_eq!(no_form, json!({"status": "error", "errors": ["Send a form"]}));
        let nothing = json_of(partner.request(Method::POST, "/cancel").form(&[("id", "1")])).await;
        assert_eq!(nothing, json!({"status": "error", "errors": ["order not found"]}));
    });
}

#[test]
fn it_makes_two_orders_for_who_asks_twice_and_says_so() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "9"]);
        create(&partner, &good("10")).await;
        assert_eq!(partner.report("10").await["duplicates"], json!([]));
        create(&partner, &good("10")).await;
        assert_eq!(find(&partner, "10").await, json!([10, 9]), "newest first: the least is not the first");
        let report = partner.report("10").await;
        assert_eq!(report["duplicates"], json!(["10"]));
        assert_eq!(report["orders"].as_array().map(Vec::len), Some(2));
        let calls = json!({"10": {"find-orders": 1, "create": 2, "orders-data": 0, "cancel": 0}});
        assert_eq!(report["calls"], calls);
    });
}
