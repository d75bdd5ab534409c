//! Any answer of a partner, its status in the first line: the caller of an order gets one in its own dialect all the
//! same.
#![no_main]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use libfuzzer_sys::{Corpus, fuzz_target};
use orders::{Patience, Settings};
use partnerapi_fuzz::{Server, verdict};
use serde_json::json;
use tokio::net::TcpListener;

/// What the partner says next to anybody.
static SAID: Mutex<(StatusCode, Vec<u8>)> = Mutex::new((StatusCode::OK, Vec::new()));

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let once = Patience { timeout: Duration::from_secs(2), retries: 0, sleep: Duration::ZERO };
        let server = Server::with(Settings {
            partner_url: Some(format!("http://{address}")),
            status_calls: once,
            order_calls: once,
            breaker_failures: u32::MAX,
            ..Settings::default()
        });
        server.runtime.spawn(async {
            let partner = Router::new().fallback(async || SAID.lock().expect("a lock").clone());
            axum::serve(TcpListener::from_std(listener).expect("a socket"), partner).await
        });
        server
    })
}

fuzz_target!(|data: &[u8]| -> Corpus { verdict(answer(data)) });

fn answer(data: &[u8]) -> Option<()> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let status =
        StatusCode::from_bytes(&data[..end]).ok().filter(|status| (200..600).contains(&status.as_u16()))?;
    *SAID.lock().expect("a lock") = (status, data[end + 1..].to_vec());

    // What is known of an order is not asked again.
    static NUMBER: AtomicI64 = AtomicI64::new(1);
    let number = NUMBER.fetch_add(4, Ordering::Relaxed);
    let items = json!([{"their_id": "58", "price": 10, "count": 1}, {"their_id": "21737", "price": "0.5", "count": 2}]);
    let order = json!({
        "order_id": number, "date": "2024-06-20T03:14:44Z", "client": {"name": "", "phone": "", "email": ""},
        "their_pharmacy_id": "1", "order_type": 2, "items": items
    });
    let old_order = json!({
        "OrderId": number + 1, "Date": "2024-06-20T03:14:44", "Client": {"FIO": "", "Phone": "", "EMail": ""},
        "TheirPharmacyId": "1", "Reserve": 0, "Items": [{"TheirId": "58", "Price": 10, "Count": 1}]
    });
    let calls = [
        ("POST", "/v2/orders/".to_owned(), order),
        ("GET", format!("/v2/orders/{}?their_order_id=5", number + 2), json!({})),
        ("DELETE", "/v2/orders/".to_owned(), json!({"order_id": number + 2, "their_order_id": "5"})),
        ("POST", "/SendOrder".to_owned(), old_order),
        ("POST", "/GetOrderStatus".to_owned(), json!({"OrderId": number + 3, "TheirOrderId": "5"})),
        ("POST", "/cancel_order".to_owned(), json!({"order_ID": number + 3, "their_order_ID": "5"})),
    ];
    for (method, target, body) in calls {
        let answer = server().send(method, &target, "application/json", body.to_string().as_bytes())?;
        assert_eq!(answer.status, 200, "{method} {target}: {}", answer.json);
        let result = ["result", "Result"].into_iter().find_map(|name| answer.json[name].as_str());
        assert!(result.is_some(), "{method} {target}: {}", answer.json);
    }
    Some(())
}
