//! `/cmp`: what browsers report of visits.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Supplier, on_both_engines, suppliers};

use super::{EVER, HASH, column, events, start};

on_both_engines!(
    a_visit_is_recorded_with_all_that_is_known_of_it,
    pcrid_and_tags_also_come_as_texts,
    what_is_not_reported_is_empty,
    a_report_that_cannot_be_used_is_refused_and_nothing_stored,
    only_the_script_s_cookies_are_kept,
    crawlers_are_let_through_and_not_recorded,
    an_address_reports_so_many_a_minute,
    visits_that_come_at_once_are_all_there_in_an_order,
    a_visit_comes_after_those_of_an_import,
    a_recorded_visit_survives_the_death_of_the_server,
);

const PHONE: &str = "Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-A207M) AppleWebKit/537.36 (KHTML, like Gecko) \
                     SamsungBrowser/18.0 Chrome/99.0.4844.88 Mobile Safari/537.36";

/// A server to which one address may report as much as it likes.
fn patient(engine: Engine) -> (App, Supplier) {
    let app = App::builder(engine).env("PARTNERAPI_ACCESSES_PER_MINUTE", "1000000").start();
    app.import("affiliates", &suppliers()).printed();
    let supplier = app.supplier("hotel-hello");
    (app, supplier)
}

async fn send(app: &App, media_type: &str, user_agent: &str, body: String) -> Answer {
    let request =
        app.request(Method::POST, "/cmp").header("content-type", media_type).header("user-agent", user_agent);
    let answer = Answer::of(request.body(body)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*", "pages of every origin may read it");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer
}

async fn report(app: &App, report: &Value) -> Answer {
    send(app, "text/plain;charset=UTF-8", PHONE, report.to_string()).await
}

/// The report of the seed's visitor.
fn visit() -> Value {
    json!({
        "ecommerceHash": HASH, "pcrid": 2554, "tags": ["tag-teste", "outra-tag"], "utmSource": "utm_source", "utmMedium": "utm_medium",
        "href": "https://www.parceirospromo.com.br/?utm_medium=utm_medium&pcrid=2554&utm_source=utm_source&pcrtt=tag-teste,outra-tag#top",
        "referrer": "https://blog.example/", "cookie": "pcrid=2554",
        "screen": {"availHeight": 892, "availWidth": 412, "height": 892, "width": 412, "colorDepth": 24, "pixelDepth": 24},
        "navigator": {"hardwareConcurrency": 8, "language": "pt-BR", "languages": ["pt-BR", "pt", "en-US", "en"]}
    })
}

async fn a_visit_is_recorded_with_all_that_is_known_of_it(engine: Engine) {
    let (app, supplier) = start(engine);
    for media_type in ["text/plain;charset=UTF-8", "application/json"] {
        let answer = send(&app, media_type, PHONE, visit().to_string()).await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (204, ""));
    }
    let page = supplier.accesses(EVER).await;
    assert_eq!(page["total_items"], 2);
    assert_eq!(column(&page, "id"), [2, 1]);
    let mut access = page["data"][0].clone();
    let told = access.as_object_mut().expect("an access");
    let uuid = told.remove("uuid").expect("a UUID");
    assert_eq!(uuid.as_str().map(str::len), Some(36));
    assert_ne!(uuid, page["data"][1]["uuid"]);
    let created_at = told.remove("created_at").expect("an instant");
    let created_at: jiff::Timestamp = created_at.as_str().expect("a text").parse().expect("RFC 3339");
    assert!(created_at.as_second() > 1_700_000_000);
    let query = "?utm_medium=utm_medium&pcrid=2554&utm_source=utm_source&pcrtt=tag-teste,outra-tag";
    let mut expected = visit();
    for (name, value) in [
        ("id", json!(2)),
        ("userAgent", json!(PHONE)),
        ("query", json!(query)),
        ("device", json!("Samsung SM-A207M")),
        ("os", json!("Android 11")),
        ("browser", json!("Samsung Internet 18.0")),
        ("geolocation", json!({"city": "", "state": "", "country": ""})),
    ] {
        expected[name] = value;
    }
    assert_eq!(access, expected);
}

