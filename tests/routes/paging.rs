//! Every list, at every boundary of a page.

use std::cmp::Reverse;

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{get, import};

on_both_engines!(
    the_end_is_told_exactly_with_few_rows_more_or_less_than_the_limit,
    a_page_has_a_hundred_rows_where_nothing_is_said,
    a_page_has_a_thousand_rows_at_most,
    a_unit_that_comes_later_stands_where_its_id_belongs,
);

/// The chat whose role has everything.
const READER: i64 = 1;
/// The report type of the routes to the reader.
const TO_READER: i64 = 9_001;
/// The report type of the routes about the first unit.
const ABOUT_FIRST: i64 = 9_002;

/// `count` of everything that is listed.
fn network(count: i64) -> Value {
    let all = || 1..=count;
    let mut types = vec![
        json!({"id": 9_000, "name": "STATISTICS", "verbose_name": "Statistics", "is_active": false}),
        json!({"id": TO_READER, "name": "TO_READER", "verbose_name": "To the reader", "is_active": false}),
        json!({"id": ABOUT_FIRST, "name": "ABOUT_FIRST", "verbose_name": "About the first", "is_active": false}),
    ];
    for id in all() {
        types.push(json!({"id": id, "name": top(id), "verbose_name": "Top", "priority": id % 2}));
        types.push(json!({"id": 10_000 + id, "name": format!("BELOW_{id}"), "verbose_name": "Below",
                          "parent": "STATISTICS", "priority": id % 2}));
    }
    let mut chats = vec![chat(READER, Some("All"))];
    chats.extend(all().map(|id| chat(-id, None)));
    let to_reader = all().map(|id| json!({"report_type": "TO_READER", "unit_id": id, "chat_id": READER}));
    let about_first = all().map(|id| json!({"report_type": "ABOUT_FIRST", "unit_id": 1, "chat_id": -id}));
    json!({
        "regions": all().map(|id| json!({"id": id, "name": region(id)})).collect::<Vec<_>>(),
        "units": all().map(|id| unit(id, &region(id))).collect::<Vec<_>>(),
        "report_types": types,
        "roles": [{"name": "All", "access_code": "all", "report_types": all().map(top).collect::<Vec<_>>(),
                   "unit_ids": all().collect::<Vec<_>>()}],
        "chats": chats,
        "routes": to_reader.chain(about_first).collect::<Vec<_>>(),
    })
}

fn unit(id: i64, region: &str) -> Value {
    let uuid = format!("00000000-0000-4000-8000-{id:012}");
    json!({"id": id, "name": format!("Unit {id}"), "uuid": uuid, "region": region})
}

fn region(id: i64) -> String {
    format!("Region {id}")
}

fn top(id: i64) -> String {
    format!("TOP_{id}")
}

fn chat(chat_id: i64, role: Option<&str>) -> Value {
    json!({"chat_id": chat_id, "type": "GROUP", "title": "A chat", "username": null, "role": role})
}

/// A list: its path, the field that holds it, the field of an entry that names it, and all entries in their order.
type List = (String, &'static str, Option<&'static str>, Vec<i64>);

/// All lists that there are, as they must be with `count` of everything.
fn lists(count: i64) -> Vec<List> {
    let ids = || (1..=count).collect::<Vec<_>>();
    let by_priority = |offset: i64| {
        let mut ids = ids();
        ids.sort_by_key(|id| (Reverse(id % 2), *id));
        ids.into_iter().map(|id| offset + id).collect::<Vec<_>>()
    };
    let chats = [READER].into_iter().chain((1..=count).map(|id| -id)).collect();
    let reader = format!("/users/{READER}");
    vec![
        ("/units/?".into(), "units", Some("id"), ids()),
        ("/units/regions/?".into(), "regions", Some("id"), ids()),
        ("/telegram-chats/?".into(), "telegram_chats", Some("chat_id"), chats),
        ("/report-types/?".into(), "report_types", Some("id"), by_priority(0)),
        ("/report-types/?parent_id=9000".into(), "report_types", Some("id"), by_priority(10_000)),
        ("/report-types/statistics/?".into(), "report_types", Some("id"), by_priority(10_000)),
        (
            format!("/report-routes/units/?chat_id={READER}&report_type_id={TO_READER}"),
            "unit_ids",
            None,
            ids(),
        ),
        (
            format!("/report-routes/telegram-chats/?unit_id=1&report_type_id={ABOUT_FIRST}"),
            "chat_ids",
            None,
            (-count..=-1).collect(),
        ),
        (format!("{reader}/regions/?"), "regions", Some("id"), ids()),
        (format!("{reader}/units/?"), "units", Some("id"), ids()),
        (
            format!("{reader}/units/?region_id=1"),
            "units",
            Some("id"),
            ids().into_iter().filter(|id| *id == 1).collect(),
        ),
        (format!("{reader}/report-types/?"), "report_types", Some("id"), by_priority(0)),
    ]
}

