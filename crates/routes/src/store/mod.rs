//! Tables of the Routes API.

pub(crate) mod network;
