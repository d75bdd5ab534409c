//! Parameters of the lists.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{ELDOS, ask, get, invalid, start};

on_both_engines!(
    a_page_out_of_range_is_told_on_every_list,
    the_ends_of_the_ranges_are_allowed,
    required_parameters_are_told_all_at_once,
    a_broken_parameter_is_told_with_a_broken_path,
    of_a_parameter_given_twice_the_last_counts,
);

/// All lists, with what they require.
fn lists() -> Vec<String> {
    let user = |what: &str| format!("/users/{ELDOS}/{what}/?");
    vec![
        "/units/?".into(),
        "/units/regions/?".into(),
        "/telegram-chats/?".into(),
        "/report-types/?".into(),
        "/report-types/?parent_id=18&".into(),
        "/report-types/statistics/?".into(),
        "/report-routes/units/?chat_id=1&report_type_id=2&".into(),
        "/report-routes/telegram-chats/?unit_id=1&report_type_id=2&".into(),
        user("regions"),
        user("units"),
        format!("{}region_id=1&", user("units")),
        user("report-types"),
    ]
}

async fn a_page_out_of_range_is_told_on_every_list(engine: Engine) {
    let app = start(engine);
    let integer = json!(["A valid integer is required."]);
    let at_least = |least: i64| json!([format!("Ensure this value is greater than or equal to {least}.")]);
    let at_most = json!(["Ensure this value is less than or equal to 1000."]);
    for list in lists() {
        for (query, faults) in [
            ("limit=0", json!({"limit": at_least(1)})),
            ("limit=-1", json!({"limit": at_least(1)})),
            ("limit=1001", json!({"limit": at_most})),
            ("limit=4294967297", json!({"limit": at_most})),
            ("offset=-1", json!({"offset": at_least(0)})),
            ("limit=", json!({"limit": integer})),
            ("limit=x&offset=y", json!({"limit": integer, "offset": integer})),
            ("limit=1.5", json!({"limit": integer})),
            ("limit=1e2", json!({"limit": integer})),
            ("limit=%2B1", json!({"limit": integer})),
            ("limit=%201", json!({"limit": integer})),
            ("offset=9223372036854775808", json!({"offset": integer})),
            ("limit=0&offset=-1", json!({"limit": at_least(1), "offset": at_least(0)})),
        ] {
            invalid(&ask(&app, Method::GET, &format!("{list}{query}"), None).await, &faults);
        }
    }
}

async fn the_ends_of_the_ranges_are_allowed(engine: Engine) {
    let app = start(engine);
    for list in lists() {
        for query in ["limit=1", "limit=1000", "offset=0", "limit=001", "unknown=x"] {
            get(&app, &format!("{list}{query}")).await;
        }
        for offset in ["9223372036854775807", "9223372036854775806", "2147483648"] {
            let page = get(&app, &format!("{list}limit=1000&offset={offset}")).await;
            assert_eq!(page["is_end_of_list_reached"], true, "{list}");
            let entries =
                page.as_object().into_iter().flat_map(|page| page.values()).find_map(Value::as_array);
            assert_eq!(entries.map(Vec::len), Some(0), "{list}: {page}");
        }
    }
}

async fn required_parameters_are_told_all_at_once(engine: Engine) {
    let app = start(engine);
    let (required, integer) = (json!(["This field is required."]), json!(["A valid integer is required."]));
    for (path, faults) in [
        ("/report-routes/units/", json!({"chat_id": required, "report_type_id": required})),
        ("/report-routes/units/?chat_id=1", json!({"report_type_id": required})),
        (
            "/report-routes/units/?chat_id=x&limit=0",
            json!({
                "chat_id": integer, "report_type_id": required,
                "limit": ["Ensure this value is greater than or equal to 1."]
            }),
        ),
        ("/report-routes/telegram-chats/", json!({"unit_id": required, "report_type_id": required})),
        ("/report-routes/telegram-chats/?unit_id=&report_type_id=1", json!({"unit_id": integer})),
        (
            "/report-routes/telegram-chats/?chat_id=1&report_type_id=x",
            json!({
                "unit_id": required, "report_type_id": integer
            }),
        ),
        ("/report-types/?parent_id=", json!({"parent_id": integer})),
        ("/report-types/?parent_id=STATISTICS&offset=x", json!({"parent_id": integer, "offset": integer})),
        ("/users/123456/units/?region_id=x&limit=x", json!({"region_id": integer, "limit": integer})),
    ] {
        invalid(&ask(&app, Method::GET, path, None).await, &faults);
    }
}

async fn a_broken_parameter_is_told_with_a_broken_path(engine: Engine) {
    let app = start(engine);
    let integer = json!(["A valid integer is required."]);
    for what in ["regions", "units", "report-types"] {
        let answer = ask(&app, Method::GET, &format!("/users/x/{what}/?limit=x"), None).await;
        invalid(&answer, &json!({"chat_id": integer, "limit": integer}));
        let answer = ask(&app, Method::GET, &format!("/users/4040/{what}/?limit=x"), None).await;
        invalid(&answer, &json!({"limit": integer}));
    }
    let answer = ask(&app, Method::PATCH, "/users/x/access-code/", Some(&json!({}))).await;
    invalid(&answer, &json!({"chat_id": integer, "access_code": ["This field is required."]}));
}

async fn of_a_parameter_given_twice_the_last_counts(engine: Engine) {
    let app = start(engine);
    let units = get(&app, "/units/?limit=x&limit=2&offset=5&offset=1").await;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(2));
    assert_eq!(units["units"][0]["id"], 2);
}
