//! Random histories held against a model so plain that it is seen to be right: a list of sales, sorted.

use std::sync::Arc;

use kernel::clock::Micros;
use kernel::db::Db;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use testkit::{Database, Engine, on_both_engines};

use super::history::Intake;
use super::{purchases, reference, supplier};
use crate::rules::{Amount, Days, Page, Status};
use crate::transfer::document::SupplierDoc;
use crate::wire::{self, Purchase, Update};

const ACCOUNT: &str = "shop";
/// An hour, so that steps lie on several days.
const HOUR: Micros = 3_600_000_000;
/// 2023-05-05T00:00:00Z.
const BEGIN: Micros = 1_683_244_800_000_000;

#[derive(Clone, Debug)]
enum Step {
    /// Sales are sent in or brought by a file, so many hours after the beginning: a clock may be behind, and two
    /// requests may come at the same instant.
    Add { hour: i64, statuses: Vec<u8>, by_file: bool },
    /// The status of some of the sales that are there changes.
    Change { every: usize, status: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => ((0..16_i64).prop_map(|sixth| sixth * 6), prop::collection::vec(0..3_u8, 1..12), any::<bool>())
            .prop_map(|(hour, statuses, by_file)| Step::Add { hour, statuses, by_file }),
        1 => (1..5_usize, 0..3_u8).prop_map(|(every, status)| Step::Change { every, status }),
    ];
    prop::collection::vec(step, 1..12)
}

/// A sale of the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sold {
    at: Micros,
    id: String,
    status: Status,
}

async fn prepare(db: &Db, number: usize) -> String {
    let account = format!("{ACCOUNT}-{number}");
    let document: SupplierDoc =
        serde_json::from_value(json!({"account": account, "ecommerceHash": account, "timezone": "UTC"}))
            .unwrap();
    db.write(move |tx| reference::store(tx, std::slice::from_ref(&document), &[]).map(drop)).await.unwrap();
    account
}

fn status(code: u8) -> Status {
    Status::of_code(code.into()).unwrap()
}

async fn take(db: &Db, account: &str, step: &Step, model: &mut Vec<Sold>) {
    match step {
        Step::Add { hour, statuses, by_file } => {
            let by_file = *by_file;
            let (now, first) = (BEGIN + hour * HOUR, model.len());
            let sales: Vec<_> = (first..)
                .zip(statuses)
                .map(|(number, status)| {
                    json!({"id": format!("{:03}", number * 607 % 1_000), "pcrid": 1, "purchase_date": "2023-05-05", "status": status,
                           "price": 1, "payment_commission_date": "2023-05-05", "commission_base": 1})
                })
                .collect();
            for (sale, code) in std::iter::zip(&sales, statuses) {
                let id = sale["id"].as_str().unwrap().to_owned();
                model.push(Sold { at: now, id, status: status(*code) });
            }
            model.sort();
            let body = json!(sales).to_string();
            let account = account.to_owned();
            db.write(move |tx| {
                let (supplier, sales) = (supplier(tx, &account)?, wire::sales(body.as_bytes())?);
                if !by_file {
                    return purchases::add(tx, &supplier, now, &sales);
                }
                let supplier = Arc::new(supplier);
                let purchases: Vec<_> = sales
                    .into_iter()
                    .map(|sale| {
                        let (status, commission_value) = (sale.status, Amount::default());
                        (Arc::clone(&supplier), Purchase { sale, status, commission_value, created_at: now })
                    })
                    .collect();
                let mut intake = Intake::default();
                intake.store_purchases(tx, now, &purchases).unwrap();
                Ok(intake.settle(tx)?)
            })
            .await
            .unwrap();
        }
        Step::Change { every, status: code } => {
            let mut updates = Vec::new();
            for sold in model.iter_mut().step_by(*every) {
                sold.status = status(*code);
                updates.push(Update { id: sold.id.clone(), status: sold.status });
            }
            let account = account.to_owned();
            db.write(move |tx| {
                let supplier = supplier(tx, &account)?;
                purchases::update(tx, &supplier, BEGIN, &updates)
            })
            .await
            .unwrap();
        }
    }
}

/// All pages of some days and a status, as the ids that they show.
async fn walked(db: &Db, account: &str, days: Days, status: Option<Status>) -> Vec<String> {
    let account = account.to_owned();
    db.read(move |tx| {
        let supplier = supplier(tx, &account)?;
        let found = purchases::find(tx, &supplier, days, status)?;
        let mut ids = Vec::new();
        for number in 1..=Page::of(None, found.len()).total_pages {
            let page = Page::of(Some(&number.to_string()), found.len());
            for entry in purchases::list(tx, &supplier, &found, page)? {
                let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
                ids.push(entry["id"].as_str().unwrap().to_owned());
            }
        }
        Ok::<_, crate::rules::Error>(ids)
    })
    .await
    .unwrap()
}

async fn compare(db: &Db, account: &str, model: &[Sold]) -> Result<(), TestCaseError> {
    for (begin, end) in [(5, 8), (5, 5), (6, 7), (8, 8)] {
        let day = |day: i32| format!("2023-05-{day:02}");
        let days = Days::parse(Some(&day(begin)), Some(&day(end))).unwrap();
        let hours = |day: i32| BEGIN + i64::from(day - 5) * 24 * HOUR;
        for status in [None, Some(Status::Pending), Some(Status::Approved), Some(Status::Rejected)] {
            let is_asked_for = |sold: &&Sold| {
                (hours(begin)..hours(end + 1)).contains(&sold.at)
                    && status.is_none_or(|status| sold.status == status)
            };
            let expected: Vec<String> =
                model.iter().rev().filter(is_asked_for).map(|sold| sold.id.clone()).collect();
            let found = walked(db, account, days, status).await;
            prop_assert_eq!(found, expected, "days {} to {}, {:?}", begin, end, status);
        }
    }
    Ok(())
}

on_both_engines!(lists_are_those_of_a_sorted_list_whatever_happened_before);

async fn lists_are_those_of_a_sorted_list_whatever_happened_before(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    let handle = tokio::runtime::Handle::current();
    let tested = tokio::task::spawn_blocking({
        let db = db.clone();
        move || {
            let cases = if engine == Engine::Sqlite { 48 } else { 12 };
            let mut runner =
                TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
            let number = std::cell::Cell::new(0);
            runner.run(&steps(), |steps| {
                number.set(number.get() + 1);
                handle.block_on(agree(&db, number.get(), &steps))
            })
        }
    });
    let outcome = tested.await.unwrap();
    db.close().await;
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

async fn agree(db: &Db, number: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let account = prepare(db, number).await;
    let mut model = Vec::new();
    for step in steps {
        take(db, &account, step, &mut model).await;
        compare(db, &account, &model).await?;
    }
    Ok(())
}
