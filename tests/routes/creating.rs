//! Routes are made, all or none.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{
    ELDOS, HEAD_OFFICE, STRANGER, everything, get, invalid, make_routes, network, post_routes, refused,
    start, units_of,
};

on_both_engines!(
    routes_are_seen_from_both_ends,
    a_unit_that_is_named_twice_counts_once,
    somebody_with_a_role_makes_routes_for_a_chat_without_one,
    a_report_type_of_any_level_and_state_may_be_routed,
    routes_that_are_there_are_named_and_none_is_made,
    units_in_messages_ascend,
    one_unit_in_many_that_is_wrong_refuses_all,
    a_body_that_is_broken_is_told_all_its_faults,
);

async fn routes_are_seen_from_both_ends(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[5, 1, 3]).await;
    make_routes(&app, ELDOS, 16, &[1, 2]).await;
    make_routes(&app, HEAD_OFFICE, 17, &[2]).await;
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([1, 3, 5]));
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([1, 2]));
    assert_eq!(units_of(&app, HEAD_OFFICE, 17).await, json!([2]));
    for (unit_id, report_type_id, chat_ids) in [
        (1, 16, json!([HEAD_OFFICE, ELDOS])),
        (2, 16, json!([ELDOS])),
        (2, 17, json!([HEAD_OFFICE])),
        (3, 17, json!([])),
        (4040, 16, json!([])),
    ] {
        let path =
            format!("/report-routes/telegram-chats/?unit_id={unit_id}&report_type_id={report_type_id}");
        assert_eq!(get(&app, &path).await, json!({"chat_ids": chat_ids, "is_end_of_list_reached": true}));
    }
    for (chat_id, report_type_id) in [(4040, 16), (ELDOS, 4040), (STRANGER, 16)] {
        assert_eq!(units_of(&app, chat_id, report_type_id).await, json!([]));
    }
}

async fn a_unit_that_is_named_twice_counts_once(engine: Engine) {
    let app = start(engine);
    make_routes(&app, ELDOS, 16, &[2, 1, 2, 2]).await;
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([1, 2]));
    // As text, too: many clients keep ids as text.
    let body = json!({"chat_id": ELDOS.to_string(), "report_type_id": "777", "unit_ids": ["1", 1]});
    assert_eq!(post_routes(&app, &body).await.status, 201);
    assert_eq!(units_of(&app, ELDOS, 777).await, json!([1]));
}

async fn somebody_with_a_role_makes_routes_for_a_chat_without_one(engine: Engine) {
    let app = start(engine);
    let body = json!({"chat_id": STRANGER, "user_chat_id": ELDOS, "report_type_id": 16, "unit_ids": [1, 4]});
    assert_eq!(post_routes(&app, &body).await.status, 201);
    assert_eq!(units_of(&app, STRANGER, 16).await, json!([1, 4]));
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([]));
}

async fn a_report_type_of_any_level_and_state_may_be_routed(engine: Engine) {
    let app = start(engine);
    for (report_type_id, name) in [(777, "below another"), (19, "not active")] {
        make_routes(&app, ELDOS, report_type_id, &[1]).await;
        assert_eq!(units_of(&app, ELDOS, report_type_id).await, json!([1]), "{name}");
    }
}

async fn routes_that_are_there_are_named_and_none_is_made(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[5, 2]).await;
    let before = everything(&app);
    let body = json!({"chat_id": HEAD_OFFICE, "report_type_id": 16, "unit_ids": [6, 5, 4, 3, 2, 1]});
    let answer = post_routes(&app, &body).await;
    let wanted = json!({"message": "Unit route already exists", "extra": {"unit_ids": [2, 5]}});
    assert_eq!((answer.status.as_u16(), answer.json), (409, wanted));
    assert_eq!(everything(&app), before);
}

