//! On what, when and of what was measured.

use std::process::Command;

use anyhow::{Context as _, ensure};

/// A line for the top of the table.
pub(crate) fn description() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let cpu = entry("/proc/cpuinfo", "model name")?;
    let memory: u64 = entry("/proc/meminfo", "MemTotal")?.trim_end_matches(" kB").parse()?;
    let memory = memory as f64 / f64::from(1 << 20);
    // Neighbours spoil rates, and ratios less so: the reader should know of them.
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!(
        "{}, commit {}{}: {cores} cores ({cpu}), {memory:.0} GB of memory, Linux {}, load average {load} before the run.",
        printed("date", &["-u", "+%F"])?,
        printed("git", &["rev-parse", "--short", "HEAD"])?,
        if printed("git", &["status", "--porcelain", "crates", "migrations", "Cargo.lock"])?.is_empty() {
            ""
        } else {
            " with changes"
        },
        printed("uname", &["-r"])?,
    ))
}

fn entry(file: &str, name: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.to_owned())?;
    let found = text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name);
    Ok(found.with_context(|| format!("{file} has no {name}"))?.1.trim().to_owned())
}

fn printed(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).output().with_context(|| program.to_owned())?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
