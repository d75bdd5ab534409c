//! Black-box suites: each starts the real binary and speaks to it as its users do.

mod cluster;
mod events;
mod house;
mod inventory;
mod orders;
mod routes;
mod sandbox;
mod server;
mod tickets;
