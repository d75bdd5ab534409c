//! Tables of the Routes API.

pub(crate) mod chats;
pub(crate) mod network;
pub(crate) mod reference;
pub(crate) mod roles;
pub(crate) mod routes;
