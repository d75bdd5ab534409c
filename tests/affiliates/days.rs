//! Days are those of the supplier's calendar.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{access, column, purchase};

on_both_engines!(
    a_day_ends_with_its_last_microsecond_east_and_west_of_greenwich,
    a_day_at_a_change_of_the_clocks_is_the_whole_local_day,
    several_days_are_counted_with_both_ends,
    what_is_no_range_of_days_is_refused,
    a_sale_tells_its_instant_in_the_supplier_s_zone,
);

/// A server with one supplier, whose history has an access and a sale at each of these instants.
fn with_history(engine: Engine, zone: &str, instants: &[&str]) -> App {
    let app = App::start(engine);
    let numbered = || (1..).zip(instants);
    let accesses: Vec<Value> = numbered().map(|(id, at)| access("shop", id, at)).collect();
    let purchases: Vec<Value> =
        numbered().map(|(id, at)| purchase("shop", &id.to_string(), id % 3, at)).collect();
    app.import(
        "affiliates",
        &json!({
            "suppliers": [{"account": "shop", "ecommerceHash": "h", "timezone": zone}],
            "accesses": accesses, "purchases": purchases
        }),
    )
    .printed();
    app
}

/// The ids of the accesses of a day, the newest first; those of its sales are the same.
async fn of_days(app: &App, begin: &str, end: &str) -> Vec<i64> {
    let supplier = app.supplier("shop");
    let days = format!("begin={begin}&end={end}");
    let ids: Vec<i64> = column(&supplier.accesses(&days).await, "id")
        .iter()
        .map(|id| id.as_i64().expect("a number"))
        .collect();
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(column(&supplier.purchases(&days).await, "id"), texts);
    let count = i64::try_from(ids.len()).expect("a count");
    assert_eq!(supplier.counts(&days).await, (count, count));
    ids
}

async fn a_day_ends_with_its_last_microsecond_east_and_west_of_greenwich(engine: Engine) {
    // 2022-10-04 in São Paulo, three hours behind Greenwich, and in Kathmandu, a quarter to six hours before it.
    for (zone, instants) in [
        (
            "America/Sao_Paulo",
            [
                "2022-10-04T02:59:59.999999Z",
                "2022-10-04T03:00:00Z",
                "2022-10-05T02:59:59.999999Z",
                "2022-10-05T03:00:00Z",
            ],
        ),
        (
            "Asia/Kathmandu",
            [
                "2022-10-03T18:14:59.999999Z",
                "2022-10-03T18:15:00Z",
                "2022-10-04T18:14:59.999999Z",
                "2022-10-04T18:15:00Z",
            ],
        ),
    ] {
        let app = with_history(engine, zone, &instants);
        assert_eq!(of_days(&app, "2022-10-03", "2022-10-03").await, [1], "{zone}");
        assert_eq!(of_days(&app, "2022-10-04", "2022-10-04").await, [3, 2], "{zone}");
        assert_eq!(of_days(&app, "2022-10-05", "2022-10-05").await, [4], "{zone}");
    }
}

async fn a_day_at_a_change_of_the_clocks_is_the_whole_local_day(engine: Engine) {
    // In New York clocks went back on 2024-11-03, so that 01:30 was twice.
    let app = with_history(
        engine,
        "America/New_York",
        &[
            "2024-11-03T03:59:59Z",
            "2024-11-03T04:00:00Z",
            "2024-11-03T05:30:00Z",
            "2024-11-03T06:30:00Z",
            "2024-11-04T04:59:59.999999Z",
            "2024-11-04T05:00:00Z",
        ],
    );
    assert_eq!(of_days(&app, "2024-11-03", "2024-11-03").await, [5, 4, 3, 2]);
    // And forward on 2024-03-10, which had 23 hours.
    let app = with_history(
        engine,
        "America/New_York",
        &[
            "2024-03-10T04:59:59Z",
            "2024-03-10T05:00:00Z",
            "2024-03-11T03:59:59.999999Z",
            "2024-03-11T04:00:00Z",
        ],
    );
    assert_eq!(of_days(&app, "2024-03-10", "2024-03-10").await, [3, 2]);
    // In São Paulo they went forward at midnight: 2018-11-04 began at one o'clock.
    let app = with_history(
        engine,
        "America/Sao_Paulo",
        &[
            "2018-11-04T02:59:59.999999Z",
            "2018-11-04T03:00:00Z",
            "2018-11-05T01:59:59.999999Z",
            "2018-11-05T02:00:00Z",
        ],
    );
    assert_eq!(of_days(&app, "2018-11-03", "2018-11-03").await, [1]);
    assert_eq!(of_days(&app, "2018-11-04", "2018-11-04").await, [3, 2]);
}

