//! Days and amounts: what they may be, and how they leave.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use kernel::decimal::{Fixed, NotANumber};
use kernel::time::OffsetTime;

pub(crate) const NOT_A_DATE: &str = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
pub(crate) const NOT_A_NUMBER: &str = "A valid number is required.";
pub(crate) const AMOUNT_TOO_LARGE: &str =
    "Ensure that there are no more than 15 digits before the decimal point.";
pub(crate) const UNEQUAL_TOTAL: &str = "stock_total_price must equal original_price * qty.";

/// Amounts and totals are smaller than this.
const LIMIT: i64 = 900_000_000_000_000;
/// Hundredths by which a given total may differ.
const TOLERANCE: i64 = 1;

/// A quantity or a price: with four decimals.
pub(crate) type Amount = Fixed<4>;

/// A total: with two decimals.
pub(crate) type Total = Fixed<2>;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

impl FromStr for Day {
    type Err = &'static str;

    /// Reads `2016-06-07`, `2016-6-7` and a full timestamp, of which the day as written counts.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let plain = text.split(['T', 't', ' ']).next().unwrap_or_default();
        if plain.len() < text.len() {
            OffsetTime::parse_utc(text).map_err(|_| NOT_A_DATE)?;
        }
        let mut parts = plain.split('-');
        let year = digits(parts.next(), 4..=4).ok_or(NOT_A_DATE)?;
        let month = digits(parts.next(), 1..=2).ok_or(NOT_A_DATE)?;
        let day = digits(parts.next(), 1..=2).ok_or(NOT_A_DATE)?;
        if parts.next().is_some() || year == 0 {
            return Err(NOT_A_DATE);
        }
        let (month, day) = (i8::try_from(month), i8::try_from(day));
        let (Ok(month), Ok(day)) = (month, day) else { return Err(NOT_A_DATE) };
        let date = Date::new(year, month, day).map_err(|_| NOT_A_DATE)?;
        Ok(Self(date.duration_since(epoch()).as_hours() / 24))
    }
}

fn digits(text: Option<&str>, lengths: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let text =
        text.filter(|text| lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok()
}

fn epoch() -> Date {
    Date::constant(1970, 1, 1)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = epoch().checked_add(jiff::SignedDuration::from_hours(self.0 * 24));
        // Every day was read from a date.
        date.unwrap_or(epoch()).fmt(f)
    }
}

/// Reads an amount: of four decimals, and of the size that is kept.
pub(crate) fn amount(text: &str) -> Result<Amount, String> {
    let amount: Amount = decimal(text)?;
    if amount.units().unsigned_abs() >= LIMIT.unsigned_abs() * 10_000 {
        return Err(AMOUNT_TOO_LARGE.to_owned());
    }
    Ok(amount)
}

/// Reads a decimal number as clients write it: `1`, `+1.50`, `.5`, `15E-1`.
pub(crate) fn decimal<const DIGITS: u32>(text: &str) -> Result<Fixed<DIGITS>, String> {
    as_in_json(text).parse().map_err(|why| match why {
        NotANumber::Malformed => NOT_A_NUMBER.to_owned(),
        NotANumber::TooPrecise(digits) => {
            format!("Ensure that there are no more than {digits} decimal places.")
        }
        NotANumber::TooLarge => AMOUNT_TOO_LARGE.to_owned(),
    })
}

/// The number as JSON has it: without a plus, and with a digit on both sides of its point.
fn as_in_json(text: &str) -> String {
    let (number, exponent) = text.split_at(text.find(['e', 'E']).unwrap_or(text.len()));
    let (sign, size) = match number.as_bytes() {
        [b'-', ..] => number.split_at(1),
        [b'+', ..] => ("", &number[1..]),
        _ => ("", number),
    };
    if !size.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
        return text.to_owned();
    }
    match size.split_once('.') {
        Some(("", "")) | None => format!("{sign}{size}{exponent}"),
        Some((whole, fraction)) => format!("{sign}0{whole}.{fraction}0{exponent}"),
    }
}

/// The total that stands in the end. A given one has to fit; without a price it stands as given.
pub(crate) fn settle_total(
    qty: Amount,
    price: Option<Amount>,
    given: Option<Amount>,
) -> Result<Total, &'static str> {
    let given = given.filter(|given| given.units() != 0);
    let given = given.map(|given| rounded(i128::from(given.units()), 100)).transpose()?;
    let Some(price) = price else { return Ok(given.unwrap_or_default()) };
    // A product of four decimals and four has eight.
    let due = rounded(i128::from(qty.units()) * i128::from(price.units()), 1_000_000)?;
    match given {
        None => Ok(due),
        Some(given) if (given.units() - due.units()).abs() <= TOLERANCE => Ok(given),
        Some(_) => Err(UNEQUAL_TOTAL),
    }
}

