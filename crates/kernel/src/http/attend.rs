//! What happens to every request before and after its handler: identity, limits, one log line, the metrics.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, FORWARDED, HOST, HeaderName, ORIGIN, VIA};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use ipnet::IpNet;
use rand::RngExt as _;

use super::dialect::{Cause, Dialect, Fault};
use crate::api::Kernel;
use crate::keys::{self, Caller, Identity};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of a cause in a log line: it may name what a body has a hundred thousand of.
const CAUSE_AT_MOST: usize = 1_000;
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// What a proxy adds, one of them at least.
const SIGNS_OF_A_PROXY: [HeaderName; 4] =
    [FORWARDED_FOR, FORWARDED, VIA, HeaderName::from_static("x-real-ip")];

/// The address at the other end of the connection, put into each request by the listener.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Who is at the other end, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The peer's address, or what a trusted proxy says of its client.
    pub address: IpAddr,
    /// It comes from a trusted network. A request through a proxy that nobody has vouched for never does: to
    /// such a proxy's server the whole world has its address.
    pub trusted: bool,
}

/// What a route is called in logs and metrics.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) kernel: Arc<Kernel>,
    pub(super) api: &'static str,
    pub(super) route: &'static str,
    /// The methods of the path, if it is one of an API's.
    pub(super) allow: Option<HeaderValue>,
}

/// Receives a request, has it handled within its limits, and sees the answer off.
pub(super) async fn attend<D: Dialect>(
    State(door): State<Door>,
    mut request: Request,
    next: Next,
) -> Response {
    let settings = &door.kernel.http;
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let client = client(peer, request.headers(), settings);
    let request_id = request_id(request.headers());
    let mut visit = Visit {
        door: &door,
        method: request.method().clone(),
        request_id: &request_id,
        client: client.address,
        began: Instant::now(),
        caller: None,
        over: false,
    };
    let handled = AssertUnwindSafe(async {
        let identity = match D::ASKS_FOR_KEYS {
            true => {
                let now = door.kernel.clock.now();
                door.kernel.keys.identify(door.api, request.headers(), client.address, now).await
            }
            false => Identity::Absent,
        };
        if let Identity::Known(caller) = &identity {
            visit.caller = Some(caller.clone());
        }
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(identity);
        next.run(request).await
    });
    let mut response = match tokio::time::timeout(settings.request_timeout, handled.catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => Fault::Internal(panic_message(&*panic)).respond::<D>(),
        Err(_) => Fault::Timeout.respond::<D>(),
    };
    visit.leave(&response);
    if let (true, Some(allow)) = (D::ALWAYS_ALLOWS, &door.allow) {
        response.headers_mut().insert(ALLOW, allow.clone());
    }
    D::finish(visit.caller.as_ref(), &mut response);
    // What one partner is told is nobody else's, and what was refused may be granted the next time.
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.headers_mut().insert(REQUEST_ID, request_id.clone());
    response
}

/// A request under way. If its client hangs up, it is dropped before it is over, and says so in the log.
struct Visit<'a> {
    door: &'a Door,
    method: Method,
    request_id: &'a HeaderValue,
    client: IpAddr,
    began: Instant,
    caller: Option<Caller>,
    over: bool,
}

impl Visit<'_> {
    /// Counts the answer and writes its line. `response` still has the status that tells what happened.
    fn leave(&mut self, response: &Response) {
        self.over = true;
        let cause = response.extensions().get::<Cause>();
        let cause = cause.map(|Cause(text)| match text.floor_char_boundary(CAUSE_AT_MOST) {
            end if end < text.len() => Cow::Owned(format!("{}…", &text[..end])),
            _ => Cow::Borrowed(text.as_str()),
        });
        self.note(response.status().as_u16(), cause.as_deref());
    }

    fn note(&self, status: u16, cause: Option<&str>) {
        let Door { kernel, api, route, allow: _ } = self.door;
        let took = self.began.elapsed();
        kernel.metrics.answered(api, route, &self.method, status, took);
        let account = self.caller.as_ref().map(|caller| &*caller.account);
        let ms = took.as_micros() as f64 / 1e3;
        let (method, id, client) =
            (self.method.as_str(), self.request_id.to_str().unwrap_or_default(), self.client);
        if status >= 500 {
            tracing::error!(target: "request", api, route, method, status, ms, id, %client, account, cause);
        } else {
            tracing::info!(target: "request", api, route, method, status, ms, id, %client, account, cause);
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if !self.over {
            // 499 is what nginx writes for it; no client will ever see it.
            self.note(499, Some("the client hung up"));
        }
    }
}

/// The id that the client sent, if it is one that can stand in a log line, else a new one. A key cannot.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let usable = |id: &&HeaderValue| {
        let text = id.to_str().unwrap_or_default();
        (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !keys::is_secret(text)
    };
    headers.get(REQUEST_ID).filter(usable).cloned().unwrap_or_else(|| {
        let random: [u8; 16] = rand::rng().random();
        let digits = random.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let id: Vec<u8> = digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect();
        HeaderValue::from_maybe_shared(Bytes::from(id)).unwrap_or(HeaderValue::from_static("none"))
    })
}

