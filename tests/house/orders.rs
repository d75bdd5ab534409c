//! The lines of docs/orders.md answer what stands under them.

use testkit::{App, Engine, Partner};

use super::lines::compare_answers;
use super::text;

/// Where the server is, in the words of the document.
const BASE: &str = "http://127.0.0.1:8000";

#[test]
fn the_lines_of_the_document_answer_what_stands_under_them() {
    let document = text("docs/orders.md");
    let (_, table) = document.split_once("Left out, it is:\n\n```json\n").expect("the default table");
    let partner = Partner::start(&["--sandbox-first-id", "1001"]);
    let app = App::builder(Engine::Sqlite)
        .env("PARTNERAPI_URL", &partner.server.url)
        .env("PARTNERAPI_STATUS_MAP", table.split("```").next().expect("its end"))
        .start();
    assert!(compare_answers(&document.replace(BASE, &app.server.url)) >= 5);
}
