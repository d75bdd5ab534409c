//! `partnerapi`: one server for partner APIs, and the commands that look after it.

mod apis;
mod cli;
mod commands;
mod demo;
mod docs;
mod logging;
mod settings;
mod telling;

use std::process::ExitCode;
use std::time::Duration;

use kernel::transfer::Secrets;
use routes::Initial;

use crate::cli::{Cli, Command, KeysCommand, TicketsCommand};

/// Hands memory back sooner and takes it faster than the system's allocator under many small requests.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The command line or the configuration is wrong: exit status 2.
#[derive(Debug)]
struct WrongUsage(String);

impl std::fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

fn main() -> ExitCode {
    // For whatever speaks TLS as a client. It fails only if somebody was first, and nobody can have been.
    drop(rustls::crypto::ring::default_provider().install_default());
    let cli = match settings::parse() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    if let Err(wrong) = logging::start(&cli.common) {
        eprintln!("error: {wrong}");
        return ExitCode::from(2);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(cli));
    // What hangs by now, hangs for good.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if telling::is_nobody_listening(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<WrongUsage>() => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let common = &cli.common;
    match cli.command {
        Command::Serve(settings) => commands::serve::serve(common, settings).await,
        Command::Migrate => commands::database::migrate(common).await,
        Command::Backup { file } => commands::database::backup(common, file).await,
        Command::Keys(KeysCommand::Create { api, account, errors_as_200 }) => {
            commands::keys::create(common, api, account, errors_as_200).await
        }
        Command::Keys(KeysCommand::List) => commands::keys::list(common).await,
        Command::Keys(KeysCommand::Revoke { prefix }) => commands::keys::revoke(common, prefix).await,
        Command::Import { api, file, account } => {
            commands::transfer::import(common, api, &file, account.as_deref()).await
        }
        Command::Export { api, account, with_secrets } => {
            let secrets = if with_secrets { Secrets::Told } else { Secrets::Kept };
            commands::transfer::export(common, api, account.as_deref(), secrets).await
        }
        Command::InitAccountRoles => commands::init::init(common, Initial::AccountRoles).await,
        Command::InitReportTypes => commands::init::init(common, Initial::ReportTypes).await,
        Command::Events { follow, limit } => commands::events::events(common, follow, limit).await,
        Command::Check(settings) => commands::check::check(common, settings).await,
        Command::SandboxPartner(partner) => commands::sandbox::sandbox_partner(partner).await,
        Command::Tickets(TicketsCommand::Stress(storm)) => commands::stress::stress(storm).await,
        Command::Settings => {
            print!("{}", settings::reference());
            Ok(())
        }
    }
}
