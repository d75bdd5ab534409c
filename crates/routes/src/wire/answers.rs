//! What comes out.

use kernel::db::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rules::{ChatId, ChatType, RegionId, ReportTypeId, UnitId};
use crate::store::chats::Chat;
use crate::store::reference::{Region, ReportType, Unit};

/// A part of the units.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Units {
    units: Vec<UnitView>,
    is_end_of_list_reached: bool,
}

/// A unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unit)]
pub(crate) struct UnitView {
    #[schema(value_type = i64)]
    id: UnitId,
    name: String,
    uuid: String,
    office_manager_account_name: Option<String>,
    dodo_is_api_account_name: Option<String>,
    /// The region's name.
    region: String,
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        let Unit {
            id,
            name,
            uuid,
            office_manager_account_name,
            dodo_is_api_account_name,
            region_id: _,
            region,
        } = unit;
        Self { id, name, uuid, office_manager_account_name, dodo_is_api_account_name, region }
    }
}

impl From<Page<Unit>> for Units {
    fn from(Page { rows, is_last }: Page<Unit>) -> Self {
        Self { units: rows.into_iter().map(UnitView::from).collect(), is_end_of_list_reached: is_last }
    }
}

/// A part of the regions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Regions {
    regions: Vec<RegionView>,
    is_end_of_list_reached: bool,
}

/// A region.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Region)]
pub(crate) struct RegionView {
    #[schema(value_type = i64)]
    id: RegionId,
    name: String,
}

impl From<Page<Region>> for Regions {
    fn from(Page { rows, is_last }: Page<Region>) -> Self {
        let view = |Region { id, name }| RegionView { id, name };
        Self { regions: rows.into_iter().map(view).collect(), is_end_of_list_reached: is_last }
    }
}

/// A part of the chats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Chats {
    telegram_chats: Vec<ListedChat>,
    is_end_of_list_reached: bool,
}

/// A chat in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedChat {
    title: String,
    #[schema(value_type = i64)]
    chat_id: ChatId,
}

impl From<Page<Chat>> for Chats {
    fn from(Page { rows, is_last }: Page<Chat>) -> Self {
        let view = |Chat { chat_id, kind: _, title, username: _, role: _ }| ListedChat { title, chat_id };
        Self { telegram_chats: rows.into_iter().map(view).collect(), is_end_of_list_reached: is_last }
    }
}

/// A chat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Chat)]
pub(crate) struct ChatView {
    #[schema(value_type = i64)]
    chat_id: ChatId,
    username: Option<String>,
    title: String,
    #[serde(rename = "type")]
    kind: ShownChatType,
}

/// A type of chats, as it is shown to people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) enum ShownChatType {
    Private,
    Group,
}

impl From<Chat> for ChatView {
    fn from(Chat { chat_id, kind, title, username, role: _ }: Chat) -> Self {
        let kind = match kind {
            ChatType::Private => ShownChatType::Private,
            ChatType::Group => ShownChatType::Group,
        };
        Self { chat_id, username, title, kind }
    }
}

/// A part of the report types.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportTypes {
    report_types: Vec<ReportTypeView>,
    is_end_of_list_reached: bool,
}

/// A report type.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportType)]
pub(crate) struct ReportTypeView {
    #[schema(value_type = i64)]
    id: ReportTypeId,
    name: String,
    verbose_name: String,
}

impl From<ReportType> for ReportTypeView {
    fn from(ReportType { id, name, verbose_name }: ReportType) -> Self {
        Self { id, name, verbose_name }
    }
}

impl From<Page<ReportType>> for ReportTypes {
    fn from(Page { rows, is_last }: Page<ReportType>) -> Self {
        Self {
            report_types: rows.into_iter().map(ReportTypeView::from).collect(),
            is_end_of_list_reached: is_last,
        }
    }
}

/// A part of the units of a chat's routes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnitIds {
    #[schema(value_type = Vec<i64>)]
    unit_ids: Vec<UnitId>,
    is_end_of_list_reached: bool,
}

impl From<Page<UnitId>> for UnitIds {
    fn from(Page { rows, is_last }: Page<UnitId>) -> Self {
        Self { unit_ids: rows, is_end_of_list_reached: is_last }
    }
}

/// A part of the chats of a unit's routes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChatIds {
    #[schema(value_type = Vec<i64>)]
    chat_ids: Vec<ChatId>,
    is_end_of_list_reached: bool,
}

impl From<Page<ChatId>> for ChatIds {
    fn from(Page { rows, is_last }: Page<ChatId>) -> Self {
        Self { chat_ids: rows, is_end_of_list_reached: is_last }
    }
}

/// A part of the units of a chat's role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserUnits {
    units: Vec<UserUnit>,
    is_end_of_list_reached: bool,
}

/// A unit of a chat's role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserUnit {
    #[schema(value_type = i64)]
    id: UnitId,
    name: String,
    uuid: String,
    #[schema(value_type = i64)]
    region_id: RegionId,
    office_manager_account_name: Option<String>,
    dodo_is_api_account_name: Option<String>,
}

impl From<Page<Unit>> for UserUnits {
    fn from(Page { rows, is_last }: Page<Unit>) -> Self {
        let view = |unit| {
            let Unit {
                id,
                name,
                uuid,
                office_manager_account_name,
                dodo_is_api_account_name,
                region_id,
                region: _,
            } = unit;
            UserUnit { id, name, uuid, region_id, office_manager_account_name, dodo_is_api_account_name }
        };
        Self { units: rows.into_iter().map(view).collect(), is_end_of_list_reached: is_last }
    }
}
