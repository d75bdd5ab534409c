//! The settings of the Affiliates API.

use std::path::PathBuf;

use clap::Args;

use crate::WrongUsage;
use crate::settings::{Optional, per_minute};

/// How accesses are recorded.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Affiliates")]
pub(crate) struct Affiliates {
    /// Accesses that one address may report in a minute.
    #[arg(long, env = "PARTNERAPI_ACCESSES_PER_MINUTE", default_value = "60", value_parser = per_minute, value_name = "N")]
    accesses_per_minute: u32,
    /// A city database in MaxMind's format, to tell where accesses come from. Left out: they come from nowhere.
    #[arg(
        long,
        env = "PARTNERAPI_GEOIP_FILE",
        default_value = "",
        hide_default_value = true,
        value_name = "FILE"
    )]
    geoip_file: Optional<PathBuf>,
}

impl Affiliates {
    /// The settings as the API takes them.
    pub(crate) fn settings(&self) -> Result<affiliates::Settings, WrongUsage> {
        let geo = self.geoip_file.0.as_ref().map(|file| {
            affiliates::Geo::open(file).map_err(|error| {
                let file = file.display();
                WrongUsage(format!(
                    "PARTNERAPI_GEOIP_FILE (--geoip-file) may be a city database in MaxMind's format; {file}: {error}"
                ))
            })
        });
        Ok(affiliates::Settings { accesses_per_minute: self.accesses_per_minute, geo: geo.transpose()? })
    }

    /// What `check` says of them, if there is something to be said.
    pub(crate) fn look(&self) -> Option<Result<String, String>> {
        let file = self.geoip_file.0.as_ref()?;
        let found = self.settings().map(|_| format!("{} can be read", file.display()));
        Some(found.map_err(|WrongUsage(error)| error))
    }
}
