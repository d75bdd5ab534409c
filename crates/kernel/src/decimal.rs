//! Exact decimal numbers: money and quantities never pass through a float.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

/// Places by which an exponent moves a point out of the digits at most: beyond them every number is too large or too
/// precise, but 0.
const MOST_PLACES: i64 = 100;

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

    /// Reads what JSON calls a number (RFC 8259, section 6); zeros may lead it.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let text = &*written_out(text);
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

/// Writes a number out that has an exponent (RFC 8259, section 6): `1.5e3` as `1500`. Any other text stays as it is.
#[must_use]
pub fn written_out(text: &str) -> Cow<'_, str> {
    let Some((number, Ok(exponent))) = text.split_once(['e', 'E']).map(|(n, e)| (n, e.parse::<i64>())) else {
        return text.into();
    };
    let (sign, size) = number.strip_prefix('-').map_or(("", number), |size| ("-", size));
    let (whole, fraction) = size.split_once('.').unwrap_or((size, ""));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || size.ends_with('.') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.into();
    }
    let reach = MOST_PLACES + digits.len() as i64;
    let point = whole.len() as i64 + exponent.clamp(-reach, reach);
    let zeros = |count: i64| "0".repeat(count.unsigned_abs() as usize);
    let length = digits.len() as i64;
    Cow::Owned(if point <= 0 {
        format!("{sign}0.{}{digits}", zeros(point))
    } else if point >= length {
        format!("{sign}{digits}{}", zeros(point - length))
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{sign}{whole}.{fraction}")
    })
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
            ("e3", NotANumber::Malformed),
            ("1e", NotANumber::Malformed),
            ("1.e3", NotANumber::Malformed),
            ("1e3.0", NotANumber::Malformed),
            ("1е3", NotANumber::Malformed),
            ("+1", NotANumber::Malformed),
            ("1,5", NotANumber::Malformed),
            ("NaN", NotANumber::Malformed),
            ("0.001", NotANumber::TooPrecise(2)),
            ("1e-3", NotANumber::TooPrecise(2)),
            ("1e-99999", NotANumber::TooPrecise(2)),
            ("99999999999999999999", NotANumber::TooLarge),
            ("1e20", NotANumber::TooLarge),
            ("1E+99999", NotANumber::TooLarge),
        ] {
            assert_eq!(text.parse::<Money>(), Err(why), "{text:?}");
        }
        assert_eq!("0.010000".parse(), Ok(Money::from_units(1)));
    }

    #[test]
    fn an_exponent_moves_the_point() {
        for (text, out) in [
            ("1e3", "1000"),
            ("1.25E+1", "12.5"),
            ("-125e-2", "-1.25"),
            ("5e-2", "0.05"),
            ("1.50e2", "150"),
            ("0e9", "0000000000"),
            ("1.5", "1.5"),
            ("e", "e"),
        ] {
            assert_eq!(written_out(text), out);
        }
        let zeros = "0".repeat(150);
        assert_eq!(format!("1{zeros}e-150").parse(), Ok(Money::from_units(100)));
        assert_eq!(format!("0.{zeros}1e151").parse(), Ok(Money::from_units(100)));
        assert_eq!("1.5e3".parse(), Ok(Money::from_units(150_000)));
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
