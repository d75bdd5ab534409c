//! The broker, the way to it, or the server breaks.

use testkit::{App, Broker, Engine, Way, on_both_engines, until};

use super::{arrived, ids, metric, open_the_floor, publishing, sell, sorted};

/// What the log says when a round is given up.
const GIVEN_UP: &str = "events cannot be published and wait in the outbox";

on_both_engines!(
    a_broker_that_comes_late_gets_everything_once,
    a_connection_cut_in_the_middle_loses_nothing,
    a_killed_server_goes_on_where_it_was,
    what_the_broker_refuses_stays_and_is_tried_again,
);

async fn a_broker_that_comes_late_gets_everything_once(engine: Engine) {
    let broker = Broker::receiving("#").await;
    let gate = broker.gate(Way::Closed);
    let app = publishing(engine, &broker, &broker.url_through(&gate)).start();
    let kassir = open_the_floor(&app);
    sell(std::slice::from_ref(&kassir), 40).await;
    assert_eq!(metric(&app, "partnerapi_outbox_backlog").await, 40);
    until("it tried in vain", async || metric(&app, "partnerapi_outbox_failures_total").await > 1).await;
    until("they grow older", async || metric(&app, "partnerapi_outbox_oldest_seconds").await > 0).await;
    assert_eq!(metric(&app, "partnerapi_broker_connected").await, 0);

    gate.set(Way::Open);
    until("all have arrived", async || broker.received().len() >= 40).await;
    until("nothing waits", async || metric(&app, "partnerapi_outbox_backlog").await == 0).await;
    assert_eq!(metric(&app, "partnerapi_outbox_oldest_seconds").await, 0);
    sell(&[kassir], 8).await;
    until("the next have, too", async || broker.received().len() >= 48).await;
    assert_eq!(sorted(broker.ids()), ids(&app), "each of them once");
}

async fn a_connection_cut_in_the_middle_loses_nothing(engine: Engine) {
    let broker = Broker::receiving("#").await;
    let gate = broker.gate(Way::Open);
    let app = publishing(engine, &broker, &broker.url_through(&gate)).start();
    let kassir = open_the_floor(&app);
    for round in 1..=3 {
        let selling = tokio::spawn({
            let kassir = kassir.clone();
            async move { sell(&[kassir], 120).await }
        });
        let before = broker.received().len();
        until("some arrive", async || broker.received().len() > before + 20).await;
        gate.cut();
        selling.await.expect("the sale");
        until("it connects again", async || gate.tries() > round).await;
        until("all have arrived", async || arrived(&broker).len() >= 120 * round).await;
    }
    assert_eq!(arrived(&broker), ids(&app));
    assert!(metric(&app, "partnerapi_outbox_failures_total").await >= 3);
}

async fn a_killed_server_goes_on_where_it_was(engine: Engine) {
    let broker = Broker::receiving("#").await;
    let mut app = publishing(engine, &broker, broker.url()).start();
    let kassir = open_the_floor(&app);
    let selling = tokio::spawn(async move { sell(&[kassir], 8_000).await });
    until("some arrive", async || broker.received().len() > 100).await;
    app.server.kill();
    selling.await.expect("the sale");

    app.restart();
    let kept = ids(&app);
    until("all have arrived", async || arrived(&broker).len() >= kept.len()).await;
    assert_eq!(arrived(&broker), kept);
}

async fn what_the_broker_refuses_stays_and_is_tried_again(engine: Engine) {
    let broker = Broker::refusing_the_second().await;
    let app = publishing(engine, &broker, broker.url()).start();
    let kassir = open_the_floor(&app);
    kassir.buy("3-1;1").await;
    let published = async || metric(&app, "partnerapi_outbox_published_total").await;
    until("the first is taken", async || published().await == 1).await;

    kassir.buy("3-1;1").await;
    let refused =
        || app.server.log().iter().filter(|line| line.contains("the broker refused 1 events")).count();
    until("the second is refused, and again", async || refused() >= 2).await;
    assert_eq!(metric(&app, "partnerapi_outbox_backlog").await, 1);
    assert_eq!(published().await, 1);

    assert_eq!(broker.empty().await, 1);
    until("the second is taken", async || published().await == 2).await;
    until("nothing waits", async || metric(&app, "partnerapi_outbox_backlog").await == 0).await;
    assert_eq!(broker.empty().await, 1);
}

#[test]
fn a_round_that_is_given_up_is_followed_by_one_after_the_pause() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let gate = broker.gate(Way::Closed);
        let app = publishing(Engine::Sqlite, &broker, &broker.url_through(&gate))
            .env("PARTNERAPI_RABBITMQ_RETRIES_COUNT", "2")
            .start();
        let kassir = open_the_floor(&app);
        kassir.buy("3-1;1").await;
        let rounds = || app.server.log().iter().filter(|line| line.contains(GIVEN_UP)).count();
        until("three rounds are given up", async || rounds() >= 3).await;
        assert!(gate.tries() >= 9, "a first try and two repeats each: {}", gate.tries());
        assert!(app.server.log().iter().any(|line| line.contains(GIVEN_UP) && line.contains("repeats=2")));

        gate.set(Way::Open);
        until("it has arrived", async || broker.received().len() == 1).await;
    });
}

#[test]
fn a_round_that_is_given_up_is_followed_by_one_with_the_next_event() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let gate = broker.gate(Way::Closed);
        let app = publishing(Engine::Sqlite, &broker, &broker.url_through(&gate))
            .env("PARTNERAPI_RABBITMQ_RETRIES_COUNT", "0")
            .env("PARTNERAPI_RABBITMQ_RETRIES_SLEEP", "86400")
            .start();
        let kassir = open_the_floor(&app);
        let has_given_up = || app.server.log().iter().any(|line| line.contains(GIVEN_UP));
        until("the first round is given up", async || has_given_up()).await;
        assert_eq!(gate.tries(), 1, "no repeat");

        gate.set(Way::Open);
        kassir.buy("3-1;1").await;
        until("it has arrived, long before the pause is over", async || broker.received().len() == 1).await;
    });
}

#[test]
fn for_ever_is_for_ever() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let gate = broker.gate(Way::Closed);
        let app = publishing(Engine::Sqlite, &broker, &broker.url_through(&gate)).start();
        until("it tried often", async || gate.tries() > 10).await;
        assert!(!app.server.log().iter().any(|line| line.contains(GIVEN_UP)));
    });
}

#[test]
fn a_broker_that_says_nothing_is_given_up_after_the_time_out() {
    testkit::run(async {
        let broker = Broker::receiving("#").await;
        let gate = broker.gate(Way::Silent);
        let app = publishing(Engine::Sqlite, &broker, &broker.url_through(&gate))
            .env("PARTNERAPI_RABBITMQ_TIMEOUT", "0.5")
            .start();
        until("it tried again", async || gate.tries() > 3).await;
        assert!(app.server.log().iter().any(|line| line.contains("does not answer within 500ms")));
        until("a try that is over leaves no thread", async || io_threads(&app) <= 1).await;
    });
}

/// Threads that the client of the broker has.
fn io_threads(app: &App) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", app.server.id())).expect("its threads");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("lapin-io")).count()
}
