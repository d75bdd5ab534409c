//! The house keeps its own rules: what the documents say is true, and every room has the same furniture.

mod affiliates;
mod documents;
mod furniture;
mod fuzzing;
mod inventory;
mod lines;
mod monitoring;
mod orders;
mod readme;
mod reference;
mod routes;
mod sandbox;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the repository.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("crates/partnerapi lies two below the top").to_owned()
}

/// A file of the repository as text.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files that git tracks, by their paths from the top.
fn tracked() -> Vec<String> {
    let listed = Command::new("git")
        // The repository may belong to another user than the one who runs the tests.
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git, to list the files of the repository");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("paths in UTF-8");
    // A file that was deleted but not committed yet is still listed.
    let files = listed.split('\0').filter(|path| root().join(path).is_file());
    files.map(str::to_owned).collect()
}

/// The tracked files whose names end so.
fn tracked_ending(end: &str) -> Vec<String> {
    tracked().into_iter().filter(|path| path.ends_with(end)).collect()
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn marked<'a>(document: &'a str, name: &str) -> &'a str {
    let (_, after) = document.split_once(&format!("<!-- {name} -->\n")).expect("the opening marker");
    after.split_once(&format!("<!-- /{name} -->")).expect("the closing marker").0
}

/// The code in the first column of a table, row by row.
fn first_column(table: &str) -> BTreeSet<String> {
    let cells = table.lines().filter_map(|row| row.strip_prefix("| `"));
    cells.map(|row| row.split('`').next().unwrap_or_default().to_owned()).collect()
}

/// The lines of a Markdown document that are not inside a fence.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    document.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        inside ^= is_fence;
        !inside && !is_fence
    })
}

/// What stands between backticks in the prose of a Markdown document.
fn spans(document: &str) -> Vec<&str> {
    prose(document).flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}
