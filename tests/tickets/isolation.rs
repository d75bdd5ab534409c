//! Partners apart: what is another account's answers as if it did not exist.

use serde_json::json;
use testkit::{App, Engine, Tickets, on_both_engines, until};

use super::{hall_with, refused, ticket};

on_both_engines!(
    another_accounts_ticket_is_not_there,
    the_keys_of_an_account_see_the_same_tickets,
    a_revoked_key_opens_nothing_within_a_second_on_every_server,
    the_account_of_a_key_is_all_that_counts,
);

async fn another_accounts_ticket_is_not_there(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    let reserved = ticket(&kassir.reserve("7-1;1", "reserved").await);
    let paid = ticket(&kassir.add(json!({"seat_id": "7-1;2", "paid": 1, "external_id": "paid"})).await);

    let nobodys = afisha.remove(json!({"id": "999999999"})).await;
    refused(&nobodys, 404, "TICKET_NOT_FOUND");
    for own in [&reserved, &paid] {
        for name in [
            json!({"id": own["id"]}),
            json!({"external_id": own["external_id"]}),
            json!({"id": own["id"], "external_id": own["external_id"]}),
        ] {
            assert_eq!(
                afisha.remove(name.clone()).await.json,
                nobodys.json,
                "nothing tells it from no ticket"
            );
            for change in [("paid", json!(1)), ("reserved_to", json!("2029-01-01T00:00:00Z"))] {
                let mut body = name.clone();
                body[change.0] = change.1;
                assert_eq!(afisha.add(body.clone()).await.json, nobodys.json);
                assert_eq!(afisha.post("tickets/update/12/21", body).await.json, nobodys.json);
            }
        }
    }
    assert_eq!(ticket(&kassir.reserve("7-1;1", "reserved").await), reserved);
    assert_eq!(ticket(&kassir.add(json!({"id": paid["id"], "paid": 1})).await), paid);
}

async fn the_keys_of_an_account_see_the_same_tickets(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let (one, other) = (app.tickets("kassir"), app.tickets("kassir"));
    assert_ne!(one.key, other.key);

    let reserved = ticket(&one.reserve("7-1;1", "order").await);
    assert_eq!(ticket(&other.reserve("7-1;1", "order").await), reserved);
    let paid = ticket(&other.add(json!({"id": reserved["id"], "paid": 1})).await);
    assert_eq!(ticket(&one.add(json!({"external_id": "order", "paid": 1})).await), paid);
}

async fn a_revoked_key_opens_nothing_within_a_second_on_every_server(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let other = app.sibling();
    let (revoked, kept) = (app.tickets("kassir"), app.tickets("kassir"));
    ticket(&revoked.reserve("7-1;1", "order").await);
    ticket(&revoked.at(&other.server.url).reserve("7-1;1", "order").await);

    // All of the key, as somebody would paste it; its beginning is the matter of `keys revoke`.
    app.command(&["keys", "revoke", &revoked.key]).printed();
    for url in [&app.server.url, &other.server.url] {
        let client = revoked.at(url);
        until("the key is refused", async || client.get("events/lists").await.status == 401).await;
        refused(&client.remove(json!({"external_id": "order"})).await, 401, "WRONG_AUTHORIZATION");
    }
    assert_eq!(
        ticket(&kept.reserve("7-1;1", "order").await)["paid"],
        0,
        "the account's other key is as good as ever"
    );
}

async fn the_account_of_a_key_is_all_that_counts(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.reserve("7-1;1", "order").await);

    // Names that are another's but for a letter, or mean something to a database.
    for account in ["Kassir", "kassir ", "кассир", "%", "kassi_", "' OR 1=1 --"] {
        let client: Tickets = app.tickets(account);
        refused(&client.remove(json!({"external_id": "order"})).await, 404, "TICKET_NOT_FOUND");
        ticket(&client.reserve("3-1;1", "order").await);
        assert_eq!(ticket(&client.remove(json!({"external_id": "order"})).await), true);
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], false);
}
