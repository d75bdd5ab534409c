//! `partnerapi sandbox-partner`.

use anyhow::Context as _;
use kernel::clock::Clock;
use sandbox::{Sandbox, Settings};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::WrongUsage;
use crate::cli::SandboxPartner;

/// Plays a partner until it is told to stop.
///
/// # Errors
/// If the address is not loopback: it has no keys, and whoever reaches it may do with it what he likes.
pub(crate) async fn sandbox_partner(partner: SandboxPartner) -> anyhow::Result<()> {
    let address = partner.listen.0;
    if !address.ip().is_loopback() {
        return Err(WrongUsage("sandbox-partner listens on a loopback address only".into()).into());
    }
    let settings = Settings {
        ids: partner.sandbox_ids,
        first_id: partner.sandbox_first_id.0,
        advance: partner.sandbox_advance.0.map(|seconds| seconds.0),
        decimal_comma: partner.sandbox_decimal_comma,
        error_status: partner.sandbox_error_status,
        fail: partner.sandbox_fail,
    };
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    // The handler stands before anybody can know that it listens.
    let mut terminate = signal(SignalKind::terminate())?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let told_to_stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    Sandbox::new(settings, Clock::System).serve(listener, told_to_stop).await;
    tracing::info!("stopped");
    Ok(())
}
