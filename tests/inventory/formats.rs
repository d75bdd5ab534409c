//! In which form an answer comes, and what every answer says of its address.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Certificate, Engine, Inventory, Terminal, on_both_engines};

use super::{start, stock};

on_both_engines!(
    suffix_parameter_and_header_choose_the_form,
    an_unknown_form_is_not_found,
    head_is_get_without_a_body,
    other_methods_are_refused_by_name,
    options_tells_of_every_address,
    the_root_lists_the_collections,
    links_begin_as_the_client_named_the_server_or_as_it_is_set,
    a_page_shows_what_it_is_given_as_text,
);

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn form(client: &Inventory, path: &str, accept: Option<&str>) -> (u16, bool) {
    let request = client.request(Method::GET, path);
    let request = match accept {
        Some(accept) => request.header("accept", accept),
        None => request,
    };
    let answer = client.send(request).await;
    (answer.status.as_u16(), answer.header("content-type").starts_with("text/html"))
}

async fn suffix_parameter_and_header_choose_the_form(engine: Engine) {
    let (_app, client) = start(engine).await;
    for collection in ["product-inventory", "shops", "products"] {
        for (path, accept, is_page) in [
            ("", None, false),
            ("/", None, false),
            (".json", None, false),
            (".json/", None, false),
            ("/.json", None, false),
            ("/.json/", None, false),
            (".api", None, true),
            (".api/", None, true),
            ("/.api", None, true),
            ("/.api/", None, true),
            ("/?format=json", None, false),
            ("/?format=api", None, true),
            ("/?format=", None, false),
            ("/", Some(BROWSER), true),
            ("/?format=json", Some(BROWSER), false),
            ("/.json", Some(BROWSER), false),
            (".json?format=api", None, false),
            ("/", Some("application/json"), false),
            ("/", Some("application/xml"), false),
            ("/", Some("*/*"), false),
        ] {
            let path = format!("{collection}{path}");
            assert_eq!(form(&client, &path, accept).await, (200, is_page), "{path}, {accept:?}");
        }
    }
    client.store(&stock("6343", "1")).await;
    for (path, is_page) in [
        ("product-inventory/1", false),
        ("product-inventory/1?format=api", true),
        ("shops/3?format=api", true),
    ] {
        assert_eq!(form(&client, path, None).await, (200, is_page), "{path}");
    }
}

async fn an_unknown_form_is_not_found(engine: Engine) {
    let (_app, client) = start(engine).await;
    for path in [
        "product-inventory/?format=xml",
        "product-inventory/?format=JSON",
        "product-inventory/.xml",
        "shops/?format=csv",
    ] {
        let answer = client.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json), (404, json!({"detail": "Not found"})), "{path}");
    }
    let answer = Answer::of(client.request(Method::GET, "product-inventory.xml")).await;
    assert_eq!((answer.status.as_u16(), &answer.json), (404, &json!({"detail": "Not found"})));
    assert_eq!(answer.header("vary"), "Accept");
    let posted = client.post("product-inventory/?format=xml", &stock("6343", "1")).await;
    assert_eq!(posted.status, 404);
    assert_eq!(client.get("product-inventory/").await.json["count"], 0);
}

