//! The alerts and the dashboard ask for metrics that there are.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use testkit::{App, Engine, Partner, run};

use super::text;

/// What begins so is a metric of ours.
const BEGINNINGS: [&str; 3] = ["partnerapi_", "orders_", "order_"];

/// The samples that a server shows after a bit of everything, without the suffixes of a histogram's.
async fn shown() -> BTreeSet<String> {
    let partner = Partner::start(&[]);
    let app = App::builder(Engine::Sqlite).env("PARTNERAPI_URL", &partner.server.url).start();
    partner.arm("find-orders", "500", 1).await;
    let made = app.request(Method::POST, "/v2/orders/").json(&crate::orders::order(1)).send().await;
    assert_eq!(made.expect("an answer").status(), 200);
    let page = app.get("/metrics").await.text;
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

/// The metrics that an expression of PromQL asks for.
fn asked_for(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| BEGINNINGS.iter().any(|beginning| word.starts_with(beginning)))
}

#[test]
fn every_alert_asks_for_metrics_that_there_are() {
    run(async {
        let (shown, alerts) = (shown().await, text("docs/monitoring/alerts.yml"));
        let expressions: Vec<&str> =
            alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
        assert_eq!(expressions.len(), alerts.matches("- alert: ").count(), "one line each");
        for name in expressions.into_iter().flat_map(asked_for) {
            assert!(shown.contains(name), "no server shows {name}: {shown:?}");
        }
    });
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    run(async {
        let shown = shown().await;
        let dashboard: Value = serde_json::from_str(&text("docs/monitoring/dashboard.json")).expect("JSON");
        let panels = dashboard["panels"].as_array().expect("panels");
        let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
        let expressions = targets.map(|target| target["expr"].as_str().expect("an expression"));
        let asked: BTreeSet<String> = expressions.flat_map(asked_for).map(str::to_owned).collect();
        let unknown: Vec<&String> = asked.difference(&shown).collect();
        assert!(unknown.is_empty(), "no server shows {unknown:?}");
        let family = |name: &str| {
            let ends = ["_bucket", "_sum", "_count"];
            ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
        };
        let families =
            |names: &BTreeSet<String>| names.iter().map(|name| family(name)).collect::<BTreeSet<_>>();
        assert_eq!(families(&asked), families(&shown));
    });
}