async fn pcrid_and_tags_also_come_as_texts(engine: Engine) {
    let (app, supplier) = start(engine);
    let texts = json!({"ecommerceHash": HASH, "pcrid": "2554", "tags": "a, b,,c"});
    assert_eq!(report(&app, &texts).await.status, 204);
    let page = supplier.accesses(EVER).await;
    assert_eq!(
        (column(&page, "pcrid"), column(&page, "tags")),
        (vec![json!(2554)], vec![json!(["a", "b", "c"])])
    );
}

async fn what_is_not_reported_is_empty(engine: Engine) {
    let (app, supplier) = start(engine);
    let bare = json!({"ecommerceHash": HASH, "pcrid": 1});
    let nulls = json!({
        "ecommerceHash": HASH, "pcrid": 1, "tags": null, "utmSource": null, "utmMedium": null, "href": null, "referrer": null,
        "cookie": null, "navigator": {"hardwareConcurrency": null, "language": null, "languages": null}, "screen": null
    });
    for body in [bare, nulls] {
        assert_eq!(send(&app, "text/plain", "", body.to_string()).await.status, 204);
    }
    let page = supplier.accesses(EVER).await;
    for access in page["data"].as_array().expect("accesses") {
        for name in [
            "utmSource",
            "utmMedium",
            "href",
            "referrer",
            "cookie",
            "userAgent",
            "query",
            "device",
            "os",
            "browser",
        ] {
            assert_eq!(access[name], "", "{name}");
        }
        assert_eq!(access["tags"], json!([]));
        let screen = json!({"availHeight": 0, "availWidth": 0, "height": 0, "width": 0, "colorDepth": 0, "pixelDepth": 0});
        assert_eq!(access["screen"], screen);
        assert_eq!(access["navigator"], json!({"hardwareConcurrency": 0, "language": "", "languages": []}));
    }
    // Half pixels of a browser that zooms, and texts that no database text could hold.
    let odd = json!({"ecommerceHash": HASH, "pcrid": 1, "href": "a\0b", "screen": {"width": 411.5, "height": 891.4}});
    assert_eq!(report(&app, &odd).await.status, 204);
    let access = &supplier.accesses(EVER).await["data"][0];
    assert_eq!(
        (&access["href"], &access["screen"]["width"], &access["screen"]["height"]),
        (&json!("a\0b"), &json!(412), &json!(891))
    );
}

