//! Booking a seat.

use testkit::{App, Engine, hall, on_both_engines};

on_both_engines!(a_seat_is_sold_once);

async fn a_seat_is_sold_once(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let bought = kassir.buy("7-1;8").await;
    assert_eq!(bought.json["status"], "success");
    assert_eq!(bought.json["result"]["paid"], 1);

    let refused = afisha.buy("7-1;8").await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.json["code"], "SEAT_NOT_AVAILABLE");
    assert_eq!(refused.json["message"], "Seat \"7-1;8\" is not available");
}
