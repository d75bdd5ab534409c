//! HTTP in, HTTP out.

mod reading;
mod writing;

pub(crate) use self::reading::{
    Question, chat, chat_types, chats, regions, report_type, report_types, route_chats, route_units,
    statistics, unit, units, user_regions, user_report_types, user_units,
};
pub(crate) use self::writing::{
    Guesses, assign_role, change_chat, create_chat, create_routes, delete_routes,
};
