//! HTTP in, HTTP out.

use axum::Json;
use kernel::http::Admitted;

use crate::rules::ChatType;

pub(crate) async fn chat_types(_: Admitted) -> Json<[&'static str; 2]> {
    Json(ChatType::ALL.map(ChatType::name))
}
