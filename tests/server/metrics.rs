//! What Prometheus fetches.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Engine, hall, metric, on_both_engines, run};

on_both_engines!(
    requests_are_counted_and_timed_by_api_route_method_and_status,
    labels_are_templates_and_never_what_a_client_invents,
    commits_and_their_sizes_are_counted,
    writes_that_wait_can_be_seen,
    the_outbox_is_measured,
    they_are_on_the_main_port_for_trusted_networks_only,
    a_port_of_their_own_takes_them_from_the_main_port,
);

async fn page(app: &App) -> String {
    let page = app.get("/metrics").await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

/// The labels of each line of a metric.
fn labels(page: &str, name: &str) -> Vec<BTreeSet<String>> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.rsplit_once('}'));
    lines.map(|(labels, _)| split(labels)).collect()
}

/// `a="x",b="y{z,w}"` at the commas between quotation marks.
fn split(labels: &str) -> BTreeSet<String> {
    labels.split("\",").map(|label| format!("{}\"", label.trim_end_matches('"'))).collect()
}

async fn requests_are_counted_and_timed_by_api_route_method_and_status(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    for _ in 0..3 {
        client.get("events/lists").await;
    }
    client.buy("7-1;8").await;
    client.buy("7-1;8").await;
    let page = page(&app).await;
    let wanted: [(&[&str], f64); 3] = [
        (&["api=\"tickets\"", "route=\"/events/lists\"", "method=\"GET\"", "status=\"200\""], 3.0),
        (
            &[
                "api=\"tickets\"",
                "route=\"/tickets/add/{event_id}/{show_id?}\"",
                "method=\"POST\"",
                "status=\"200\"",
            ],
            1.0,
        ),
        (
            &[
                "api=\"tickets\"",
                "route=\"/tickets/add/{event_id}/{show_id?}\"",
                "method=\"POST\"",
                "status=\"409\"",
            ],
            1.0,
        ),
    ];
    for (wanted, count) in wanted {
        let line = page.lines().find(|line| {
            line.starts_with("partnerapi_http_requests_total{")
                && wanted.iter().all(|label| line.contains(label))
        });
        let line = line.unwrap_or_else(|| panic!("no {wanted:?} in {page}"));
        assert_eq!(line.rsplit(' ').next().unwrap().parse(), Ok(count), "{line}");
    }
    let timed = page.lines().filter(|line| {
        line.starts_with("partnerapi_http_request_seconds_bucket{")
            && line.contains("route=\"/events/lists\"")
    });
    let (last, all): (Vec<_>, Vec<_>) = timed.partition(|line| line.contains("le=\"+Inf\""));
    assert!(all.len() > 5, "{page}");
    assert!(last.iter().all(|line| line.ends_with(" 3")) && last.len() == 1, "{last:?}");
}

async fn labels_are_templates_and_never_what_a_client_invents(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    client.get("events/seats/12/21").await;
    client.get("events/seats/999123").await;
    client.get("invented/secret-path").await;
    app.get("/invented/secret-path").await;
    assert_eq!(app.request(Method::GET, "/docs/secret-path").send().await.unwrap().status(), 404);
    Answer::of(client.request(Method::from_bytes(b"INVENTED").unwrap(), "events/lists")).await;
    let page = page(&app).await;
    for invented in ["secret-path", "999123", "12/21", "INVENTED", "kassir", &client.key] {
        assert!(!page.contains(invented), "{invented} in {page}");
    }
    let seats = BTreeSet::from(
        ["api=\"tickets\"", "route=\"/events/seats/{event_id}/{show_id?}\""].map(str::to_owned),
    );
    let timed = labels(&page, "partnerapi_http_request_seconds_count");
    assert_eq!(timed.iter().filter(|labels| **labels == seats).count(), 1, "{timed:?}");
    assert_eq!(page.matches("# EOF").count(), 1, "a whole page of OpenMetrics");
}

async fn commits_and_their_sizes_are_counted(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    let before = page(&app).await;
    let value = |page: &str, name: &str| metric(page, name).unwrap_or_else(|| panic!("no {name} in {page}"));
    assert_eq!(client.buy("7-1;8").await.status, 200);
    let after = page(&app).await;
    for name in
        ["partnerapi_db_commits_total", "partnerapi_db_commit_size_count", "partnerapi_db_commit_size_sum"]
    {
        assert!(value(&after, name) > value(&before, name), "{name}");
    }
    for name in
        ["partnerapi_db_writes_waiting", "partnerapi_db_connections_busy", "partnerapi_db_conflicts_total"]
    {
        value(&after, name);
    }
}

