//! Bad input to every route: the API's own error, never a 5xx, nothing stored, one line in the log.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use testkit::{App, Engine, Tickets, on_both_engines, until};

use super::hall_with;

on_both_engines!(
    bad_input_is_refused_and_leaves_one_log_line,
    what_no_client_library_sends_is_refused_too,
    a_large_body_of_unknown_length_is_read_to_its_end_and_refused,
);

const CHANGES: [&str; 6] = [
    "tickets/add/12",
    "tickets/add/12/21",
    "tickets/update/12",
    "tickets/update/12/21",
    "tickets/remove/12",
    "tickets/remove/12/21",
];
const READS: [&str; 3] = ["events/lists", "events/seats/12", "events/seats/12/21"];

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

enum Case {
    Query(&'static str),
    Body(&'static str, Vec<u8>),
}

impl Case {
    fn put(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Query(_) => request,
            Self::Body(content_type, body) => {
                request.header("Content-Type", *content_type).body(body.clone())
            }
        }
    }

    fn path(&self, path: &str) -> String {
        match self {
            Self::Query(query) => format!("{path}?{query}"),
            Self::Body(..) => path.to_owned(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Query(query) => format!("?{query}"),
            Self::Body(content_type, body) => {
                format!(
                    "{content_type} {} bytes: {}",
                    body.len(),
                    String::from_utf8_lossy(&body[..body.len().min(80)])
                )
            }
        }
    }
}

/// Each would book `7-1;1` or change a ticket, but for what is wrong with it.
fn cases() -> Vec<Case> {
    let until = "2029-12-31T00:00:00Z";
    let mut cases = vec![
        // Nothing at all, and nothing that is known.
        Case::Query(""),
        Case::Query("sit_id=7-1;1&paid=1"),
        Case::Query("paid=1"),
        Case::Query("&&=&=x&paid=1"),
        Case::Body(JSON, Vec::new()),
        Case::Body(FORM, Vec::new()),
        // Percent-encoding that is not UTF-8, or no encoding; NUL; what does not exist.
        Case::Query("seat_id=%ff%fe&paid=1"),
        Case::Query("seat_id=7-1;1&paid=1&external_id=%c3%28"),
        Case::Query("seat_id=7-1;1&paid=1&%ff=1"),
        Case::Query("seat_id=7-1;1%00&paid=1"),
        Case::Query("seat_id=7-1;1&paid=1&external_id=%00"),
        Case::Query("id=%00&external_id=%00&paid=1"),
        Case::Query("seat_id=7-1;1&paid=99999999999999999999999999"),
        Case::Query("seat_id=7-1;1&paid=1e400"),
        Case::Query("seat_id=7-1;1&paid=0x1"),
        Case::Query("seat_id=7-1;1&paid=%D9%A1"),
        Case::Query("seat_id=7-1;1&reserved_to=2029-02-30T00:00:00Z"),
        Case::Query("seat_id=7-1;1&reserved_to=2029-99-99T99:99:99Z"),
        Case::Query("seat_id=7-1;1&reserved_to=999999999-01-01T00:00:00Z"),
        Case::Query("seat_id=7-1;1&reserved_to=9999-12-31T23:59:59-23:59"),
        Case::Query("seat_id=7-1;1&reserved_to=0000-01-01T00:00:00%2B23:59"),
        Case::Query("seat_id=7-1;1&reserved_to=-9999-01-01T00:00:00Z"),
        Case::Query("id=-1&paid=1"),
        Case::Query("id=1e5&paid=1"),
        // Broken JSON, deep JSON, JSON of another kind.
        Case::Body(JSON, b"{".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 1".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 1}}".to_vec()),
        Case::Body(JSON, b"{'seat_id': '7-1;1', 'paid': 1}".to_vec()),
        Case::Body(JSON, b"seat_id=7-1;1&paid=1".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 1, \"external_id\": \"\\ud800\"}".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 1, \"external_id\": \"\xff\xfe\"}".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\0\", \"paid\": 1}".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\\u0000\", \"paid\": 1}".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 1, \"external_id\": \"\\u0000\"}".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 1e400}".to_vec()),
        Case::Body(JSON, b"{\"seat_id\": \"7-1;1\", \"paid\": 99999999999999999999999999}".to_vec()),
        Case::Body(JSON, b"[{\"seat_id\": \"7-1;1\", \"paid\": 1}]".to_vec()),
        Case::Body(JSON, b"[]".to_vec()),
        Case::Body(JSON, b"null".to_vec()),
        Case::Body(JSON, b"\"seat_id=7-1;1\"".to_vec()),
        Case::Body(JSON, b"71".to_vec()),
        Case::Body(JSON, [vec![b'['; 30_000], vec![b']'; 30_000]].concat()),
        Case::Body(JSON, [b"{\"seat_id\": ".to_vec(), vec![b'['; 30_000]].concat()),
        Case::Body(JSON, b"{\"a\":".repeat(10_000)),
        Case::Body(JSON, b"\xff\xfe{}".to_vec()),
        Case::Body(JSON, vec![0; 1_000]),
        // Broken forms.
        Case::Body(FORM, b"seat_id=\xff\xfe&paid=1".to_vec()),
        Case::Body(FORM, b"seat_id=%ff&paid=1".to_vec()),
        Case::Body(FORM, b"seat_id=7-1;1\0&paid=1".to_vec()),
        Case::Body(FORM, b"{\"seat_id\": \"7-1;1\", \"paid\": 1}".to_vec()),
        Case::Body(MULTIPART, b"seat_id=7-1;1&paid=1".to_vec()),
        Case::Body(
            MULTIPART,
            b"--b\r\nContent-Disposition: form-data; name=\"seat_id\"\r\n\r\n7-1;1".to_vec(),
        ),
        Case::Body(
            MULTIPART,
            b"--b\r\nContent-Disposition: form-data; name=\"seat_id\"\r\n\r\n\xff\r\n--b--\r\n".to_vec(),
        ),
        Case::Body(MULTIPART, b"--b\r\nContent-Disposition: form-data\r\n\r\n7-1;1\r\n--b--\r\n".to_vec()),
        Case::Body("multipart/form-data", b"--b--\r\n".to_vec()),
        // Types that are not taken.
        Case::Body("text/plain", b"{\"seat_id\": \"7-1;1\", \"paid\": 1}".to_vec()),
        Case::Body("text/xml", b"<seat_id>7-1;1</seat_id>".to_vec()),
        Case::Body("nonsense", b"seat_id=7-1;1&paid=1".to_vec()),
        // Too much.
        Case::Body(
            JSON,
            json!({"seat_id": "7-1;1", "paid": 1, "x": "x".repeat(10 << 20)}).to_string().into(),
        ),
        Case::Body(FORM, [b"seat_id=7-1;1&paid=1&x=".to_vec(), vec![b'x'; 10 << 20]].concat()),
        Case::Body(MULTIPART, vec![b'-'; 10 << 20]),
        Case::Body("application/octet-stream", vec![0xff; 10 << 20]),
    ];
    // Wrong types, one parameter after another.
    for wrong in [json!(true), json!([]), json!(["7-1;1"]), json!({}), json!({"id": 1})] {
        for body in [
            json!({"seat_id": wrong, "paid": 1}),
            json!({"seat_id": "7-1;1", "paid": wrong, "reserved_to": until}),
            json!({"seat_id": "7-1;1", "reserved_to": wrong}),
            json!({"seat_id": "7-1;1", "paid": 1, "external_id": wrong}),
            json!({"id": wrong, "paid": 1}),
            json!({"external_id": wrong, "paid": 1}),
        ] {
            cases.push(Case::Body(JSON, body.to_string().into()));
        }
    }
    cases
}

async fn bad_input_is_refused_and_leaves_one_log_line(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    let before = app.command(&["export", "tickets"]).printed();

    let mut sent = Vec::new();
    for case in cases() {
        for (path, changes) in
            CHANGES.iter().map(|path| (path, true)).chain(READS.iter().map(|path| (path, false)))
        {
            for method in [Method::GET, Method::POST] {
                let id = format!("bad-input-{:05}.", sent.len());
                let request =
                    case.put(kassir.request(method.clone(), &case.path(path))).header("X-Request-Id", &id);
                let answer = kassir.send(request).await;
                let name = format!("{method} {path} {}", case.name());
                assert_eq!(answer.header("x-request-id"), id, "{name}");
                let refused = answer.status.is_client_error() && answer.json["code"] == "VALIDATION_ERROR";
                // Reading takes no parameters: there is nothing in them to complain of.
                assert!(
                    refused || (!changes && answer.status == 200),
                    "{name}: {} {}",
                    answer.status,
                    answer.text
                );
                sent.push((id, name));
            }
        }
    }
    nothing_is_stored(&app, &kassir, &before).await;
    each_is_logged_once(&app, &sent).await;
}

async fn what_no_client_library_sends_is_refused_too(engine: Engine) {
    let large = 10 << 20;
    let mut declared =
        format!("Content-Type: application/json\r\nContent-Length: {large}\r\n\r\n").into_bytes();
    declared.extend(vec![b' '; large]);
    refuses_raw(
        engine,
        &[
            b"Content-Length: 20\r\n\r\nseat_id=7-1;1&paid=1".to_vec(),
            b"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00".to_vec(),
            b"Content-Type: \xff\r\nContent-Length: 20\r\n\r\nseat_id=7-1;1&paid=1".to_vec(),
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n0\r\n\r\n".to_vec(),
            declared,
        ],
    )
    .await;
}

/// Many clients look at the answer only after they have sent everything.
async fn a_large_body_of_unknown_length_is_read_to_its_end_and_refused(engine: Engine) {
    let large = 10 << 20;
    let mut chunked = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    chunked.extend(format!("{large:x}\r\n").into_bytes());
    chunked.extend(vec![b' '; large]);
    chunked.extend(b"\r\n0\r\n\r\n");
    refuses_raw(engine, &[chunked]).await;
}

/// Sends each of these, from the headers on, to every route that changes something.
async fn refuses_raw(engine: Engine, rests: &[Vec<u8>]) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    let before = app.command(&["export", "tickets"]).printed();

    let mut sent = Vec::new();
    for path in CHANGES {
        for rest in rests {
            let id = format!("bad-input-{:05}.", sent.len());
            let mut request = format!(
                "POST /api/partners/v1/{path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
                 Authorization: Bearer {}\r\nX-Request-Id: {id}\r\n",
                kassir.key
            )
            .into_bytes();
            request.extend(rest);
            let answer = exchange(&app.server.url, &request);
            let name = format!("{path}: {}", String::from_utf8_lossy(&rest[..rest.len().min(100)]));
            assert!(answer.starts_with("HTTP/1.1 4"), "{name}: {answer}");
            assert!(answer.contains("\"code\":\"VALIDATION_ERROR\""), "{name}: {answer}");
            sent.push((id, name));
        }
    }
    nothing_is_stored(&app, &kassir, &before).await;
    each_is_logged_once(&app, &sent).await;
}

/// Sends bytes and reads until the server closes.
fn exchange(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("a connection");
    stream.write_all(bytes).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn nothing_is_stored(app: &App, client: &Tickets, before: &str) {
    assert_eq!(app.command(&["export", "tickets"]).printed(), before);
    assert_eq!(super::kinds(app), [] as [&str; 0]);
    assert_eq!(client.seat("7-1;1").await["available"], true);
    let db = app.database.open().await;
    let tickets: Result<Option<i64>, kernel::db::Error> =
        db.read(|tx| tx.query_opt("SELECT count(*) FROM tickets_tickets", &[], |row| row.get(0))).await;
    db.close().await;
    assert_eq!(tickets.expect("a count"), Some(0));
}

/// The log has one line with the id of each request.
async fn each_is_logged_once(app: &App, sent: &[(String, String)]) {
    let (last, _) = sent.last().expect("a request");
    until("the log has come", async || app.server.log().iter().any(|line| line.contains(last))).await;
    let log = app.server.log().join("\n");
    for (id, name) in sent {
        assert_eq!(log.matches(id.as_str()).count(), 1, "{name}");
    }
}
