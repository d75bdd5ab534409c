//! What each command does.

pub(crate) mod check;
pub(crate) mod database;
pub(crate) mod events;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod stress;
pub(crate) mod transfer;
