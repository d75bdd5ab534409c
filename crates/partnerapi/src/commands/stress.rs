//! `partnerapi tickets stress`: a storm of reservations, to see what an installation of one's own does.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use kernel::clock::{Clock, SECOND};
use kernel::time::OffsetTime;
use rand::seq::SliceRandom as _;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::cli::Storm;
use crate::telling::tell;

/// How many clients want each place.
const RIVALS: usize = 3;
/// Seconds for which the storm reserves, in case it cannot clean up after itself.
const RESERVED_FOR: i64 = 120;

/// Reserves the seats of the show with the most seats, [`RIVALS`] times each, and cancels what it got.
///
/// # Errors
/// If the server cannot be reached or knows no show, and if a place was sold twice.
pub(crate) async fn stress(storm: Storm) -> anyhow::Result<()> {
    let client = Client::builder().timeout(Duration::from_secs(60)).build()?;
    let desk = Arc::new(Desk {
        client,
        base: format!("{}/api/partners/v1", storm.url.trim_end_matches('/')),
        key: storm.key,
    });
    let show = desk.largest_show().await?;
    let places = desk.free_places(&show, storm.seats).await?;
    ensure!(!places.is_empty(), "the show {} of event {} has no free seat", show.show_id, show.event_id);
    let free: i64 = places.values().sum();
    tell(&format!(
        "Event {}, show {}: {} clients want {free} places of {} seats, {RIVALS} for each.",
        show.event_id,
        show.show_id,
        storm.clients,
        places.len()
    ))?;

    let mut wishes: Vec<String> = Vec::new();
    for (seat_id, count) in &places {
        let times = usize::try_from(*count).unwrap_or_default() * RIVALS;
        wishes.extend(std::iter::repeat_n(seat_id.clone(), times));
    }
    wishes.shuffle(&mut rand::rng());
    let began = Instant::now();
    let tally = rush(&desk, &show, wishes, storm.clients).await;
    let took = began.elapsed();
    for id in &tally.tickets {
        desk.cancel(&show, id).await;
    }
    tally.report(took)?;
    let oversold: Vec<_> = tally
        .sold
        .iter()
        .filter(|(seat, count)| places.get(*seat).is_none_or(|free| *count > free))
        .collect();
    ensure!(oversold.is_empty(), "sold more often than there are places: {oversold:?}");
    tell("No place was sold twice; what was reserved is cancelled.")?;
    ensure!(tally.failed.is_empty(), "{} requests failed", tally.failed.len());
    Ok(())
}

struct Show {
    event_id: i64,
    show_id: i64,
}

struct Desk {
    client: Client,
    base: String,
    key: String,
}