async fn a_report_that_cannot_be_used_is_refused_and_nothing_stored(engine: Engine) {
    let (app, supplier) = start(engine);
    for (body, message) in [
        (String::new(), "O corpo não é um acesso válido: "),
        ("nonsense".into(), "O corpo não é um acesso válido: "),
        ("[]".into(), "O corpo não é um acesso válido: "),
        ("{".into(), "O corpo não é um acesso válido: "),
        (
            json!({"ecommerceHash": HASH, "pcrid": 1, "href": 5}).to_string(),
            "O corpo não é um acesso válido: href: valor inválido",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": 1, "tags": [1]}).to_string(),
            "O corpo não é um acesso válido: tags: valor inválido",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": 1, "screen": "big"}).to_string(),
            "O corpo não é um acesso válido: screen: valor inválido",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": 1, "screen": [1, 2, 3, 4, 5, 6]}).to_string(),
            "O corpo não é um acesso válido: screen: valor inválido",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": 1, "navigator": {"language": true}}).to_string(),
            "O corpo não é um acesso válido: navigator.language: valor inválido",
        ),
        (
            format!(r#"{{"ecommerceHash": "{HASH}", "pcrid": 1, "pcrid": 2}}"#),
            "O corpo não é um acesso válido: pcrid: repetido",
        ),
        (
            json!({"ecommerceHash": HASH}).to_string(),
            "pcrid: é obrigatório e deve ser um inteiro maior que 0",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": 0}).to_string(),
            "pcrid: é obrigatório e deve ser um inteiro maior que 0",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": [1.5]}).to_string(),
            "pcrid: é obrigatório e deve ser um inteiro maior que 0",
        ),
        (
            json!({"ecommerceHash": HASH, "pcrid": "x"}).to_string(),
            "pcrid: é obrigatório e deve ser um inteiro maior que 0",
        ),
        (json!({"pcrid": 1}).to_string(), "ecommerceHash: é obrigatório"),
        (json!({"ecommerceHash": "unknown", "pcrid": 1}).to_string(), "ecommerceHash: desconhecido"),
        (json!({"ecommerceHash": "a\0b", "pcrid": 1}).to_string(), "ecommerceHash: desconhecido"),
    ] {
        let answer = send(&app, "text/plain", PHONE, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(
            answer.json["err"].as_str().is_some_and(|err| err.starts_with(message)),
            "{body}: {}",
            answer.text
        );
    }
    let mut large = visit();
    large["href"] = json!("x".repeat(16 << 10));
    let answer = report(&app, &large).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json),
        (413, json!({"err": "O corpo da requisição é grande demais"}))
    );
    assert_eq!(supplier.counts(EVER).await, (0, 0));
    assert!(events(&app).is_empty());
    // A little less is taken.
    large["href"] = json!("x".repeat((16 << 10) - visit().to_string().len()));
    assert_eq!(report(&app, &large).await.status, 204);
}

async fn only_the_script_s_cookies_are_kept(engine: Engine) {
    let (app, supplier) = start(engine);
    let mut visit = visit();
    visit["cookie"] =
        json!("session=secret; pcrid=2554; _ga=GA1.2; utm_source=x; pcrtt=a%2Cb; utm_medium=y; pcrid_x=1");
    assert_eq!(report(&app, &visit).await.status, 204);
    let page = supplier.accesses(EVER).await;
    assert_eq!(column(&page, "cookie"), ["pcrid=2554; utm_source=x; pcrtt=a%2Cb; utm_medium=y"]);
    assert!(!app.database.value("SELECT record FROM affiliates_accesses").contains("secret"));
}

async fn crawlers_are_let_through_and_not_recorded(engine: Engine) {
    let (app, supplier) = start(engine);
    for crawler in [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "facebookexternalhit/1.1",
    ] {
        assert_eq!(send(&app, "text/plain", crawler, visit().to_string()).await.status, 204);
    }
    // Nor does asking for the script record anything, in whatever way.
    for method in [Method::HEAD, Method::GET, Method::OPTIONS] {
        let path = format!("/cmp?pcrid=2554&eh={HASH}");
        let answer = Answer::of(app.request(method.clone(), &path)).await;
        assert!(answer.status.is_success(), "{method}");
    }
    assert_eq!(supplier.counts(EVER).await, (0, 0));
    assert!(events(&app).is_empty());
}

async fn an_address_reports_so_many_a_minute(engine: Engine) {
    let app = App::builder(engine)
        .env("PARTNERAPI_ACCESSES_PER_MINUTE", "3")
        .env("PARTNERAPI_TRUSTED_PROXIES", "127.0.0.1")
        .start();
    app.import("affiliates", &suppliers()).printed();
    let from = async |address: &str| {
        let request = app.request(Method::POST, "/cmp").header("x-forwarded-for", address);
        Answer::of(request.body(visit().to_string())).await
    };
    for _ in 0..3 {
        assert_eq!(from("203.0.113.7").await.status, 204);
    }
    let refused = from("203.0.113.7").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json),
        (429, &json!({"err": "Muitas tentativas, tente novamente mais tarde"}))
    );
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=61).contains(&wait));
    assert_eq!(from("203.0.113.8").await.status, 204, "another address is not concerned");
    assert_eq!(app.supplier("hotel-hello").counts(EVER).await, (4, 0));
}

