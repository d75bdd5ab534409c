//! Chats, and which role each has.

use kernel::clock::Micros;
use kernel::db::{Error, Page, Row, Tx, Window};
use kernel::events::{self, Event};
use serde::Serialize;

use super::roles::Role;
use crate::rules::{ChatChange, ChatId, ChatType, NewChat, RoleId};

/// A chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) chat_id: ChatId,
    pub(crate) kind: ChatType,
    pub(crate) title: String,
    pub(crate) username: Option<String>,
    pub(crate) role: Option<RoleId>,
}

/// What an event says of a chat. Its title and its username may be a person's: they are not told to everybody.
#[derive(Serialize)]
pub(super) struct ChatData {
    pub(super) chat_id: ChatId,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// What an event says of a chat and its role, which only an import takes away.
#[derive(Serialize)]
pub(super) struct RoleData<'a> {
    pub(super) chat_id: ChatId,
    pub(super) role: Option<&'a str>,
    pub(super) previous_role: Option<&'a str>,
}

impl Chat {
    fn read(row: &Row<'_>) -> Result<Self, Error> {
        let kind: String = row.get(1)?;
        Ok(Self {
            chat_id: ChatId(row.get(0)?),
            kind: ChatType::parse(&kind).map_err(|mistake| Error::Statement(mistake.to_string()))?,
            title: row.get(2)?,
            username: row.get(3)?,
            role: row.get::<Option<i64>>(4)?.map(RoleId),
        })
    }
}

fn tell(
    tx: &mut Tx<'_>,
    now: Micros,
    kind: &'static str,
    chat: ChatId,
    data: &impl Serialize,
) -> Result<(), Error> {
    events::publish(tx, now, &[event(kind, chat, data)?])
}

pub(super) fn event(kind: &'static str, chat: ChatId, data: &impl Serialize) -> Result<Event, Error> {
    let ChatId(id) = chat;
    Event::new(kind, format!("chat:{id}"), "", data)
}

/// All chats, in the order in which they were made.
pub(crate) fn all(tx: &mut Tx<'_>, window: Window) -> Result<Page<Chat>, Error> {
    let sql = "SELECT chat_id, type, title, username, role_id FROM routes_chats ORDER BY number";
    tx.page(sql, &[], window, Chat::read)
}

/// The chat of that id.
pub(crate) fn find(tx: &mut Tx<'_>, chat: ChatId) -> Result<Option<Chat>, Error> {
    let sql = "SELECT chat_id, type, title, username, role_id FROM routes_chats WHERE chat_id = $1";
    tx.query_opt(sql, &[chat.into()], Chat::read)
}

/// Makes a chat; false if there is one with its id.
pub(crate) fn create(tx: &mut Tx<'_>, now: Micros, chat: &NewChat) -> Result<bool, Error> {
    let NewChat { chat_id, kind, title, username } = chat;
    let created = tx.execute(
        "INSERT INTO routes_chats (chat_id, type, title, username) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        &[
            (*chat_id).into(),
            kind.name().into(),
            title.as_str().into(),
            username.as_ref().map(|username| username.as_str()).into(),
        ],
    )?;
    if created > 0 {
        let data = ChatData { chat_id: *chat_id, kind: kind.name() };
        tell(tx, now, "routes.chat.created", *chat_id, &data)?;
    }
    Ok(created > 0)
}

/// Changes what a chat is called.
pub(crate) fn update(tx: &mut Tx<'_>, now: Micros, chat: &Chat, change: &ChatChange) -> Result<(), Error> {
    let ChatChange { title, username } = change;
    let username = match username {
        None => chat.username.as_deref(),
        Some(username) => username.as_ref().map(|username| username.as_str()),
    };
    if (title.as_str(), username) == (&*chat.title, chat.username.as_deref()) {
        return Ok(());
    }
    tx.execute(
        "UPDATE routes_chats SET title = $1, username = $2 WHERE chat_id = $3",
        &[title.as_str().into(), username.into(), chat.chat_id.into()],
    )?;
    let data = ChatData { chat_id: chat.chat_id, kind: chat.kind.name() };
    tell(tx, now, "routes.chat.updated", chat.chat_id, &data)
}

/// Gives a chat a role. Routes that the role does not have are another matter: see [`super::routes::keep_to`].
pub(crate) fn assign(tx: &mut Tx<'_>, now: Micros, chat: &Chat, role: &Role) -> Result<(), Error> {
    if chat.role == Some(role.id) {
        return Ok(());
    }
    let named = |row: &Row<'_>| row.get::<String>(0);
    let previous = tx.query_opt("SELECT name FROM routes_roles WHERE id = $1", &[chat.role.into()], named)?;
    tx.execute(
        "UPDATE routes_chats SET role_id = $1 WHERE chat_id = $2",
        &[role.id.into(), chat.chat_id.into()],
    )?;
    let data = RoleData { chat_id: chat.chat_id, role: Some(&role.name), previous_role: previous.as_deref() };
    tell(tx, now, "routes.role.assigned", chat.chat_id, &data)
}