async fn units_in_messages_ascend(engine: Engine) {
    let app = start(engine);
    let body = |unit_ids: Value| json!({"chat_id": ELDOS, "report_type_id": 16, "unit_ids": unit_ids});
    let answer = post_routes(&app, &body(json!([100, 1, 8, -7, 7]))).await;
    refused(&answer, 404, "Units {-7, 7, 8, 100} are not found");
    let answer = post_routes(&app, &body(json!([6, 1, 3, 5]))).await;
    refused(&answer, 403, "Permission to units {3, 5, 6} denied");
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([]));
}

async fn one_unit_in_many_that_is_wrong_refuses_all(engine: Engine) {
    const COUNT: i64 = 3_000;
    let mut network = network();
    let units = (1..=COUNT).map(|id| super::unit(id, &format!("Unit {id}"), "Тверь 1"));
    network["units"] = units.collect::<Vec<_>>().into();
    network["roles"][1]["unit_ids"] = (1..=COUNT).collect::<Vec<_>>().into();
    let app = App::start(engine);
    app.import("routes", &network).printed();
    let body = |last: i64| json!({"chat_id": HEAD_OFFICE, "report_type_id": 16, "unit_ids": (1..=last).collect::<Vec<_>>()});

    let answer = post_routes(&app, &body(COUNT + 2)).await;
    refused(&answer, 404, "Units {3001, 3002} are not found");
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([]));

    assert_eq!(post_routes(&app, &body(COUNT - 1)).await.status, 201);
    let path = format!("/report-routes/units/?chat_id={HEAD_OFFICE}&report_type_id=16&offset={}", COUNT - 3);
    let last = get(&app, &path).await;
    assert_eq!(last, json!({"unit_ids": [COUNT - 2, COUNT - 1], "is_end_of_list_reached": true}));

    let answer = post_routes(&app, &body(COUNT)).await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json["extra"]["unit_ids"].as_array().map(Vec::len), Some(COUNT as usize - 1));
    assert_eq!(get(&app, &path).await, last);
}

async fn a_body_that_is_broken_is_told_all_its_faults(engine: Engine) {
    let app = start(engine);
    let before = everything(&app);
    let (required, not_null) = (json!(["This field is required."]), json!(["This field may not be null."]));
    let integer = json!(["A valid integer is required."]);
    for (body, faults) in [
        (json!({}), json!({"report_type_id": required, "chat_id": required, "unit_ids": required})),
        (
            json!({"report_type_id": null, "chat_id": null, "unit_ids": null}),
            json!({"report_type_id": not_null, "chat_id": not_null, "unit_ids": not_null}),
        ),
        (
            json!({"report_type_id": "x", "chat_id": 1.5, "unit_ids": ["x"], "user_chat_id": {}}),
            json!({"report_type_id": integer, "chat_id": integer, "unit_ids": integer, "user_chat_id": integer}),
        ),
        (
            json!({"report_type_id": 16, "chat_id": ELDOS, "unit_ids": []}),
            json!({"unit_ids": ["This list may not be empty."]}),
        ),
        (
            json!({"report_type_id": 16, "chat_id": ELDOS, "unit_ids": 1}),
            json!({"unit_ids": ["Expected a list of items."]}),
        ),
        (
            json!({"report_type_id": 16, "chat_id": ELDOS, "unit_ids": "1,2"}),
            json!({"unit_ids": ["Expected a list of items."]}),
        ),
        (
            json!({"report_type_id": 16, "chat_id": ELDOS, "unit_ids": [1, null]}),
            json!({"unit_ids": integer}),
        ),
        (
            json!({"report_type_id": 16, "chat_id": ELDOS, "unit_ids": [1, 9_223_372_036_854_775_808_u64]}),
            json!({"unit_ids": integer}),
        ),
        (json!([1]), json!({"non_field_errors": ["Invalid data. Expected a dictionary."]})),
    ] {
        invalid(&post_routes(&app, &body).await, &faults);
    }
    assert_eq!(everything(&app), before);
}
