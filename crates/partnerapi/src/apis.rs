//! The APIs that this server speaks: one list, and nothing is registered anywhere else.

use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use kernel::api::{Api, Kernel};

use crate::demo;

/// How the APIs are set.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiSettings {
    pub(crate) affiliates: affiliates::Settings,
    pub(crate) orders: orders::Settings,
}

/// Puts an API on a kernel.
type Mount = fn(Arc<Kernel>, &ApiSettings) -> anyhow::Result<Arc<dyn Api>>;

/// An API in the list.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) mount: Mount,
    /// Whether its data belongs to accounts, so that an import and an export are of one.
    pub(crate) by_account: bool,
    pub(crate) demo: demo::Demo,
}

pub(crate) const APIS: &[Entry] = &[
    Entry {
        name: affiliates::NAME,
        by_account: false,
        mount: |kernel, settings| {
            Ok(Arc::new(affiliates::Affiliates::new(kernel, settings.affiliates.clone())))
        },
        demo: demo::Demo {
            account: "hotel-hello",
            data: Some(demo::affiliates::data),
            curl: "curl -u '{key}:' '{url}/api/purchases?begin=2020-01-01&end=2099-12-31&status=1'",
        },
    },
    Entry {
        name: inventory::NAME,
        by_account: true,
        mount: |kernel, _| Ok(Arc::new(inventory::Inventory::new(kernel))),
        demo: demo::Demo {
            account: "network",
            data: Some(demo::inventory::data),
            curl: "curl -H 'Authorization: Bearer {key}' '{url}/api/v1/product-inventory/?search=%D0%BC%D0%BE%D0%BB%D0%BE%D0%BA%D0%BE&page_size=3'",
        },
    },
    Entry {
        name: orders::NAME,
        by_account: false,
        mount: |kernel, settings| Ok(Arc::new(orders::Orders::new(kernel, settings.orders.clone())?)),
        demo: demo::Demo { account: "shop", data: None, curl: demo::ORDER },
    },
    Entry {
        name: routes::NAME,
        by_account: false,
        mount: |kernel, _| Ok(Arc::new(routes::Routes::new(kernel))),
        demo: demo::Demo {
            account: "bot",
            data: Some(demo::routes::data),
            curl: "curl -H 'Authorization: Bearer {key}' '{url}/units/?limit=3'",
        },
    },
    Entry {
        name: tickets::NAME,
        by_account: false,
        mount: |kernel, _| Ok(Arc::new(tickets::Tickets::new(kernel))),
        demo: demo::Demo {
            account: "kassir",
            data: Some(demo::tickets::data),
            curl: "curl -H 'Authorization: Bearer {key}' {url}/api/partners/v1/events/lists",
        },
    },
];

/// Reads the name of one of them.
pub(crate) fn parser() -> impl TypedValueParser<Value = &'static Entry> {
    let named = |name: String| APIS.iter().find(|api| api.name == name).ok_or("is no API");
    PossibleValuesParser::new(APIS.iter().map(|api| api.name)).try_map(named)
}

/// All of them, on one kernel.
pub(crate) fn mounted(kernel: &Arc<Kernel>, settings: &ApiSettings) -> anyhow::Result<Vec<Arc<dyn Api>>> {
    APIS.iter().map(|api| (api.mount)(Arc::clone(kernel), settings)).collect()
}