fn client(peer: IpAddr, headers: &HeaderMap, settings: &HttpSettings) -> Client {
    let (address, vouched) = client_address(peer.to_canonical(), headers, &settings.trusted_proxies);
    let trusted = vouched && settings.trusted_networks.iter().any(|network| network.contains(&address));
    Client { address, trusted }
}

/// The client's address, and whether all that the request says of its way is vouched for. `X-Forwarded-For` grows
/// to the right: the last address that is no trusted proxy is the client.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> (IpAddr, bool) {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    if !is_proxy(&peer) {
        return (peer, !SIGNS_OF_A_PROXY.iter().any(|sign| headers.contains_key(sign)));
    }
    let hops: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut address = peer;
    for hop in hops.iter().rev() {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { return (address, false) };
        address = hop.to_canonical();
        if !is_proxy(&address) {
            break;
        }
    }
    (address, true)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("no message"))
}

/// A refusal in the dialect of the router that was asked.
#[derive(Debug)]
pub struct Refusal<D> {
    fault: Fault,
    dialect: PhantomData<fn() -> D>,
}

impl<D> From<Fault> for Refusal<D> {
    fn from(fault: Fault) -> Self {
        Self { fault, dialect: PhantomData }
    }
}

impl<D> From<Refusal<D>> for Fault {
    fn from(refusal: Refusal<D>) -> Self {
        refusal.fault
    }
}

impl<D: Dialect> IntoResponse for Refusal<D> {
    fn into_response(self) -> Response {
        self.fault.respond::<D>()
    }
}

impl<D: Dialect> FromRequestParts<D> for Caller {
    type Rejection = Refusal<D>;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, Refusal<D>> {
        let fault = match parts.extensions.get::<Identity>() {
            // A browser sends a key that it remembers along with whatever link or form a page gives it.
            Some(Identity::Known(_)) if changes_something(parts) && is_of_another_site(&parts.headers) => {
                Fault::Forbidden
            }
            Some(Identity::Known(caller)) => return Ok(caller.clone()),
            Some(Identity::Throttled(wait)) => Fault::RateLimited(*wait),
            Some(Identity::Unknown(error)) => error.clone().into(),
            Some(Identity::Refused) => Fault::WrongCredential,
            Some(Identity::Absent) | None => Fault::Unauthenticated,
        };
        Err(fault.into())
    }
}

/// Somebody from a trusted network, or with a key: for APIs whose data belongs to no account. What a browser there is
/// made to send by a page from elsewhere needs a key.
#[derive(Clone, Copy, Debug)]
pub struct Admitted;

impl<D: Dialect> FromRequestParts<D> for Admitted {
    type Rejection = Refusal<D>;

    async fn from_request_parts(parts: &mut Parts, state: &D) -> Result<Self, Refusal<D>> {
        let is_trusted = parts.extensions.get::<Client>().is_some_and(|client| client.trusted);
        if is_trusted && !is_of_another_site(&parts.headers) {
            return Ok(Self);
        }
        Caller::from_request_parts(parts, state).await.map(|_| Self)
    }
}

/// Marks the requests of an operation that changes something.
#[derive(Clone, Copy)]
pub(super) struct Changes;

fn changes_something(parts: &Parts) -> bool {
    parts.extensions.get::<Changes>().is_some()
}

/// Whether a browser sends this from a page of another site. Where it does not say so itself (`Sec-Fetch-Site`), it
/// tells the page's origin (RFC 6454). Programs tell neither.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    // Behind a proxy the scheme may be another one.
    let from = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    from.is_none() || from != headers.get(HOST).and_then(|host| host.to_str().ok())
}

/// How requests are received.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// A request that takes longer is answered with a fault.
    pub request_timeout: Duration,
    /// Peers whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Clients that may see what is not for the public, the metrics, and that need no key where an API admits them.
    pub trusted_networks: Vec<IpNet>,
    /// What absolute links begin with, without a slash at its end, if it is set.
    pub public_url: Option<String>,
    /// Whether TLS is served.
    pub has_tls: bool,
}

impl HttpSettings {
    /// What an absolute link begins with, without a slash at its end: as it is set, or as the client named this
    /// server. To one that did not, its own address is all there is: nothing.
    #[must_use]
    pub fn base(&self, uri: &Uri, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = uri.authority().map(Authority::as_str).or(named).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_plain) {
            return String::new();
        }
        format!("{}://{host}", if self.has_tls { "https" } else { "http" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(FORWARDED_FOR, HeaderValue::from_static(value))])
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_stranger_cannot_say_where_it_comes_from() {
        let claimed = forwarded("203.0.113.7");
        assert_eq!(client_address(address("192.0.2.1"), &claimed, &[]), (address("192.0.2.1"), false));
        assert_eq!(
            client_address(address("192.0.2.1"), &HeaderMap::new(), &[]),
            (address("192.0.2.1"), true)
        );
    }

    #[test]
    fn the_last_address_before_the_trusted_proxies_is_the_client() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let from = |value| client_address(address("10.0.0.1"), &forwarded(value), &proxies);
        assert_eq!(from("203.0.113.7"), (address("203.0.113.7"), true));
        let long_way = from("198.51.100.1, 203.0.113.7, 10.0.0.2");
        assert_eq!(long_way, (address("203.0.113.7"), true), "the first is only a claim");
        assert_eq!(from("nonsense"), (address("10.0.0.1"), false));
    }
}
