//! The APIs that this server speaks: one list, and nothing is registered anywhere else.

use std::sync::Arc;

use kernel::api::{Api, Kernel};
use kernel::clock::Micros;

use crate::{WrongUsage, demo};

/// An API in the list.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) mount: fn(Arc<Kernel>) -> Arc<dyn Api>,
    pub(crate) demo: demo::Demo,
}

pub(crate) const APIS: &[Entry] = &[Entry {
    name: "tickets",
    mount: |kernel| Arc::new(tickets::Tickets::new(kernel)),
    demo: demo::Demo {
        account: "kassir",
        data: |now: Micros| demo::tickets::data(now),
        curl: "curl -H 'Authorization: Bearer {key}' {url}/api/partners/v1/events/lists",
    },
}];

/// The API of that name.
pub(crate) fn named(name: &str) -> Result<&'static Entry, WrongUsage> {
    APIS.iter().find(|api| api.name == name).ok_or_else(|| {
        let names: Vec<_> = APIS.iter().map(|api| api.name).collect();
        WrongUsage(format!("there is no API {name:?}; it may be {}", names.join(", ")))
    })
}

/// All of them, on one kernel.
pub(crate) fn mounted(kernel: &Arc<Kernel>) -> Vec<Arc<dyn Api>> {
    APIS.iter().map(|api| (api.mount)(Arc::clone(kernel))).collect()
}
