//! Units, regions and report types.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{ask, get, network, refused, start};

on_both_engines!(
    a_unit_may_lack_accounts,
    a_unit_is_found_by_its_exact_name_however_it_is_encoded,
    a_unit_of_an_unknown_name_is_not_found,
    report_types_are_active_and_have_no_parent,
    a_parent_gives_its_active_children,
    statistics_are_the_children_of_statistics,
    a_report_type_is_found_by_its_exact_name,
    a_report_type_that_is_not_active_or_not_there_is_not_found,
);

async fn a_unit_may_lack_accounts(engine: Engine) {
    let app = start(engine);
    let unit = json!({
        "id": 2, "name": "Москва 1-2", "uuid": "00000000-0000-4000-8000-000000000002",
        "office_manager_account_name": null, "dodo_is_api_account_name": null, "region": "Москва 1"
    });
    assert_eq!(get(&app, "/units/?limit=1&offset=1").await["units"], json!([unit]));
    assert_eq!(get(&app, "/units/name/Москва 1-2/").await, unit);
}

async fn a_unit_is_found_by_its_exact_name_however_it_is_encoded(engine: Engine) {
    let names = ["Москва 1-1", "50% / half?#&+", "O'Neil \"1\"", "name", "...", "%2F", "  x  ", "🍕"];
    let mut network = network();
    network["units"] = names
        .iter()
        .zip(1..)
        .map(|(name, id)| super::unit(id, name, "Москва 1"))
        .collect::<Vec<Value>>()
        .into();
    for part in ["roles", "chats"] {
        network[part] = json!([]);
    }
    let app = App::start(engine);
    app.import("routes", &network).printed();
    for (name, id) in names.iter().zip(1..) {
        let every_byte: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in [format!("/units/name/{every_byte}/"), format!("/api/units/name/{every_byte}")] {
            let unit = get(&app, &path).await;
            assert_eq!((&unit["name"], &unit["id"]), (&json!(name), &json!(id)), "{path}");
        }
    }
    let as_a_browser_sends_it = "/units/name/%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0%201-1/";
    assert_eq!(get(&app, as_a_browser_sends_it).await["id"], 1);
}

async fn a_unit_of_an_unknown_name_is_not_found(engine: Engine) {
    let app = start(engine);
    for name in ["Москва", "москва 1-1", "Москва 1-1 ", "Москва%", "%00", "Москва%201-1%00", "1"]
    {
        let answer = ask(&app, Method::GET, &format!("/units/name/{name}/"), None).await;
        refused(&answer, 404, "Unit by name is not found");
    }
}

fn names(types: &Value) -> Vec<&str> {
    let types = types["report_types"].as_array().expect("report types");
    types.iter().map(|kind| kind["name"].as_str().expect("a name")).collect()
}

async fn report_types_are_active_and_have_no_parent(engine: Engine) {
    let app = start(engine);
    let types = get(&app, "/report-types/").await;
    assert_eq!(
        names(&types),
        ["WRITE_OFFS", "STATISTICS", "CANCELED_ORDERS"],
        "by falling priority, then by id"
    );
    let first = json!({"id": 17, "name": "WRITE_OFFS", "verbose_name": "Списания ингредиентов"});
    assert_eq!(types["report_types"][0], first);
}

async fn a_parent_gives_its_active_children(engine: Engine) {
    let app = start(engine);
    let below = async |id: &str| get(&app, &format!("/report-types/?parent_id={id}")).await;
    assert_eq!(names(&below("18").await), ["DAILY_REVENUE", "BONUS_SYSTEM"]);
    for childless in ["16", "777", "4040", "-1"] {
        let types = below(childless).await;
        assert_eq!(types, json!({"report_types": [], "is_end_of_list_reached": true}), "{childless}");
    }
}

async fn statistics_are_the_children_of_statistics(engine: Engine) {
    let app = start(engine);
    let statistics = get(&app, "/report-types/statistics/").await;
    assert_eq!(names(&statistics), ["DAILY_REVENUE", "BONUS_SYSTEM"]);
    let empty = App::start(engine);
    let statistics = get(&empty, "/report-types/statistics/").await;
    assert_eq!(statistics, json!({"report_types": [], "is_end_of_list_reached": true}));
}

async fn a_report_type_is_found_by_its_exact_name(engine: Engine) {
    let app = start(engine);
    let kind = get(&app, "/report-types/names/BONUS_SYSTEM/").await;
    assert_eq!(kind, json!({"id": 777, "name": "BONUS_SYSTEM", "verbose_name": "Бонусная система"}));
    assert_eq!(get(&app, "/report-types/names/STATISTICS/").await["id"], 18);
}

async fn a_report_type_that_is_not_active_or_not_there_is_not_found(engine: Engine) {
    let app = start(engine);
    for name in ["RETIRED", "OLD_REVENUE", "bonus_system", "BONUS", "%00", "16"] {
        let answer = ask(&app, Method::GET, &format!("/report-types/names/{name}/"), None).await;
        refused(&answer, 404, "Report type is not found");
    }
}
