//! A newcomer copies the lines of README.md. They do what it says, word for word.

use std::process::{Command, Stdio};

use testkit::{App, Engine, binary, on_both_engines};

use super::text;

/// How README.md runs the program.
const PROGRAM: &str = "cargo run --release --";
/// The line that starts the server, and the one that the newcomer completes.
const SERVE: &str = "cargo run --release -- serve --demo";
const KEY: &str = "KEY=pk_tickets_…";
const STOCK: &str = "STOCK=pk_inventory_…";
const SUPPLIER: &str = "SUPPLIER=pk_affiliates_…";
/// Where the server is, in the words of README.md.
const BASE: &str = "http://127.0.0.1:8000";

/// The lines to copy: what stands in fences of `sh`. (What installs or tests the product stands in `console`.)
fn lines_to_copy() -> String {
    let readme = text("README.md");
    let blocks = readme.split("```sh\n").skip(1);
    blocks.filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect()
}

/// A key where README.md says that it stands: in what `serve --demo` prints, after `tickets: `, say.
fn printed_key(app: &App, api: &str) -> String {
    let printed = app.server.stdout();
    let line = printed.lines().find_map(|line| line.strip_prefix(api)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no line `{api}: KEY` in {printed}")).to_owned()
}

on_both_engines!(the_lines_of_the_readme_work_as_they_stand);

#[test]
fn the_readme_walks_through_every_api() {
    let lines = lines_to_copy();
    for walked in [
        "/api/partners/v1/",
        "/v2/orders/",
        "/units/",
        "/api/v1/product-inventory/",
        "/api/purchases",
        "/cmp",
    ] {
        assert!(lines.contains(&format!("{BASE}{walked}")), "README.md does not show {walked}");
    }
}

async fn the_lines_of_the_readme_work_as_they_stand(engine: Engine) {
    let lines = lines_to_copy();
    for completed in [SERVE, KEY, STOCK, SUPPLIER] {
        assert!(lines.lines().any(|line| line == completed), "no line {completed} in {lines}");
    }
    let app = App::builder(engine).arg("--demo").start();
    let script = lines
        .replace(SERVE, ": the server runs already")
        .replace(KEY, &format!("KEY={}", printed_key(&app, "tickets")))
        .replace(STOCK, &format!("STOCK={}", printed_key(&app, "inventory")))
        .replace(SUPPLIER, &format!("SUPPLIER={}", printed_key(&app, "affiliates")))
        .replace(PROGRAM, &format!("'{}'", binary().display()))
        .replace(BASE, &app.server.url);

    // curl succeeds whatever the server answers; its configuration makes it fail for an error.
    let directory = app.file(".curlrc", b"fail-with-body\nsilent\nshow-error\n");
    let directory = directory.parent().expect("it lies in a directory");
    let copied = Command::new("bash")
        .args(["-euo", "pipefail", "-x", "-c", &script])
        .current_dir(directory)
        .env("CURL_HOME", directory)
        .env("PARTNERAPI_DATABASE_URL", app.database.url())
        // Port 8000 may be somebody else's, and `check` wants a free one.
        .env("PARTNERAPI_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    let (out, trace) = (String::from_utf8_lossy(&copied.stdout), String::from_utf8_lossy(&copied.stderr));
    assert!(copied.status.success(), "{}:\n{trace}\n{out}", copied.status);

    let distributor = app.tickets("kassir");
    let seats = distributor.get("events/seats/12/20").await;
    let is_free = |seat_id: &str| {
        let seat = seats.text.split_once(&format!("\"{seat_id}\",\"available\":")).map(|(_, rest)| rest);
        seat.is_some_and(|rest| rest.starts_with("true"))
    };
    assert!(!is_free("6-1;16"), "the seat that was paid is taken");
    assert!(is_free("6-1;17"), "the seat whose reservation was cancelled is free");
    assert!(out.contains("tickets.ticket.paid") && out.contains("tickets.ticket.removed"), "{out}");
    assert!(out.contains("\"their_order_id\"") && out.contains("\"their_status_id\":0"), "{out}");
    assert!(out.contains("orders.order.created"), "{out}");
    assert!(out.contains("Москва 1-3") && out.contains("\"chat_ids\":[") && out.contains("424242,"), "{out}");
    assert!(out.contains("routes.role.assigned") && out.contains("routes.route.created"), "{out}");
    assert!(out.contains("inventory.stock.stored"), "{out}");
    let milk = app.inventory("network").results("product-inventory/?product_id=6001&ordering=-date").await;
    assert_eq!((&milk[0]["qty"], &milk[0]["stock_total_price"]), (&"12.5000".into(), &"536.25".into()));
    let supplier = app.supplier("hotel-hello");
    let ever = "begin=2020-01-01&end=2099-12-31";
    let visits = supplier.accesses(ever).await;
    assert_eq!(visits["data"][0]["browser"], "Firefox 140.0", "the newest is the one of README.md: {visits}");
    let sales = supplier.purchases(&format!("{ever}&status=1")).await;
    assert_eq!(
        (&sales["data"][0]["id"], sales["data"][0]["commission_value"].as_f64()),
        (&"booking-1".into(), Some(13.5))
    );
    assert!(
        out.contains("affiliates.access.recorded") && out.contains("affiliates.purchase.status_changed"),
        "{out}"
    );
    assert!(out.contains("A quiet evening"), "{out}");
    assert!(out.contains("database: takes writes"), "{out}");
}
