//! Decimals and instants: what is read is written so that it is read again as the same.
#![no_main]

use kernel::decimal::Fixed;
use kernel::time::OffsetTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(amount) = text.parse::<Fixed<2>>() {
        assert_eq!(amount.to_string().parse(), Ok(amount));
    }
    if let Ok(quantity) = text.parse::<Fixed<4>>() {
        assert_eq!(quantity.to_string().parse(), Ok(quantity));
    }
    if let Ok(instant) = OffsetTime::parse_utc(text) {
        let again = OffsetTime::parse_utc(&instant.to_string()).expect("what was written");
        assert_eq!(again.at(), instant.at());
    }
});
