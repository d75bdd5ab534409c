//! Tokens for keys.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use kernel::http::{Client, Content, Fault};
use kernel::keys::{Lifetimes, Tokens};

use crate::wire::{self, Grant, NoToken, TokenView};
use crate::{Inventory, NAME};

/// Deployed clients were told ten hours of an access token; the thirty days are ours.
const LIFETIMES: Lifetimes = Lifetimes { access_seconds: 36_000, refresh_days: 30 };

pub(crate) async fn token(
    State(api): State<Inventory>,
    Extension(client): Extension<Client>,
    content: Content,
) -> Response {
    let (keys, now) = (&api.kernel.keys, api.kernel.clock.now());
    let granted = match wire::grant(&content) {
        Ok(Grant::Password { account, key }) => {
            keys.grant(NAME, (&account, &key), LIFETIMES, client.address, now).await
        }
        Ok(Grant::Refresh(token)) => keys.renew(NAME, &token, LIFETIMES, client.address, now).await,
        Err(refusal) => return refuse(refusal),
    };
    match granted {
        Ok(Some(Tokens { access, refresh })) => Json(TokenView {
            access_token: access,
            token_type: "Bearer",
            expires_in: LIFETIMES.access_seconds,
            refresh_token: refresh,
            scope: "read write",
        })
        .into_response(),
        Ok(None) => refuse(NoToken::invalid_grant()),
        Err(fault) => Fault::respond::<Inventory>(fault),
    }
}

fn refuse(refusal: NoToken) -> Response {
    (StatusCode::BAD_REQUEST, Json(refusal)).into_response()
}
