//! The Inventory API (seed 002, «product-inventory»): what stock of a product a shop had on a day.

#![expect(dead_code, unused_imports, reason = "the API is being put together")]

mod rules;
mod store;
mod wire;
