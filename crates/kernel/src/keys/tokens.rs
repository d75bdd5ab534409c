//! Tokens that are given for a key, for clients that know no other way in than OAuth2 (RFC 6749).
//!
//! An access token opens what its key opens, for a while; a refresh token gets another one. They are kept as hashes,
//! and both end with the key, at once: whether the key is still good is asked each time.

use std::net::IpAddr;

use rand::Rng as _;

use super::{Caller, Keys, SECRET_BYTES, SECRET_CHARS, URL_SAFE_NO_PAD, hash, hex, prefix_of};
use crate::clock::{Micros, SECOND};
use crate::db::{Error, Tx};
use crate::http::Fault;
use crate::time::days_after;
use base64::Engine as _;

/// What opens and what refreshes begin differently, so that the one is never tried for the other.
const ACCESS: &str = "at_";
const REFRESH: &str = "rt_";

/// For how long an API's tokens are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Seconds of an access token.
    pub access_seconds: i64,
    /// Days of a refresh token, counted again with every use.
    pub refresh_days: i64,
}

/// Tokens for a key. Here alone they can be read.
#[derive(Clone)]
pub struct Tokens {
    /// Opens what the key opens.
    pub access: String,
    /// Gets another one.
    pub refresh: String,
}

impl Keys {
    /// Tokens for a key of `account`. `None`: it is none.
    ///
    /// # Errors
    /// [`Fault`]: too many failed attempts from this address, or the database failed.
    pub async fn grant(
        &self,
        api: &'static str,
        (account, key): (&str, &str),
        lifetimes: Lifetimes,
        client: IpAddr,
        now: Micros,
    ) -> Result<Option<Tokens>, Fault> {
        let caller = self.verify(api, key, now).await?;
        let (Some(_), Some(prefix)) = (caller.filter(|caller| *caller.account == *account), prefix_of(key))
        else {
            return self.none(client, now);
        };
        let prefix = prefix.to_owned();
        Ok(Some(self.db.write(move |tx| issue(tx, now, api, &prefix, lifetimes)).await?))
    }

    /// A new access token for a refresh token, which stays good. `None`: it is none.
    ///
    /// # Errors
    /// As [`Keys::grant`].
    pub async fn renew(
        &self,
        api: &'static str,
        refresh: &str,
        lifetimes: Lifetimes,
        client: IpAddr,
        now: Micros,
    ) -> Result<Option<Tokens>, Fault> {
        let presented = refresh.to_owned();
        let renewed = self.db.write(move |tx| renew(tx, now, api, &presented, lifetimes)).await?;
        match renewed {
            Some(access) => Ok(Some(Tokens { access, refresh: refresh.to_owned() })),
            None => self.none(client, now),
        }
    }

    /// A failed attempt.
    fn none(&self, client: IpAddr, now: Micros) -> Result<Option<Tokens>, Fault> {
        match self.failures.count(super::subscriber(client), now) {
            Some(excess) => Err(Fault::RateLimited(excess.wait)),
            None => Ok(None),
        }
    }

    /// Whom an access token is of. `None`: it opens nothing here.
    pub(super) async fn bearer(&self, api: &str, token: &str, now: Micros) -> Result<Option<Caller>, Error> {
        let (api, hash) = (api.to_owned(), hex(&hash(token)));
        self.db
            .read_latest(move |tx| {
                tx.query_opt(
                    "SELECT key.account, key.errors_as_200 FROM kernel_tokens token \
                     JOIN kernel_keys key ON key.prefix = token.key \
                     WHERE token.hash = $1 AND token.refreshes = 0 AND token.expires_at > $2 \
                     AND key.api = $3 AND key.revoked_at IS NULL",
                    &[(&hash).into(), now.into(), (&api).into()],
                    |row| Ok(Caller { account: row.get::<String>(0)?.into(), errors_as_200: row.truth(1)? }),
                )
            })
            .await
    }
}

/// Whether a credential looks like an access token.
pub(super) fn is_access_token(text: &str) -> bool {
    is_of_kind(ACCESS, text)
}

/// Whether a text looks like a token of either kind.
pub(super) fn is_token(text: &str) -> bool {
    is_of_kind(ACCESS, text) || is_of_kind(REFRESH, text)
}

fn is_of_kind(kind: &str, text: &str) -> bool {
    text.strip_prefix(kind)
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(_, secret)| secret.len() == SECRET_CHARS)
}

fn issue(tx: &mut Tx<'_>, now: Micros, api: &str, key: &str, lifetimes: Lifetimes) -> Result<Tokens, Error> {
    tx.execute("DELETE FROM kernel_tokens WHERE expires_at <= $1", &[now.into()])?;
    let access = keep(tx, ACCESS, api, key, now + lifetimes.access_seconds * SECOND)?;
    let refresh = keep(tx, REFRESH, api, key, days_after(now, lifetimes.refresh_days))?;
    Ok(Tokens { access, refresh })
}

fn renew(
    tx: &mut Tx<'_>,
    now: Micros,
    api: &str,
    refresh: &str,
    lifetimes: Lifetimes,
) -> Result<Option<String>, Error> {
    let key = tx.query_opt(
        "UPDATE kernel_tokens SET expires_at = $1 WHERE hash = $2 AND refreshes = 1 AND expires_at > $3 \
         AND EXISTS (SELECT prefix FROM kernel_keys key WHERE key.prefix = kernel_tokens.key AND key.api = $4 \
         AND key.revoked_at IS NULL) RETURNING key",
        &[days_after(now, lifetimes.refresh_days).into(), (&hex(&hash(refresh))).into(), now.into(), api.into()],
        |row| row.get::<String>(0),
    )?;
    key.map(|key| keep(tx, ACCESS, api, &key, now + lifetimes.access_seconds * SECOND)).transpose()
}

/// Makes a token and keeps its hash.
fn keep(tx: &mut Tx<'_>, kind: &str, api: &str, key: &str, expires_at: Micros) -> Result<String, Error> {
    let mut secret = [0; SECRET_BYTES];
    rand::rng().fill_bytes(&mut secret);
    let token = format!("{kind}{api}_{}", URL_SAFE_NO_PAD.encode(secret));
    tx.execute(
        "INSERT INTO kernel_tokens (hash, key, refreshes, expires_at) VALUES ($1, $2, $3, $4)",
        &[(&hex(&hash(&token))).into(), key.into(), (kind == REFRESH).into(), expires_at.into()],
    )?;
    Ok(token)
}