async fn several_days_are_counted_with_both_ends(engine: Engine) {
    let days: Vec<String> = (1..=9).map(|day| format!("2023-05-0{day}T12:00:00Z")).collect();
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    let app = with_history(engine, "America/Sao_Paulo", &days);
    assert_eq!(of_days(&app, "2023-05-03", "2023-05-06").await, [6, 5, 4, 3]);
    assert_eq!(of_days(&app, "2023-05-08", "2023-06-30").await, [9, 8]);
    assert_eq!(of_days(&app, "2023-04-01", "2023-05-01").await, [1]);
    assert!(of_days(&app, "2023-05-10", "2023-05-12").await.is_empty());
    assert!(of_days(&app, "2023-04-01", "2023-04-30").await.is_empty());
    let supplier = app.supplier("shop");
    let approved = supplier.purchases("begin=2023-05-03&end=2023-05-07&status=1").await;
    assert_eq!(column(&approved, "id"), ["7", "4"]);
}

async fn what_is_no_range_of_days_is_refused(engine: Engine) {
    let app = with_history(engine, "America/Sao_Paulo", &[]);
    let supplier = app.supplier("shop");
    for path in ["accesses", "accesses/count", "purchases", "purchases/count"] {
        for (query, names) in [
            ("", "begin: é obrigatório, no formato AAAA-MM-DD"),
            ("end=2022-10-04", "begin: é obrigatório, no formato AAAA-MM-DD"),
            ("begin=&end=2022-10-04", "begin: é obrigatório, no formato AAAA-MM-DD"),
            ("begin=2022-10-04", "end: é obrigatório, no formato AAAA-MM-DD"),
            ("begin=2022-10-04&end=04/10/2022", "end: deve ser um dia no formato AAAA-MM-DD"),
            ("begin=2022-02-30&end=2022-10-04", "begin: deve ser um dia no formato AAAA-MM-DD"),
            ("begin=2022-10-05&end=2022-10-04", "begin: não pode ser depois de end"),
        ] {
            let answer = supplier.get(&format!("{path}?{query}")).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json),
                (400, &json!({"err": names})),
                "{path}?{query}"
            );
        }
    }
    for path in ["purchases", "purchases/count"] {
        for status in ["3", "-1", "x", "1.0"] {
            let answer =
                supplier.get(&format!("{path}?begin=2022-10-04&end=2022-10-04&status={status}")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json),
                (400, json!({"err": "status: deve ser 0, 1 ou 2"}))
            );
        }
        assert_eq!(
            supplier.get(&format!("{path}?begin=2022-10-04&end=2022-10-04&status=")).await.status,
            200
        );
    }
}

async fn a_sale_tells_its_instant_in_the_supplier_s_zone(engine: Engine) {
    let app = with_history(engine, "America/New_York", &["2024-11-03T05:30:00.5Z", "2024-11-03T06:30:00Z"]);
    let page = app.supplier("shop").purchases("begin=2024-11-03&end=2024-11-03").await;
    assert_eq!(
        column(&page, "created_at"),
        ["2024-11-03T01:30:00.000000-05:00", "2024-11-03T01:30:00.500000-04:00"]
    );
}
