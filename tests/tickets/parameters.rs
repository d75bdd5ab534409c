//! How parameters come: in the query, in a form, in multipart, as a JSON object; by GET or by POST.

use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Tickets, on_both_engines};

use super::{hall_with, invalid, refused, ticket};

on_both_engines!(
    parameters_may_come_in_every_form,
    a_parameter_in_several_places_counts_from_the_body,
    parameters_of_several_places_are_taken_together,
    numbers_may_come_as_strings,
    get_and_post_are_the_same,
    head_and_options_change_nothing,
    no_answer_is_to_be_stored,
);

const UNTIL: &str = "2029-12-31T00:00:00+03:00";

/// Puts parameters into a request.
type Putting = fn(RequestBuilder, &[(&str, &str)]) -> RequestBuilder;

fn query(request: RequestBuilder, parameters: &[(&str, &str)]) -> RequestBuilder {
    request.query(parameters)
}

fn form(request: RequestBuilder, parameters: &[(&str, &str)]) -> RequestBuilder {
    request.form(parameters)
}

fn multipart(request: RequestBuilder, parameters: &[(&str, &str)]) -> RequestBuilder {
    let parts = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    request.multipart(parts.fold(Form::new(), |form, (name, value)| form.text(name, value)))
}

fn object(request: RequestBuilder, parameters: &[(&str, &str)]) -> RequestBuilder {
    let parameters: serde_json::Map<String, Value> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    request.json(&parameters)
}

fn object_with_charset(request: RequestBuilder, parameters: &[(&str, &str)]) -> RequestBuilder {
    object(request, parameters).header("Content-Type", "application/json; charset=utf-8")
}

async fn send(
    client: &Tickets,
    method: Method,
    path: &str,
    put: Putting,
    parameters: &[(&str, &str)],
) -> Answer {
    client.send(put(client.request(method, path), parameters)).await
}

async fn parameters_may_come_in_every_form(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(10)).printed();
    let kassir = app.tickets("kassir");

    let every_form: [Putting; 5] = [query, form, multipart, object, object_with_charset];
    let mut place = 0;
    for put in every_form {
        for method in [Method::GET, Method::POST] {
            place += 1;
            let (seat, name) = (format!("7-1;{place}"), format!("заказ & {place} = +1%"));
            let send = async |path: &str, parameters: &[(&str, &str)]| {
                send(&kassir, method.clone(), path, put, parameters).await
            };
            let book =
                [("seat_id", seat.as_str()), ("paid", "0"), ("reserved_to", UNTIL), ("external_id", &name)];
            let mut booked = ticket(&send("tickets/add/12/21", &book).await);
            let expected = json!({"id": booked["id"], "paid": 0, "reserved_to": UNTIL, "external_id": name, "barcode": null});
            assert_eq!(booked, expected);
            assert_eq!(kassir.seat(&seat).await["available"], false);

            let later = "2029-12-31T12:00:00+03:00";
            let prolonged =
                send("tickets/add/12/21", &[("external_id", &name), ("reserved_to", later)]).await;
            booked["reserved_to"] = later.into();
            assert_eq!(ticket(&prolonged), booked);
            let id = booked["id"].as_str().expect("a text");
            let updated = send("tickets/update/12/21", &[("id", id), ("reserved_to", later)]).await;
            assert_eq!(ticket(&updated), booked);
            let removed = send("tickets/remove/12/21", &[("id", id)]).await;
            assert_eq!(ticket(&removed), true);
            assert_eq!(kassir.seat(&seat).await["available"], true);
        }
    }
}

async fn a_parameter_in_several_places_counts_from_the_body(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(8)).printed();
    let kassir = app.tickets("kassir");

    for (place, put) in (1..).zip([form as Putting, multipart, object]) {
        let seat = format!("7-1;{place}");
        let in_query =
            [("seat_id", "7-1;8"), ("paid", "0"), ("external_id", "of the query"), ("reserved_to", "never")];
        let in_body =
            [("seat_id", seat.as_str()), ("paid", "1"), ("external_id", &seat), ("reserved_to", UNTIL)];
        for method in [Method::POST, Method::GET] {
            let request = kassir.request(method, "tickets/add/12/21").query(&in_query);
            let booked = ticket(&kassir.send(put(request, &in_body)).await);
            assert_eq!((&booked["paid"], &booked["external_id"]), (&json!(1), &json!(seat)));
        }
        assert_eq!(kassir.seat(&seat).await["available"], false);

        // The body counts where it is wrong, too.
        let request =
            kassir.request(Method::POST, "tickets/add/12/21").query(&[("seat_id", "7-1;8"), ("paid", "1")]);
        invalid(&kassir.send(put(request, &[("paid", "2")])).await, "paid");
    }
    assert_eq!(kassir.seat("7-1;8").await["available"], true);
}

async fn parameters_of_several_places_are_taken_together(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");

    for (place, put) in (1..).zip([form as Putting, multipart, object]) {
        let seat = format!("7-1;{place}");
        let request = kassir.request(Method::POST, "tickets/add/12/21");
        let request = request.query(&[("seat_id", seat.as_str()), ("external_id", "order")]);
        ticket(&kassir.send(put(request, &[("reserved_to", UNTIL)])).await);
        assert_eq!(kassir.seat(&seat).await["available"], false);
        let request = kassir.request(Method::POST, "tickets/remove/12/21").query(&[("external_id", "order")]);
        ticket(&kassir.send(put(request, &[("unknown", "")])).await);
    }
}

