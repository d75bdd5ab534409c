//! The lines that a document gives to copy answer what stands under them.

use std::process::{Command, Stdio};

use serde_json::Value;

/// A fence of a document.
struct Fence<'a> {
    /// What stands between the fence before and this one.
    before: &'a str,
    language: &'a str,
    content: &'a str,
}

fn fences(document: &str) -> Vec<Fence<'_>> {
    let parts: Vec<&str> = document.split("```").collect();
    let fences = parts.chunks_exact(2).filter_map(|pair| {
        let (language, content) = pair[1].split_once('\n')?;
        Some(Fence { before: pair[0], language, content })
    });
    fences.collect()
}

/// Runs what stands in fences of `sh`, in their order, and compares what each prints with the fence of `json` right
/// under it, if there is one. How many were compared.
pub(super) fn compare_answers(document: &str) -> usize {
    let mut compared = 0;
    let mut fences = fences(document).into_iter().peekable();
    while let Some(Fence { language, content: script, .. }) = fences.next() {
        if language != "sh" {
            continue;
        }
        let output = output_of(script);
        let is_answer = |next: &Fence<'_>| next.language == "json" && next.before.trim().is_empty();
        if let Some(written) = fences.next_if(is_answer) {
            assert_eq!(json(&output), json(written.content), "{script}");
            compared += 1;
        }
    }
    compared
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn output_of(script: &str) -> String {
    let ran = Command::new("bash")
        // What a document shows is no mistake: curl has to fail for one.
        .args(["-euo", "pipefail", "-c", &format!("curl() {{ command curl -qsSf \"$@\"; }}\n{script}")])
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("UTF-8")
}
