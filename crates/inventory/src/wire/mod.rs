//! The contract as types: what goes in, what comes out, and what can be wrong with it.

mod given;
mod objects;

pub(crate) use self::objects::{Source, product, shop, stock};
