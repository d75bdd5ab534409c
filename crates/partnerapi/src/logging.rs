//! Log lines: to standard error, as text for people or JSON for machines.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::WrongUsage;
use crate::cli::Common;

/// Libraries that are not asked for log lines.
const SILENT: [&str; 3] = ["lapin", "amq_protocol", "tcp_stream"];

/// How log lines look.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(crate) fn start(common: &Common) -> Result<(), WrongUsage> {
    let wrong = || {
        let may_be = "error, warn, info, debug, trace, off, or a filter like info,request=warn";
        WrongUsage(format!("PARTNERAPI_LOG (--log) may be {may_be}"))
    };
    // A word alone would be the name of a part of the program, and a mistyped level would silence all others.
    let is_level = |word: &str| word.trim().parse::<LevelFilter>().is_ok();
    if common.log.split(',').any(|part| !part.contains(['=', '[']) && !is_level(part)) {
        return Err(wrong());
    }
    let filter = EnvFilter::builder().parse(&common.log).map_err(|_| wrong())?;
    // The client of the broker logs whole messages and its credentials. What matters of it is told by the publisher.
    let filter = SILENT.iter().fold(filter, |filter, library| match format!("{library}=off").parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    });
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match common.log_format {
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).init(),
        Format::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
