//! Tables of the Routes API.