async fn numbers_may_come_as_strings(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(4)).printed();
    let kassir = app.tickets("kassir");

    for (place, paid) in (1..).zip([json!(1), json!("1")]) {
        let sold = ticket(&kassir.add(json!({"seat_id": format!("7-1;{place}"), "paid": paid})).await);
        assert_eq!(sold["paid"], 1, "it leaves as a number");
    }
    for (place, paid) in (3..).zip([json!(0), json!("0")]) {
        let body = json!({"seat_id": format!("7-1;{place}"), "paid": paid, "reserved_to": UNTIL});
        let booked = ticket(&kassir.add(body).await);
        assert_eq!(booked["paid"], 0);
        let id = booked["id"].as_str().expect("a text");
        let number: i64 = id.parse().expect("digits");
        for id in [json!(id), json!(number)] {
            let prolonged = ticket(&kassir.add(json!({"id": id, "reserved_to": UNTIL})).await);
            assert_eq!(prolonged, booked);
        }
        assert_eq!(ticket(&kassir.remove(json!({"id": number})).await), true);
    }
}

async fn get_and_post_are_the_same(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.reserve("7-1;2", "order").await);

    for (path, parameters) in [
        ("events/lists", vec![]),
        ("events/seats/12", vec![]),
        ("events/seats/12/21", vec![]),
        ("events/seats/13", vec![]),
        ("tickets/add/12/21", vec![("seat_id", "7-1;1"), ("external_id", "paid"), ("paid", "1")]),
        ("tickets/add/12/21", vec![("seat_id", "7-1;2"), ("paid", "1")]),
        ("tickets/add/12/21", vec![("seat_id", "7-1;2"), ("paid", "5")]),
        ("tickets/add/12/21", vec![("external_id", "order"), ("reserved_to", UNTIL)]),
        ("tickets/update/12/21", vec![("external_id", "order"), ("reserved_to", UNTIL)]),
        ("tickets/update/12/21", vec![("external_id", "none"), ("paid", "1")]),
        ("tickets/remove/12/21", vec![("external_id", "paid")]),
        ("tickets/remove/12/21", vec![]),
        ("tickets/nonsense", vec![]),
    ] {
        let got = send(&kassir, Method::GET, path, query, &parameters).await;
        let posted = send(&kassir, Method::POST, path, form, &parameters).await;
        assert_eq!((got.status, got.json), (posted.status, posted.json), "{path} {parameters:?}");
    }
}

async fn head_and_options_change_nothing(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    let own = ticket(&kassir.reserve("7-1;2", "order").await);

    for (path, parameters) in [
        ("tickets/add/12/21", vec![("seat_id", "7-1;1"), ("paid", "1")]),
        ("tickets/add/12", vec![("seat_id", "7-1;1"), ("paid", "1")]),
        ("tickets/add/12/21/", vec![("seat_id", "7-1;1"), ("paid", "1")]),
        ("tickets/add/12/21", vec![("external_id", "order"), ("paid", "1")]),
        ("tickets/update/12/21", vec![("external_id", "order"), ("paid", "1")]),
        ("tickets/remove/12/21", vec![("external_id", "order")]),
    ] {
        for method in [Method::HEAD, Method::OPTIONS] {
            for put in [query as Putting, form, object] {
                let request = put(kassir.request(method.clone(), path), &parameters);
                let answer = Answer::of(request).await;
                assert_eq!(answer.header("cache-control"), "no-store");
                if method == Method::HEAD {
                    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (405, ""), "{path}");
                    assert!(answer.header("allow").contains("POST"), "{path}");
                }
            }
        }
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    assert_eq!(ticket(&kassir.reserve("7-1;2", "order").await), own);
    assert_eq!(super::kinds(&app), ["tickets.ticket.reserved"]);

    // Where nothing can change, HEAD is GET without its body.
    for path in ["events/lists", "events/seats/12/21", "events/seats/12"] {
        let answer = Answer::of(kassir.request(Method::HEAD, path)).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{path}");
    }
}

async fn no_answer_is_to_be_stored(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    let mut answers = vec![
        kassir.get("events/lists").await,
        kassir.get("events/lists").await,
        kassir.get("events/seats/12").await,
        kassir.get("events/seats/12").await,
        kassir.reserve("7-1;1", "order").await,
        kassir.post("tickets/update/12", json!({"external_id": "order", "reserved_to": UNTIL})).await,
        kassir.remove(json!({"external_id": "order"})).await,
        kassir.send(kassir.anonymous(Method::GET, "events/lists")).await,
        kassir.get("events/seats/13").await,
        kassir.get("nonsense").await,
        kassir.add(json!({})).await,
        kassir.send(kassir.request(Method::PUT, "events/lists")).await,
        kassir.send(kassir.request(Method::POST, "tickets/add/12").body(vec![b' '; 10 << 20])).await,
    ];
    ticket(&kassir.buy("7-1;2").await);
    answers.push(kassir.buy("7-1;2").await);
    refused(answers.last().expect("the last"), 409, "SEAT_NOT_AVAILABLE");
    for path in ["events/lists", "events/seats/12", "tickets/add/12"] {
        for method in [Method::HEAD, Method::OPTIONS] {
            answers.push(Answer::of(kassir.request(method, path)).await);
        }
    }
    for answer in answers {
        assert_eq!(answer.header("cache-control"), "no-store", "{} {}", answer.status, answer.text);
    }
}
