//! Pages of fifteen, the newest first, whatever happens to sales meanwhile.

use serde_json::{Value, json};
use testkit::{App, Engine, Supplier, on_both_engines};

use super::{access, column, purchase};

on_both_engines!(
    a_list_has_fifteen_entries_a_page_at_every_boundary,
    what_is_no_page_is_the_first,
    of_entries_of_one_instant_the_higher_id_stands_first,
    a_status_is_found_across_thousands_of_sales_and_their_changes,
    a_history_that_comes_later_is_put_where_it_belongs,
);

const DAY: &str = "begin=2023-05-05&end=2023-05-05";

/// An instant of the fifth of May 2023, so many seconds after its beginning.
fn at(second: usize) -> String {
    format!("2023-05-05T{:02}:{:02}:{:02}-03:00", second / 3600, second / 60 % 60, second % 60)
}

fn file(accesses: &[Value], purchases: &[Value]) -> Value {
    json!({"suppliers": [{"account": "shop", "ecommerceHash": "h"}], "accesses": accesses, "purchases": purchases})
}

/// All entries of a list, page by page; what the pages say of themselves is checked.
async fn walked(supplier: &Supplier, list: &str, parameters: &str, name: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for number in 1.. {
        let page = supplier.get(&format!("{list}?{parameters}&page={number}")).await.json;
        let entries = column(&page, name);
        assert_eq!((&page["current_page"], &page["has_previous"]), (&json!(number), &json!(number > 1)));
        let pages = page["total_pages"].as_u64().expect("a number");
        all.extend(entries.clone());
        if number == pages {
            assert_eq!(page["has_next"], false);
            assert_eq!(page["total_items"], all.len());
            return all;
        }
        assert_eq!((&page["has_next"], entries.len()), (&json!(true), 15), "{page}");
    }
    unreachable!("a list ends")
}

async fn a_list_has_fifteen_entries_a_page_at_every_boundary(engine: Engine) {
    for (total, pages) in [(0, 1), (1, 1), (14, 1), (15, 1), (16, 2), (30, 2), (31, 3)] {
        let app = App::start(engine);
        let accesses: Vec<Value> =
            (1..=total).map(|id| access("shop", id, &at(id.unsigned_abs() as usize))).collect();
        let purchases: Vec<Value> = (1..=total)
            .map(|id| purchase("shop", &format!("{id:03}"), 1, &at(id.unsigned_abs() as usize)))
            .collect();
        app.import("affiliates", &file(&accesses, &purchases)).printed();
        let supplier = app.supplier("shop");
        let newest_first: Vec<Value> = (1..=total).rev().map(Value::from).collect();
        assert_eq!(walked(&supplier, "accesses", DAY, "id").await, newest_first);
        let newest_first: Vec<Value> = (1..=total).rev().map(|id| format!("{id:03}").into()).collect();
        assert_eq!(walked(&supplier, "purchases", DAY, "id").await, newest_first);
        assert_eq!(walked(&supplier, "purchases", &format!("{DAY}&status=1"), "id").await, newest_first);
        assert!(walked(&supplier, "purchases", &format!("{DAY}&status=2"), "id").await.is_empty());
        assert_eq!(supplier.accesses(DAY).await["total_pages"], pages);
        if total == 0 {
            let empty = json!({"current_page": 1, "total_pages": 1, "has_previous": false, "has_next": false, "total_items": 0, "data": []});
            assert_eq!(supplier.accesses(DAY).await, empty);
            assert_eq!(supplier.purchases(&format!("{DAY}&status=0")).await, empty);
        }
    }
}

async fn what_is_no_page_is_the_first(engine: Engine) {
    let app = App::start(engine);
    let accesses: Vec<Value> =
        (1..=40).map(|id| access("shop", id, &at(id.unsigned_abs() as usize))).collect();
    app.import("affiliates", &file(&accesses, &[])).printed();
    let supplier = app.supplier("shop");
    let first = supplier.accesses(DAY).await;
    assert_eq!((&first["current_page"], &column(&first, "id")[0]), (&json!(1), &json!(40)));
    for page in ["", "0", "-1", "-3", "4", "99999999999999999999", "x", "1.5", "2x", "%2B2"] {
        assert_eq!(supplier.accesses(&format!("{DAY}&page={page}")).await, first, "{page}");
    }
    let last = supplier.accesses(&format!("{DAY}&page=3")).await;
    assert_eq!((&last["current_page"], column(&last, "id").len()), (&json!(3), 10));
}

