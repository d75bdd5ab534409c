//! Any `Authorization` header: Bearer, Basic, or what only looks like it. None opens anything.
#![no_main]

use axum::http::{HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use partnerapi_fuzz::Server;

fuzz_target!(|data: &[u8]| {
    let Ok(credential) = HeaderValue::from_bytes(data) else { return };
    for path in ["/v2/orders/1", "/units/", "/api/partners/v1/events/lists"] {
        let answer = Server::get().send_with(&credential, &Method::GET, path, "application/json", b"");
        assert!(matches!(answer.status, 401 | 429), "{path}: {}", answer.status);
    }
});
