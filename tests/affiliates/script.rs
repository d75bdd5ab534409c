//! The script in a supplier's page, in a real browser.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use testkit::{Answer, App, Browser, Engine, Supplier, on_both_engines, run};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{EVER, HASH, column, start};

on_both_engines!(a_visitor_s_first_and_second_visit_are_recorded_and_others_are_not);

/// A supplier's site: another origin than the server's. Its pages notice what the script does.
struct Site {
    url: String,
    failures: Arc<AtomicUsize>,
}

/// Where a site's pages load the script from.
#[derive(Clone, Copy)]
enum Script {
    Server,
    /// The site itself, which answers reports with an error.
    Failing,
    /// The site itself, which hangs up when a report comes.
    HangingUp,
    /// Where nobody is, as with a script that is blocked.
    Nowhere,
}

impl Site {
    async fn start(server: &str, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let text =
            reqwest::get(format!("{server}/cmp")).await.expect("the script").text().await.expect("a text");
        let from = match script {
            Script::Server => server.to_owned(),
            Script::Failing | Script::HangingUp => url.clone(),
            Script::Nowhere => {
                let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                format!("http://{}", nobody.local_addr().expect("an address"))
            }
        };
        let failures = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&failures);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(answer(stream, &from, &text, script, &counted).await);
            }
        });
        Self { url, failures }
    }
}

