//! `amqps://`: the way to the broker is encrypted, and the broker is who it says it is.

use std::sync::Arc;

use testkit::{App, Certificate, Engine, RabbitMq, until};

use super::{metric, open_the_floor, publishing_to};

#[test]
fn a_broker_is_reached_over_tls_if_its_certificate_is_known_and_not_else() {
    testkit::run(async {
        let tls = Certificate::new();
        let broker = RabbitMq::start_encrypted(&tls).await;
        assert!(broker.url.starts_with("amqps://"));
        let mut app = publishing_to(App::builder(Engine::Sqlite), &broker.url).start();
        let kassir = open_the_floor(&app);
        kassir.buy("3-1;1").await;
        until("it tried in vain", async || metric(&app, "partnerapi_outbox_failures_total").await > 0).await;
        let found = app.command(&["check", "--listen", "127.0.0.1:0"]);
        assert!(
            found.stdout.contains("broker: WRONG: ") && found.stdout.contains("certificate"),
            "{found:?}"
        );
        assert_eq!((found.status, metric(&app, "partnerapi_outbox_published_total").await), (1, 0));

        let known = app.file("known.pem", tls.certificate.as_bytes());
        app.stop();
        let app = publishing_to(App::on(Arc::clone(&app.database)), &broker.url)
            .env("SSL_CERT_FILE", known.to_str().expect("UTF-8"))
            .start();
        until("it is published", async || metric(&app, "partnerapi_outbox_published_total").await == 1).await;
        let found = app.command(&["check", "--listen", "127.0.0.1:0"]);
        assert!(found.stdout.contains("broker: answers at localhost:"), "{found:?}");
        assert_eq!(found.status, 0, "{found:?}");
    });
}
