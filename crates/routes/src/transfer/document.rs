//! The file of reference data as types, and what must hold in it by itself.

use std::fmt;

use kernel::transfer::ImportError;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::rules::{AccessCode, ChatType, Mistake};

/// Mistakes that are told of one file.
const TOLD_AT_MOST: usize = 20;

/// The file. Every part may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) account_roles: Vec<AccountRoleDoc>,
    pub(crate) regions: Vec<RegionDoc>,
    pub(crate) units: Vec<UnitDoc>,
    pub(crate) report_types: Vec<ReportTypeDoc>,
    pub(crate) roles: Vec<RoleDoc>,
    pub(crate) chats: Vec<ChatDoc>,
    pub(crate) routes: Vec<RouteDoc>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRoleDoc {
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionDoc {
    #[serde(default)]
    pub(crate) id: Option<i64>,
    pub(crate) name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitDoc {
    pub(crate) id: i64,
    pub(crate) name: String,
    #[serde(deserialize_with = "uuid")]
    pub(crate) uuid: String,
    #[serde(default)]
    pub(crate) office_manager_account_name: Option<String>,
    #[serde(default)]
    pub(crate) dodo_is_api_account_name: Option<String>,
    pub(crate) region: String,
}

/// A UUID in its one form, of 36 characters in small letters.
fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match Uuid::try_parse(&text) {
        Ok(uuid) if text.len() == 36 => Ok(uuid.to_string()),
        _ => Err(D::Error::custom(format_args!("{text:?} is no UUID"))),
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportTypeDoc {
    #[serde(default)]
    pub(crate) id: Option<i64>,
    pub(crate) name: String,
    pub(crate) verbose_name: String,
    #[serde(default)]
    pub(crate) parent: Option<String>,
    #[serde(default)]
    pub(crate) priority: i64,
    #[serde(default = "yes")]
    pub(crate) is_active: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleDoc {
    pub(crate) name: String,
    /// Left out: as it is.
    #[serde(
        default,
        deserialize_with = "read_code",
        serialize_with = "write_code",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) access_code: Option<AccessCode>,
    pub(crate) report_types: Vec<String>,
    pub(crate) unit_ids: Vec<i64>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChatDoc {
    pub(crate) chat_id: i64,
    #[serde(rename = "type", deserialize_with = "read_kind", serialize_with = "write_kind")]
    pub(crate) kind: ChatType,
    pub(crate) title: String,
    /// Left out: as it is.
    #[serde(default, deserialize_with = "given")]
    pub(crate) username: Option<Option<String>>,
    /// Left out: as it is.
    #[serde(default, deserialize_with = "given")]
    pub(crate) role: Option<Option<String>>,
}

/// serde's own complaint would repeat what stands there.
fn read_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AccessCode>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(code) => AccessCode::parse(&code).map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom(Mistake::NotAText)),
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn write_code<S: Serializer>(code: &Option<AccessCode>, serializer: S) -> Result<S::Ok, S::Error> {
    code.as_ref().map(AccessCode::as_str).serialize(serializer)
}

fn read_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ChatType, D::Error> {
    ChatType::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn write_kind<S: Serializer>(kind: &ChatType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

/// Tells `null` from a field that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteDoc {
    pub(crate) report_type: Box<str>,
    pub(crate) unit_id: i64,
    pub(crate) chat_id: i64,
}

/// What is wrong with a file, each with its place in it.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    told: Vec<String>,
    count: usize,
}

impl Mistakes {
    pub(crate) fn add(&mut self, place: fmt::Arguments<'_>, what: impl fmt::Display) {
        self.count += 1;
        if self.told.len() < TOLD_AT_MOST {
            self.told.push(format!("{place}: {what}"));
        }
    }

    /// # Errors
    /// [`ImportError::File`] unless there is none.
    pub(crate) fn none(self) -> Result<(), ImportError> {
        let Self { told, count } = self;
        let lines: String = told.iter().map(|mistake| format!("\n  {mistake}")).collect();
        match (told.as_slice(), count - told.len()) {
            ([], _) => Ok(()),
            ([one], _) => Err(ImportError::File(one.clone())),
            (_, 0) => Err(ImportError::File(format!("{count} mistakes:{lines}"))),
            (_, more) => Err(ImportError::File(format!("{count} mistakes:{lines}\n  and {more} more"))),
        }
    }
}