async fn visits_that_come_at_once_are_all_there_in_an_order(engine: Engine) {
    let (app, supplier) = patient(engine);
    let sibling = app.sibling();
    let url = [&app.server.url, &sibling.server.url].map(Clone::clone);
    let other = app.supplier("ryokan");
    let hands = (0..16_usize).map(|hand| {
        let (client, url) = (reqwest::Client::new(), format!("{}/cmp", url[hand % 2]));
        tokio::spawn(async move {
            for round in 0..25_usize {
                let hash = if hand % 4 == 3 { "ryokan-hash" } else { HASH };
                let body = json!({"ecommerceHash": hash, "pcrid": 1, "utmSource": format!("{hand}-{round}")})
                    .to_string();
                assert_eq!(client.post(&url).body(body).send().await.expect("an answer").status(), 204);
            }
        })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.expect("a hand");
    }
    assert_eq!((supplier.counts(EVER).await, other.counts(EVER).await), ((300, 0), (100, 0)));
    for (supplier, pages) in [(&supplier, 20), (&other, 7)] {
        let (mut ids, mut names, mut instants) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=pages {
            let page = supplier.accesses(&format!("{EVER}&page={number}")).await;
            assert_eq!(page["total_pages"], pages);
            ids.extend(column(&page, "id").iter().map(|id| id.as_i64().expect("a number")));
            names.extend(column(&page, "utmSource").iter().map(ToString::to_string));
            instants.extend(column(&page, "created_at").iter().map(ToString::to_string));
        }
        let keys: Vec<_> = std::iter::zip(&instants, &ids).collect();
        assert!(keys.is_sorted_by(|one, next| one > next), "the newest first, ties by id");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ids.len(), "each is there once");
    }
    assert_eq!(events(&app).len(), 400);
}

async fn a_visit_comes_after_those_of_an_import(engine: Engine) {
    let (app, supplier) = start(engine);
    let import = |accesses: Value| app.import("affiliates", &json!({"accesses": accesses})).printed();
    import(json!([super::access("hotel-hello", 987_654_321, "2022-10-04T23:59:44Z")]));
    assert_eq!(report(&app, &visit()).await.status, 204);
    assert_eq!(column(&supplier.accesses(EVER).await, "id"), [987_654_322_i64, 987_654_321]);
    // One of an instant that is yet to come stays before those of now.
    import(json!([super::access("hotel-hello", 5, "2199-01-01T00:00:00Z")]));
    assert_eq!(report(&app, &visit()).await.status, 204);
    assert_eq!(column(&supplier.accesses(EVER).await, "id"), [5, 987_654_323, 987_654_322, 987_654_321]);
    assert_eq!(
        supplier.counts("begin=2199-01-01&end=2199-12-31").await.0,
        0,
        "in São Paulo it is still 2198"
    );
    assert_eq!(supplier.counts("begin=2198-12-31&end=2199-12-31").await.0, 1);
}

async fn a_recorded_visit_survives_the_death_of_the_server(engine: Engine) {
    let (mut app, supplier) = patient(engine);
    let (client, url) = (reqwest::Client::new(), format!("{}/cmp", app.server.url));
    let hands: Vec<_> = (0..8)
        .map(|_| {
            let (client, url) = (client.clone(), url.clone());
            tokio::spawn(async move {
                let mut acknowledged = 0;
                loop {
                    match client.post(&url).body(visit().to_string()).send().await {
                        Ok(answer) if answer.status() == 204 => acknowledged += 1,
                        _ => return acknowledged,
                    }
                }
            })
        })
        .collect();
    testkit::until("some are recorded", async || supplier.counts(EVER).await.0 > 50).await;
    app.server.kill();
    let mut acknowledged = 0;
    for hand in hands {
        acknowledged += hand.await.expect("a hand");
    }
    app.restart();
    let (stored, _) = app.supplier("hotel-hello").counts(EVER).await;
    assert!(
        (acknowledged..=acknowledged + 8).contains(&stored),
        "{acknowledged} acknowledged, {stored} stored"
    );
}
