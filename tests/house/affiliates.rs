//! The lines of docs/affiliates.md answer what stands under them, and its messages are those of the program.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::{App, Engine, binary};

use super::lines::compare_answers;
use super::{first_column, marked, text, tracked};

/// Where the server is, in the words of the document.
const BASE: &str = "http://127.0.0.1:8000";

#[test]
fn the_lines_of_the_document_answer_what_stands_under_them() {
    let document = text("docs/affiliates.md");
    let app = App::start(Engine::Sqlite);
    let (account, hash) = ("hotel-hello", "0000000a-111b-222c-333d-44444444444e");
    // What the lists of the document show.
    let history = json!({
        "suppliers": [{"account": account, "ecommerceHash": hash}],
        "accesses": [{
            "account": account, "id": 987_654_321, "uuid": hash, "pcrid": 2554, "utmSource": "blog", "utmMedium": "banner",
            "tags": ["tag-teste", "outra-tag"], "created_at": "2022-10-04T23:59:44.465152Z",
            "href": "https://hotel.example/?pcrid=2554&utm_source=blog", "cookie": "pcrid=2554",
            "query": "?pcrid=2554&utm_source=blog"
        }],
        "purchases": [{
            "account": account, "id": "987654", "pcrid": 2554, "status": 1, "purchase_date": "2022-10-31", "price": 100,
            "payment_commission_date": "2022-12-01", "commission_base": 90, "commission_value": 9,
            "contact_name": "João Alves", "created_at": "2022-10-31T00:01:25.437499-03:00"
        }]
    });
    app.import("affiliates", &history).printed();
    let key = app.key("affiliates", account);
    let file = app.file("affiliates.json", b"");
    let program = format!("PARTNERAPI_DATABASE_URL='{}' '{}'", app.database.url(), binary().display());
    let lines = document
        .replace(BASE, &app.server.url)
        .replace("$KEY", &key)
        .replace("partnerapi import affiliates", &format!("{program} import affiliates"))
        .replace("affiliates.json", file.to_str().expect("UTF-8"));
    assert!(compare_answers(&lines) >= 7);
    let exported = app.command(&["export", "affiliates"]).printed();
    assert!(exported.contains("Guia de hotéis"), "the file of the document was imported: {exported}");
}

#[test]
fn every_message_of_the_document_is_one_of_the_program() {
    let sources: String = tracked()
        .iter()
        .filter(|path| path.starts_with("crates/affiliates/src/"))
        .map(|path| text(path))
        .collect();
    let document = text("docs/affiliates.md");
    let messages = first_column(marked(&document, "messages"));
    assert!(messages.len() > 30);
    for message in &messages {
        assert!(sources.contains(&format!("\"{message}")), "no message begins so: {message}");
    }
    // And the other way round for what the dialect has for all APIs' faults.
    let (_, dialect) = sources.split_once("let message = match fault {").expect("the dialect");
    let (dialect, _) = dialect.split_once("};").expect("its end");
    let written: BTreeSet<String> = dialect.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let told: BTreeSet<String> = written.difference(&messages).cloned().collect();
    let never_told = ["Proibido", "Tipo de conteúdo não suportado"];
    assert_eq!(told, never_told.map(str::to_owned).into());
}
