//! `check` looks at the broker, and the exchange is made if it has to be.

use testkit::{App, Broker, Engine, Finished, until};

fn check(broker: &Broker, url: &str) -> Finished {
    let app = App::builder(Engine::Sqlite)
        .env("PARTNERAPI_RABBITMQ_URL", url)
        .env("PARTNERAPI_RABBITMQ_EXCHANGE", &broker.exchange)
        .env("PARTNERAPI_RABBITMQ_RETRIES_COUNT", "0")
        .start();
    app.command(&["check", "--listen", "127.0.0.1:0"])
}

#[test]
fn a_broker_that_can_be_used_is_told() {
    testkit::run(async {
        let broker = Broker::without_queue().await;
        let found = check(&broker, broker.url());
        let expected =
            format!("broker: answers at {}, and has the exchange {}", broker.address, broker.exchange);
        assert!(found.stdout.contains(&expected), "{found:?}");
        assert_eq!(found.status, 0, "{found:?}");
    });
}

#[test]
fn a_wrong_password_is_told_and_never_shown() {
    testkit::run(async {
        let broker = Broker::without_queue().await;
        let found = check(&broker, &format!("amqp://guest:sesame@{}", broker.address));
        assert!(
            found.stdout.contains("broker: WRONG: ") && found.stdout.contains("ACCESS_REFUSED"),
            "{found:?}"
        );
        assert_eq!(found.status, 1, "{found:?}");
        assert!(!format!("{found:?}").contains("sesame"), "{found:?}");
    });
}

#[test]
fn a_broker_that_is_away_is_told() {
    testkit::run(async {
        let broker = Broker::without_queue().await;
        let found = check(&broker, "amqp://127.0.0.1:1");
        assert!(found.stdout.contains("broker: WRONG: 127.0.0.1:1: "), "{found:?}");
        assert_eq!(found.status, 1, "{found:?}");
    });
}

#[test]
fn an_exchange_of_another_kind_is_told() {
    testkit::run(async {
        let broker = Broker::without_exchange().await;
        broker.declare_another_kind().await;
        let found = check(&broker, broker.url());
        assert!(found.stdout.contains("is no durable topic exchange"), "{found:?}");
        assert_eq!(found.status, 1, "{found:?}");
    });
}

#[test]
fn an_exchange_that_is_not_there_is_made_by_serve() {
    testkit::run(async {
        let broker = Broker::without_exchange().await;
        let app = App::builder(Engine::Sqlite)
            .env("PARTNERAPI_RABBITMQ_URL", broker.url())
            .env("PARTNERAPI_RABBITMQ_EXCHANGE", &broker.exchange)
            .start();
        let is_connected = async || super::metric(&app, "partnerapi_broker_connected").await == 1;
        until("the server is connected", is_connected).await;
        let found = app.command(&["check", "--listen", "127.0.0.1:0"]);
        let expected = format!("and has the exchange {}", broker.exchange);
        assert!(found.stdout.contains(&expected), "{found:?}");
        assert!(broker.is_durable_topic().await);
    });
}
