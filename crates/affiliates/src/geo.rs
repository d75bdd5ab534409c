//! Where an address is, from a city database in MaxMind's format.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use maxminddb::{MaxMindDbError, Reader, geoip2};

use crate::wire::Geolocation;

/// A city database, held in memory.
#[derive(Clone)]
pub struct Geo(Arc<Reader<Vec<u8>>>);

impl std::fmt::Debug for Geo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Geo")
    }
}

impl Geo {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is no such database.
    pub fn open(file: &Path) -> Result<Self, MaxMindDbError> {
        Reader::open_readfile(file).map(|reader| Self(Arc::new(reader)))
    }

    /// Where an address is. What is not known is an empty text.
    pub(crate) fn locate(&self, address: IpAddr) -> Geolocation {
        let found = self.0.lookup(address).and_then(|found| found.decode::<geoip2::City<'_>>());
        let Ok(Some(place)) = found else { return Geolocation::default() };
        let name = |names: &geoip2::Names<'_>| {
            names.brazilian_portuguese.or(names.english).unwrap_or_default().to_owned()
        };
        Geolocation {
            city: name(&place.city.names),
            state: place.subdivisions.first().and_then(|state| state.iso_code).unwrap_or_default().to_owned(),
            country: name(&place.country.names),
        }
    }
}
