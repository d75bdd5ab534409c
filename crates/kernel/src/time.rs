//! Instants as partners write them: RFC 3339, each with the offset in which it came.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _, Unit};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Micros;

/// What instants are counted from. They are written by the calendar, which ends later than jiff's timestamps do: the
/// last of December of the year 9999 stands for "never" in many places.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant and the offset in which it was given. Leaves as `2018-05-04T06:22:00+10:00`: always with a
/// numeric offset (`Z` becomes `+00:00`), with a fraction of a second only where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetTime {
    at: Micros,
    offset: Offset,
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a date and time like 2018-05-24T17:00:00+10:00")]
pub struct NotATime;

impl OffsetTime {
    /// Puts together what [`OffsetTime::at`] and [`OffsetTime::offset_seconds`] took apart.
    #[must_use]
    pub fn new(at: Micros, offset_seconds: i64) -> Self {
        let offset =
            i32::try_from(offset_seconds).ok().and_then(|seconds| Offset::from_seconds(seconds).ok());
        Self { at, offset: offset.unwrap_or(Offset::UTC) }
    }

    /// Reads RFC 3339, section 5.6. Without an offset it is the local time of `zone`; where there is no zone
    /// either, it is refused. A space stands for the `+` that it was before somebody put it into an address
    /// unescaped.
    ///
    /// # Errors
    /// [`NotATime`], also for a day that does not exist.
    pub fn parse(text: &str, zone: Option<&TimeZone>) -> Result<Self, NotATime> {
        let shape = Shape::of(text).ok_or(NotATime)?;
        let civil: DateTime = shape.civil.parse().map_err(|_| NotATime)?;
        let fixed = shape.offset.or_else(|| zone.and_then(|zone| zone.to_fixed_offset().ok()));
        if let Some(offset) = fixed {
            let at = instant(civil, offset);
            // The last hours of the year 9999 may be those of another one in UTC.
            EPOCH.checked_add(SignedDuration::from_micros(at)).map_err(|_| NotATime)?;
            return Ok(Self { at, offset });
        }
        let local = zone.ok_or(NotATime)?.to_ambiguous_zoned(civil);
        // A clock that is put forward leaves an hour out; one that is put back has an hour twice, and means the first.
        if matches!(local.offset(), AmbiguousOffset::Gap { .. }) {
            return Err(NotATime);
        }
        let zoned = local.compatible().map_err(|_| NotATime)?;
        Ok(Self { at: zoned.timestamp().as_microsecond(), offset: zoned.offset() })
    }

    /// As [`OffsetTime::parse`], where a time without an offset is UTC.
    ///
    /// # Errors
    /// [`NotATime`].
    pub fn parse_utc(text: &str) -> Result<Self, NotATime> {
        Self::parse(text, Some(&TimeZone::UTC))
    }

    /// The instant.
    #[must_use]
    pub fn at(&self) -> Micros {
        self.at
    }

    /// Seconds east of Greenwich.
    #[must_use]
    pub fn offset_seconds(&self) -> i64 {
        i64::from(self.offset.seconds())
    }
}

impl fmt::Display for OffsetTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", local(self.at, self.offset), numeric(self.offset))
    }
}

impl Serialize for OffsetTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads what [`Display`](fmt::Display) writes.
impl<'de> Deserialize<'de> for OffsetTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?, None).map_err(D::Error::custom)
    }
}

/// An instant in UTC, `2026-11-22T08:24:02.5Z`.
#[must_use]
pub fn utc(at: Micros) -> String {
    format!("{}Z", local(at, Offset::UTC))
}

/// An instant in UTC with all its digits, so that texts are in order when instants are: `2026-11-22T08:24:02.500000Z`.
#[must_use]
pub fn utc_in_full(at: Micros) -> String {
    format!("{:.6}Z", local(at, Offset::UTC))
}

/// An instant in a zone with all its digits, `2022-10-31T00:01:25.437499-03:00`. RFC 3339 knows no seconds of an offset,
/// as there were before zones had a standard time.
#[must_use]
pub fn in_zone_in_full(at: Micros, zone: &TimeZone) -> String {
    let offset = zone.to_offset(timestamp(at));
    let offset = offset.round(Unit::Minute).unwrap_or(offset);
    format!("{:.6}{}", local(at, offset), numeric(offset))
}

/// An offset as RFC 3339 has it, `-03:00`.
fn numeric(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// The first instant of a day in a zone. Where a clock put forward leaves midnight out, that is when it is put forward.
#[must_use]
pub fn beginning(day: Date, zone: &TimeZone) -> Micros {
    let end = if day.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    day.to_zoned(zone.clone()).map_or_else(
        |_| instant(day.to_datetime(Time::midnight()), zone.to_offset(end)),
        |start| start.timestamp().as_microsecond(),
    )
}

/// What a calendar at this offset says at an instant.
fn local(at: Micros, offset: Offset) -> DateTime {
    EPOCH.saturating_add(SignedDuration::from_micros(at) + SignedDuration::from_secs(offset.seconds().into()))
}

/// The instant at which a calendar at this offset says so.
fn instant(civil: DateTime, offset: Offset) -> Micros {
    let since = civil.duration_since(EPOCH) - SignedDuration::from_secs(offset.seconds().into());
    // The calendar has 20,000 years, an i64 has 584,000 of microseconds.
    since.as_micros() as Micros
}

fn timestamp(at: Micros) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// A text split into its local time and its offset, both of the right shape but not yet of the right values.
struct Shape<'a> {
    civil: &'a str,
    offset: Option<Offset>,
}

