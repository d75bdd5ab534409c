//! The fuzz targets, which no other build compiles: each is told of, built, and has something to begin with.

use super::{first_column, text, tracked};

#[test]
fn every_fuzz_target_is_documented_and_has_seeds() {
    let tracked = tracked();
    let targets: std::collections::BTreeSet<String> = tracked
        .iter()
        .filter_map(|path| path.strip_prefix("fuzz/fuzz_targets/")?.strip_suffix(".rs"))
        .map(str::to_owned)
        .collect();
    assert!(!targets.is_empty(), "this test looks in the wrong place");
    assert_eq!(first_column(&text("docs/fuzzing.md")), targets, "the table of docs/fuzzing.md");
    let manifest = text("fuzz/Cargo.toml");
    for target in targets {
        let seeds = format!("fuzz/seeds/{target}/");
        assert!(tracked.iter().any(|path| path.starts_with(&seeds)), "{seeds} is empty");
        assert!(
            manifest.contains(&format!("name = \"{target}\"\n")),
            "fuzz/Cargo.toml does not build {target}"
        );
    }
}

#[test]
fn the_fuzz_targets_are_compiled_with_the_versions_that_are_served() {
    let ours = text("Cargo.lock");
    let packages = |lock: &str| lock.split("[[package]]\n").skip(1).map(head).collect::<Vec<_>>();
    // What is there for them alone.
    let own = ["arbitrary", "jobserver", "libfuzzer-sys", "partnerapi-fuzz"];
    let served = packages(&ours);
    for (name, version) in packages(&text("fuzz/Cargo.lock")) {
        let is_same = served.contains(&(name.clone(), version.clone()));
        assert!(
            is_same || own.contains(&name.as_str()),
            "fuzz/Cargo.lock has {name} {version}, and Cargo.lock has not"
        );
    }
}

/// A package's name and version.
fn head(package: &str) -> (String, String) {
    let value = |name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    (value("name"), value("version"))
}