async fn writes_that_wait_can_be_seen(engine: Engine) {
    let app = App::builder(engine).env("PARTNERAPI_DATABASE_CONNECTIONS", "1").start();
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    let held = app.database.hold("tickets_seats");
    let buying = ["order-1", "order-2", "order-3"].map(|order| {
        let client = client.clone();
        tokio::spawn(async move { client.reserve("3-1;1", order).await })
    });
    testkit::until("writes wait", async || app.metric("partnerapi_db_writes_waiting").await >= Some(1.0))
        .await;
    if engine == Engine::Postgres {
        let busy = async || app.metric("partnerapi_db_connections_busy").await >= Some(1.0);
        testkit::until("a connection is busy", busy).await;
    }
    drop(held);
    for bought in buying {
        assert_eq!(bought.await.unwrap().status, 200);
    }
    testkit::until("none waits", async || app.metric("partnerapi_db_writes_waiting").await == Some(0.0))
        .await;
}

async fn the_outbox_is_measured(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    assert_eq!(app.metric("partnerapi_outbox_backlog").await, Some(0.0));
    assert_eq!(app.metric("partnerapi_outbox_oldest_seconds").await, Some(0.0));
    let client = app.tickets("kassir");
    for order in 1..=3 {
        client.reserve("3-1;1", &format!("order-{order}")).await;
    }
    assert_eq!(app.metric("partnerapi_outbox_backlog").await, Some(3.0));
    let grows = async || app.metric("partnerapi_outbox_oldest_seconds").await >= Some(1.0);
    testkit::until("the oldest grows old", grows).await;
}

async fn they_are_on_the_main_port_for_trusted_networks_only(engine: Engine) {
    let app = App::builder(engine).env("PARTNERAPI_TRUSTED_PROXIES", "127.0.0.1").start();
    assert_eq!(app.get("/metrics").await.status, 200, "loopback is trusted by default");
    let from = |client: &str| app.request(Method::GET, "/metrics").header("x-forwarded-for", client);
    for (client, status) in [("127.0.0.9", 200), ("::1", 200), ("203.0.113.1", 403), ("10.0.0.1", 403)] {
        let answer = Answer::of(from(client)).await;
        assert_eq!(answer.status, status, "{client}");
        if status == 403 {
            assert!(answer.json["detail"].is_string(), "{}", answer.text);
        }
    }

    let app = App::builder(engine).env("PARTNERAPI_TRUSTED_NETWORKS", "10.0.0.0/8,192.0.2.7").start();
    assert_eq!(app.get("/metrics").await.status, 403);
    let claimed = app.request(Method::GET, "/metrics").header("x-forwarded-for", "10.0.0.1");
    assert_eq!(Answer::of(claimed).await.status, 403, "a stranger's claim");
    assert_eq!(app.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
}

async fn a_port_of_their_own_takes_them_from_the_main_port(engine: Engine) {
    let app = App::builder(engine).env("PARTNERAPI_METRICS_PORT", "0").start();
    let told =
        app.server.log().into_iter().find(|line| line.contains("metrics")).expect("the port in the log");
    let port: u16 = told.rsplit(':').next().unwrap().trim().parse().unwrap();
    app.get("/healthz").await;
    for path in ["/metrics", "/metrics/"] {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200);
        let page = answer.text().await.unwrap();
        assert!(page.contains("route=\"/healthz\""), "{page}");
    }
    assert_eq!(
        reqwest::get(format!("http://127.0.0.1:{port}/healthz")).await.unwrap().status(),
        404,
        "and nothing else"
    );
    let gone = app.get("/metrics").await;
    assert_eq!((gone.status.as_u16(), gone.json), (404, json!({"detail": "Not found"})));
}

#[test]
fn they_are_announced_as_what_they_are() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let page = app.get("/metrics").await;
        assert!(page.header("content-type").starts_with("application/openmetrics-text"));
        for line in page.text.lines().filter(|line| !line.starts_with('#')) {
            // The counters of orders have the names that the orders seed gave them.
            assert!(line.starts_with("partnerapi_") || line.starts_with("order"), "{line}");
        }
    });
}
