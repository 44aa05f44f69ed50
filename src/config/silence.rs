//! Scheduled silences, such as "every Sunday at 02:00 for an hour".

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use serde::Deserialize;

use super::values;

/// A cron schedule with five fields, like that of a `CronJob`.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    cron: Cron,
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = "write minute, hour, day, month, weekday, like \"0 2 * * Sun\"";
        let fields = text.split_whitespace().count();
        if fields != 5 && !text.starts_with('@') {
            return Err(format!("`{text}` has {fields} fields instead of 5: {hint}"));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        match parser.parse(text) {
            Ok(cron) => Ok(Self {
                text: text.to_owned(),
                cron,
            }),
            Err(_) => Err(format!("`{text}` is not a schedule: {hint}")),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Schedule {
    /// The last scheduled time at or before `now`.
    #[must_use]
    pub fn last(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&zone);
        let found = self.cron.find_previous_occurrence(&local, true).ok()?;
        Some(found.to_utc())
    }

    /// The next scheduled time after `now`.
    #[must_use]
    pub fn next(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&zone);
        let found = self.cron.find_next_occurrence(&local, false).ok()?;
        Some(found.to_utc())
    }
}

/// An element of `silences` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MuteTimeIntervalSpec {
    service: String,
    #[serde(deserialize_with = "values::parsed")]
    schedule: Schedule,
    #[serde(deserialize_with = "values::positive_duration")]
    duration: Duration,
    #[serde(default, deserialize_with = "values::zone")]
    timezone: Option<Tz>,
    #[serde(default)]
    reason: Option<String>,
}

/// A recurring silence.
#[derive(Debug, Clone, PartialEq)]
pub struct MuteTimeInterval {
    /// The service whose incidents are silenced.
    pub service: String,
    /// When it starts.
    pub schedule: Schedule,
    /// How long it lasts.
    pub duration: Duration,
    /// The time zone of the schedule.
    pub timezone: Tz,
    /// The reason.
    pub reason: String,
}

impl MuteTimeInterval {
    pub(super) fn new(raw: MuteTimeIntervalSpec, default_zone: Tz) -> Self {
        Self {
            service: raw.service,
            schedule: raw.schedule,
            duration: raw.duration,
            timezone: raw.timezone.unwrap_or(default_zone),
            reason: raw.reason.unwrap_or_else(|| "planned".to_owned()),
        }
    }

    /// The end of the silence, if it is active at `now`.
    #[must_use]
    pub fn until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let began = self.schedule.last(now, self.timezone)?;
        let ends = began.checked_add_signed(TimeDelta::from_std(self.duration).ok()?)?;
        (now < ends).then_some(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    #[test]
    fn a_silence_is_active_from_its_start_for_its_duration() {
        let silence = MuteTimeInterval {
            service: "n8n".into(),
            schedule: "0 2 * * Sun".parse().expect("a schedule"),
            duration: Duration::from_secs(3600),
            timezone: chrono_tz::Europe::Berlin,
            reason: "weekly backup".into(),
        };
        for (now, until) in [
            // Sunday 8 November 2026, Berlin is at +1.
            ("2026-11-08T00:59:59Z", None),
            ("2026-11-08T01:00:00Z", Some("2026-11-08T02:00:00Z")),
            ("2026-11-08T01:59:59Z", Some("2026-11-08T02:00:00Z")),
            ("2026-11-08T02:00:00Z", None),
            // Summer: +2.
            ("2026-07-05T00:30:00Z", Some("2026-07-05T01:00:00Z")),
            ("2026-11-09T01:30:00Z", None),
        ] {
            assert_eq!(silence.until(utc(now)), until.map(utc), "{now}");
        }
    }

    #[test]
    fn schedules_have_five_fields() {
        for text in [
            "*/5 * * * *",
            "0 2 * * Sun",
            "0 2 1,15 Jan-Mar *",
            "@daily",
            "0 0 * * 0",
        ] {
            let schedule: Schedule = text.parse().expect(text);
            let now = utc("2026-11-08T01:00:00Z");
            assert!(schedule.next(now, Tz::UTC) > Some(now), "{text}");
        }
        for text in [
            "",
            "0 2 * *",
            "0 0 2 * * Sun",
            "61 * * * *",
            "0 2 * * Sunny",
            "@often",
        ] {
            let error = text.parse::<Schedule>().expect_err(text);
            assert!(error.contains("0 2 * * Sun"), "{error}");
        }
    }
}
