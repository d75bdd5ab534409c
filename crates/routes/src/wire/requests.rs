//! What comes in.

use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::fields::{Fields, body, integer, query, text};
use crate::rules::{
    AccessCode, ChatChange, ChatId, ChatType, Error, Mistakes, NewChat, NewRoutes, OldRoutes, RegionId,
    ReportTypeId, Title, UnitId, Username,
};

macro_rules! described {
    ($($item:item)*) => {$(
        #[expect(dead_code, reason = "describes what is read field by field")]
        $item
    )*};
}
described! {
    /// Which part of a list is wanted.
    #[derive(IntoParams)]
    pub(crate) struct Part {
        /// Entries at most.
        #[param(minimum = 1, maximum = 1000, default = 100)]
        limit: Option<i64>,
        /// Entries that are left out before them.
        #[param(minimum = 0, default = 0)]
        offset: Option<i64>,
    }

    /// The path of what is about a chat.
    #[derive(IntoParams)]
    pub(crate) struct ChatPath {
        /// The chat; negative for a group.
        chat_id: i64,
    }

    /// The path of a unit.
    #[derive(IntoParams)]
    pub(crate) struct UnitPath {
        /// Its name.
        unit_name: String,
    }

    /// The path of a report type.
    #[derive(IntoParams)]
    pub(crate) struct ReportTypePath {
        /// Its name.
        name: String,
    }

    /// Which level of the report types is wanted.
    #[derive(IntoParams)]
    pub(crate) struct Level {
        /// Those below this one. Left out: those that are below no other.
        parent_id: Option<i64>,
    }

    /// Whose units are wanted.
    #[derive(IntoParams)]
    pub(crate) struct RouteUnits {
        chat_id: i64,
        report_type_id: i64,
    }

    /// Which unit's chats are wanted.
    #[derive(IntoParams)]
    pub(crate) struct RouteChats {
        unit_id: i64,
        report_type_id: i64,
    }

    /// Routes to delete.
    #[derive(IntoParams)]
    pub(crate) struct RoutesToDelete {
        chat_id: i64,
        report_type_id: i64,
        /// Given several times, or with commas.
        unit_ids: Vec<i64>,
    }

    /// Which of the role's units are wanted.
    #[derive(IntoParams)]
    pub(crate) struct InRegion {
        /// Those in this region. Left out: all.
        region_id: Option<i64>,
    }

    /// A chat to make.
    #[derive(ToSchema)]
    #[schema(as = NewChat)]
    pub(crate) struct NewChatBody {
        chat_id: i64,
        #[schema(value_type = ChatTypeName)]
        r#type: (),
        #[schema(min_length = 1, max_length = 255)]
        title: String,
        #[schema(max_length = 64)]
        username: Option<String>,
    }

    /// What a chat is to be called.
    #[derive(ToSchema)]
    #[schema(as = ChatChange)]
    pub(crate) struct ChatChangeBody {
        #[schema(min_length = 1, max_length = 255)]
        title: String,
        /// Left out it stays, null it goes.
        #[schema(max_length = 64)]
        username: Option<String>,
    }

    /// Routes to make.
    #[derive(ToSchema)]
    #[schema(as = NewRoutes)]
    pub(crate) struct NewRoutesBody {
        report_type_id: i64,
        chat_id: i64,
        /// Those given twice count once.
        #[schema(min_items = 1)]
        unit_ids: Vec<i64>,
        /// Whose role has to allow it. Left out: the chat's own.
        user_chat_id: Option<i64>,
    }

    /// A way to a role.
    #[derive(ToSchema)]
    pub(crate) struct AccessCodeBody {
        #[schema(min_length = 1, max_length = 64)]
        access_code: String,
    }

    /// A type of chats, as clients send it.
    #[derive(ToSchema)]
    #[schema(rename_all = "UPPERCASE")]
    pub(crate) enum ChatTypeName {
        Private,
        Group,
    }
}

/// The chat that a path names.
pub(crate) fn chat_in_path(text: String) -> Result<ChatId, Error> {
    let parsed = integer(&Value::String(text)).map(ChatId);
    parsed.map_err(|mistake| Error::Invalid(Mistakes::from([("chat_id", vec![mistake])])))
}

pub(crate) fn chat(fields: &mut Fields) -> Option<ChatId> {
    fields.required("chat_id", integer).map(ChatId)
}

pub(crate) fn report_type(fields: &mut Fields) -> Option<ReportTypeId> {
    fields.required("report_type_id", integer).map(ReportTypeId)
}

pub(crate) fn unit(fields: &mut Fields) -> Option<UnitId> {
    fields.required("unit_id", integer).map(UnitId)
}

/// The outer `None` is a mistake, here and below.
pub(crate) fn region(fields: &mut Fields) -> Option<Option<RegionId>> {
    fields.optional("region_id", integer).map(|region| region.map(RegionId))
}

pub(crate) fn parent(fields: &mut Fields) -> Option<Option<ReportTypeId>> {
    fields.optional("parent_id", integer).map(|parent| parent.map(ReportTypeId))
}

pub(crate) fn new_chat(bytes: &[u8]) -> Result<NewChat, Error> {
    body(bytes, |fields| {
        let chat_id = chat(fields);
        let kind = fields.required("type", text(ChatType::parse));
        let title = fields.required("title", text(Title::parse));
        let username = fields.optional("username", text(Username::parse));
        Some(NewChat { chat_id: chat_id?, kind: kind?, title: title?, username: username? })
    })
}

pub(crate) fn chat_change(bytes: &[u8]) -> Result<ChatChange, Error> {
    body(bytes, |fields| {
        let title = fields.required("title", text(Title::parse));
        let username = fields.nullable("username", text(Username::parse));
        Some(ChatChange { title: title?, username: username? })
    })
}

pub(crate) fn access_code(bytes: &[u8]) -> Result<AccessCode, Error> {
    body(bytes, |fields| fields.required("access_code", text(AccessCode::parse)))
}

pub(crate) fn new_routes(bytes: &[u8]) -> Result<NewRoutes, Error> {
    body(bytes, |fields| {
        let (report_type_id, chat_id, unit_ids) = (report_type(fields), chat(fields), fields.units());
        let acting = fields.optional("user_chat_id", integer);
        let chat_id = chat_id?;
        Some(NewRoutes {
            chat_id,
            acting: acting?.map_or(chat_id, ChatId),
            report_type_id: report_type_id?,
            unit_ids: unit_ids?,
        })
    })
}

pub(crate) fn old_routes(pairs: Vec<(String, String)>) -> Result<OldRoutes, Error> {
    query(pairs, |fields| {
        let (chat_id, report_type_id, unit_ids) = (chat(fields), report_type(fields), fields.units());
        Some(OldRoutes { chat_id: chat_id?, report_type_id: report_type_id?, unit_ids: unit_ids? })
    })
}