async fn head_is_get_without_a_body(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    for path in [
        "",
        "product-inventory/",
        "product-inventory/1/",
        "product-inventory/2016-06-07_3_6343/",
        "shops/",
        "shops/3/",
        "products/",
        "products/6343/",
    ] {
        let get = client.get(path).await;
        let head = client.send(client.request(Method::HEAD, path)).await;
        assert_eq!((get.status.as_u16(), head.status.as_u16()), (200, 200), "{path}");
        assert_eq!(head.text, "");
        for name in ["content-type", "content-length", "allow", "vary"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    let missing = client.send(client.request(Method::HEAD, "product-inventory/?page=9")).await;
    assert_eq!((missing.status.as_u16(), missing.text.as_str()), (404, ""));
}

async fn other_methods_are_refused_by_name(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = "GET, POST, HEAD, OPTIONS";
    let one = "GET, HEAD, OPTIONS";
    for (method, path, allow) in [
        (Method::PUT, "product-inventory/", list),
        (Method::PATCH, "product-inventory/", list),
        (Method::DELETE, "product-inventory/.json", list),
        (Method::POST, "product-inventory/1/", one),
        (Method::PUT, "product-inventory/1/", one),
        (Method::DELETE, "shops/", list),
        (Method::POST, "shops/3/", one),
        (Method::PUT, "products/6343/", one),
        (Method::POST, "", one),
    ] {
        let answer = client.send(client.request(method.clone(), path)).await;
        let detail = format!("Method \"{method}\" not allowed.");
        assert_eq!((answer.status.as_u16(), &answer.json), (405, &json!({"detail": detail})), "{path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

async fn options_tells_of_every_address(engine: Engine) {
    let (_app, client) = start(engine).await;
    for (path, name, required) in [
        (
            "product-inventory/",
            "Product Inventory List",
            Some(["date", "shop_id", "product_id", "qty"].as_slice()),
        ),
        (
            "product-inventory/.json",
            "Product Inventory List",
            Some(&["date", "shop_id", "product_id", "qty"]),
        ),
        ("product-inventory/1/", "Product Inventory Instance", None),
        ("shops/", "Shop List", Some(&["shop_id", "name"])),
        ("shops/3/", "Shop Instance", None),
        ("products/", "Product List", Some(&["product_id", "name"])),
        ("products/1/", "Product Instance", None),
        ("", "Api Root", None),
    ] {
        let answer = client.send(client.request(Method::OPTIONS, path)).await;
        assert_eq!((answer.status.as_u16(), &answer.json["name"]), (200, &json!(name)), "{path}");
        let fields = answer.json["actions"]["POST"].as_object();
        let is_required = |field: &Value| field["required"] == true;
        let mut found: Option<Vec<_>> = fields.map(|fields| {
            fields.iter().filter(|(_, field)| is_required(field)).map(|(name, _)| name.as_str()).collect()
        });
        let mut required = required.map(<[&str]>::to_vec);
        found.iter_mut().chain(&mut required).for_each(|names| names.sort_unstable());
        assert_eq!(found, required, "{path}");
    }
}

async fn the_root_lists_the_collections(engine: Engine) {
    let (_app, client) = start(engine).await;
    let root = client.get("").await;
    assert_eq!(root.header("allow"), "GET, HEAD, OPTIONS");
    let collections = root.json.as_object().expect("an object");
    assert_eq!(collections.keys().collect::<Vec<_>>(), ["product-inventory", "products", "shops"]);
    for address in collections.values() {
        let address = address.as_str().expect("an address");
        assert!(client.get(address).await.json["count"].is_number(), "{address}");
    }
}

async fn links_begin_as_the_client_named_the_server_or_as_it_is_set(engine: Engine) {
    let app = App::start(engine);
    let client = app.inventory("network");
    let named = client.send(client.request(Method::GET, "").header("host", "stock.example:8443")).await;
    assert_eq!(named.json["shops"], "http://stock.example:8443/api/v1/shops/");
    let hostile = client.send(client.request(Method::GET, "").header("host", "x\"><script>")).await;
    assert_eq!(hostile.json["shops"], "/api/v1/shops/");

    let app = App::builder(engine).env("PARTNERAPI_PUBLIC_URL", "https://api.example.org/stock/").start();
    let client = app.inventory("network");
    client.furnish(&["3", "a/b ї"], &[]).await;
    let set = client.get("shops/?page_size=1").await;
    assert_eq!(set.json["next"], "https://api.example.org/stock/api/v1/shops/?page=2&page_size=1");
    assert_eq!(set.json["results"][0]["url"], "https://api.example.org/stock/api/v1/shops/3/");
    let second = client.results("shops/?page=2&page_size=1").await;
    assert_eq!(second[0]["url"], "https://api.example.org/stock/api/v1/shops/a%2Fb%20%D1%97/");

    let (terminal, tls) = (Terminal::new(), Certificate::new());
    let file = |name, content: &str| terminal.file(name, content.as_bytes()).display().to_string();
    let app = App::builder(engine)
        .env("PARTNERAPI_TLS_CERT", &file("certificate.pem", &tls.certificate))
        .env("PARTNERAPI_TLS_KEY", &file("key.pem", &tls.key))
        .start();
    let client = app.inventory("network");
    let root = client.get("").await;
    assert_eq!(root.json["shops"], format!("{}/api/v1/shops/", app.server.url));
    assert!(app.server.url.starts_with("https://"), "{}", app.server.url);
}

async fn a_page_shows_what_it_is_given_as_text(engine: Engine) {
    let (_app, client) = start(engine).await;
    let shop = json!({"shop_id": "<b>", "name": "<script>alert(1)</script> & \"q\""});
    assert_eq!(client.post("shops/", &shop).await.status, 201);
    let page = client.get("shops/?format=api&x=<script>").await;
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(page.text.contains("&lt;script&gt;alert(1)"), "{}", page.text);
    let faulty = client.post("shops/?format=api", &json!({})).await;
    assert_eq!((faulty.status.as_u16(), faulty.header("content-type")), (400, "text/html; charset=utf-8"));
    assert!(faulty.text.contains("This field is required."), "{}", faulty.text);
}
