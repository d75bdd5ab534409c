//! Exact decimal numbers: money and quantities never pass through a float.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

/// A number with at most `DIGITS` digits after the point, kept as a count of its smallest unit.
///
/// Read from a JSON number or string. Displayed, and written as a JSON number, without needless zeros: `300`,
/// `1234.5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed<const DIGITS: u32>(i64);

/// Why a text is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It is no decimal number at all.
    #[error("is no decimal number")]
    Malformed,
    /// It has more digits after the point than can be kept.
    #[error("has more than {0} digits after the point")]
    TooPrecise(u32),
    /// Its size is beyond what can be kept.
    #[error("is too large")]
    TooLarge,
}

impl<const DIGITS: u32> Fixed<DIGITS> {
    const UNIT: i64 = 10_i64.pow(DIGITS);

    /// The number that is `units` of the smallest unit.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The count of the smallest unit.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Written with all its digits: `300.00`.
    #[must_use]
    pub fn padded(self) -> String {
        let (units, unit) = (self.0.unsigned_abs(), Self::UNIT.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:0width$}", units / unit, units % unit, width = DIGITS as usize)
    }
}

impl<const DIGITS: u32> FromStr for Fixed<DIGITS> {
    type Err = NotANumber;

    /// Reads what JSON calls a number (RFC 8259, section 6), but without an exponent.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || fraction.is_some_and(|fraction| !plain(fraction)) {
            return Err(NotANumber::Malformed);
        }
        let fraction = fraction.unwrap_or("").trim_end_matches('0');
        if fraction.len() > DIGITS as usize {
            return Err(NotANumber::TooPrecise(DIGITS));
        }
        let mut units: i64 = 0;
        for digit in whole.bytes().chain(format!("{fraction:0<width$}", width = DIGITS as usize).bytes()) {
            let digit = i64::from(digit - b'0');
            units = units.checked_mul(10).and_then(|u| u.checked_add(digit)).ok_or(NotANumber::TooLarge)?;
        }
        Ok(Self(if negative { -units } else { units }))
    }
}

impl<const DIGITS: u32> fmt::Display for Fixed<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        let unit = Self::UNIT.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = format!("{:0width$}", units % unit, width = DIGITS as usize);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", units / unit),
            fraction => write!(f, "{sign}{}.{fraction}", units / unit),
        }
    }
}

impl<'de, const DIGITS: u32> Deserialize<'de> for Fixed<DIGITS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        text.parse().map_err(D::Error::custom)
    }
}

impl<const DIGITS: u32> Serialize for Fixed<DIGITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Money = Fixed<2>;

    #[test]
    fn needless_zeros_are_left_out() {
        for (text, shown) in
            [("300", "300"), ("1234.50", "1234.5"), ("0", "0"), ("0.01", "0.01"), ("-0.5", "-0.5")]
        {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn padded_it_has_all_its_digits() {
        for (text, shown) in [("300", "300.00"), ("1234.5", "1234.50"), ("0.01", "0.01"), ("-0.5", "-0.50")] {
            assert_eq!(text.parse::<Money>().unwrap().padded(), shown);
        }
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        for (text, why) in [
            ("", NotANumber::Malformed),
            (".5", NotANumber::Malformed),
            ("5.", NotANumber::Malformed),
            ("1e3", NotANumber::Malformed),
            ("+1", NotANumber::Malformed),
            ("1,5", NotANumber::Malformed),
            ("NaN", NotANumber::Malformed),
            ("0.001", NotANumber::TooPrecise(2)),
            ("99999999999999999999", NotANumber::TooLarge),
        ] {
            assert_eq!(text.parse::<Money>(), Err(why), "{text:?}");
        }
        assert_eq!("0.010000".parse(), Ok(Money::from_units(1)));
    }

    #[test]
    fn json_numbers_and_strings_mean_the_same() {
        assert_eq!(serde_json::from_str::<Money>("1234.50").unwrap(), Money::from_units(123_450));
        assert_eq!(serde_json::from_str::<Money>("\"1234.5\"").unwrap(), Money::from_units(123_450));
        assert!(serde_json::from_str::<Money>("true").is_err());
        assert_eq!(serde_json::to_string(&Money::from_units(123_450)).unwrap(), "1234.5");
    }

    proptest! {
        #[test]
        fn every_amount_survives_being_written_and_read(units in i64::MIN + 1..=i64::MAX) {
            let amount = Money::from_units(units);
            prop_assert_eq!(amount.to_string().parse::<Money>(), Ok(amount));
        }
    }
}