/// So many `per`-ths of a hundredth in hundredths, rounded half away from zero.
fn rounded(units: i128, per: i128) -> Result<Total, &'static str> {
    let half = if units < 0 { -per / 2 } else { per / 2 };
    match i64::try_from((units + half) / per) {
        Ok(hundredths) if hundredths.unsigned_abs() < LIMIT.unsigned_abs() * 100 => {
            Ok(Total::from_units(hundredths))
        }
        _ => Err(AMOUNT_TOO_LARGE),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settled(qty: &str, price: Option<&str>, given: Option<&str>) -> Result<String, &'static str> {
        let read = |text: &str| amount(text).unwrap();
        settle_total(read(qty), price.map(read), given.map(read)).map(|total| total.padded())
    }

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for text in [
            "2016-06-07",
            "2016-6-7",
            "2016-06-07T23:59:59-11:00",
            "2016-06-07T00:00:00Z",
            "2016-06-07 10:00:00",
            "2016-06-07T10:00:00.123456",
        ] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), "2016-06-07", "{text}");
        }
        assert_eq!("1970-01-02".parse(), Ok(Day(1)));
        assert_eq!("0001-01-01".parse::<Day>().unwrap().to_string(), "0001-01-01");
        assert_eq!("9999-12-31".parse::<Day>().unwrap().to_string(), "9999-12-31");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "x",
            "2016-02-30",
            "2016-13-01",
            "0000-01-01",
            "16-06-07",
            "20160607",
            "2016-06-07T",
            "2016-06-07Z",
            "2016-06-07T25:00:00",
            "2016-06-07T10",
            "2016-006-07",
            "2016-06",
            "2016-06-07-08",
            "2016/06/07",
            "２０16-06-07",
            "07.06.2016",
            "-2016-06-07",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NOT_A_DATE), "{text:?}");
        }
    }

    #[test]
    fn amounts_are_read_as_clients_write_them() {
        for (text, units) in [
            ("1", 10_000),
            ("1.0000", 10_000),
            ("-1.5", -15_000),
            ("+2", 20_000),
            (".5", 5_000),
            ("5.", 50_000),
            ("15E-1", 15_000),
            ("1e2", 1_000_000),
            ("0.00010000", 1),
            ("0e999999999", 0),
            ("-0", 0),
            ("1.5e+0", 15_000),
            ("899999999999999.9999", 8_999_999_999_999_999_999),
        ] {
            assert_eq!(amount(text), Ok(Amount::from_units(units)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_for_its_reason() {
        let places = "Ensure that there are no more than 4 decimal places.";
        for (text, why) in [
            ("", NOT_A_NUMBER),
            ("x", NOT_A_NUMBER),
            ("1,5", NOT_A_NUMBER),
            ("NaN", NOT_A_NUMBER),
            (".", NOT_A_NUMBER),
            ("-", NOT_A_NUMBER),
            ("1e", NOT_A_NUMBER),
            ("1e1.5", NOT_A_NUMBER),
            ("--1", NOT_A_NUMBER),
            ("+-1", NOT_A_NUMBER),
            ("-.", NOT_A_NUMBER),
            ("Infinity", NOT_A_NUMBER),
            ("1 000", NOT_A_NUMBER),
            ("٣", NOT_A_NUMBER),
            ("0.00001", places),
            ("1e-5", places),
            ("1e-2000", places),
            ("900000000000000", AMOUNT_TOO_LARGE),
            ("-900000000000000", AMOUNT_TOO_LARGE),
            ("1e15", AMOUNT_TOO_LARGE),
            ("1e2000", AMOUNT_TOO_LARGE),
            ("99999999999999999999999", AMOUNT_TOO_LARGE),
        ] {
            assert_eq!(amount(text), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_total_that_is_left_out_or_zero_is_worked_out() {
        assert_eq!(settled("2", Some("46.67"), None).unwrap(), "93.34");
        assert_eq!(settled("2", Some("46.67"), Some("0.00")).unwrap(), "93.34");
        assert_eq!(settled("0.5", Some("0.01"), None).unwrap(), "0.01", "half away from zero");
        assert_eq!(settled("-0.5", Some("0.01"), None).unwrap(), "-0.01");
        assert_eq!(settled("2", None, None).unwrap(), "0.00");
    }

    #[test]
    fn a_given_total_fits_or_is_refused() {
        assert_eq!(settled("2", Some("46.67"), Some("93.35")).unwrap(), "93.35", "it leaves as given");
        assert_eq!(
            settled("2", Some("46.67"), Some("93.3549")).unwrap(),
            "93.35",
            "rounded before it is compared"
        );
        assert_eq!(settled("2", Some("46.67"), Some("93.36")), Err(UNEQUAL_TOTAL));
        assert_eq!(settled("2", Some("0"), Some("1")), Err(UNEQUAL_TOTAL));
        assert_eq!(settled("2", None, Some("45.655")).unwrap(), "45.66", "without a price it stands");
    }

    #[test]
    fn a_total_beyond_what_can_be_kept_is_refused() {
        assert_eq!(settled("1000000000", Some("900000"), None), Err(AMOUNT_TOO_LARGE));
        assert_eq!(settled("-1000000000", Some("900000"), None), Err(AMOUNT_TOO_LARGE));
        assert_eq!(settled("999999999", Some("900000"), None).unwrap(), "899999999100000.00");
    }

    proptest! {
        #[test]
        fn a_day_survives_being_written_and_read(day in -719_162_i64..=2_932_896) {
            prop_assert_eq!(Day(day).to_string().parse(), Ok(Day(day)));
        }

        #[test]
        fn an_amount_survives_being_written_and_read(units in -8_999_999_999_999_999_999_i64..=8_999_999_999_999_999_999) {
            prop_assert_eq!(amount(&Amount::from_units(units).padded()), Ok(Amount::from_units(units)));
        }

        #[test]
        fn a_total_is_never_off_by_more_than_half_a_hundredth(qty in -1_000_000_000_i64..1_000_000_000, price in 0_i64..1_000_000_000) {
            let due = settle_total(Amount::from_units(qty), Some(Amount::from_units(price)), None).unwrap();
            let off = i128::from(due.units()) * 1_000_000 - i128::from(qty) * i128::from(price);
            prop_assert!(off.abs() <= 500_000);
        }

        #[test]
        fn no_text_makes_the_reader_stumble(text in "\\PC{0,20}") {
            let (_, _) = (amount(&text), text.parse::<Day>());
        }
    }
}
