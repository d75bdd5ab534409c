//! Tokens run out, and end with their key.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use kernel::api::Kernel;
use kernel::clock::{Clock, Micros, SECOND};
use kernel::db::Error;
use kernel::http::{Fault, HttpSettings};
use kernel::keys::{self, Lifetimes, Tokens};
use kernel::metrics::Metrics;
use testkit::{Database, Engine, on_both_engines};

on_both_engines!(a_refresh_token_is_good_for_its_days_after_its_last_use, what_has_run_out_is_forgotten);

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DAY: Micros = 86_400 * SECOND;
const LIFETIMES: Lifetimes = Lifetimes { access_seconds: 100, refresh_days: 30 };

/// A kernel, and a key of `ann`.
async fn kernel(engine: Engine) -> (Database, Arc<Kernel>, String) {
    let database = Database::fresh(engine);
    let http = HttpSettings {
        request_timeout: Duration::from_secs(60),
        trusted_proxies: vec![],
        trusted_networks: vec![],
        public_url: None,
        has_tls: false,
    };
    let kernel = Kernel::new(database.open().await, Clock::System, Metrics::default(), http);
    let key: Result<String, Error> = kernel.db.write(|tx| keys::create(tx, 0, "toy", "ann", false)).await;
    (database, kernel, key.expect("a key"))
}

async fn grant(kernel: &Kernel, key: &str, now: Micros) -> Option<Tokens> {
    kernel.keys.grant("toy", ("ann", key), LIFETIMES, CLIENT, now).await.expect("an answer")
}

async fn renew(kernel: &Kernel, refresh: &str, now: Micros) -> Option<Tokens> {
    kernel.keys.renew("toy", refresh, LIFETIMES, CLIENT, now).await.expect("an answer")
}

async fn kept(kernel: &Kernel) -> usize {
    let kept: Result<Vec<i64>, Error> =
        kernel.db.read(|tx| tx.query("SELECT expires_at FROM kernel_tokens", &[], |row| row.get(0))).await;
    kept.expect("rows").len()
}

async fn a_refresh_token_is_good_for_its_days_after_its_last_use(engine: Engine) {
    let (_database, kernel, key) = kernel(engine).await;
    let Tokens { access, refresh } = grant(&kernel, &key, 0).await.expect("tokens");
    assert!(renew(&kernel, &refresh, 29 * DAY).await.is_some_and(|renewed| renewed.access != access));
    assert!(renew(&kernel, &refresh, 58 * DAY).await.is_some_and(|renewed| renewed.refresh == refresh));
    assert!(renew(&kernel, &refresh, 88 * DAY).await.is_none(), "it has run out");
    assert!(
        kernel
            .keys
            .renew("another", &refresh, LIFETIMES, CLIENT, 0)
            .await
            .is_ok_and(|renewed| renewed.is_none())
    );
    for now in 0..100 {
        let guessed = kernel.keys.renew("toy", "rt_toy_guess", LIFETIMES, CLIENT, now).await;
        assert!(matches!(guessed, Ok(None) | Err(Fault::RateLimited(_))));
    }
    assert!(matches!(
        kernel.keys.renew("toy", "guess", LIFETIMES, CLIENT, 0).await,
        Err(Fault::RateLimited(_))
    ));
    assert!(renew(&kernel, &refresh, 60 * DAY).await.is_some(), "a good one is never slowed");
}

async fn what_has_run_out_is_forgotten(engine: Engine) {
    let (_database, kernel, key) = kernel(engine).await;
    grant(&kernel, &key, 0).await.expect("tokens");
    assert_eq!(kept(&kernel).await, 2);
    grant(&kernel, &key, LIFETIMES.access_seconds * SECOND).await.expect("tokens");
    assert_eq!(kept(&kernel).await, 3, "the access token has run out, the refresh token has not");
    grant(&kernel, &key, 31 * DAY).await.expect("tokens");
    assert_eq!(kept(&kernel).await, 2);
}
