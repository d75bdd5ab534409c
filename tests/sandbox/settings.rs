//! The settings, as flags, as variables, and while it runs.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Partner, run, until};

use super::{cancel, create, find, form, good, refused, status};

#[test]
fn ids_are_numbers_strings_or_codes() {
    run(async {
        for (ids, first) in [("number", json!(7)), ("string", json!("7")), ("code", json!("SB-7"))] {
            let partner = Partner::start(&["--sandbox-ids", ids, "--sandbox-first-id", "7"]);
            assert_eq!(create(&partner, &good("10")).await["order_id"], first);
            assert_eq!(find(&partner, "10").await, json!([first]));
            let asked = first.as_str().unwrap_or("7");
            assert_eq!(status(&partner, asked).await["data"], json!({asked: {"status": "created"}}));
            assert_eq!(cancel(&partner, asked).await["status"], "ok");
        }
    });
}

#[test]
fn every_setting_has_a_variable_and_the_log_tells_of_no_person() {
    run(async {
        let partner = Partner::start_with(
            &[],
            &[
                ("PARTNERAPI_SANDBOX_IDS", "code"),
                ("PARTNERAPI_SANDBOX_FIRST_ID", "40"),
                ("PARTNERAPI_SANDBOX_DECIMAL_COMMA", "true"),
                ("PARTNERAPI_SANDBOX_ERROR_STATUS", "422"),
                ("PARTNERAPI_SANDBOX_ADVANCE", "86400"),
                ("PARTNERAPI_SANDBOX_FAIL", "cancel=500,orders-data=404@0"),
            ],
        );
        assert_eq!(create(&partner, &good("10")).await["order_id"], "SB-40");
        let request = partner.request(Method::POST, "/create").form(&form("11", &[("30412", "1", "1")]));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 422);
        let told: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(told, refused(json!({"30412": ["Wrong price: current price is 641,52 or NONE"]})));
        let cancelled = partner.request(Method::POST, "/cancel").form(&[("order_id", "SB-40")]);
        assert_eq!(cancelled.send().await.unwrap().status(), 500);
        assert_eq!(status(&partner, "SB-40").await["status"], "ok", "a failure of no request at all");
        let settings = partner.control(Method::GET, "settings", Value::Null).await;
        assert_eq!(settings["advance"], 86400.0);

        // A line follows its answer.
        until("four requests are logged", async || {
            partner.server.log().iter().filter(|line| line.contains("endpoint=")).count() == 4
        })
        .await;
        let log = partner.server.log().join("\n");
        assert!(log.contains("failure=\"500\"") && log.contains("external_id=\"10\""), "{log}");
        for personal in ["79997772211", "example@example.com", "Test"] {
            assert!(!log.contains(personal), "{log}");
        }
    });
}

#[test]
fn settings_change_while_it_runs() {
    run(async {
        let partner = Partner::start(&[]);
        let change = json!({"ids": "string", "next_id": 9, "fail": "find-orders=404"});
        let changed = partner.control(Method::PUT, "settings", change).await;
        assert_eq!((&changed["ids"], &changed["fail"]), (&json!("string"), &json!("find-orders=404@1")));
        assert_eq!(create(&partner, &good("10")).await["order_id"], "9");
        let found = partner.request(Method::GET, "/find-orders?external_id=10").send().await.unwrap();
        assert_eq!(found.status(), 404);
        partner.control(Method::PUT, "settings", json!({"fail": "", "error_status": 400})).await;
        assert_eq!(find(&partner, "10").await, json!(["9"]));
        let unknown = partner.request(Method::GET, "/orders-data?order_ids=1").send().await.unwrap();
        assert_eq!(unknown.status(), 400);
    });
}

#[test]
fn an_order_moves_on_with_time_until_it_is_done() {
    run(async {
        let partner = Partner::start(&["--sandbox-first-id", "1"]);
        create(&partner, &good("10")).await;
        assert_eq!(status(&partner, "1").await["data"]["1"]["status"], "created");
        partner.control(Method::PUT, "settings", json!({"advance": 0.001})).await;
        until("it is done", async || status(&partner, "1").await["data"]["1"]["status"] == "done").await;
        let refused = json!({"status": "error", "errors": ["cancellation not allowed"]});
        assert_eq!(cancel(&partner, "1").await, refused);
    });
}

#[test]
fn ids_from_the_clock_rise() {
    run(async {
        let partner = Partner::start(&[]);
        let first = create(&partner, &good("10")).await["order_id"].as_u64().unwrap();
        let second = create(&partner, &good("11")).await["order_id"].as_u64().unwrap();
        assert_eq!(second, first + 1);
        let again = Partner::start(&[]);
        let later = create(&again, &good("10")).await["order_id"].as_u64().unwrap();
        assert!(later > first, "{later} was given by the partner before, {first}");
    });
}

#[test]
fn wrong_settings_end_it_with_status_2_and_their_name() {
    for (flags, environment, told) in [
        (
            &["--listen", "0.0.0.0:0"][..],
            &[][..],
            "error: sandbox-partner listens on a loopback address only",
        ),
        (&["--listen", "here"], &[], "error: --listen may be an address"),
        (&[], &[("PARTNERAPI_SANDBOX_LISTEN", "here")], "error: PARTNERAPI_SANDBOX_LISTEN may be an address"),
        (
            &[],
            &[("PARTNERAPI_SANDBOX_FAIL", "create=sulk")],
            "error: PARTNERAPI_SANDBOX_FAIL may be failures",
        ),
        (&["--sandbox-ids", "roman"], &[], "error: --sandbox-ids may be number or string or code"),
        (&["--sandbox-advance", "0"], &[], "error: --sandbox-advance may be seconds"),
        (&["--sandbox-error-status", "500"], &[], "error: --sandbox-error-status may be 200, or"),
        (&["--sandbox-first-id", "one"], &[], "error: --sandbox-first-id may be a whole number"),
        (&[], &[("PARTNERAPI_SANDBOX_FALL", "")], "did you mean PARTNERAPI_SANDBOX_FAIL?"),
    ] {
        let finished = Partner::refused(flags, environment);
        assert_eq!(finished.status, 2, "{flags:?} {environment:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(told), "{told}: {}", finished.stderr);
    }
}
