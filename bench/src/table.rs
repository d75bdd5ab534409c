//! The table.

use anyhow::Context as _;

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench: begin -->\n";
const END: &str = "<!-- bench: end -->\n";

/// A row of it. What a row has nothing to say about is empty.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) scenario: String,
    pub(crate) server: String,
    pub(crate) baseline: String,
    pub(crate) ratio: String,
    pub(crate) target: String,
    pub(crate) met: Option<bool>,
    pub(crate) latency: String,
    pub(crate) cpu: String,
    /// In MB.
    pub(crate) memory: Option<f64>,
}

/// All rows, as Markdown.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut page = String::from(
        "| Scenario | Server | Baseline | Ratio (least to most) | Target | Met | p50 / p99, ms | CPU, µs a request: server / baseline | Peak RSS, MB |\n\
         |---|--:|--:|--:|--:|---|--:|--:|--:|\n",
    );
    for Row { scenario, server, baseline, ratio, target, met, latency, cpu, memory } in rows {
        let met = match met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let memory = memory.map_or_else(String::new, |memory| format!("{memory:.0}"));
        page.push_str(&format!(
            "| {scenario} | {server} | {baseline} | {ratio} | {target} | {met} | {latency} | {cpu} | {memory} |\n"
        ));
    }
    page
}

/// Puts `text` between the marks of the page.
pub(crate) fn write(text: &str) -> anyhow::Result<()> {
    let page = std::fs::read_to_string(PAGE).context(PAGE)?;
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("{PAGE} has no {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} has no {END}"))?;
    std::fs::write(PAGE, format!("{before}{BEGIN}{text}{END}{after}"))?;
    Ok(())
}

/// A rate with its thousands apart.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
