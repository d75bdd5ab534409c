//! What the documents point at exists.

use std::collections::BTreeSet;

use super::{prose, root, spans, text, tracked, tracked_ending};

/// Folders at the top of the repository. A path that begins so is a path of ours.
const TOPS: [&str; 8] = [".ci/", "bench/", "crates/", "docs/", "fuzz/", "migrations/", "scripts/", "tests/"];
/// Files of ours by their names' ends.
const ENDS: [&str; 6] = [".md", ".rs", ".service", ".sh", ".sql", ".toml"];

fn documents() -> Vec<String> {
    let documents = tracked_ending(".md");
    assert!(documents.contains(&"README.md".to_owned()), "this test looks in the wrong place");
    documents
}

fn is_path(span: &str) -> bool {
    let plain = span.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    plain && (TOPS.iter().any(|top| span.starts_with(top)) || ENDS.iter().any(|end| span.ends_with(end)))
}

#[test]
fn every_file_that_a_document_names_exists() {
    let tracked = tracked();
    // A name may leave out where it lies: `store/booking.rs`.
    let exists = |path: &str| {
        let path = path.trim_end_matches('/');
        root().join(path).exists() || tracked.iter().any(|file| file.ends_with(&format!("/{path}")))
    };
    for document in documents() {
        let content = text(&document);
        for path in spans(&content).into_iter().filter(|span| is_path(span)) {
            assert!(exists(path), "{document} names {path}, which does not exist");
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    for document in documents() {
        for target in links(&text(&document)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = if path.is_empty() { document.clone() } else { resolve(folder, path) };
            assert!(root().join(&path).exists(), "{document} links to {path}, which does not exist");
            assert!(
                anchor.is_empty() || anchors(&text(&path)).contains(anchor),
                "{document} links to {path}#{anchor}: there is no such heading"
            );
        }
    }
}

/// The targets of inline links: `[text](target)`.
fn links(document: &str) -> Vec<String> {
    let targets = prose(document).flat_map(|line| {
        let without_code: String = line.split('`').step_by(2).collect();
        without_code
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned()))
            .collect::<Vec<_>>()
    });
    targets.collect()
}

fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors that GitHub gives to headings: in small letters, without punctuation, spaces as hyphens.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = prose(document).filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let kept = line.trim_start_matches('#').trim().to_lowercase();
            kept.chars()
                .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

#[test]
fn a_heading_and_a_link_to_it_are_found() {
    assert!(anchors("## TLS, with and without a proxy").contains("tls-with-and-without-a-proxy"));
    assert_eq!(links("see [a](b.md#c), [d](../e) and `[f](g)`"), ["b.md#c", "../e"]);
    assert_eq!(resolve("docs", "../README.md"), "README.md");
}
