//! HTTP: what every API does alike.

mod attend;
mod dialect;
mod input;
mod operations;
mod own;
mod polite;
mod serve;

pub use self::attend::{Admitted, Client, HttpSettings, Peer, Refusal};
pub use self::dialect::{Cause, Dialect, Fault, Plain, PlainError, encode, json};
pub use self::input::{BadParameter, Content, Input, Pairs, Payload, Query, Segments};
pub use self::operations::{Operation, Place, Routes, fit, methods};
pub use self::own::{app, metrics_app};
pub use self::serve::{Service, Tls, TlsError, serve};

/// Names under which the OpenAPI document has the ways to present a key.
const SECURITY_SCHEMES: &[&str] = &["bearer", "basic", "header"];
