//! The page, as a person at a browser sees and uses it.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Browser, Engine, Inventory, on_both_engines, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{start, stock, with};

on_both_engines!(
    a_person_reads_pages_on_and_stores,
    a_person_searches_and_sorts,
    another_site_s_form_stores_nothing,
    a_form_that_a_browser_sends_from_elsewhere_is_refused,
    a_browser_asks_for_the_key_and_a_program_is_told_of_tokens,
    the_page_says_what_was_asked_and_answered,
);

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const PHONE: (u32, u32) = (390, 844);
const DESKTOP: (u32, u32) = (1280, 800);

/// Keys without a letter (WebDriver, section 17.4.2).
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// An address as a person enters it who has the key.
fn signed_in(app: &App, client: &Inventory, path: &str) -> String {
    app.server.url.replace("://", &format!("://{}@", client.key)) + "/api/v1/" + path
}

async fn text_of(browser: &Browser, selector: &str) -> String {
    let script = format!("return document.querySelector({selector:?})?.innerText ?? ''");
    browser.run(&script).await.as_str().unwrap_or_default().to_owned()
}

/// Clicks, and waits for the page that comes of it.
async fn follow(browser: &Browser, selector: &str) {
    browser.run("document.documentElement.dataset.old = 1").await;
    browser.run(&format!("document.querySelector({selector:?}).click()")).await;
    arrive(browser).await;
}

async fn arrive(browser: &Browser) {
    until("the next page is there", async || {
        browser
            .run("return document.readyState === 'complete' && !document.documentElement.dataset.old")
            .await
            == true
    })
    .await;
}

/// Goes to the input of that name with the tabulator alone.
async fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..60 {
        if browser.run("return document.activeElement.id").await == id {
            return;
        }
        browser.press(TAB).await;
    }
    panic!("no way to {id} by keyboard");
}

/// Everything that can be told of a page without a person: what nobody can read, what sticks out, what is too small
/// for a finger, what has no name.
const FAULTS: &str = r#"
const faults = [];
const channel = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
const parse = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ratio = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
const isSeen = (element) => element.checkVisibility() && element.getBoundingClientRect().right > 0;
let texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || !isSeen(element)) continue;
  texts += 1;
  const found = ratio(parse(getComputedStyle(element).color), behind(element));
  if (found < 4.5) faults.push(`contrast ${found.toFixed(2)}: ${node.data.trim().slice(0, 40)}`);
}
if (texts < 10) faults.push(`only ${texts} texts`);
for (const input of document.querySelectorAll('input:not([type=hidden]), select, button, nav a, summary')) {
  if (!isSeen(input)) continue;
  const { height, width } = input.getBoundingClientRect();
  if (height < 44 || width < 44) faults.push(`${width}x${height}: ${input.outerHTML}`);
}
for (const input of document.querySelectorAll('input:not([type=hidden]), select')) {
  if (!isSeen(input)) continue;
  if (!input.labels.length) faults.push(`no label: ${input.outerHTML}`);
  const edge = ratio(parse(getComputedStyle(input).borderTopColor), behind(input.parentElement));
  if (edge < 3) faults.push(`edge ${edge.toFixed(2)}: ${input.outerHTML}`);
}
if (document.documentElement.scrollWidth > innerWidth) faults.push(`${document.documentElement.scrollWidth} wide`);
if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
if (!document.documentElement.lang || !document.title) faults.push('no language or title');
return faults;
"#;

async fn assert_readable(browser: &Browser) {
    assert_eq!(browser.run(FAULTS).await, json!([]));
}

