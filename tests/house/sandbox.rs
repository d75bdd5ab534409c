//! The lines of docs/sandbox.md answer what stands under them.

use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::Value;
use testkit::{Partner, run};

use super::{first_column, marked, text};

/// Where the partner is, in the words of the document.
const BASE: &str = "http://127.0.0.1:8100";
/// How the document starts it.
const START: &str = "partnerapi sandbox-partner --sandbox-first-id 1001";

/// The fences of the document in their order: language and content.
fn fences(document: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = document.split("```").collect();
    let inside = parts.iter().skip(1).step_by(2);
    inside.filter_map(|fence| fence.split_once('\n')).collect()
}

fn output_of(script: &str) -> String {
    let ran = Command::new("bash")
        // What refuses in the control API is a mistake of the document; the partner refuses with 200.
        .args(["-euo", "pipefail", "-c", &format!("curl() {{ command curl -qsSf \"$@\"; }}\n{script}")])
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("UTF-8")
}

#[test]
fn the_lines_of_the_document_answer_what_stands_under_them() {
    let document = text("docs/sandbox.md");
    let partner = Partner::start(&["--sandbox-first-id", "1001"]);
    let fences = fences(&document);
    assert_eq!(fences[0], ("sh", format!("{START}\n").as_str()));
    let mut compared = 0;
    let mut following = fences[1..].iter().peekable();
    while let Some((language, script)) = following.next() {
        assert_eq!(*language, "sh", "{script}");
        let output = output_of(&script.replace(BASE, &partner.server.url));
        if let Some((_, written)) = following.next_if(|(language, _)| *language == "json") {
            let json = |text: &str| -> Value {
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
            };
            assert_eq!(json(&output), json(written), "{script}");
            compared += 1;
        }
    }
    assert!(compared > 8, "{compared}");
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
