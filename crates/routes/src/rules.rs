//! Decisions as pure functions, and the types that can only hold what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kernel::db::{Error as DbError, Value, can_hold};
use kernel::http::Fault;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, ToSchema,
        )]
        pub(crate) struct $name(pub(crate) i64);

        impl From<$name> for Value<'_> {
            fn from($name(id): $name) -> Self {
                Self::Int(id)
            }
        }
    )*};
}
ids! {
    /// Names a chat of Telegram. Those of groups are negative.
    ChatId,
    /// Names a unit, which is a shop.
    UnitId,
    /// Names a region.
    RegionId,
    /// Names a type of report.
    ReportTypeId,
    /// Names a role.
    RoleId,
}

/// The report type whose children are the statistics.
pub(crate) const STATISTICS: &str = "STATISTICS";

/// What a chat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChatType {
    Private,
    Group,
}

impl ChatType {
    pub(crate) const ALL: [Self; 2] = [Self::Private, Self::Group];

    /// Its name as clients send it, and as it is stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Private => "PRIVATE",
            Self::Group => "GROUP",
        }
    }

    /// The type of that name.
    pub(crate) fn parse(name: &str) -> Result<Self, Mistake> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == name);
        named.ok_or_else(|| Mistake::NotAChoice(name.to_owned()))
    }
}

/// A text of so many characters, without those that no database keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<const LEAST: usize, const MOST: usize>(String);

/// What a chat is called.
pub(crate) type Title = Text<1, 255>;
/// A name of Telegram.
pub(crate) type Username = Text<0, 64>;

impl<const LEAST: usize, const MOST: usize> Text<LEAST, MOST> {
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        match text.chars().count() {
            0 if LEAST > 0 => Err(Mistake::Blank),
            length if length > MOST => Err(Mistake::TooLong(MOST)),
            _ if !can_hold(text) => Err(Mistake::HoldsNul),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What gives a chat a role. Its `Debug` keeps it secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessCode(Text<1, { Self::LENGTH_AT_MOST }>);

impl AccessCode {
    const LENGTH_AT_MOST: usize = 64;
    /// Of a code in UTF-8.
    const BYTES_AT_MOST: usize = 4 * Self::LENGTH_AT_MOST;

    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        Text::parse(text).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is this code, in a time that tells nothing about either, their lengths included.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.filled_up().ct_eq(&other.filled_up()).into()
    }

    /// With NULs, which no code holds.
    fn filled_up(&self) -> [u8; Self::BYTES_AT_MOST] {
        let mut filled = [0; Self::BYTES_AT_MOST];
        for (byte, given) in filled.iter_mut().zip(self.as_str().bytes()) {
            *byte = given;
        }
        filled
    }
}

impl fmt::Debug for AccessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an access code")
    }
}

/// A chat to make.
#[derive(Clone, Debug)]
pub(crate) struct NewChat {
    pub(crate) chat_id: ChatId,
    pub(crate) kind: ChatType,
    pub(crate) title: Title,
    pub(crate) username: Option<Username>,
}

/// What a chat is to be called from now on.
#[derive(Clone, Debug)]
pub(crate) struct ChatChange {
    pub(crate) title: Title,
    /// Left out: as before.
    pub(crate) username: Option<Option<Username>>,
}

/// Routes to make: a chat is to get a report about units.
#[derive(Clone, Debug)]
pub(crate) struct NewRoutes {
    pub(crate) chat_id: ChatId,
    /// Whose role has to allow it.
    pub(crate) acting: ChatId,
    pub(crate) report_type_id: ReportTypeId,
    /// At least one.
    pub(crate) unit_ids: BTreeSet<UnitId>,
}

/// Routes to delete.
#[derive(Clone, Debug)]
pub(crate) struct OldRoutes {
    pub(crate) chat_id: ChatId,
    pub(crate) report_type_id: ReportTypeId,
    pub(crate) unit_ids: BTreeSet<UnitId>,
}

/// What is wrong with a field, in the words of the framework that the clients were written against.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mistake {
    #[error("This field is required.")]
    Missing,
    #[error("This field may not be null.")]
    Null,
    #[error("This field may not be blank.")]
    Blank,
    #[error("A valid integer is required.")]
    NotAnInteger,
    #[error("Ensure this value is greater than or equal to {0}.")]
    TooSmall(i64),
    #[error("Ensure this value is less than or equal to {0}.")]
    TooLarge(i64),
    #[error("Not a valid string.")]
    NotAText,
    #[error("Ensure this field has no more than {0} characters.")]
    TooLong(usize),
    #[error("Null characters are not allowed.")]
    HoldsNul,
    #[error("\"{0}\" is not a valid choice.")]
    NotAChoice(String),
    #[error("Expected a list of items.")]
    NotAList,
    #[error("This list may not be empty.")]
    EmptyList,
    #[error("Invalid data. Expected a dictionary.")]
    NotAnObject,
    #[error("JSON parse error - {0}")]
    NotJson(String),
}

/// Where mistakes stand that are in no field.
pub(crate) const NO_FIELD: &str = "non_field_errors";

/// Mistakes by the field that has them.
pub(crate) type Mistakes = BTreeMap<&'static str, Vec<Mistake>>;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    Invalid(Mistakes),
    ChatNotFound,
    ChatExists,
    /// The chat has no role.
    NoRole,
    RoleNotFound,
    UnitNotFound,
    /// In ascending order, as in the two below.
    UnitsNotFound(Vec<UnitId>),
    UnitsDenied(Vec<UnitId>),
    RoutesExist(Vec<UnitId>),
    ReportTypeNotFound,
    ReportTypeByIdNotFound,
    ReportTypeDenied,
    Fault(Fault),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}