impl<'a> Shape<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let pattern = b"dddd-dd-ddTdd:dd:dd";
        let (head, mut rest) = (bytes.get(..pattern.len())?, bytes.get(pattern.len()..)?);
        let fits = head.iter().zip(pattern).all(|(byte, place)| match place {
            b'd' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't' | b' '),
            other => byte == other,
        });
        // jiff would take a leap second for the one before it.
        if !fits || head.ends_with(b"60") {
            return None;
        }
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return None;
            }
            rest = &fraction[digits..];
        }
        let offset = match rest {
            [] => None,
            [b'Z' | b'z'] => Some(Offset::UTC),
            [sign @ (b'+' | b'-' | b' '), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (number(*h1, *h2)?, number(*m1, *m2)?);
                let span = hours.checked_mul(60)?.checked_add(minutes)?;
                if hours > 23 || minutes > 59 {
                    return None;
                }
                Some(Offset::from_seconds(if *sign == b'-' { -span } else { span } * 60).ok()?)
            }
            _ => return None,
        };
        Some(Self { civil: &text[..text.len() - rest.len()], offset })
    }
}

fn number(tens: u8, ones: u8) -> Option<i32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
}

/// The instant `days` days after `at`, for what is kept or shown for a number of days.
#[must_use]
pub fn days_after(at: Micros, days: i64) -> Micros {
    timestamp(at).checked_add((days * 24).hours()).map_or(Micros::MAX, |later| later.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        OffsetTime::parse(text, None).unwrap().to_string()
    }

    #[test]
    fn the_last_day_of_all_is_one_too() {
        for text in ["9999-12-31T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59+14:00"] {
            assert_eq!(round(text), text);
        }
        assert_eq!(utc(OffsetTime::parse_utc("9999-12-31T23:59:59").unwrap().at()), "9999-12-31T23:59:59Z");
        assert!(OffsetTime::parse("9999-12-31T23:59:59-00:01", None).is_err(), "the year 10000");
    }

    #[test]
    fn a_zone_has_the_last_day_of_all_and_times_before_it_had_a_standard() {
        let sao_paulo = TimeZone::get("America/Sao_Paulo").unwrap();
        let last = Date::constant(9999, 12, 31);
        assert_eq!(
            in_zone_in_full(beginning(last, &sao_paulo), &sao_paulo),
            "9999-12-31T00:00:00.000000-03:00"
        );
        let monrovia = TimeZone::get("Africa/Monrovia").unwrap();
        let shown = in_zone_in_full(beginning(Date::constant(1950, 5, 1), &monrovia), &monrovia);
        assert_eq!(shown, "1950-04-30T23:59:30.000000-00:45");
        assert_eq!(
            OffsetTime::parse(&shown, None).unwrap().at(),
            beginning(Date::constant(1950, 5, 1), &monrovia)
        );
    }

    #[test]
    fn an_instant_in_full_has_all_its_digits() {
        assert_eq!(utc_in_full(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(utc_in_full(1_500_000), "1970-01-01T00:00:01.500000Z");
        assert_eq!(utc_in_full(-1), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn an_instant_leaves_in_the_offset_in_which_it_came() {
        assert_eq!(round("2018-05-04T06:22:00+10:00"), "2018-05-04T06:22:00+10:00");
        assert_eq!(round("2018-05-04T06:22:00-03:30"), "2018-05-04T06:22:00-03:30");
        assert_eq!(round("2018-05-04T06:22:00Z"), "2018-05-04T06:22:00+00:00");
    }

    #[test]
    fn a_fraction_of_a_second_is_kept() {
        assert_eq!(round("2018-05-04T06:22:00.5+10:00"), "2018-05-04T06:22:00.5+10:00");
        assert_eq!(round("2018-05-04T06:22:00.123456Z"), "2018-05-04T06:22:00.123456+00:00");
    }

    #[test]
    fn a_plus_that_became_a_space_in_an_address_is_a_plus() {
        assert_eq!(round("2018-05-04T06:22:00 10:00"), "2018-05-04T06:22:00+10:00");
    }

    #[test]
    fn a_time_without_an_offset_is_the_time_of_the_zone() {
        let moscow = TimeZone::get("Europe/Moscow").unwrap();
        let time = OffsetTime::parse("2018-05-04T06:22:00", Some(&moscow)).unwrap();
        assert_eq!(time.to_string(), "2018-05-04T06:22:00+03:00");
        assert_eq!(OffsetTime::parse("2018-05-04T06:22:00", None), Err(NotATime));
    }

    #[test]
    fn an_hour_that_the_clocks_leave_out_does_not_exist_and_one_that_they_repeat_is_the_first() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(OffsetTime::parse("2029-03-25T02:30:00", Some(&berlin)), Err(NotATime));
        let first = OffsetTime::parse("2029-10-28T02:30:00", Some(&berlin)).unwrap();
        assert_eq!(first.to_string(), "2029-10-28T02:30:00+02:00");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2018-05-04",
            "2018-02-30T06:22:00Z",
            "2018-13-01T06:22:00Z",
            "2018-05-04T25:22:00Z",
            "2018-05-04T06:61:00Z",
            "2018-05-04T06:22:60Z",
            "2018-05-04T06:22Z",
            "2018-05-04T06:22:00+1000",
            "2018-05-04T06:22:00+10:00[Europe/Moscow]",
            "2018-05-04T06:22:00+24:00",
            "2018-05-04T06:22:00.Z",
            "12018-05-04T06:22:00Z",
            "2018-05-04T06:22:00Z ",
            "２０18-05-04T06:22:00Z",
        ] {
            assert_eq!(OffsetTime::parse(text, None), Err(NotATime), "{text:?}");
        }
    }
}
