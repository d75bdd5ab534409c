//! The partner's words for how an order stands.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

/// Our numbers for a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusIds {
    pub(crate) status_id: i64,
    pub(crate) their_status_id: i64,
}

/// The partner's words for statuses, and our numbers.
#[derive(Clone, Debug)]
pub struct StatusMap(BTreeMap<String, StatusEntry>);

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusEntry {
    status_id: i64,
    their_status_id: i64,
}

/// A status that the table does not have.
const UNKNOWN: StatusIds = StatusIds { status_id: -1, their_status_id: -1 };

impl Default for StatusMap {
    fn default() -> Self {
        let words =
            [("created", 0), ("accepted", 1), ("delivery", 1), ("done", 2), ("cancelled", 3), ("in_shop", 4)];
        Self(
            words
                .map(|(word, id)| (word.to_owned(), StatusEntry { status_id: id, their_status_id: id }))
                .into(),
        )
    }
}

impl FromStr for StatusMap {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|_| "may be JSON like {\"created\":{\"status_id\":0,\"their_status_id\":0}}")
    }
}

impl StatusMap {
    /// Our numbers for the partner's word; `None` if the table does not have it.
    pub(crate) fn known(&self, word: &str) -> Option<StatusIds> {
        let StatusEntry { status_id, their_status_id } = *self.0.get(word)?;
        Some(StatusIds { status_id, their_status_id })
    }

    pub(crate) fn ids(&self, word: &str) -> StatusIds {
        self.known(word).unwrap_or(UNKNOWN)
    }
}

/// The partner's word for an order that it has just made.
pub(crate) const FIRST_STATUS: &str = "created";

/// Statuses after which a partner's order changes no more.
pub(crate) fn is_final(word: &str) -> bool {
    matches!(word, "done" | "cancelled")
}
