//! What is asked for, and answered from memory for as long as nothing has changed.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use kernel::db::{Tx, Window, can_hold};
use kernel::http::{Admitted, Pairs, Segments, encode, json};

use crate::Routes;
use crate::rules::{ChatId, ChatType, Error, RegionId, ReportTypeId, RoleId, STATISTICS, UnitId};
use crate::store::chats;
use crate::store::reference::{self, Below};
use crate::store::{roles, routes};
use crate::wire::{self, Fields, both, query};

/// What can be asked. Equal questions have equal answers while nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    Units(Window),
    Unit(String),
    Regions(Window),
    Chats(Window),
    Chat(ChatId),
    ReportTypes(Below, Window),
    ReportType(String),
    RouteUnits(ChatId, ReportTypeId, Window),
    RouteChats(UnitId, ReportTypeId, Window),
    UserRegions(ChatId, Window),
    UserUnits(ChatId, Option<RegionId>, Window),
    UserReportTypes(ChatId, Window),
}

impl Question {
    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let text = if let Self::Unit(name) | Self::ReportType(name) = self { name.len() } else { 0 };
        size_of::<Self>() + text
    }

    fn answer(&self, tx: &mut Tx<'_>) -> Result<Bytes, Error> {
        let encoded = match self {
            Self::Units(window) => encode(&wire::Units::from(reference::units(tx, *window)?)),
            Self::Unit(name) => {
                encode(&wire::UnitView::from(reference::unit(tx, name)?.ok_or(Error::UnitNotFound)?))
            }
            Self::Regions(window) => encode(&wire::Regions::from(reference::regions(tx, *window)?)),
            Self::Chats(window) => encode(&wire::Chats::from(chats::all(tx, *window)?)),
            Self::Chat(chat) => {
                encode(&wire::ChatView::from(chats::find(tx, *chat)?.ok_or(Error::ChatNotFound)?))
            }
            Self::ReportTypes(below, window) => {
                encode(&wire::ReportTypes::from(reference::report_types(tx, *below, *window)?))
            }
            Self::ReportType(name) => {
                let found = reference::report_type(tx, name)?.ok_or(Error::ReportTypeNotFound)?;
                encode(&wire::ReportTypeView::from(found))
            }
            Self::RouteUnits(chat, report_type, window) => {
                encode(&wire::UnitIds::from(routes::units(tx, *chat, *report_type, *window)?))
            }
            Self::RouteChats(unit, report_type, window) => {
                encode(&wire::ChatIds::from(routes::chats(tx, *unit, *report_type, *window)?))
            }
            Self::UserRegions(chat, window) => {
                let role = role(tx, *chat)?;
                encode(&wire::Regions::from(roles::regions(tx, role, *window)?))
            }
            Self::UserUnits(chat, region, window) => {
                let role = role(tx, *chat)?;
                encode(&wire::UserUnits::from(roles::units(tx, role, *region, *window)?))
            }
            Self::UserReportTypes(chat, window) => {
                let role = role(tx, *chat)?;
                encode(&wire::ReportTypes::from(roles::report_types(tx, role, *window)?))
            }
        };
        Ok(encoded?)
    }
}

/// The role of a chat that must have one.
pub(super) fn role(tx: &mut Tx<'_>, chat: ChatId) -> Result<RoleId, Error> {
    chats::find(tx, chat)?.ok_or(Error::ChatNotFound)?.role.ok_or(Error::NoRole)
}

/// Answers a question: as before if nothing was written since, else from the database.
async fn answer(Routes(desk): Routes, question: Question) -> Result<Response, Error> {
    let stamp = desk.kernel.db.recent();
    let read = |question: &Question| {
        let question = question.clone();
        desk.kernel.db.read_latest(move |tx| question.answer(tx))
    };
    let body = desk.answers.of(question, stamp, read).await?;
    Ok(json(body))
}

type Answer = Result<Response, Error>;

pub(crate) async fn units(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    answer(api, Question::Units(query(pairs, Fields::window)?)).await
}

pub(crate) async fn unit(State(api): State<Routes>, _: Admitted, Segments(name): Segments<String>) -> Answer {
    answer(api, Question::Unit(known(name).ok_or(Error::UnitNotFound)?)).await
}

pub(crate) async fn regions(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    answer(api, Question::Regions(query(pairs, Fields::window)?)).await
}

pub(crate) async fn chats(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    answer(api, Question::Chats(query(pairs, Fields::window)?)).await
}

pub(crate) async fn chat_types(_: Admitted) -> Json<[&'static str; 2]> {
    Json(ChatType::ALL.map(ChatType::name))
}

pub(crate) async fn chat(State(api): State<Routes>, _: Admitted, Segments(chat): Segments<String>) -> Answer {
    answer(api, Question::Chat(wire::chat_in_path(chat)?)).await
}

pub(crate) async fn report_types(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    let question = query(pairs, |fields| {
        let (parent, window) = (wire::parent(fields), fields.window());
        Some(Question::ReportTypes(parent?.map_or(Below::Nothing, Below::Id), window?))
    });
    answer(api, question?).await
}

pub(crate) async fn statistics(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    answer(api, Question::ReportTypes(Below::Named(STATISTICS), query(pairs, Fields::window)?)).await
}

pub(crate) async fn report_type(
    State(api): State<Routes>,
    _: Admitted,
    Segments(name): Segments<String>,
) -> Answer {
    answer(api, Question::ReportType(known(name).ok_or(Error::ReportTypeNotFound)?)).await
}

pub(crate) async fn route_units(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    let question = query(pairs, |fields| {
        let (chat, report_type, window) = (wire::chat(fields), wire::report_type(fields), fields.window());
        Some(Question::RouteUnits(chat?, report_type?, window?))
    });
    answer(api, question?).await
}

pub(crate) async fn route_chats(State(api): State<Routes>, _: Admitted, Pairs(pairs): Pairs) -> Answer {
    let question = query(pairs, |fields| {
        let (unit, report_type, window) = (wire::unit(fields), wire::report_type(fields), fields.window());
        Some(Question::RouteChats(unit?, report_type?, window?))
    });
    answer(api, question?).await
}

pub(crate) async fn user_regions(
    State(api): State<Routes>,
    _: Admitted,
    Segments(chat): Segments<String>,
    Pairs(pairs): Pairs,
) -> Answer {
    let (chat, window) = both(wire::chat_in_path(chat), query(pairs, Fields::window))?;
    answer(api, Question::UserRegions(chat, window)).await
}

pub(crate) async fn user_units(
    State(api): State<Routes>,
    _: Admitted,
    Segments(chat): Segments<String>,
    Pairs(pairs): Pairs,
) -> Answer {
    let part = query(pairs, |fields| {
        let (region, window) = (wire::region(fields), fields.window());
        Some((region?, window?))
    });
    let (chat, (region, window)) = both(wire::chat_in_path(chat), part)?;
    answer(api, Question::UserUnits(chat, region, window)).await
}

pub(crate) async fn user_report_types(
    State(api): State<Routes>,
    _: Admitted,
    Segments(chat): Segments<String>,
    Pairs(pairs): Pairs,
) -> Answer {
    let (chat, window) = both(wire::chat_in_path(chat), query(pairs, Fields::window))?;
    answer(api, Question::UserReportTypes(chat, window)).await
}

/// A name that something may have.
fn known(name: String) -> Option<String> {
    Some(name).filter(|name| can_hold(name))
}
