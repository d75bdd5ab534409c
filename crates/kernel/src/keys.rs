//! Keys, the accounts they belong to, and who is calling.
//!
//! A key is `pk_`, the name of its API, `_` and 32 random bytes in the URL-safe alphabet of RFC 4648, section
//! 5, so that it survives in an address. The database holds its SHA-256 and its beginning, which names it to
//! people. Whatever scheme an API's document names, a key is taken from every place in which a client may be
//! able to put it.

mod tokens;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

pub use self::tokens::{Lifetimes, Tokens};
use crate::clock::Micros;
use crate::db::{Db, Error, Row, Tx};
use crate::limit::{PerMinute, subscriber};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Random bytes of a key.
const SECRET_BYTES: usize = 32;
/// Their length in the URL-safe alphabet.
const SECRET_CHARS: usize = 43;
/// Characters of the secret that are shown to name a key: 48 bits, no help in guessing the other 208.
const SHOWN_CHARS: usize = 8;
/// How long a key that was good is good without another look. Revoking holds within a second everywhere.
const TRUSTED_FOR: Micros = 500_000;
/// Failed attempts a minute from one address after which it is told to wait.
const FAILURES_PER_MINUTE: u32 = 60;

/// Credentials of one request that are looked at: both parts of a Basic one, a Bearer one and `X-API-Key`. More
/// would be a way to try many keys at the price of one attempt.
const CREDENTIALS_AT_MOST: usize = 4;

/// Who is calling: the account that the presented key belongs to. A handler that takes one cannot be reached
/// without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account whose rows this caller sees.
    pub account: Arc<str>,
    /// Errors go to this caller with HTTP 200: some deployed clients read the JSON only then.
    pub errors_as_200: bool,
}

/// What the credentials of a request amount to.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// None was presented.
    Absent,
    Known(Caller),
    Refused,
    /// Refused, and too many times from this address: worth trying again after this time.
    Throttled(Duration),
    /// The database could not say.
    Unknown(Error),
}

/// A key as it is shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The beginning of the key.
    pub prefix: String,
    /// The API that it opens.
    pub api: String,
    /// The account that it belongs to.
    pub account: String,
    /// When it was made.
    pub created_at: Micros,
    /// Since when it opens nothing any more.
    pub revoked_at: Option<Micros>,
}

/// Why no key was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// No live key begins so.
    #[error("this is no live key, and not the beginning of one as `keys list` shows it")]
    None,
    /// Several live keys begin so.
    #[error("{0} keys begin with this; give more of the one that you mean")]
    Several(usize),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] Error),
}

/// Whether a text looks like a key or a token.
pub(crate) fn is_secret(text: &str) -> bool {
    prefix_of(text).is_some() || tokens::is_token(text)
}

/// Makes a key of `api` for `account` and gives it away, once.
///
/// # Errors
/// [`Error`] of the database.
pub fn create(
    tx: &mut Tx<'_>,
    now: Micros,
    api: &str,
    account: &str,
    errors_as_200: bool,
) -> Result<String, Error> {
    let mut secret = [0; SECRET_BYTES];
    rand::rng().fill_bytes(&mut secret);
    let key = format!("pk_{api}_{}", URL_SAFE_NO_PAD.encode(secret));
    let prefix = &key[..key.len() - SECRET_CHARS + SHOWN_CHARS];
    let hash = hex(&hash(&key));
    tx.execute(
        "INSERT INTO kernel_keys (prefix, hash, api, account, errors_as_200, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[prefix.into(), (&hash).into(), api.into(), account.into(), errors_as_200.into(), now.into()],
    )?;
    Ok(key)
}

/// All keys, the oldest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Listed>, Error> {
    tx.query(
        "SELECT prefix, api, account, created_at, revoked_at FROM kernel_keys ORDER BY created_at, prefix",
        &[],
        |row| {
            Ok(Listed {
                prefix: row.get(0)?,
                api: row.get(1)?,
                account: row.get(2)?,
                created_at: row.get(3)?,
                revoked_at: row.get(4)?,
            })
        },
    )
}

