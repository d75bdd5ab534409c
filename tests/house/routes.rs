//! docs/routes.md: its lines answer what stands under them, and its table has every error.

use std::collections::BTreeSet;

use testkit::{App, Database, Engine};

use super::lines::compare_answers;
use super::{first_column, marked, text};

/// Where the server is, in the words of the document.
const BASE: &str = "http://127.0.0.1:8000";

#[test]
fn the_lines_of_the_document_answer_what_stands_under_them() {
    let app = App::on(Database::empty(Engine::Sqlite).into()).arg("--demo").start();
    assert!(compare_answers(&text("docs/routes.md").replace(BASE, &app.server.url)) >= 12);
}

#[test]
fn the_table_of_errors_has_every_message() {
    let told = first_column(marked(&text("docs/routes.md"), "errors"));
    let told: BTreeSet<String> = told.iter().map(|message| without_numbers(message)).collect();
    let wire = text("crates/routes/src/wire/mod.rs");
    let kernel = text("crates/kernel/src/http/dialect.rs");
    let (_, own) = wire.split_once("impl IntoResponse for Error").expect("the errors of the API");
    let (_, faults) = kernel.split_once("pub fn public_message").expect("the messages of faults");
    let messages = |source: &str| -> BTreeSet<String> {
        let (source, _) = source.split_once("\n    }\n").expect("the end of a function");
        let texts = source.split('"').skip(1).step_by(2);
        texts.filter(|text| text.starts_with(char::is_uppercase)).map(str::to_owned).collect()
    };
    let mut known = messages(own);
    assert!(known.contains("Units {} are not found"), "this test looks in the wrong place: {known:?}");
    known.extend(messages(faults));
    // A body is JSON here, whatever it is called.
    known.remove("Unsupported media type");
    assert_eq!(told, known.into_iter().collect());
}

/// `{2, 3}` as `{}`.
fn without_numbers(message: &str) -> String {
    match (message.split_once('{'), message.split_once('}')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{{}}{after}"),
        _ => message.to_owned(),
    }
}
