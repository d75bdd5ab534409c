//! The broker itself is stopped and started.

use testkit::{App, Engine, RabbitMq, on_both_engines, until};

use super::{ids, metric, open_the_floor, publishing_to, sell, sorted};

on_both_engines!(a_broker_that_is_stopped_and_started_gets_everything,);

async fn a_broker_that_is_stopped_and_started_gets_everything(engine: Engine) {
    let mut broker = RabbitMq::start().await;
    let app = publishing_to(App::builder(engine), &broker.url)
        .env("PARTNERAPI_RABBITMQ_EXCHANGE", broker.keep().await)
        .start();
    let kassir = open_the_floor(&app);
    let backlog = async || metric(&app, "partnerapi_outbox_backlog").await;
    sell(std::slice::from_ref(&kassir), 40).await;
    until("nothing waits", async || backlog().await == 0).await;

    broker.stop();
    sell(std::slice::from_ref(&kassir), 80).await;
    assert_eq!(backlog().await, 80);
    until("it tried in vain", async || metric(&app, "partnerapi_outbox_failures_total").await > 0).await;
    broker.start_again().await;
    until("nothing waits any more", async || backlog().await == 0).await;
    let all = ids(&app);
    assert_eq!(
        sorted(broker.kept().await),
        all,
        "what came before the stop and while it was away, each once"
    );

    // Stopped in the middle: what it took without a word for it may come twice, and nothing is lost.
    let selling = tokio::spawn(async move { sell(&[kassir], 2_000).await });
    let published = async || metric(&app, "partnerapi_outbox_published_total").await;
    until("some are published", async || published().await > 200).await;
    broker.stop();
    selling.await.expect("the sale");
    broker.start_again().await;
    until("nothing waits in the end", async || backlog().await == 0).await;
    let mut kept = sorted(broker.kept().await);
    kept.dedup();
    let new: Vec<String> = ids(&app).into_iter().filter(|id| !all.contains(id)).collect();
    assert_eq!(kept, new);
}