/// Ends the one key that begins with `beginning` (or is it) and gives its prefix.
///
/// # Errors
/// [`RevokeError`]; nothing is revoked then.
pub fn revoke(tx: &mut Tx<'_>, now: Micros, beginning: &str) -> Result<String, RevokeError> {
    let live = "SELECT prefix, hash FROM kernel_keys WHERE revoked_at IS NULL";
    let mut fitting = tx.query(live, &[], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
    // More than the shown beginning is checked as a whole key: a slip in it must not end another one.
    let hash = hex(&hash(beginning));
    fitting.retain(|(prefix, whole)| prefix.starts_with(beginning) || *whole == hash);
    let fitting: Vec<String> = fitting.into_iter().map(|(prefix, _)| prefix).collect();
    match <[String; 1]>::try_from(fitting) {
        Ok([prefix]) => {
            tx.execute(
                "UPDATE kernel_keys SET revoked_at = $1 WHERE prefix = $2",
                &[now.into(), (&prefix).into()],
            )?;
            Ok(prefix)
        }
        Err(none) if none.is_empty() => Err(RevokeError::None),
        Err(several) => Err(RevokeError::Several(several.len())),
    }
}

/// Finds out who is calling. Good keys are remembered for half a second, so that a busy client costs no
/// look-up a request.
pub struct Keys {
    db: Db,
    trusted: RwLock<HashMap<String, Trusted>>,
    failures: PerMinute<IpAddr>,
}

#[derive(Clone)]
struct Trusted {
    hash: [u8; 32],
    api: Box<str>,
    caller: Caller,
    seen_at: Micros,
}

impl Keys {
    /// Keys as they stand in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, trusted: RwLock::default(), failures: PerMinute::new(FAILURES_PER_MINUTE) }
    }

    /// Who presents these headers to `api`. Only a failure is counted against the address: good keys are never
    /// slowed.
    pub(crate) async fn identify(
        &self,
        api: &str,
        headers: &HeaderMap,
        client: IpAddr,
        now: Micros,
    ) -> Identity {
        let mut identity = Identity::Absent;
        for key in presented(headers).iter().take(CREDENTIALS_AT_MOST) {
            match self.verify(api, key, now).await {
                Ok(Some(caller)) => return Identity::Known(caller),
                Ok(None) => identity = Identity::Refused,
                Err(error) => return Identity::Unknown(error),
            }
        }
        match identity {
            Identity::Refused => {
                let excess = self.failures.count(subscriber(client), now);
                excess.map_or(Identity::Refused, |excess| Identity::Throttled(excess.wait))
            }
            identity => identity,
        }
    }

    async fn verify(&self, api: &str, key: &str, now: Micros) -> Result<Option<Caller>, Error> {
        if tokens::is_access_token(key) {
            return self.bearer(api, key, now).await;
        }
        let Some(prefix) = prefix_of(key) else { return Ok(None) };
        let hash = hash(key);
        let caller = |trusted: &Trusted| {
            let genuine = bool::from(trusted.hash.ct_eq(&hash)) && *trusted.api == *api;
            genuine.then(|| trusted.caller.clone())
        };
        if let Some(trusted) = self.trusted.read().unwrap_or_else(PoisonError::into_inner).get(prefix)
            && (0..TRUSTED_FOR).contains(&(now - trusted.seen_at))
        {
            return Ok(caller(trusted));
        }
        Ok(self.look_up(prefix, now).await?.as_ref().and_then(caller))
    }

    async fn look_up(&self, prefix: &str, now: Micros) -> Result<Option<Trusted>, Error> {
        let wanted = prefix.to_owned();
        let found = self
            .db
            .read_latest(move |tx| {
                tx.query_opt(
                    "SELECT hash, api, account, errors_as_200 FROM kernel_keys WHERE prefix = $1 AND revoked_at IS NULL",
                    &[(&wanted).into()],
                    |row| trusted(row, now),
                )
            })
            .await?;
        let mut memory = self.trusted.write().unwrap_or_else(PoisonError::into_inner);
        match &found {
            Some(trusted) => memory.insert(prefix.to_owned(), trusted.clone()),
            None => memory.remove(prefix),
        };
        Ok(found)
    }
}

fn trusted(row: &Row<'_>, now: Micros) -> Result<Trusted, Error> {
    Ok(Trusted {
        hash: unhex(&row.get::<String>(0)?).unwrap_or_default(),
        api: row.get::<String>(1)?.into(),
        caller: Caller { account: row.get::<String>(2)?.into(), errors_as_200: row.truth(3)? },
        seen_at: now,
    })
}

/// Every key that the headers may hold: `Bearer`, either part of `Basic` (or all of it), `X-API-Key`.
fn presented(headers: &HeaderMap) -> Vec<String> {
    let mut keys = Vec::new();
    for value in headers.get_all(AUTHORIZATION) {
        let Some((scheme, credentials)) = value.to_str().ok().and_then(|value| value.trim().split_once(' '))
        else {
            continue;
        };
        let credentials = credentials.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            keys.push(credentials.to_owned());
        } else if scheme.eq_ignore_ascii_case("basic") {
            let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
                .into_iter()
                .find_map(|alphabet| alphabet.decode(credentials).ok())
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .unwrap_or_default();
            match decoded.split_once(':') {
                Some((user, password)) => keys.extend([user.to_owned(), password.to_owned()]),
                None => keys.push(decoded),
            }
        }
    }
    keys.extend(headers.get_all(API_KEY).iter().filter_map(|value| value.to_str().ok().map(str::to_owned)));
    keys
}

fn prefix_of(key: &str) -> Option<&str> {
    let secret = key.strip_prefix("pk_")?.split_once('_')?.1;
    let plain = secret.len() == SECRET_CHARS
        && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    plain.then(|| &key[..key.len() - SECRET_CHARS + SHOWN_CHARS])
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_key_is_found_wherever_a_client_can_put_it() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (name, value) in [
            ("authorization", "Bearer KEY".to_owned()),
            ("authorization", "bearer  KEY".to_owned()),
            ("authorization", basic("KEY")),
            ("authorization", basic("KEY:")),
            ("authorization", basic("anything:KEY")),
            ("x-api-key", "KEY".to_owned()),
        ] {
            assert!(presented(&headers(name, &value)).contains(&"KEY".to_owned()), "{name}: {value}");
        }
    }

    #[test]
    fn what_is_no_credential_is_none() {
        assert!(presented(&HeaderMap::new()).is_empty());
        assert!(presented(&headers("authorization", "Digest KEY")).is_empty());
        assert!(presented(&headers("authorization", "KEY")).is_empty());
    }

    #[test]
    fn only_a_whole_key_has_a_prefix() {
        let key = format!("pk_tickets_{}", "aB3-_".repeat(9).get(..43).unwrap());
        assert_eq!(prefix_of(&key), Some("pk_tickets_aB3-_aB3"));
        assert_eq!(prefix_of(&key[..key.len() - 1]), None);
        assert_eq!(prefix_of(&format!("{key}é")), None);
        assert_eq!(prefix_of("pk_tickets"), None);
        assert_eq!(prefix_of(""), None);
    }
}
