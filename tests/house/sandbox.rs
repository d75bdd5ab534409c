//! The lines of docs/sandbox.md answer what stands under them.

use reqwest::Method;
use serde_json::Value;
use testkit::{Partner, run};

use super::lines::compare_answers;
use super::{first_column, marked, text};

/// Where the partner is, in the words of the document.
const BASE: &str = "http://127.0.0.1:8100";
/// How the document starts it.
const START: &str = "partnerapi sandbox-partner --sandbox-first-id 1001";

#[test]
fn the_lines_of_the_document_answer_what_stands_under_them() {
    let document = text("docs/sandbox.md");
    let partner = Partner::start(&["--sandbox-first-id", "1001"]);
    assert!(document.contains(&format!("```sh\n{START}\n```\n")), "{START}");
    let lines = document.replace(START, ":").replace(BASE, &partner.server.url);
    assert!(compare_answers(&lines) > 8);
}

#[test]
fn the_table_of_failures_names_all_that_there_are() {
    run(async {
        let partner = Partner::start(&[]);
        let index = partner.control(Method::GET, "", Value::Null).await;
        let lists = [&index["failures"], &index["failures of create"]];
        let names = lists.into_iter().flat_map(|list| list.as_array().expect("a list of names"));
        let names = names.map(|name| name.as_str().expect("a name").to_owned()).collect();
        assert_eq!(first_column(marked(&text("docs/sandbox.md"), "failures")), names);
    });
}