impl Desk {
    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let response = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key).send().await?;
        let status = response.status();
        let body: Value =
            response.json().await.context("the answer is no JSON; is this a partnerapi server?")?;
        ensure!(status.is_success() && body["status"] != "error", "{path}: {status}: {}", body["message"]);
        Ok(body)
    }

    async fn largest_show(&self) -> anyhow::Result<Show> {
        let lists = self.get("/events/lists").await?;
        let seats = |show: &&Value| {
            let zones = show["scheme"]["zones"].as_array().into_iter().flatten();
            zones.map(|zone| zone["seats"].as_array().map_or(0, Vec::len)).sum::<usize>()
        };
        let show = lists["result"].as_array().into_iter().flatten().max_by_key(seats);
        let show = show.context("no show to come is open to this key")?;
        Ok(Show {
            event_id: show["event_id"].as_i64().context("a show without an event_id")?,
            show_id: show["show_id"].as_i64().context("a show without a show_id")?,
        })
    }

    async fn free_places(&self, show: &Show, at_most: u32) -> anyhow::Result<HashMap<String, i64>> {
        let seats = self.get(&format!("/events/seats/{}/{}", show.event_id, show.show_id)).await?;
        let zones = seats["zones"].as_array().into_iter().flatten();
        Ok(zones
            .flat_map(|zone| zone["seats"].as_array().into_iter().flatten())
            .filter(|seat| seat["available"] == true)
            .take(at_most as usize)
            .filter_map(|seat| {
                Some((seat["seat_id"].as_str()?.to_owned(), seat["free_quantity"].as_i64().unwrap_or(1)))
            })
            .collect())
    }

    async fn reserve(&self, show: &Show, seat_id: &str) -> Outcome {
        let until = OffsetTime::new(Clock::System.now() + RESERVED_FOR * SECOND, 0).to_string();
        let url = format!("{}/tickets/add/{}/{}", self.base, show.event_id, show.show_id);
        let request = self
            .client
            .post(url)
            .bearer_auth(&self.key)
            .json(&json!({"seat_id": seat_id, "reserved_to": until}));
        let answer = match request.send().await {
            Ok(response) => (response.status(), response.json::<Value>().await.unwrap_or_default()),
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        match answer {
            (StatusCode::OK, body) if body["status"] == "success" => {
                Outcome::Sold(body["result"]["id"].as_str().unwrap_or_default().to_owned())
            }
            (_, body) if body["code"] == "SEAT_NOT_AVAILABLE" => Outcome::Refused,
            (status, body) => Outcome::Failed(format!("{status} {body}")),
        }
    }

    async fn cancel(&self, show: &Show, id: &str) {
        let url = format!("{}/tickets/remove/{}/{}", self.base, show.event_id, show.show_id);
        // What cannot be cancelled runs out by itself.
        drop(self.client.post(url).bearer_auth(&self.key).json(&json!({"id": id})).send().await);
    }
}

enum Outcome {
    Sold(String),
    Refused,
    Failed(String),
}

#[derive(Default)]
struct Tally {
    sold: HashMap<String, i64>,
    tickets: Vec<String>,
    refused: usize,
    failed: Vec<String>,
    times: Vec<Duration>,
}

async fn rush(desk: &Arc<Desk>, show: &Show, wishes: Vec<String>, clients: u16) -> Tally {
    let wishes = Arc::new(wishes);
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (desk, wishes, next) = (Arc::clone(desk), Arc::clone(&wishes), Arc::clone(&next));
        let show = Show { ..*show };
        running.spawn(async move {
            let mut tally = Tally::default();
            while let Some(seat_id) = wishes.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = Instant::now();
                let outcome = desk.reserve(&show, seat_id).await;
                tally.times.push(began.elapsed());
                match outcome {
                    Outcome::Sold(id) => {
                        *tally.sold.entry(seat_id.clone()).or_default() += 1;
                        tally.tickets.push(id);
                    }
                    Outcome::Refused => tally.refused += 1,
                    Outcome::Failed(why) => tally.failed.push(why),
                }
            }
            tally
        });
    }
    let mut total = Tally::default();
    for tally in running.join_all().await {
        for (seat, count) in tally.sold {
            *total.sold.entry(seat).or_default() += count;
        }
        total.tickets.extend(tally.tickets);
        total.refused += tally.refused;
        total.failed.extend(tally.failed);
        total.times.extend(tally.times);
    }
    total
}

impl Tally {
    fn report(&self, took: Duration) -> anyhow::Result<()> {
        let mut times = self.times.clone();
        times.sort();
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
        let rate = times.len() as f64 / took.as_secs_f64();
        tell(&format!("Sold:    {}", self.tickets.len()))?;
        tell(&format!("Refused: {}", self.refused))?;
        tell(&format!(
            "Failed:  {}{}",
            self.failed.len(),
            self.failed.first().map_or(String::new(), |why| format!(" ({why})"))
        ))?;
        tell(&format!(
            "{} requests in {:.2} s: {rate:.0} a second; median {:.1} ms, 99 of 100 below {:.1} ms",
            times.len(),
            took.as_secs_f64(),
            at(0.5).as_secs_f64() * 1e3,
            at(0.99).as_secs_f64() * 1e3
        ))
    }
}
