//! What the server does, whatever API is asked.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, in functions that clippy does not know as such"
)]

mod backup;
mod check;
mod commands;
mod demo;
mod docs;
mod events;
mod guessing;
mod health;
mod help;
mod http;
mod keys;
mod limits;
mod logs;
mod metrics;
pub(crate) mod openapi;
mod parity;
mod postgres;
mod settings;
mod stopping;
mod storage;
mod tls;
mod transfer;
mod twins;