async fn of_entries_of_one_instant_the_higher_id_stands_first(engine: Engine) {
    let app = App::start(engine);
    // In no order, and some at the same time.
    let order = [5, 3, 9, 1, 7, 2, 8, 4, 6];
    let second = |id: i64| if id <= 5 { 10 } else { 20 };
    let accesses: Vec<Value> = order.iter().map(|id| access("shop", *id, &at(second(*id)))).collect();
    let purchases: Vec<Value> =
        order.iter().map(|id| purchase("shop", &id.to_string(), id % 2, &at(second(*id)))).collect();
    app.import("affiliates", &file(&accesses, &purchases)).printed();
    let supplier = app.supplier("shop");
    assert_eq!(column(&supplier.accesses(DAY).await, "id"), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(column(&supplier.purchases(DAY).await, "id"), ["9", "8", "7", "6", "5", "4", "3", "2", "1"]);
    assert_eq!(
        column(&supplier.purchases(&format!("{DAY}&status=1")).await, "id"),
        ["9", "7", "5", "3", "1"]
    );
}

async fn a_status_is_found_across_thousands_of_sales_and_their_changes(engine: Engine) {
    // More than a block of blocks of places: 128 × 128.
    const SALES: usize = 17_000;
    let app = App::start(engine);
    let mut statuses: Vec<i64> = (0..SALES).map(|number| i64::from(number % 1_000 == 7)).collect();
    let purchases: Vec<Value> = (0..)
        .zip(&statuses)
        .map(|(number, status)| purchase("shop", &format!("{number:05}"), *status, &at(number)))
        .collect();
    app.import("affiliates", &file(&[], &purchases)).printed();
    let supplier = app.supplier("shop");
    holds(&supplier, &statuses).await;
    // Every third of some thousands is rejected, and a few go back.
    let rejected: Vec<usize> = (3_000..13_000).filter(|number| number % 3 == 0).collect();
    let updates: Vec<Value> =
        rejected.iter().map(|number| json!({"id": format!("{number:05}"), "status": 2})).collect();
    assert_eq!(supplier.put(&json!(updates)).await.status, 200);
    rejected.iter().for_each(|number| statuses[*number] = 2);
    holds(&supplier, &statuses).await;
    for number in [3_000, 9_000, 12_999] {
        assert_eq!(supplier.put(&json!({"id": format!("{number:05}"), "status": 1})).await.status, 200);
        statuses[number] = 1;
    }
    holds(&supplier, &statuses).await;
}

/// Some pages and all counts are what a plain list of statuses says, for the whole day and for its third hour.
async fn holds(supplier: &Supplier, statuses: &[i64]) {
    for status in 0..3 {
        let all: Vec<String> = (0..statuses.len())
            .rev()
            .filter(|number| statuses[*number] == status)
            .map(|number| format!("{number:05}"))
            .collect();
        let parameters = format!("{DAY}&status={status}");
        let (_, count) = supplier.counts(&parameters).await;
        assert_eq!(count, i64::try_from(all.len()).expect("a count"), "status {status}");
        let pages = all.len().div_ceil(15).max(1);
        for page in [1, 2, pages / 3, pages / 2, pages.saturating_sub(1), pages] {
            let page = page.clamp(1, pages);
            let found = supplier.purchases(&format!("{parameters}&page={page}")).await;
            let expected: Vec<&str> = all.iter().skip((page - 1) * 15).take(15).map(String::as_str).collect();
            assert_eq!(column(&found, "id"), expected, "status {status}, page {page}");
            assert!(column(&found, "status").iter().all(|it| *it == status));
        }
    }
}

async fn a_history_that_comes_later_is_put_where_it_belongs(engine: Engine) {
    let app = App::start(engine);
    let import = |numbers: &[usize]| {
        let accesses: Vec<Value> = numbers
            .iter()
            .map(|number| access("shop", i64::try_from(*number).expect("an id") + 1, &at(*number)))
            .collect();
        let purchases: Vec<Value> = numbers
            .iter()
            .map(|number| purchase("shop", &format!("{number:05}"), i64::from(number % 5 == 0), &at(*number)))
            .collect();
        app.import("affiliates", &file(&accesses, &purchases)).printed()
    };
    let (even, odd): (Vec<usize>, Vec<usize>) = (0..600).partition(|number| number % 2 == 0);
    import(&even);
    assert_eq!(import(&odd), "600 inserted, 0 updated, 0 removed, 1 unchanged\n");
    let supplier = app.supplier("shop");
    let newest_first: Vec<Value> = (1..=600).rev().map(Value::from).collect();
    assert_eq!(walked(&supplier, "accesses", DAY, "id").await, newest_first);
    let statuses: Vec<i64> = (0..600).map(|number| i64::from(number % 5 == 0)).collect();
    holds(&supplier, &statuses).await;
    // What is sent in now comes after all of it.
    assert_eq!(supplier.post(&super::sale("new")).await.status, 200);
    assert_eq!(column(&supplier.purchases(super::EVER).await, "id")[0], "new");
    holds(&supplier, &statuses).await;
}
