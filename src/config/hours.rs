//! Business hours, in which SEV-3 is notified.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::values;

/// Minutes since midnight, written `HH:MM`; `24:00` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    const fn at(hour: u16, minute: u16) -> Self {
        Self(hour * 60 + minute)
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let two = |part: &str| match part.len() {
            2 if part.chars().all(|c| c.is_ascii_digit()) => part.parse().ok(),
            _ => None,
        };
        match text
            .split_once(':')
            .map(|(hour, minute)| (two(hour), two(minute)))
        {
            Some((Some(hour @ 0..=23), Some(minute @ 0..=59))) => Ok(Self::at(hour, minute)),
            Some((Some(24), Some(0))) => Ok(Self::at(24, 0)),
            _ => Err(format!(
                "`{text}` is not a time of day: write HH:MM, like 09:00 or 17:30"
            )),
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// `businessHours` as written. The time zone is optional.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Hours {
    start: TimeOfDay,
    end: TimeOfDay,
    days: Vec<Weekday>,
    pub timezone: Option<Tz>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Unchecked {
    #[serde(deserialize_with = "values::parsed")]
    start: TimeOfDay,
    #[serde(deserialize_with = "values::parsed")]
    end: TimeOfDay,
    #[serde(deserialize_with = "days")]
    days: Vec<Weekday>,
    #[serde(deserialize_with = "values::zone")]
    timezone: Option<Tz>,
}

impl Default for Unchecked {
    fn default() -> Self {
        Self {
            start: TimeOfDay::at(9, 0),
            end: TimeOfDay::at(17, 0),
            days: vec![
                Weekday::Mon,
                Weekday::Tue,
                Weekday::Wed,
                Weekday::Thu,
                Weekday::Fri,
            ],
            timezone: None,
        }
    }
}

impl Default for Hours {
    fn default() -> Self {
        Unchecked::default().into_hours()
    }
}

impl Unchecked {
    fn into_hours(self) -> Hours {
        Hours {
            start: self.start,
            end: self.end,
            days: self.days,
            timezone: self.timezone,
        }
    }
}

impl TryFrom<Unchecked> for Hours {
    type Error = String;

    fn try_from(raw: Unchecked) -> Result<Self, String> {
        if raw.start >= raw.end {
            return Err(format!(
                "business hours start at {1} and end at {0}: the end must be later on the same day",
                raw.end, raw.start
            ));
        }
        Ok(raw.into_hours())
    }
}

/// Days by name. At least one, because otherwise SEV-3 would never be notified.
fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Weekday>, D::Error> {
    let names = Vec::<Day>::deserialize(deserializer)?;
    if names.is_empty() {
        return Err(Error::custom(
            "list at least one day, like [Mon, Tue, Wed, Thu, Fri]",
        ));
    }
    let mut days: Vec<Weekday> = names.into_iter().map(|Day(WeekdayName(day))| day).collect();
    days.sort_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Ok(days)
}

#[derive(Deserialize)]
struct Day(#[serde(deserialize_with = "values::parsed")] WeekdayName);

struct WeekdayName(Weekday);

impl FromStr for WeekdayName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("`{text}` is not a day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun")
        })
    }
}

/// When SEV-3 is notified. The time zone also gives the date of incident ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessHours {
    /// Start of the business day.
    pub start: TimeOfDay,
    /// End of the business day, later on the same day.
    pub end: TimeOfDay,
    /// Business days, Monday first.
    pub days: Vec<Weekday>,
    /// The time zone.
    pub timezone: Tz,
}

impl BusinessHours {
    pub(super) fn new(hours: Hours, default_zone: Tz) -> Self {
        Self {
            start: hours.start,
            end: hours.end,
            days: hours.days,
            timezone: hours.timezone.unwrap_or(default_zone),
        }
    }

    /// The start of the current business day, if `now` is within business hours.
    #[must_use]
    pub fn opened_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = self.local_date(now);
        let (opens, closes) = self.span(today)?;
        (opens <= now && now < closes).then_some(opens)
    }

    /// The next start of a business day after `now`.
    #[must_use]
    pub fn next_opening(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = self.local_date(now);
        (0..=7)
            .filter_map(|ahead| self.span(today.checked_add_days(Days::new(ahead))?))
            .map(|(opens, _)| opens)
            .find(|opens| *opens > now)
    }

    /// The local date, for incident ids.
    #[must_use]
    pub fn local_date(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.timezone).date_naive()
    }

    /// Start and end of a business day.
    fn span(&self, date: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if !self.days.contains(&date.weekday()) {
            return None;
        }
        Some((self.moment(date, self.start)?, self.moment(date, self.end)?))
    }

    /// A time of day on a date. A time that daylight saving skips is moved an hour later. Of a time
    /// that occurs twice the first is used.
    fn moment(&self, date: NaiveDate, time: TimeOfDay) -> Option<DateTime<Utc>> {
        let local = date.and_hms_opt(0, 0, 0)? + TimeDelta::minutes(time.0.into());
        let found = self.timezone.from_local_datetime(&local).earliest();
        found
            .or_else(|| {
                self.timezone
                    .from_local_datetime(&(local + TimeDelta::hours(1)))
                    .earliest()
            })
            .map(|moment| moment.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    #[test]
    fn open_on_weekdays_in_the_zone() {
        let hours = BusinessHours::new(Hours::default(), chrono_tz::America::New_York);
        for (now, opened) in [
            // Monday 2 November 2026, New York is at -5.
            ("2026-11-02T13:59:59Z", None),
            ("2026-11-02T14:00:00Z", Some("2026-11-02T14:00:00Z")),
            ("2026-11-02T21:59:59Z", Some("2026-11-02T14:00:00Z")),
            ("2026-11-02T22:00:00Z", None),
            // Sunday.
            ("2026-11-01T15:00:00Z", None),
            // Summer: -4.
            ("2026-07-01T13:00:00Z", Some("2026-07-01T13:00:00Z")),
        ] {
            assert_eq!(hours.opened_at(utc(now)), opened.map(utc), "{now}");
        }
        assert_eq!(
            hours.next_opening(utc("2026-10-30T22:00:00Z")),
            Some(utc("2026-11-02T14:00:00Z"))
        );
        assert_eq!(
            hours.local_date(utc("2026-11-02T03:00:00Z")).to_string(),
            "2026-11-01"
        );
    }

    #[test]
    fn times_of_day() {
        for text in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().expect(text).to_string(), text);
        }
        for text in [
            "9:00", "25:00", "24:01", "12:60", "noon", "", "0900", "09:00:00", "+9:00",
        ] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
