//! What a chat's role shows, and what becomes of its routes when it gets another.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{
    ELDOS, HEAD_OFFICE, STRANGER, ask, everything, get, give_code, import, make_routes, network, post_routes,
    refused, start, units_of,
};

on_both_engines!(
    the_units_of_a_role_are_shown_with_their_regions,
    a_region_narrows_the_units,
    regions_are_those_in_which_the_role_has_units,
    all_report_types_of_the_role_are_shown,
    a_role_without_anything_shows_nothing,
    an_unknown_chat_is_not_found_and_one_without_a_role_is_denied,
    another_role_takes_the_routes_that_it_does_not_allow,
    the_same_role_again_takes_what_it_allows_no_more,
    a_role_that_is_given_shows_at_once,
    an_unknown_chat_or_code_is_not_found,
    codes_are_compared_exactly,
    a_code_that_is_no_text_of_1_to_64_characters_is_told,
);

fn ids(list: &Value) -> Vec<i64> {
    let entries = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    entries.iter().map(|entry| entry["id"].as_i64().expect("an id")).collect()
}

async fn user(app: &App, chat_id: i64, what: &str) -> Value {
    get(app, &format!("/users/{chat_id}/{what}")).await
}

async fn the_units_of_a_role_are_shown_with_their_regions(engine: Engine) {
    let app = start(engine);
    let units = user(&app, ELDOS, "units/").await;
    assert_eq!(ids(&units["units"]), [1, 2, 4]);
    let last = json!({
        "id": 4, "name": "Казань 1-1", "uuid": "00000000-0000-4000-8000-000000000004", "region_id": 2,
        "office_manager_account_name": null, "dodo_is_api_account_name": null
    });
    assert_eq!(units["units"][2], last);
}

async fn a_region_narrows_the_units(engine: Engine) {
    let app = start(engine);
    for (region_id, wanted) in [(1, vec![1, 2]), (2, vec![4]), (3, vec![]), (4040, vec![]), (-1, vec![])] {
        let units = user(&app, ELDOS, &format!("units/?region_id={region_id}")).await;
        assert_eq!((ids(&units["units"]), &units["is_end_of_list_reached"]), (wanted, &json!(true)));
    }
    // A unit that moves takes its place in the roles with it.
    let mut moved = network();
    moved["units"][1]["region"] = "Тверь 1".into();
    import(&app, &moved).await;
    for (region_id, wanted) in [(1, vec![1]), (3, vec![2])] {
        let units = user(&app, ELDOS, &format!("units/?region_id={region_id}")).await;
        assert_eq!(ids(&units["units"]), wanted);
    }
    assert_eq!(ids(&user(&app, ELDOS, "regions/").await["regions"]), [1, 2, 3]);
}

async fn regions_are_those_in_which_the_role_has_units(engine: Engine) {
    let app = start(engine);
    let regions = user(&app, ELDOS, "regions/").await;
    let wanted = json!([{"id": 1, "name": "Москва 1"}, {"id": 2, "name": "Казань 1"}]);
    assert_eq!(regions, json!({"regions": wanted, "is_end_of_list_reached": true}));
    let mut narrower = network();
    narrower["roles"][0]["unit_ids"] = json!([6]);
    import(&app, &narrower).await;
    assert_eq!(ids(&user(&app, ELDOS, "regions/").await["regions"]), [2]);
    assert_eq!(ids(&user(&app, HEAD_OFFICE, "regions/").await["regions"]), [1, 2]);
}

async fn all_report_types_of_the_role_are_shown(engine: Engine) {
    let app = start(engine);
    let types = user(&app, ELDOS, "report-types/").await;
    assert_eq!(ids(&types["report_types"]), [19, 16, 777], "by falling priority, of any level and state");
    let types = user(&app, HEAD_OFFICE, "report-types/").await;
    assert_eq!(ids(&types["report_types"]), [17, 18, 16, 778, 777]);
}

async fn a_role_without_anything_shows_nothing(engine: Engine) {
    let app = start(engine);
    assert_eq!(give_code(&app, STRANGER, "welcome").await.status, 204);
    for (what, key) in [("units/", "units"), ("regions/", "regions"), ("report-types/", "report_types")] {
        assert_eq!(user(&app, STRANGER, what).await, json!({key: [], "is_end_of_list_reached": true}));
    }
}

async fn an_unknown_chat_is_not_found_and_one_without_a_role_is_denied(engine: Engine) {
    let app = start(engine);
    for what in ["units/", "units/?region_id=1", "regions/", "report-types/"] {
        let answer = ask(&app, Method::GET, &format!("/users/4040/{what}"), None).await;
        refused(&answer, 404, "Chat by chat ID is not found");
        let answer = ask(&app, Method::GET, &format!("/users/{STRANGER}/{what}"), None).await;
        refused(&answer, 403, "User has no any role");
    }
}

