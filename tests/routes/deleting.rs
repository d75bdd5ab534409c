//! Routes are deleted, or were not there.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Engine, on_both_engines};

use super::{ELDOS, HEAD_OFFICE, ask, everything, invalid, make_routes, start, units_of};

on_both_engines!(
    units_are_repeated_or_separated_by_commas,
    only_the_named_routes_go,
    nothing_that_matches_is_a_success_too,
    a_missing_or_broken_parameter_is_told,
    many_routes_go_at_once,
);

async fn delete(app: &App, query: &str) -> Answer {
    ask(app, Method::DELETE, &format!("/report-routes/{query}"), None).await
}

async fn units_are_repeated_or_separated_by_commas(engine: Engine) {
    let app = start(engine);
    for (units, left) in [
        ("unit_ids=1&unit_ids=2", json!([3, 4, 5, 6])),
        ("unit_ids=1,2,6", json!([3, 4, 5])),
        ("unit_ids=1,2&unit_ids=5,6&unit_ids=1", json!([3, 4])),
        ("unit_ids=3%2C4", json!([1, 2, 5, 6])),
        ("unit_ids=5,5,5", json!([1, 2, 3, 4, 6])),
    ] {
        make_routes(&app, HEAD_OFFICE, 16, &[1, 2, 3, 4, 5, 6]).await;
        let answer = delete(&app, &format!("?chat_id={HEAD_OFFICE}&report_type_id=16&{units}")).await;
        assert_eq!(answer.status, 204, "{units}");
        assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, left, "{units}");
        let rest = format!("?{units}&report_type_id=16&unit_ids=1,2,3,4,5,6&chat_id={HEAD_OFFICE}");
        assert_eq!(delete(&app, &rest).await.status, 204);
        assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([]), "{units}");
    }
}

async fn only_the_named_routes_go(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[1, 2]).await;
    make_routes(&app, HEAD_OFFICE, 17, &[1, 2]).await;
    make_routes(&app, ELDOS, 16, &[1, 2]).await;
    let query = format!("?chat_id={HEAD_OFFICE}&report_type_id=16&unit_ids=1");
    assert_eq!(delete(&app, &query).await.status, 204);
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([2]));
    assert_eq!(units_of(&app, HEAD_OFFICE, 17).await, json!([1, 2]));
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([1, 2]));
}

async fn nothing_that_matches_is_a_success_too(engine: Engine) {
    let app = start(engine);
    make_routes(&app, ELDOS, 16, &[1]).await;
    let before = everything(&app);
    for query in [
        format!("?chat_id={ELDOS}&report_type_id=16&unit_ids=2"),
        format!("?chat_id={ELDOS}&report_type_id=4040&unit_ids=1"),
        format!("?chat_id={ELDOS}&report_type_id=16&unit_ids=4040"),
        "?chat_id=4040&report_type_id=16&unit_ids=1".into(),
        format!("?chat_id={}&report_type_id={}&unit_ids={}", i64::MIN, i64::MAX, i64::MIN),
    ] {
        assert_eq!(delete(&app, &query).await.status, 204, "{query}");
    }
    assert_eq!(everything(&app), before);
}

async fn a_missing_or_broken_parameter_is_told(engine: Engine) {
    let app = start(engine);
    make_routes(&app, ELDOS, 16, &[1]).await;
    let before = everything(&app);
    let (required, integer) = (json!(["This field is required."]), json!(["A valid integer is required."]));
    for (query, faults) in [
        ("", json!({"chat_id": required, "report_type_id": required, "unit_ids": required})),
        ("?unit_ids=1", json!({"chat_id": required, "report_type_id": required})),
        ("?chat_id=123456&report_type_id=16", json!({"unit_ids": required})),
        ("?chat_id=123456&report_type_id=16&unit_ids=", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids=1,", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids=1,x", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids=1&unit_ids=x", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids=1.0", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids=[1]", json!({"unit_ids": integer})),
        ("?chat_id=123456&report_type_id=16&unit_ids=9223372036854775808", json!({"unit_ids": integer})),
        ("?chat_id=&report_type_id=x&unit_ids=1", json!({"chat_id": integer, "report_type_id": integer})),
    ] {
        invalid(&delete(&app, query).await, &faults);
    }
    assert_eq!(everything(&app), before);
}

async fn many_routes_go_at_once(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[1, 2, 3]).await;
    // More than one statement takes, and most of them are not there.
    let many: Vec<String> = (2..5_000).map(|id: i64| id.to_string()).collect();
    let query = format!("?chat_id={HEAD_OFFICE}&report_type_id=16&unit_ids={}", many.join(","));
    assert_eq!(delete(&app, &query).await.status, 204);
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([1]));
}
