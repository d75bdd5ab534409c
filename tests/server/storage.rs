//! A disk that takes no more: the API says so in its own words, and works again by itself when there is space.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Terminal, Tickets, hall_of, run};

fn hall() -> Value {
    let seats: Vec<_> = (1..=1000)
        .map(|place| {
            json!({"seat_id": format!("7-1;{place}"), "coords": [place, 1], "row": 1, "place": place, "price": 100,
                   "currency_id": "RUB"})
        })
        .collect();
    hall_of(&seats, 14)
}

/// Buys seat after seat, from this place on, until one cannot be stored. Gives the places that were confirmed,
/// and the refusal.
async fn buy_until_refused(client: &Tickets, from: u32) -> (Vec<u32>, Answer) {
    let mut confirmed = Vec::new();
    for place in from.. {
        let answer = client.buy(&format!("7-1;{place}")).await;
        if answer.status != 200 {
            return (confirmed, answer);
        }
        confirmed.push(place);
    }
    unreachable!("the hall has an end");
}

/// What holds while nothing can be written.
async fn assert_cannot_write(app: &App, client: &Tickets, refused: &Answer) {
    assert!(matches!(refused.status.as_u16(), 500 | 503), "{} {}", refused.status, refused.text);
    assert_eq!(refused.json["code"], "UNKNOWN_ERROR");
    for inside in ["SQL", "sqlite", "database", "disk", "I/O", "kernel_"] {
        assert!(!refused.text.contains(inside), "{inside}: {}", refused.text);
    }
    app.logged(&["ERROR", refused.header("x-request-id")]).await;
    testkit::until("it says that it is not ready", async || app.get("/readyz").await.status == 503).await;
    assert_ne!(app.get("/readyz").await.json["status"], "ready");
    assert_eq!(app.get("/healthz").await.status, 200, "restarting it would not help");
    assert_eq!(client.get("events/lists").await.status, 200, "reading needs no space");
    assert!(!app.server.stdout().contains("panic"));
}

/// What holds again after there is space.
async fn assert_recovers(app: &App, client: &Tickets, confirmed: &[u32], refused: u32) {
    testkit::until("it is ready again", async || app.get("/readyz").await.status == 200).await;
    for place in confirmed {
        assert_eq!(client.seat(&format!("7-1;{place}")).await["available"], false, "{place} was confirmed");
    }
    let seat = format!("7-1;{refused}");
    assert_eq!(client.seat(&seat).await["available"], true, "what was refused was not kept");
    assert_eq!(client.buy(&seat).await.status, 200);
}

/// Lets a process write this much into a file and no more; without a limit, as much as it wants.
fn limit_files(app: &App, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    let limited = Command::new("prlimit").args(["--pid", &app.server.id().to_string(), &limit]).status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit (package util-linux) must work");
}