async fn a_person_reads_pages_on_and_stores(engine: Engine) {
    let (app, client) = start(engine).await;
    client
        .store(&json!([
            stock("6313", "1"),
            stock("6343", "2"),
            with(&stock("6343", "3"), &json!({"date": "2016-06-08"}))
        ]))
        .await;
    let browser = Browser::start().await;
    browser.forbid_scripts().await;
    for (round, (width, height)) in [PHONE, DESKTOP].into_iter().enumerate() {
        browser.resize(width, height).await;
        browser.open(&signed_in(&app, &client, "product-inventory/?page_size=2")).await;
        assert_eq!(browser.run("return innerWidth").await, width);
        assert_eq!(text_of(&browser, "h1").await, "Product Inventory List");
        assert_eq!(text_of(&browser, ".request").await, "GET /api/v1/product-inventory/?page_size=2");
        let answer = text_of(&browser, ".response").await;
        assert!(
            answer.starts_with("HTTP 200 OK\nContent-Type: application/json\nVary: Accept\nAllow: GET, POST"),
            "{answer}"
        );
        assert!(
            answer.contains(&format!("\"count\": {}", 3 + round)) && answer.contains("\"qty\": \"2.0000\""),
            "{answer}"
        );
        assert_readable(&browser).await;

        follow(&browser, "a[rel=next]").await;
        let answer = text_of(&browser, ".response").await;
        assert!(
            answer.contains("\"qty\": \"3.0000\"") && !answer.contains("\"qty\": \"2.0000\""),
            "{answer}"
        );
        follow(&browser, "a[rel=prev]").await;
        assert!(text_of(&browser, ".response").await.contains("\"qty\": \"2.0000\""));
        let next = browser.run("return document.querySelector('.response a').innerText").await;
        assert!(next.as_str().is_some_and(|next| next.contains("page=2")), "{next}");

        // With the keyboard alone: a shop that there is not.
        tab_to(&browser, "date").await;
        browser.press(&format!("0610201{round}")).await;
        tab_to(&browser, "shop_id").await;
        browser.press("<7>").await;
        tab_to(&browser, "product_id").await;
        browser.press("6343").await;
        tab_to(&browser, "qty").await;
        browser.press("1,5").await;
        browser.run("document.documentElement.dataset.old = 1").await;
        browser.press(ENTER).await;
        arrive(&browser).await;
        assert!(text_of(&browser, ".response").await.starts_with("HTTP 400 Bad Request"));
        let at_field = |name: &str| {
            format!(
                "const input = document.getElementById('{name}'); \
                 return [input.value, document.getElementById(input.getAttribute('aria-describedby'))?.innerText]"
            )
        };
        assert_eq!(browser.run(&at_field("qty")).await, json!(["1,5", "A valid number is required."]));
        assert_eq!(
            browser.run(&at_field("shop_id")).await,
            json!(["<7>", "Object with shop_id=<7> does not exist."])
        );
        assert_eq!(browser.run(&at_field("product_id")).await, json!(["6343", null]));
        assert_eq!(browser.run(&at_field("date")).await, json!([format!("201{round}-06-10"), null]));
        assert!(text_of(&browser, "[role=alert]").await.contains("Nothing was stored."));
        until("the cursor is where the first fault is", async || {
            browser.run("return document.activeElement.id").await == "shop_id"
        })
        .await;
        assert_readable(&browser).await;

        // Mended in place.
        let backspaces = "\u{e003}".repeat(3);
        browser.press(&format!("\u{e010}{backspaces}3")).await;
        tab_to(&browser, "qty").await;
        browser.press(&format!("\u{e010}{backspaces}1.5")).await;
        tab_to(&browser, "original_price").await;
        browser.press("2.10").await;
        browser.run("document.documentElement.dataset.old = 1").await;
        browser.press(ENTER).await;
        arrive(&browser).await;
        assert!(text_of(&browser, ".response").await.starts_with("HTTP 201 Created"));
        assert!(text_of(&browser, "[role=status]").await.contains("1 inserted, 0 updated"));
        assert_readable(&browser).await;
        follow(&browser, "[role=status] a").await;
        let stored = text_of(&browser, ".response").await;
        assert!(stored.contains(&format!("\"date\": \"201{round}-06-10\"")), "{stored}");
        assert!(stored.contains("\"stock_total_price\": \"3.15\""), "{stored}");
        assert_readable(&browser).await;
    }
}

async fn a_person_searches_and_sorts(engine: Engine) {
    let (app, client) = start(engine).await;
    client.post("products/", &json!([
        {"product_id": "1", "name": "Молоко <свіже>"}, {"product_id": "2", "name": "Хліб"}, {"product_id": "3", "name": "молоко 100%"}
    ])).await;
    let browser = Browser::start().await;
    browser.resize(PHONE.0, PHONE.1).await;
    browser.open(&signed_in(&app, &client, "products/")).await;
    follow(&browser, "nav[aria-label=Formats] a:nth-of-type(2)").await;
    browser.run("document.querySelector('details').open = true").await;
    assert_readable(&browser).await;
    browser
        .run("document.getElementById('by-search').value = 'МОЛОКО'; document.getElementById('by-ordering').value = 'name'")
        .await;
    follow(&browser, "form[method=get] button").await;
    let answer = text_of(&browser, ".response").await;
    let places = [answer.find("Молоко <свіже>"), answer.find("молоко 100%")];
    assert!(places[0].is_some() && places[1].is_some() && places[0] > places[1], "{answer}");
    assert!(!answer.contains("Хліб"), "{answer}");
    let kept =
        "return [document.getElementById('by-search').value, document.getElementById('by-ordering').value]";
    assert_eq!(browser.run(kept).await, json!(["МОЛОКО", "name"]));
    follow(&browser, "header li:first-child a").await;
    assert_eq!(text_of(&browser, "h1").await, "Api Root");
    assert_readable(&browser).await;
}

/// A page of another site, whose form is for our server.
async fn other_site(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://localhost:{}/", listener.local_addr().expect("an address").port());
    let page = format!(
        "<!DOCTYPE html><form method=post action='{target}'><input name=shop_id value=9><input name=name value=x></form>"
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            drop(stream.read(&mut request).await);
            let length = page.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            );
            drop(stream.write_all(format!("{head}{page}").as_bytes()).await);
        }
    });
    url
}

