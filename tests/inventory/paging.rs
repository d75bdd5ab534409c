//! Pages: their sizes, their links, and what happens between two of them.

use serde_json::{Value, json};
use testkit::{App, Engine, Inventory, on_both_engines};

use super::{start, stock, with};

on_both_engines!(
    page_sizes_are_kept_to_what_they_may_be,
    pages_have_numbers_from_one_to_the_last,
    links_keep_every_other_parameter,
    every_page_is_reached_by_its_links_both_ways,
    a_walk_meets_every_object_once_although_others_are_stored,
    a_cursor_that_fits_nothing_changes_nothing,
);

/// An uploader with so many objects of stock.
async fn filled(engine: Engine, objects: usize) -> (App, Inventory) {
    let (app, client) = start(engine).await;
    let list: Vec<Value> = (0..objects).map(day_after).collect();
    assert_eq!(client.store(&list.into()).await.json["inserted"], objects);
    (app, client)
}

/// Stock whose quantity is its place.
fn day_after(place: usize) -> Value {
    let date = format!("{}-{:02}-{:02}", 2016 + place / 336, place / 28 % 12 + 1, place % 28 + 1);
    with(&stock("6343", &place.to_string()), &json!({"date": date}))
}

fn quantities(page: &Value) -> Vec<usize> {
    let results = page["results"].as_array().expect("results");
    let quantity = |object: &Value| object["qty"].as_str()?.strip_suffix(".0000")?.parse().ok();
    results.iter().map(|object| quantity(object).expect("a whole number")).collect()
}

async fn page_sizes_are_kept_to_what_they_may_be(engine: Engine) {
    let (_app, client) = filled(engine, 150).await;
    for (query, shown) in [
        ("", 100),
        ("page_size=150", 150),
        ("page_size=1", 1),
        ("page_size=10000", 150),
        ("page_size=99999999999999999999", 150),
        ("page_size=0", 100),
        ("page_size=-1", 100),
        ("page_size=x", 100),
        ("page_size=", 100),
        ("page_size=5&page_size=7", 7),
    ] {
        let page = client.get(&format!("product-inventory/?{query}")).await.json;
        assert_eq!((&page["count"], quantities(&page).len()), (&json!(150), shown), "{query}");
    }
}

async fn pages_have_numbers_from_one_to_the_last(engine: Engine) {
    let (_app, client) = filled(engine, 30).await;
    for (page, first, shown) in [("1", 0, 10), ("2", 10, 10), ("3", 20, 10), ("03", 20, 10)] {
        let page = client.get(&format!("product-inventory/?page_size=10&page={page}")).await.json;
        assert_eq!(quantities(&page), (first..first + shown).collect::<Vec<_>>());
        assert_eq!(page["next"].is_null(), first == 20);
    }
    for page in ["4", "0", "-1", "x", "", "1.0", "last", "99999999999999999999"] {
        let answer = client.get(&format!("product-inventory/?page_size=10&page={page}")).await;
        assert_eq!((answer.status.as_u16(), answer.json), (404, json!({"detail": "Not found"})), "{page}");
    }
    let single = client.get("product-inventory/?page_size=30&page=1").await.json;
    assert_eq!((&single["next"], &single["previous"]), (&Value::Null, &Value::Null));
}

async fn links_keep_every_other_parameter(engine: Engine) {
    let (app, client) = filled(engine, 30).await;
    let base = format!("{}/api/v1/product-inventory", app.server.url);
    let kept = "page_size=5&shop_id=3&x=%D1%96%26&x=+&empty=&flag";
    let page = client.get(&format!("product-inventory/?page=2&{kept}&page=3")).await.json;
    let next = page["next"].as_str().expect("a link");
    assert!(next.starts_with(&format!("{base}/?page=4&cursor=")), "{next}");
    assert!(next.ends_with(&format!("&{kept}")), "{next}");
    assert_eq!(page["previous"], format!("{base}/?page=2&{kept}"));
    assert_eq!(quantities(&client.get(next).await.json), [15, 16, 17, 18, 19]);
    for (asked, linked) in [(".json", ".json"), ("/.json/", "/.json"), ("", "/"), ("/", "/")] {
        let page = client.get(&format!("product-inventory{asked}?page_size=29")).await.json;
        assert_eq!(page["next"], format!("{base}{linked}?page=2&page_size=29"), "{asked}");
    }
}