#[test]
fn a_write_error_is_answered_and_survived() {
    run(async {
        // Beyond its limit a process is told with a signal that would end it, unless it is ignored.
        let app =
            App::builder(Engine::Sqlite).launcher(&["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]).start();
        app.import("tickets", &hall()).printed();
        let client = app.tickets("kassir");
        let mut place = 1;
        for _ in 0..3 {
            assert_eq!(client.buy(&format!("7-1;{place}")).await.status, 200);
            limit_files(&app, "0");
            let (confirmed, refused) = buy_until_refused(&client, place + 1).await;
            assert_eq!(confirmed, Vec::<u32>::new(), "nothing is confirmed that is not on the disk");
            assert_cannot_write(&app, &client, &refused).await;
            limit_files(&app, "unlimited");
            assert_recovers(&app, &client, &[place], place + 1).await;
            place += 2;
        }
    });
}

#[test]
fn one_write_that_fails_in_the_middle_leaves_nothing_of_the_others_undone() {
    run(async {
        let app =
            App::builder(Engine::Sqlite).launcher(&["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]).start();
        app.import("tickets", &hall()).printed();
        let client = app.tickets("kassir");
        // The log of the database may grow by some pages: the write that crosses the limit breaks off in its middle.
        let log = format!("{}-wal", app.database.url().trim_start_matches("sqlite:"));
        let size = std::fs::metadata(log).unwrap().len();
        limit_files(&app, &(size + (200 << 10)).to_string());
        let mut answers = Vec::new();
        // How many writes share a commit is for the server to say: go on until the limit is met.
        for first in (1..=1000).step_by(20) {
            let buying = (first..first + 20).map(|place| {
                let client = client.clone();
                async move { (place, client.buy(&format!("7-1;{place}")).await.status.as_u16()) }
            });
            answers.extend(futures_util::future::join_all(buying).await);
            if answers.iter().any(|(_, status)| *status != 200) {
                break;
            }
        }
        limit_files(&app, "unlimited");
        testkit::until("it is ready again", async || app.get("/readyz").await.status == 200).await;
        assert!(answers.iter().any(|(_, status)| matches!(status, 500 | 503)), "the limit was met");
        for (place, status) in answers {
            let available = client.seat(&format!("7-1;{place}")).await["available"] == true;
            assert_eq!(available, status != 200, "place {place} was answered with {status}");
        }
    });
}

/// A server whose database lies on a file system of its own, as large as it says, that nobody else sees.
struct SmallDisk {
    app: App,
    client: Tickets,
    /// The file system, seen from here.
    root: PathBuf,
    _files: Terminal,
}

impl SmallDisk {
    fn start(size: &str) -> Self {
        let prepared = App::start(Engine::Sqlite);
        prepared.import("tickets", &hall()).printed();
        let client = prepared.tickets("kassir");
        let file = prepared.database.url().trim_start_matches("sqlite:").to_owned();
        let files = Terminal::new();
        let disk = files.path("disk");
        std::fs::create_dir(&disk).unwrap();
        // Fails with words of its own where user namespaces are forbidden.
        let script = format!(
            "mount -t tmpfs -o size={size} none '{disk}' && cp '{file}' '{disk}/partnerapi.db' && exec \"$@\"",
            disk = disk.display()
        );
        drop_server(prepared, |database| {
            let app = App::on(database)
                .database_url(&format!("sqlite:{}/partnerapi.db", disk.display()))
                .launcher(&["unshare", "-rm", "sh", "-c", &script, "sh"])
                .start();
            let root = Path::new("/proc").join(app.server.id().to_string()).join("root");
            let root = root.join(disk.strip_prefix("/").unwrap());
            let client = client.at(&app.server.url);
            Self { app, client, root, _files: files }
        })
    }

    /// Takes all the space that is left, and gives it back when the file is removed.
    fn fill(&self) -> PathBuf {
        let ballast = self.root.join("ballast");
        let mut file = File::create(&ballast).unwrap();
        for size in [1 << 16, 1 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        ballast
    }
}

/// Stops a server and goes on with its database.
fn drop_server<T>(app: App, next: impl FnOnce(std::sync::Arc<testkit::Database>) -> T) -> T {
    let database = std::sync::Arc::clone(&app.database);
    drop(app);
    next(database)
}

#[test]
fn a_full_disk_is_answered_and_survived() {
    run(async {
        let disk = SmallDisk::start("8m");
        let (app, client) = (&disk.app, &disk.client);
        assert_eq!(client.buy("7-1;1").await.status, 200);
        for round in 0..3 {
            let ballast = disk.fill();
            let (confirmed, refused) = buy_until_refused(client, 2 + round * 300).await;
            let refused_place = 2 + round * 300 + u32::try_from(confirmed.len()).unwrap();
            assert_cannot_write(app, client, &refused).await;
            std::fs::remove_file(ballast).unwrap();
            assert_recovers(app, client, &confirmed, refused_place).await;
        }
    });
}
