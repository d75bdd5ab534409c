//! `partnerapi init-account-roles` and `partnerapi init-report-types`.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::files::exported;

on_both_engines!(
    the_account_roles_are_added_and_told,
    the_report_types_are_added_and_told,
    the_report_types_have_their_names_and_stand_in_their_order,
    what_is_there_already_stays_as_it_is,
    a_report_type_that_is_missing_is_added_in_its_place,
    an_account_role_under_another_name_stays,
    the_names_with_underscores_do_the_same,
    a_new_database_is_brought_up_to_date_first,
);

/// The report types without a parent, by falling priority.
const TOP: [(&str, &str); 10] = [
    ("STATISTICS", "Отчёты по статистике"),
    ("INGREDIENTS_STOP_SALES", "Стопы (тесто, сыр, пицца-соус)"),
    ("STREET_STOP_SALES", "Стопы (Улица)"),
    ("SECTOR_STOP_SALES", "Стопы (Сектор)"),
    ("PIZZERIA_STOP_SALES", "Стопы (Пиццерия)"),
    ("STOPS_AND_RESUMES", "Стопы (Остальные ингредиенты)"),
    ("CANCELED_ORDERS", "Отмены заказов"),
    ("CHEATED_PHONE_NUMBERS", "Мошенничество с номерами"),
    ("WRITE_OFFS", "Списания ингредиентов"),
    ("LATE_DELIVERY_VOUCHERS", "Сертификаты за опоздание"),
];

/// The report types below STATISTICS, by falling priority.
const STATISTICS: [(&str, &str); 11] = [
    ("COOKING_TIME", "Время приготовления (общее)"),
    ("RESTAURANT_COOKING_TIME", "Время приготовления (ресторан)"),
    ("KITCHEN_PERFORMANCE", "Производительность кухни"),
    ("DELIVERY_AWAITING_TIME", "Время на полке / 1в1"),
    ("DELIVERY_SPEED", "Скорость доставки"),
    ("DELIVERY_PERFORMANCE", "Производительность доставки"),
    ("BEING_LATE_CERTIFICATES", "Сертификаты за опоздание"),
    ("DAILY_REVENUE", "Выручка за сегодня"),
    ("AWAITING_ORDERS", "Остывает на полке"),
    ("BONUS_SYSTEM", "Бонусная система"),
    ("PRODUCTIVITY_BALANCE", "Баланс эффективности"),
];

async fn the_account_roles_are_added_and_told(engine: Engine) {
    let app = App::start(engine);
    let told = app.command(&["init-account-roles"]).printed();
    for role in ["3 Shift Manager", "7 Office Manager"] {
        assert!(told.contains(role), "{told}");
    }
    let roles = json!([{"id": 3, "name": "Shift Manager"}, {"id": 7, "name": "Office Manager"}]);
    assert_eq!(exported(&app)["account_roles"], roles);

    let again = app.command(&["init-account-roles"]).printed();
    assert!(!again.contains("Manager") && again.lines().count() == 1, "{again}");
    assert_eq!(exported(&app)["account_roles"], roles);
}

async fn the_report_types_are_added_and_told(engine: Engine) {
    let app = App::start(engine);
    let told = app.command(&["init-report-types"]).printed();
    for (name, verbose_name) in TOP.iter().chain(&STATISTICS) {
        assert!(told.contains(name) && told.contains(verbose_name), "{name} is missing: {told}");
    }
    let before = exported(&app);
    let again = app.command(&["init-report-types"]).printed();
    assert!(!again.contains("STATISTICS") && again.lines().count() == 1, "{again}");
    assert_eq!(exported(&app), before);
}

async fn the_report_types_have_their_names_and_stand_in_their_order(engine: Engine) {
    let app = App::start(engine);
    app.command(&["init-report-types"]).printed();
    assert_eq!(listed(&app, "/report-types/").await, owned(&TOP));
    assert_eq!(listed(&app, "/report-types/statistics/").await, owned(&STATISTICS));
    let exported = exported(&app);
    let types = exported["report_types"].as_array().expect("report types");
    assert!(types.iter().all(|kind| kind["is_active"] == true), "all are active");
    let mut priorities: Vec<_> = TOP
        .iter()
        .chain(&STATISTICS)
        .map(|(name, _)| types.iter().find(|kind| kind["name"] == *name).expect("it is there"))
        .map(|kind| kind["priority"].as_i64().expect("a number"))
        .collect();
    let told = priorities.clone();
    priorities.sort_by(|one, other| other.cmp(one));
    priorities.dedup();
    assert_eq!(told, priorities, "each is below the one before");
}

