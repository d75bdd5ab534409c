//! Requests of each API with any body, of any type.
#![no_main]

use axum::http::Method;
use libfuzzer_sys::fuzz_target;
use partnerapi_fuzz::Server;

const ORDERS: usize = 0;
const ROUTES: usize = 1;
const TICKETS: usize = 2;

const TYPES: [&str; 4] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
];

fuzz_target!(|data: (u8, u8, &[u8])| {
    let (operation, media_type, body) = data;
    let operations = [
        (ORDERS, Method::POST, "/v2/orders/"),
        (ORDERS, Method::DELETE, "/v2/orders/"),
        (ORDERS, Method::POST, "/SendOrder"),
        (ORDERS, Method::POST, "/GetOrderStatus"),
        (ORDERS, Method::POST, "/cancel_order"),
        (ROUTES, Method::POST, "/telegram-chats/"),
        (ROUTES, Method::PUT, "/telegram-chats/-100/"),
        (ROUTES, Method::POST, "/report-routes/"),
        (ROUTES, Method::PATCH, "/users/-100/access-code/"),
        (TICKETS, Method::POST, "/api/partners/v1/tickets/add/12/20"),
        (TICKETS, Method::POST, "/api/partners/v1/tickets/update/12"),
        (TICKETS, Method::POST, "/api/partners/v1/tickets/remove/12/20"),
    ];
    let (api, method, path) = &operations[usize::from(operation) % operations.len()];
    let media_type = TYPES[usize::from(media_type) % TYPES.len()];
    Server::get().send(*api, method, path, media_type, body);

    // And the same where a query may stand.
    if let Ok(query) = std::str::from_utf8(body) {
        Server::get().send(*api, method, &format!("{path}?{query}"), media_type, b"");
        Server::get().send(*api, &Method::GET, &format!("{path}?{query}"), media_type, b"");
    }
});