async fn another_role_takes_the_routes_that_it_does_not_allow(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[1, 2, 3, 5]).await;
    make_routes(&app, HEAD_OFFICE, 17, &[1, 2]).await;
    make_routes(&app, HEAD_OFFICE, 777, &[4, 6]).await;
    let body = json!({"chat_id": ELDOS, "user_chat_id": HEAD_OFFICE, "report_type_id": 17, "unit_ids": [6]});
    assert_eq!(post_routes(&app, &body).await.status, 201);

    assert_eq!(give_code(&app, HEAD_OFFICE, "manager's code").await.status, 204);
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([1, 2]), "units 3 and 5 are outside the role");
    assert_eq!(units_of(&app, HEAD_OFFICE, 17).await, json!([]), "the report type is outside the role");
    assert_eq!(units_of(&app, HEAD_OFFICE, 777).await, json!([4]));
    assert_eq!(units_of(&app, ELDOS, 17).await, json!([6]), "another chat keeps its routes");
    let chats = get(&app, "/report-routes/telegram-chats/?unit_id=3&report_type_id=16").await;
    assert_eq!(chats["chat_ids"], json!([]));
}

async fn the_same_role_again_takes_what_it_allows_no_more(engine: Engine) {
    let app = start(engine);
    make_routes(&app, ELDOS, 16, &[1, 2]).await;
    let mut narrower = network();
    narrower["roles"][0]["unit_ids"] = json!([1]);
    import(&app, &narrower).await;
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([1, 2]), "an import asks nobody for a code");
    assert_eq!(give_code(&app, ELDOS, "manager's code").await.status, 204);
    assert_eq!(units_of(&app, ELDOS, 16).await, json!([1]));
}

async fn a_role_that_is_given_shows_at_once(engine: Engine) {
    let app = start(engine);
    for (code, units) in
        [("manager's code", vec![1, 2, 4]), ("welcome", vec![]), ("the head's code", vec![1, 2, 3, 4, 5, 6])]
    {
        assert_eq!(give_code(&app, STRANGER, code).await.status, 204, "{code}");
        assert_eq!(ids(&user(&app, STRANGER, "units/").await["units"]), units);
    }
}

async fn an_unknown_chat_or_code_is_not_found(engine: Engine) {
    let app = start(engine);
    let before = everything(&app);
    refused(&give_code(&app, ELDOS, "no code").await, 404, "Role is not found");
    // Whether the code is right is nothing to tell to a chat that is not there.
    for code in ["no code", "manager's code"] {
        refused(&give_code(&app, 4040, code).await, 404, "Chat by chat ID is not found");
    }
    assert_eq!(everything(&app), before);
}

async fn codes_are_compared_exactly(engine: Engine) {
    let mut network = network();
    network["roles"][2]["access_code"] = "я".repeat(64).into();
    let app = App::start(engine);
    app.import("routes", &network).printed();
    for code in
        ["Manager's code", "manager's code ", " manager's code", "manager's", "manager's code!", "%", "_"]
    {
        refused(&give_code(&app, ELDOS, code).await, 404, "Role is not found");
    }
    refused(&give_code(&app, HEAD_OFFICE, &"я".repeat(63)).await, 404, "Role is not found");
    assert_eq!(give_code(&app, HEAD_OFFICE, &"я".repeat(64)).await.status, 204);
}

async fn a_code_that_is_no_text_of_1_to_64_characters_is_told(engine: Engine) {
    let app = start(engine);
    let before = everything(&app);
    for (code, fault) in [
        (json!(""), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(5), "Not a valid string."),
        (json!(["welcome"]), "Not a valid string."),
        (json!("я".repeat(65)), "Ensure this field has no more than 64 characters."),
        (json!("welcome\u{0}"), "Null characters are not allowed."),
    ] {
        for chat_id in [ELDOS, 4040] {
            let path = format!("/users/{chat_id}/access-code/");
            let answer = ask(&app, Method::PATCH, &path, Some(&json!({"access_code": code}))).await;
            super::invalid(&answer, &json!({"access_code": [fault]}));
        }
    }
    let path = format!("/users/{ELDOS}/access-code/");
    let answer = ask(&app, Method::PATCH, &path, Some(&json!({"code": "welcome"}))).await;
    super::invalid(&answer, &json!({"access_code": ["This field is required."]}));
    assert_eq!(everything(&app), before);
}