async fn every_page_is_reached_by_its_links_both_ways(engine: Engine) {
    let (_app, client) = filled(engine, 30).await;
    for query in ["", "shop_id=3", "ordering=date", "ordering=-qty", "search=product", "date_to=2016-01-28"] {
        let mut pages = vec![client.get(&format!("product-inventory/?page_size=7&{query}")).await.json];
        while let Some(next) = pages.last().and_then(|page| page["next"].as_str().map(str::to_owned)) {
            pages.push(client.get(&next).await.json);
        }
        assert_eq!(
            pages.iter().map(|page| quantities(page).len()).sum::<usize>(),
            pages[0]["count"],
            "{query}"
        );
        for back in pages.windows(2) {
            let previous = back[1]["previous"].as_str().expect("a link");
            assert_eq!(client.get(previous).await.json["results"], back[0]["results"], "{query}");
        }
    }
}

async fn a_walk_meets_every_object_once_although_others_are_stored(engine: Engine) {
    let (_app, client) = filled(engine, 30).await;
    for (query, place) in [("", 100), ("shop_id=3", 101), ("ordering=date", 102), ("ordering=qty", 103)] {
        let first = client.get(&format!("product-inventory/?page_size=10&{query}")).await.json;
        // What is stored meanwhile stands behind, and what is stored again keeps its place.
        client.store(&json!([day_after(place), day_after(3)])).await;
        let rest = client.walk(first["next"].as_str().expect("a link")).await;
        let mut met = quantities(&first);
        met.extend(quantities(&json!({"results": rest})));
        let (expected, count) = ((0..30).collect::<Vec<_>>(), met.len());
        met.sort_unstable();
        met.dedup();
        assert_eq!(met.len(), count, "{query}: none twice");
        assert!(expected.iter().all(|place| met.contains(place)), "{query}: {met:?}");
    }
}

async fn a_cursor_that_fits_nothing_changes_nothing(engine: Engine) {
    let (_app, client) = filled(engine, 30).await;
    let page = |query: String| {
        let client = client.clone();
        async move { quantities(&client.get(&format!("product-inventory/?page_size=5&{query}")).await.json) }
    };
    let first = client.get("product-inventory/?page_size=5&ordering=-qty").await.json;
    let next = first["next"].as_str().expect("a link");
    let cursor = next.split("cursor=").nth(1).and_then(|rest| rest.split('&').next()).expect("a cursor");
    assert_eq!(page(format!("ordering=-qty&page=2&cursor={cursor}")).await, [24, 23, 22, 21, 20]);
    assert_eq!(
        page(format!("ordering=-qty&page=3&cursor={cursor}")).await,
        [19, 18, 17, 16, 15],
        "another page"
    );
    assert_eq!(page(format!("ordering=qty&page=2&cursor={cursor}")).await, [5, 6, 7, 8, 9], "another order");
    assert_eq!(page(format!("page=2&cursor={cursor}")).await, [5, 6, 7, 8, 9], "another listing");
    for cursor in ["x", "%00", "WzJd", "%ED%B0%80", &"A".repeat(5_000)] {
        let answer =
            client.get(&format!("product-inventory/?page_size=5&ordering=-qty&page=2&cursor={cursor}")).await;
        if answer.status != 400 {
            assert_eq!(quantities(&answer.json), [24, 23, 22, 21, 20], "{cursor}");
        }
    }
}
