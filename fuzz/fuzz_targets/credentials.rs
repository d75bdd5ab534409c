//! Any credential, after a word for where it stands: none opens anything, and none keeps a good key beside it from
//! opening.
#![no_main]

use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::{Corpus, fuzz_target};
use partnerapi_fuzz::{Server, verdict};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

fuzz_target!(|data: &[u8]| -> Corpus { verdict(credential(data)) });

fn credential(data: &[u8]) -> Option<()> {
    let space = data.iter().position(|byte| *byte == b' ')?;
    let (place, value) = (&data[..space], &data[space + 1..]);
    let basic = |value: &[u8]| HeaderValue::try_from(format!("Basic {}", STANDARD.encode(value)));
    let presented = match place {
        b"authorization" => (AUTHORIZATION, HeaderValue::from_bytes(value).ok()?),
        b"basic" => (AUTHORIZATION, basic(value).ok()?),
        b"x-api-key" => (API_KEY, HeaderValue::from_bytes(value).ok()?),
        _ => return None,
    };
    let server = Server::get();
    let mut api = "";
    for operation in
        server.guarded("get").filter(|operation| std::mem::replace(&mut api, &operation.api) != operation.api)
    {
        let path = operation.path.replace(['{', '}'], "");
        let status = |credential| {
            server.send_with(credential, "GET", &path, "text/plain", b"").map(|answer| answer.status)
        };
        let refused = status(presented.clone())?;
        assert!(matches!(refused, 401 | 429), "{path}: {refused}");
        if place == b"basic" && !value.contains(&b':') && std::str::from_utf8(value).is_ok() {
            let with_key = [value, b":", server.key(&operation.api).as_bytes()].concat();
            let opened = status((AUTHORIZATION, basic(&with_key).ok()?))?;
            assert!(!matches!(opened, 401 | 429), "{path}: {opened}");
        }
    }
    Some(())
}
