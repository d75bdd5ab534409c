//! Any answer of a partner: the caller of an order gets one in its own dialect all the same.
#![no_main]

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use axum::http::Method;
use libfuzzer_sys::fuzz_target;
use orders::{Patience, Settings};
use partnerapi_fuzz::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ORDERS: usize = 0;
const ORDER: &str = r#"{"order_id": 1, "date": "2024-06-20T03:14:44Z", "client": {"name": "", "phone": "", "email": ""},
    "their_pharmacy_id": "1", "order_type": 2, "items": [{"their_id": "58", "price": 10, "count": 1}]}"#;

/// What the partner says next to anybody.
static SAID: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        std::thread::spawn(move || speak(listener));
        let once = Patience { timeout: Duration::from_secs(2), retries: 0, sleep: Duration::ZERO };
        Server::with(Settings {
            partner_url: Some(format!("http://{address}")),
            status_calls: once,
            order_calls: once,
            breaker_failures: u32::MAX,
            ..Settings::default()
        })
    })
}

fn speak(listener: std::net::TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket that does not block");
        let listener = TcpListener::from_std(listener).expect("a socket");
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 16 << 10];
            drop(client.read(&mut request).await);
            let body = SAID.lock().expect("a lock").clone();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            drop(client.write_all(head.as_bytes()).await);
            drop(client.write_all(&body).await);
        }
    });
}

fuzz_target!(|data: &[u8]| {
    *SAID.lock().expect("a lock") = data.to_vec();
    let calls = [
        (Method::POST, "/v2/orders/", ORDER),
        (Method::GET, "/v2/orders/2?their_order_id=5", ""),
        (Method::DELETE, "/v2/orders/?order_id=2&their_order_id=5", ""),
    ];
    for (method, target, body) in calls {
        let answer = server().send(ORDERS, &method, target, "application/json", body.as_bytes());
        assert_eq!(answer.status, 200, "{method} {target}");
        let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(said["result"].is_string(), "{said}");
    }
});
