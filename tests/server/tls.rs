//! TLS with a certificate of one's own.

use reqwest::{StatusCode, Version};
use serde_json::Value;
use testkit::{App, Builder, Certificate, Engine, Terminal, Wire, hall, on_both_engines, run};

on_both_engines!(an_api_is_served_over_tls_to_a_client_that_checks_the_certificate);

/// A server with this certificate, whose files are in the terminal.
fn with_tls(builder: Builder, terminal: &Terminal, tls: &Certificate) -> Builder {
    let certificate = terminal.file("certificate.pem", tls.certificate.as_bytes());
    let key = terminal.file("key.pem", tls.key.as_bytes());
    builder
        .env("PARTNERAPI_TLS_CERT", certificate.to_str().unwrap())
        .env("PARTNERAPI_TLS_KEY", key.to_str().unwrap())
}

/// The server's address by the name that is in the certificate.
fn by_name(app: &App) -> String {
    app.server.url.replace("127.0.0.1", "localhost")
}

async fn an_api_is_served_over_tls_to_a_client_that_checks_the_certificate(engine: Engine) {
    let (terminal, tls) = (Terminal::new(), Certificate::new());
    let app = with_tls(App::builder(engine), &terminal, &tls).start();
    assert!(app.server.url.starts_with("https://"), "{}", app.server.url);
    app.import("tickets", &hall()).printed();
    let key = app.key("tickets", "kassir");
    let add = format!("{}/api/partners/v1/tickets/add/12/21", by_name(&app));
    let body = [("seat_id", "7-1;8"), ("paid", "1")];
    let bought = tls.client().post(add).bearer_auth(&key).form(&body).send().await.unwrap();
    assert_eq!(bought.version(), Version::HTTP_2, "negotiated");
    assert_eq!(bought.status(), StatusCode::OK);
    let bought: Value = bought.json().await.unwrap();
    assert_eq!(bought["result"]["paid"], 1);
}

#[test]
fn a_client_that_trusts_another_certificate_does_not_get_through() {
    run(async {
        let (terminal, tls) = (Terminal::new(), Certificate::new());
        let app = with_tls(App::builder(Engine::Sqlite), &terminal, &tls).start();
        let health = format!("{}/healthz", by_name(&app));
        assert!(Certificate::new().client().get(&health).send().await.is_err());
        assert_eq!(tls.client().get(&health).send().await.unwrap().status(), 200);
    });
}

#[test]
fn http_1_is_spoken_where_the_client_wants_it() {
    run(async {
        let (terminal, tls) = (Terminal::new(), Certificate::new());
        let app = with_tls(App::builder(Engine::Sqlite), &terminal, &tls).start();
        let root = reqwest::Certificate::from_pem(tls.certificate.as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([root]).http1_only().build().unwrap();
        let answer = client.get(format!("{}/healthz", by_name(&app))).send().await.unwrap();
        assert_eq!((answer.version(), answer.status()), (Version::HTTP_11, StatusCode::OK));
    });
}

#[test]
fn what_is_no_handshake_is_hung_up_on_and_harms_nobody() {
    run(async {
        let (terminal, tls) = (Terminal::new(), Certificate::new());
        let app = with_tls(App::builder(Engine::Sqlite), &terminal, &tls).start();
        for garbage in
            [&b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"[..], &[0; 100], &[0x16, 3, 1, 0xff, 0xff]]
        {
            let mut wire = Wire::connect(&app.server.url.replace("https", "http"));
            wire.send(garbage);
            let answer = tokio::task::block_in_place(|| wire.end());
            assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "no answer in the clear");
        }
        let answer = tls.client().get(format!("{}/healthz", by_name(&app))).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    });
}

#[test]
fn a_file_with_a_chain_and_words_between_can_be_served() {
    run(async {
        let (terminal, tls) = (Terminal::new(), Certificate::new());
        let mut chain = tls.clone();
        // What a file of a certificate authority looks like: words between the certificates, then the issuer's.
        chain.certificate = format!("our certificate\n{}\nits issuer\n{}", tls.certificate, tls.certificate);
        let app = with_tls(App::builder(Engine::Sqlite), &terminal, &chain).start();
        let answer = tls.client().get(format!("{}/healthz", by_name(&app))).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    });
}