async fn another_site_s_form_stores_nothing(engine: Engine) {
    let (app, client) = start(engine).await;
    let browser = Browser::start().await;
    browser.open(&signed_in(&app, &client, "shops/")).await;
    let target = format!("{}/api/v1/shops/", app.server.url);
    browser.open(&other_site(&target).await).await;
    browser.run("document.documentElement.dataset.old = 1; document.forms[0].submit()").await;
    arrive(&browser).await;
    let seen = text_of(&browser, "body").await;
    assert!(seen.contains("CSRF Failed"), "the browser sent the key along: {seen}");
    assert_eq!(client.get("shops/").await.json["count"], 1);
}

async fn a_form_that_a_browser_sends_from_elsewhere_is_refused(engine: Engine) {
    let (app, client) = start(engine).await;
    let host = app.server.url.trim_start_matches("http://").to_owned();
    let own = format!("http://{host}");
    let behind_tls = format!("https://{host}");
    for (headers, status) in [
        (&[][..], 201),
        (&[("sec-fetch-site", "same-origin"), ("origin", &own)], 201),
        (&[("sec-fetch-site", "none")], 201),
        (&[("origin", &own)], 201),
        (&[("origin", &behind_tls)], 201),
        (&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], 403),
        (&[("sec-fetch-site", "cross-site"), ("origin", &own)], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[("origin", "null")], 403),
    ] {
        for path in ["product-inventory/", "shops/", "products/", "shops/?format=api"] {
            let form = [
                ("shop_id", "3"),
                ("product_id", "6343"),
                ("name", "x"),
                ("date", "2016-06-07"),
                ("qty", "1"),
            ];
            let request = app
                .request(Method::POST, &format!("/api/v1/{path}"))
                .basic_auth(&client.key, Some(""))
                .form(&form);
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.text);
            if status == 403 {
                assert_eq!(
                    answer.json,
                    json!({"detail": "CSRF Failed: the request comes from a page of another site."})
                );
            }
        }
    }
    let read = app
        .request(Method::GET, "/api/v1/shops/")
        .bearer_auth(&client.key)
        .header("sec-fetch-site", "cross-site");
    assert_eq!(Answer::of(read).await.status, 200, "a link may lead here");
}

async fn a_browser_asks_for_the_key_and_a_program_is_told_of_tokens(engine: Engine) {
    let app = App::start(engine);
    let asks = async |path: &str, accept: &str| {
        let answer = Answer::of(app.request(Method::GET, path).header("accept", accept)).await;
        assert_eq!(answer.status, 401, "{path}");
        let asks = answer.headers.get_all("www-authenticate").iter();
        let asks: Vec<String> = asks.map(|value| value.to_str().expect("a text").to_owned()).collect();
        (asks.join(", "), answer.header("content-type").starts_with("text/html"))
    };
    let bearer = "Bearer realm=\"api\"".to_owned();
    let both = format!("{bearer}, Basic realm=\"api\", charset=\"UTF-8\"");
    assert_eq!(asks("/api/v1/shops/", "*/*").await, (bearer.clone(), false));
    assert_eq!(asks("/api/v1/shops.json", BROWSER).await, (bearer, false));
    assert_eq!(asks("/api/v1/shops/", BROWSER).await, (both.clone(), true));
    assert_eq!(asks("/api/v1/shops/?format=api", "*/*").await, (both.clone(), false));
    assert_eq!(asks("/api/v1/shops.api", "*/*").await, (both, false));
}

async fn the_page_says_what_was_asked_and_answered(engine: Engine) {
    let (app, client) = start(engine).await;
    let page = client.get("shops.api?search=%3Cb%3E&page_size=1").await;
    for shown in [
        "<b>GET</b> /api/v1/shops.api?search=%3Cb%3E&amp;page_size=1",
        "<b>HTTP 200 OK</b>",
        "0 objects",
        "value=\"&lt;b&gt;\"",
        &format!("href=\"{}/api/v1/shops/?format=json&amp;search=%3Cb%3E&amp;page_size=1\"", app.server.url),
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains("javascript:"), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let one = client.get("shops/3/?format=api").await;
    assert!(one.text.contains("Shop Instance") && !one.text.contains("<form"), "{}", one.text);
    let missing = client.get("shops/4/?format=api").await;
    assert!(missing.status == 404 && missing.text.contains("HTTP 404 Not Found"), "{}", missing.text);
    let entered = [("shop_id", "\"><script>"), ("name", "")];
    let faulty = client.send(client.request(Method::POST, "shops/?format=api").form(&entered)).await;
    assert!(faulty.text.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", faulty.text);
    assert!(faulty.text.contains("id=\"name-fault\">This field is required."), "{}", faulty.text);
    let stored: Value = client.get("shops/").await.json;
    assert_eq!(stored["count"], 1);
}
