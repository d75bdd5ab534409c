//! Who knows one room knows all of them.

use std::collections::BTreeSet;

use super::{root, text, tracked, tracked_ending};

/// Crates that are no API.
const OTHER_ROOMS: [&str; 4] = ["kernel", "partnerapi", "sandbox", "testkit"];

/// What an API's crate must have in its `src`. Each is a file or a folder of that name.
const FURNITURE: [&str; 5] = ["lib", "wire", "rules", "store", "handlers"];

/// What a crate may have beside it, and why.
const MORE: [(&str, &str, &str); 10] = [
    ("affiliates", "geo", "where an address is: a file's business, read once"),
    ("*", "jobs", "not every API has work in the background"),
    (
        "*",
        "transfer",
        "the file that an API imports is a contract of its own, with another reader than its wire",
    ),
    ("inventory", "page", "its answers as a person sees them"),
    ("orders", "settings", "it has a dozen, which the binary's command line fills"),
    ("orders", "fields", "its faults are told all at once, in another framework's shape"),
    ("orders", "partner", "the only API that calls somebody"),
    ("orders", "breaker", "when not to call"),
    ("orders", "relay", "calls and records in turns: neither a rule nor a handler"),
    (
        "tickets",
        "layout",
        "answers of hundreds of kilobytes are rendered once, with holes for what sales change",
    ),
];

/// Lines from which a source file wants to be two.
const LINES_AT_MOST: usize = 450;

/// The beginnings of paths that exist on somebody's machine only. Taken apart, or this file would have them too.
const MACHINES: [&str; 6] = [
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
    concat!("/", "work/"),
    concat!("/", "tmp/wt"),
    concat!("/", "tmp/target"),
];

fn apis() -> Vec<String> {
    let crates = std::fs::read_dir(root().join("crates")).expect("crates/");
    let names = crates.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| !OTHER_ROOMS.contains(&name.as_str())).collect()
}

#[test]
fn every_api_has_the_same_furniture() {
    assert!(apis().contains(&"tickets".to_owned()), "this test looks in the wrong place");
    for api in apis() {
        let beginning = format!("crates/{api}/src/");
        let found: BTreeSet<String> = tracked()
            .iter()
            .filter_map(|path| path.strip_prefix(&beginning))
            .filter_map(|path| path.split('/').next())
            .map(|name| name.strip_suffix(".rs").unwrap_or(name).to_owned())
            .collect();
        for piece in FURNITURE {
            assert!(found.contains(piece), "{beginning}{piece} is missing");
        }
        for piece in &found {
            let may_stand_here = FURNITURE.contains(&piece.as_str())
                || MORE.iter().any(|(whose, name, _)| ["*", &api].contains(whose) && name == piece);
            assert!(
                may_stand_here,
                "{beginning}{piece} is no furniture of an API (tests/house/furniture.rs)"
            );
        }
    }
}

#[test]
fn arrows_point_from_the_binary_to_the_apis_to_the_kernel() {
    let apis = apis();
    let depends = |room: &str, on: &str| {
        text(&format!("crates/{room}/Cargo.toml"))
            .lines()
            .any(|line| line.starts_with(&format!("{on}.workspace")))
    };
    assert!(!depends("kernel", "partnerapi"), "the kernel knows none of its users");
    for api in &apis {
        assert!(depends("partnerapi", api), "nobody serves {api}");
        assert!(depends(api, "kernel"), "{api} does without the kernel");
        assert!(!depends("kernel", api), "the kernel knows {api}");
        assert!(!depends(api, "partnerapi"), "{api} knows the binary");
        for other in apis.iter().filter(|other| *other != api) {
            assert!(!depends(api, other), "{api} knows {other}");
        }
    }
}

#[test]
fn a_source_file_can_be_read_without_much_scrolling() {
    let long: Vec<_> = tracked_ending(".rs")
        .into_iter()
        .map(|path| (text(&path).lines().count(), path))
        .filter(|(lines, _)| *lines >= LINES_AT_MOST)
        .collect();
    assert!(long.is_empty(), "of {LINES_AT_MOST} lines or more: {long:?}");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    for path in tracked() {
        let content = std::fs::read(root().join(&path)).expect("a tracked file");
        let content = String::from_utf8_lossy(&content);
        for (number, line) in (1..).zip(content.lines()) {
            let found = MACHINES.iter().find(|beginning| line.contains(**beginning));
            assert!(found.is_none(), "{path}:{number} has a path of a machine: {line}");
        }
    }
}
