//! The lines of docs/inventory.md answer what stands under them.

use testkit::{App, Engine};

use super::lines::compare_answers;
use super::text;

/// Where the server is, in the words of the document.
const BASE: &str = "http://127.0.0.1:8000";

#[test]
fn the_lines_of_the_document_answer_what_stands_under_them() {
    let app = App::start(Engine::Sqlite);
    let document = text("docs/inventory.md").replace("$KEY", &app.key("inventory", "network"));
    assert!(compare_answers(&document.replace(BASE, &app.server.url)) >= 6);
}
