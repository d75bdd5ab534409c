//! Whether the server lives, and whether it can work.

use testkit::{App, Engine, on_both_engines};

on_both_engines!(a_server_on_a_working_database_is_healthy_and_ready);

async fn a_server_on_a_working_database_is_healthy_and_ready(engine: Engine) {
    let app = App::start(engine);
    assert_eq!(app.get("/healthz").await.json["status"], "ok");
    assert_eq!(app.get("/readyz").await.json["status"], "ready");
    assert_eq!(app.get("/readyz/").await.status, 200);
}
