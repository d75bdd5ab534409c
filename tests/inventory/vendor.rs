//! The vendor's Python client, over TLS.

use std::process::Command;

use serde_json::{Value, json};
use testkit::{App, Certificate, Engine, Terminal, on_both_engines};

on_both_engines!(a_client_like_the_vendor_s_uploads_and_reads_everything_over_tls);

/// A Python that has the libraries of the vendor's client.
fn python() -> String {
    std::env::var("TEST_PYTHON")
        .expect("TEST_PYTHON: a Python with requests_oauthlib; scripts/test makes one")
}

async fn a_client_like_the_vendor_s_uploads_and_reads_everything_over_tls(engine: Engine) {
    let (terminal, tls) = (Terminal::new(), Certificate::new());
    let certificate = terminal.file("certificate.pem", tls.certificate.as_bytes());
    let key = terminal.file("key.pem", tls.key.as_bytes());
    let app = App::builder(engine)
        .env("PARTNERAPI_TLS_CERT", certificate.to_str().expect("a path"))
        .env("PARTNERAPI_TLS_KEY", key.to_str().expect("a path"))
        .start();
    let ran = Command::new(python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/inventory/vendor_client.py"))
        .args([
            &app.server.url.replace("127.0.0.1", "localhost"),
            certificate.to_str().expect("a path"),
            "network",
            &app.key("inventory", "network"),
        ])
        .output()
        .expect("Python");
    let (out, complaints) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{complaints}");
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    let object = |date: &str, product: &str, qty: &str, total: &str| json!({"date": date, "shop_id": "3", "product_id": product, "qty": qty, "original_price": "46.6700", "stock_total_price": total});
    assert_eq!(
        told,
        json!({
            "token": {"token_type": "Bearer", "expires_in": 36000, "scope": ["read", "write"]},
            "is_new": true,
            "uploads": [
                {"updated": 0, "inserted": 1},
                {"updated": 0, "inserted": 10_000},
                {"updated": 0, "inserted": 2_000},
                {"updated": 0, "inserted": 10_000},
                {"updated": 2_000, "inserted": 0},
            ],
            "read": 12_000,
            "different": 12_000,
            "first": object("2016-06-01", "0", "0.0000", "0.00"),
            "last": object("2016-06-02", "9999", "9999.0000", "466653.33"),
            "found": [["2016-06-01", "1999"], ["2016-06-02", "1999"]],
        })
    );
}