async fn answer(
    mut stream: TcpStream,
    server: &str,
    text: &str,
    script: Script,
    failures: &AtomicUsize,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 => return Ok(()),
            length => request.extend(&part[..length]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    if request.starts_with("POST") {
        failures.fetch_add(1, Ordering::SeqCst);
    }
    let (status, media_type, body) = match script {
        Script::HangingUp if request.starts_with("POST") => return Ok(()),
        _ if request.starts_with("POST") => ("500 Internal Server Error", "text/plain", "broken".to_owned()),
        _ if path.starts_with("/cmp") => ("200 OK", "text/javascript", text.to_owned()),
        _ if path.starts_with("/favicon") => ("404 Not Found", "text/plain", String::new()),
        _ => ("200 OK", "text/html; charset=utf-8", page(server, path)),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// A page as the seed's system has them, which also notes what the script sends and whether anything goes wrong.
fn page(server: &str, path: &str) -> String {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let beacon = if query.contains("no-beacon") { "navigator.sendBeacon = undefined;" } else { "" };
    format!(
        r#"<!doctype html><title>Hotel Hello</title>
<script>
window.problems = []; window.sent = 0; window.finished = false;
window.onerror = function (message) {{ problems.push(String(message)); }};
window.onunhandledrejection = function (event) {{ problems.push(String(event.reason)); }};
var beacon = navigator.sendBeacon.bind(navigator), fetched = window.fetch.bind(window);
navigator.sendBeacon = function (url, body) {{ sent += 1; return beacon(url, body); }};
window.fetch = function (url, options) {{ sent += 1; return fetched(url, options); }};
{beacon}
</script>
<input type="hidden" id="eh" value="{HASH}">
<script id="cmp" async src="{server}/cmp?{query}" onload="finished = true" onerror="finished = true"></script>
<p>Bem-vindo</p>"#
    )
}

/// Opens a page, waits until the script has run, and gives how many reports it sent.
async fn visit(browser: &Browser, url: &str) -> Value {
    browser.open(url).await;
    testkit::until("the script has run", async || {
        browser.run("return window.finished && document.readyState === 'complete'").await == true
    })
    .await;
    assert_eq!(browser.run("return window.problems").await, json!([]), "{url}");
    assert_eq!(browser.run("return document.body.innerText.trim()").await, "Bem-vindo", "{url}");
    browser.run("return window.sent").await
}

async fn recorded(supplier: &Supplier, count: i64) -> Value {
    testkit::until("the visit is recorded", async || supplier.counts(EVER).await.0 == count).await;
    supplier.accesses(EVER).await["data"][0].clone()
}

async fn a_visitor_s_first_and_second_visit_are_recorded_and_others_are_not(engine: Engine) {
    let (app, supplier) = start(engine);
    let site = Site::start(&app.server.url, Script::Server).await;
    let browser = Browser::start().await;
    // Neither parameters nor cookies: nothing is sent.
    assert_eq!(visit(&browser, &site.url).await, 0);
    assert_eq!(visit(&browser, &format!("{}/?utm_source=blog", site.url)).await, 0);
    assert_eq!(browser.run("return document.cookie").await, "", "and nothing is kept");

    let query = "?utm_medium=banner&pcrid=2554&utm_source=blog%20novo&pcrtt=tag-teste,outra-tag";
    let address = format!("{}/quartos{query}", site.url);
    assert_eq!(visit(&browser, &address).await, 1);
    let first = recorded(&supplier, 1).await;
    let here = browser
        .run(
            "return {screen: {availHeight: screen.availHeight, availWidth: screen.availWidth, height: screen.height, \
             width: screen.width, colorDepth: screen.colorDepth, pixelDepth: screen.pixelDepth}, navigator: \
             {hardwareConcurrency: navigator.hardwareConcurrency, language: navigator.language, languages: navigator.languages}, \
             userAgent: navigator.userAgent}",
        )
        .await;
    for (name, value) in [
        ("pcrid", json!(2554)),
        ("ecommerceHash", json!(HASH)),
        ("tags", json!(["tag-teste", "outra-tag"])),
        ("utmSource", json!("blog novo")),
        ("utmMedium", json!("banner")),
        ("href", json!(address)),
        ("query", json!(query)),
        ("referrer", json!("")),
        ("device", json!("PC")),
        ("os", json!("Linux")),
        ("screen", here["screen"].clone()),
        ("navigator", here["navigator"].clone()),
        ("userAgent", here["userAgent"].clone()),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    assert!(first["screen"]["width"].as_i64().is_some_and(|width| width > 0), "{first}");
    assert!(first["browser"].as_str().is_some_and(|browser| browser.starts_with("Chrome")), "{first}");
    for cookie in ["pcrid=2554", "pcrtt=tag-teste%2Coutra-tag", "utm_source=", "utm_medium=banner"] {
        assert!(
            first["cookie"].as_str().is_some_and(|cookies| cookies.contains(cookie)),
            "{cookie}: {first}"
        );
    }

    // Another page later, by a link: the cookies tell who brought the visitor.
    browser.run("document.cookie = 'session=secret; path=/'").await;
    assert_eq!(visit(&browser, &format!("{}/reserva", site.url)).await, 1);
    let second = recorded(&supplier, 2).await;
    for name in ["pcrid", "tags", "utmSource", "utmMedium"] {
        assert_eq!(second[name], first[name], "{name}");
    }
    assert_eq!((&second["query"], &second["href"]), (&json!(""), &json!(format!("{}/reserva", site.url))));
    assert!(!second["cookie"].as_str().expect("a text").contains("secret"));

    // A cookie of somebody else's that says nothing in this encoding.
    browser.run("document.cookie = 'utm_source=50%; path=/'").await;
    assert_eq!(visit(&browser, &format!("{}/preços", site.url)).await, 1);
    assert_eq!(recorded(&supplier, 3).await["utmSource"], "50%");

    // Another affiliate, and a browser that has no beacon.
    assert_eq!(visit(&browser, &format!("{}/?pcrid=2555&no-beacon", site.url)).await, 1);
    assert_eq!(recorded(&supplier, 4).await["pcrid"], 2555);
    assert_eq!(column(&supplier.accesses(EVER).await, "pcrid"), [2555, 2554, 2554, 2554]);
}

#[test]
fn a_server_that_is_blocked_or_fails_is_not_noticed_by_the_visitor() {
    run(async {
        let (app, supplier) = start(Engine::Sqlite);
        let browser = Browser::start().await;
        let visited = async |site: &Site, query: &str| {
            visit(&browser, &format!("{}/?pcrid=2554{query}", site.url)).await
        };
        for script in [Script::Failing, Script::HangingUp] {
            let site = Site::start(&app.server.url, script).await;
            for query in ["", "&no-beacon"] {
                let before = site.failures.load(Ordering::SeqCst);
                // A browser that is short of time may drop a report: then the next visit has one.
                testkit::until("the report has failed", async || {
                    assert_eq!(visited(&site, query).await, 1);
                    site.failures.load(Ordering::SeqCst) > before
                })
                .await;
                assert_eq!(browser.run("return window.problems").await, json!([]));
            }
        }
        let site = Site::start(&app.server.url, Script::Nowhere).await;
        assert_eq!(visited(&site, "").await, 0);
        assert_eq!(supplier.counts(EVER).await.0, 0);
    });
}

#[test]
fn the_script_is_small_and_may_be_cached_and_loaded_from_everywhere() {
    run(async {
        let app = App::start(Engine::Sqlite);
        for path in ["/cmp", "/cmp/", "/cmp?pcrid=1&utm_source=x"] {
            let script: Answer = app.get(path).await;
            assert_eq!(script.status, 200);
            assert!(script.header("content-type").starts_with("text/javascript"));
            assert_eq!(script.header("cache-control"), "public, max-age=3600");
            assert_eq!(script.header("cross-origin-resource-policy"), "cross-origin");
            assert!((500..3_000).contains(&script.text.len()), "{}", script.text.len());
        }
        let asked = Answer::of(app.request(reqwest::Method::OPTIONS, "/cmp")).await;
        assert_eq!(asked.status, 204);
        assert_eq!(asked.header("access-control-allow-origin"), "*");
        assert_eq!(asked.header("access-control-allow-methods"), "POST");
        assert_eq!(asked.header("access-control-allow-headers"), "content-type");
    });
}