/// Asks for a part of a list and compares it with what must be there.
async fn check(app: &App, list: &List, limit: Option<usize>, offset: Option<usize>) {
    let (path, key, id, all) = list;
    let said =
        |name: &str, value: Option<usize>| value.map_or(String::new(), |value| format!("&{name}={value}"));
    let path = format!("{path}{}{}", said("limit", limit), said("offset", offset));
    let page = get(app, &path).await;
    assert_eq!(page.as_object().map(|page| page.len()), Some(2), "{path}: {page}");
    let entries = page[*key].as_array().unwrap_or_else(|| panic!("{path}: no {key} in {page}"));
    let named = entries.iter().map(|entry| id.map_or(entry, |id| &entry[id]).as_i64().expect("a number"));
    let (limit, offset) = (limit.unwrap_or(100), offset.unwrap_or(0));
    let wanted: Vec<i64> = all.iter().copied().skip(offset).take(limit).collect();
    assert_eq!(named.collect::<Vec<_>>(), wanted, "{path}");
    assert_eq!(page["is_end_of_list_reached"], offset + limit >= all.len(), "{path} of {}", all.len());
}

async fn the_end_is_told_exactly_with_few_rows_more_or_less_than_the_limit(engine: Engine) {
    const LIMIT: usize = 3;
    let app = App::start(engine);
    for list in lists(0).iter().filter(|(path, ..)| !path.starts_with("/users") && !path.contains("chats/?"))
    {
        check(&app, list, None, None).await;
    }
    let no_chats = ("/telegram-chats/?".to_owned(), "telegram_chats", Some("chat_id"), vec![]);
    check(&app, &no_chats, Some(LIMIT), None).await;
    for count in 0..=4 {
        import(&app, &network(count)).await;
        for list in lists(count) {
            check(&app, &list, Some(LIMIT), None).await;
            for offset in 0..=5 {
                for limit in 1..=5 {
                    check(&app, &list, Some(limit), Some(offset)).await;
                }
            }
        }
    }
}

async fn a_page_has_a_hundred_rows_where_nothing_is_said(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &network(101)).printed();
    for list in lists(101) {
        for offset in [0, 1, 2, 100, 101, 102] {
            check(&app, &list, None, Some(offset)).await;
        }
        for limit in [99, 100, 101, 102] {
            check(&app, &list, Some(limit), None).await;
        }
    }
}

async fn a_page_has_a_thousand_rows_at_most(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &network(1001)).printed();
    for list in lists(1001) {
        check(&app, &list, Some(999), Some(1)).await;
        for offset in 0..=2 {
            check(&app, &list, Some(1000), Some(offset)).await;
        }
    }
}

async fn a_unit_that_comes_later_stands_where_its_id_belongs(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &network(5)).printed();
    for more in [vec![9, 7], vec![6]] {
        let units: Vec<_> = more.into_iter().map(|id| unit(id, &region(1))).collect();
        app.import("routes", &json!({"units": units})).printed();
    }
    let all = vec![1, 2, 3, 4, 5, 6, 7, 9];
    let units: List = ("/units/?".into(), "units", Some("id"), all);
    for offset in 0..=9 {
        check(&app, &units, Some(2), Some(offset)).await;
    }
}