async fn what_is_there_already_stays_as_it_is(engine: Engine) {
    let app = App::start(engine);
    let own = json!({
        "account_roles": [{"id": 3, "name": "Shift Manager"}],
        "report_types": [
            {"id": 16, "name": "CANCELED_ORDERS", "verbose_name": "Отмены", "parent": null, "priority": 5, "is_active": false},
            {"id": 17, "name": "MINE", "verbose_name": "Моё", "parent": "CANCELED_ORDERS", "priority": -1, "is_active": true},
        ],
    });
    app.import("routes", &own).printed();
    let told = app.command(&["init-report-types"]).printed();
    assert!(told.contains("STATISTICS") && !told.contains("CANCELED_ORDERS"), "{told}");
    let told = app.command(&["init-account-roles"]).printed();
    assert!(told.contains("Office Manager") && !told.contains("Shift Manager"), "{told}");

    let exported = exported(&app);
    for part in ["account_roles", "report_types"] {
        for entry in own[part].as_array().expect("a list") {
            assert!(exported[part].as_array().expect("a list").contains(entry), "{entry} has changed");
        }
    }
}

async fn a_report_type_that_is_missing_is_added_in_its_place(engine: Engine) {
    let app = App::start(engine);
    app.command(&["init-report-types"]).printed();
    let mut types = exported(&app)["report_types"].clone();
    types.as_array_mut().expect("a list").retain(|kind| kind["name"] != "DELIVERY_SPEED");

    let other = App::start(engine);
    other.import("routes", &json!({"report_types": types})).printed();
    let told = other.command(&["init-report-types"]).printed();
    assert!(told.contains("DELIVERY_SPEED") && !told.contains("DAILY_REVENUE"), "{told}");
    assert_eq!(listed(&other, "/report-types/statistics/").await, owned(&STATISTICS));
    assert_eq!(listed(&other, "/report-types/").await, owned(&TOP));
}

async fn an_account_role_under_another_name_stays(engine: Engine) {
    let app = App::start(engine);
    let own = json!([{"id": 3, "name": "Office Manager"}]);
    app.import("routes", &json!({"account_roles": own})).printed();
    app.command(&["init-account-roles"]).printed();
    assert_eq!(exported(&app)["account_roles"], own, "neither its id nor its name is free");
}

async fn the_names_with_underscores_do_the_same(engine: Engine) {
    let (one, other) = (App::start(engine), App::start(engine));
    for command in ["init-account-roles", "init-report-types"] {
        let underscored = command.replace('-', "_");
        let told = one.command(&[command]).printed();
        assert_eq!(other.command(&[&underscored]).printed(), told);
    }
    assert_eq!(exported(&one), exported(&other));
    let help = one.command(&["--help"]).printed();
    assert!(help.contains("init-report-types") && !help.contains("init_report_types"), "{help}");
}

async fn a_new_database_is_brought_up_to_date_first(engine: Engine) {
    let database = testkit::Database::empty(engine);
    let terminal = testkit::Terminal::new().env("PARTNERAPI_DATABASE_URL", database.url());
    assert!(terminal.run(&["init-report-types"]).printed().contains("STATISTICS"));
}

fn owned(types: &[(&str, &str)]) -> Vec<(String, String)> {
    types.iter().map(|(name, verbose_name)| ((*name).to_owned(), (*verbose_name).to_owned())).collect()
}

/// Names and verbose names of a list of report types.
async fn listed(app: &App, path: &str) -> Vec<(String, String)> {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let types = answer.json["report_types"].as_array().expect("a list");
    let text = |kind: &Value, field: &str| kind[field].as_str().expect("a text").to_owned();
    types.iter().map(|kind| (text(kind, "name"), text(kind, "verbose_name"))).collect()
}
