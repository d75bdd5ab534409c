//! Days of a supplier's calendar as instants.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::clock::Micros;
use kernel::time::{OffsetTime, beginning};

use super::Error;

/// The days from `begin` to `end`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Days {
    begin: Date,
    end: Date,
}

impl Days {
    /// Reads the parameters `begin` and `end`.
    pub(crate) fn parse(begin: Option<&str>, end: Option<&str>) -> Result<Self, Error> {
        let (begin, end) = (day("begin", begin)?, day("end", end)?);
        if begin > end {
            return Err(Error::parameter("begin", "não pode ser depois de end"));
        }
        Ok(Self { begin, end })
    }

    /// The instant at which the first day begins in `zone`, and the one at which the day after the last one does.
    pub(crate) fn instants(self, zone: &TimeZone) -> (Micros, Micros) {
        let after = self.end.tomorrow().map_or(Micros::MAX, |after| beginning(after, zone));
        (beginning(self.begin, zone), after)
    }
}

fn day(name: &str, text: Option<&str>) -> Result<Date, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Err(Error::parameter(name, "é obrigatório, no formato AAAA-MM-DD"));
    };
    parse_day(text).ok_or_else(|| Error::parameter(name, "deve ser um dia no formato AAAA-MM-DD"))
}

/// Reads `2022-10-31` and nothing else.
fn parse_day(text: &str) -> Option<Date> {
    let is_shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_shaped { text.parse().ok() } else { None }
}

/// A day, which stands for its midnight in UTC, or an instant as RFC 3339 has it.
pub(crate) fn day_or_instant(text: &str) -> Option<Micros> {
    match parse_day(text) {
        Some(day) => Some(beginning(day, &TimeZone::UTC)),
        None => OffsetTime::parse(text, None).ok().map(|instant| instant.at()),
    }
}

#[cfg(test)]
mod tests {
    use kernel::clock::SECOND;
    use kernel::time::utc;

    use super::*;

    const HOUR: Micros = 3_600 * SECOND;

    fn instants(begin: &str, end: &str, zone: &str) -> (String, Micros) {
        let days = Days::parse(Some(begin), Some(end)).unwrap();
        let (from, to) = days.instants(&TimeZone::get(zone).unwrap());
        (utc(from), to - from)
    }

    #[test]
    fn a_day_is_that_of_the_zone() {
        let day = |zone| instants("2022-10-04", "2022-10-04", zone);
        assert_eq!(day("America/Sao_Paulo"), ("2022-10-04T03:00:00Z".into(), 24 * HOUR));
        assert_eq!(day("Asia/Tokyo"), ("2022-10-03T15:00:00Z".into(), 24 * HOUR));
        assert_eq!(day("Asia/Kathmandu"), ("2022-10-03T18:15:00Z".into(), 24 * HOUR));
    }

    #[test]
    fn a_day_has_the_doubled_hour_and_not_the_missing_one() {
        let new_york = |day| instants(day, day, "America/New_York").1;
        assert_eq!((new_york("2026-11-01"), new_york("2026-03-08")), (25 * HOUR, 23 * HOUR));
        // Clocks were put forward at midnight: that day began at one o'clock.
        assert_eq!(
            instants("2018-11-04", "2018-11-04", "America/Sao_Paulo"),
            ("2018-11-04T03:00:00Z".into(), 23 * HOUR)
        );
        // They were put back at midnight: the day before had the hour before midnight twice.
        assert_eq!(instants("2018-02-17", "2018-02-17", "America/Sao_Paulo").1, 25 * HOUR);
        // A day that an island left out to change sides.
        assert_eq!(instants("2011-12-30", "2011-12-30", "Pacific/Apia").1, 0);
    }

    #[test]
    fn days_follow_each_other_without_a_gap() {
        for zone in
            ["America/Sao_Paulo", "America/New_York", "Pacific/Apia", "America/St_Johns", "Atlantic/Azores"]
        {
            let zone = TimeZone::get(zone).unwrap();
            let mut day: Date = "1990-01-01".parse().unwrap();
            while day.year() < 2020 {
                let next = day.tomorrow().unwrap();
                let (today, tomorrow) = (Days { begin: day, end: day }, Days { begin: next, end: next });
                assert_eq!(today.instants(&zone).1, tomorrow.instants(&zone).0, "{day}");
                day = next;
            }
        }
    }

    #[test]
    fn what_is_no_day_is_refused_by_name() {
        let bad = |begin, end| match Days::parse(begin, end) {
            Err(Error::Bad(message)) => message.split(':').next().unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        };
        let day = Some("2022-10-04");
        assert_eq!(bad(None, day), "begin");
        assert_eq!(bad(day, None), "end");
        for wrong in
            ["", "2022-13-01", "2022-02-30", "2022-1-1", "20221001", "2022-10-01T00:00", "04/10/2022", "é"]
        {
            assert_eq!(bad(Some(wrong), day), "begin", "{wrong:?}");
        }
        assert_eq!(bad(Some("2022-10-05"), day), "begin");
        assert!(Days::parse(day, day).is_ok());
    }

    #[test]
    fn the_first_and_the_last_day_that_can_be_written_are_taken() {
        let all = Days::parse(Some("0000-01-01"), Some("9999-12-31")).unwrap();
        let (from, to) = all.instants(&TimeZone::get("America/Sao_Paulo").unwrap());
        assert!(from < 0 && to == Micros::MAX);
    }
}
