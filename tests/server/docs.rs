//! The page to read and to try the APIs at, which works without the internet.

use std::collections::BTreeSet;

use reqwest::Method;
use testkit::{App, Engine, run};

/// What an attribute or a `url()` names, wherever it stands in a page or a style sheet.
fn references(text: &str, starts: &[(&str, char)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, end) in starts {
        for rest in text.split(start).skip(1) {
            let reference = rest.split(*end).next().unwrap_or_default().trim_matches(['"', '\'']);
            found.insert(reference.to_owned());
        }
    }
    found
}

fn is_elsewhere(reference: &str) -> bool {
    reference.starts_with("http:") || reference.starts_with("https:") || reference.starts_with("//")
}

struct Page {
    status: u16,
    media_type: String,
    text: String,
}

async fn fetch(app: &App, path: &str) -> Page {
    let answer = app.request(Method::GET, path).send().await.unwrap();
    let media_type = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    Page {
        status: answer.status().as_u16(),
        media_type: media_type.unwrap_or_default(),
        text: answer.text().await.unwrap(),
    }
}

#[test]
fn the_page_and_everything_it_loads_comes_from_the_server() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let page = fetch(&app, "/docs").await;
        assert_eq!(page.status, 200);
        assert!(page.media_type.starts_with("text/html"), "{}", page.media_type);
        let loaded = references(&page.text, &[("src=\"", '"'), ("href=\"", '"')]);
        assert!(loaded.iter().any(|file| file.ends_with(".js")), "{loaded:?}");
        assert!(loaded.iter().any(|file| file.ends_with(".css")), "{loaded:?}");
        let base = reqwest::Url::parse(&app.server.url).unwrap().join("/docs/").unwrap();
        for reference in loaded.iter().filter(|reference| *reference != "/docs/") {
            assert!(!is_elsewhere(reference), "{reference}");
            let file = fetch(&app, base.join(reference).unwrap().path()).await;
            assert_eq!(file.status, 200, "{reference}");
            let media_type = file.media_type;
            if reference.ends_with(".js") {
                assert!(media_type.contains("javascript"), "{reference}: {media_type}");
            } else if reference.ends_with(".css") {
                assert!(media_type.starts_with("text/css"), "{reference}: {media_type}");
                let urls = references(&file.text, &[("url(", ')'), ("@import \"", '"')]);
                let elsewhere: Vec<_> = urls.iter().filter(|url| is_elsewhere(url)).collect();
                assert!(elsewhere.is_empty(), "{reference}: {elsewhere:?}");
            }
        }
    });
}

#[test]
fn the_page_shows_this_servers_document_and_asks_nobody_to_judge_it() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let page = fetch(&app, "/docs").await;
        let mut texts = page.text.clone();
        for script in references(&page.text, &[("src=\"", '"')]) {
            if script.contains("initializer") {
                texts
                    .push_str(&fetch(&app, &format!("/docs/{}", script.trim_start_matches("./"))).await.text);
            }
        }
        assert!(texts.contains("/openapi.json"), "{texts}");
        let elsewhere = references(&texts, &[("\"http", '"'), ("'http", '\'')]);
        assert!(elsewhere.is_empty(), "{elsewhere:?}");
        assert!(texts.contains("\"validatorUrl\": \"none\""), "its default asks a server elsewhere: {texts}");
    });
}

#[test]
fn a_file_that_the_page_does_not_have_is_not_found() {
    run(async {
        let app = App::start(Engine::Sqlite);
        for path in
            ["/docs/nothing.js", "/docs/../Cargo.toml", "/docs/%2e%2e/Cargo.toml", "/docs/%2fetc%2fpasswd"]
        {
            let answer = fetch(&app, path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.text, r#"{"detail":"Not found"}"#, "{path}");
        }
    });
}
