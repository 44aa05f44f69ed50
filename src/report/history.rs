//! Incidents of the last days, per service.

use chrono::{DateTime, Days, Utc};

use super::Report;
use crate::model::{IncidentState, Severity};

/// Days of a strip, today included. The state keeps resolved incidents as long.
const DAYS: u64 = 30;

/// One incident of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// The service.
    pub service: String,
    /// The severity of the incident.
    pub severity: Severity,
    /// When it started.
    pub from: DateTime<Utc>,
    /// When it was resolved; `None`: it is open.
    pub to: Option<DateTime<Utc>>,
}

/// Past incidents, in no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// One for each incident and service.
    pub episodes: Vec<Episode>,
}

impl History {
    /// Adds the incidents of the report, which the state may not hold yet.
    #[must_use]
    pub fn joined(mut self, report: &Report) -> Self {
        for incident in &report.incidents {
            let resolved = incident.state == IncidentState::Resolved;
            for service in incident.service.iter().chain(&incident.affects) {
                self.episodes.push(Episode {
                    service: service.clone(),
                    severity: incident.severity,
                    from: incident.since,
                    to: resolved
                        .then(|| incident.end.map_or(report.cycle.started_at, |end| end.at)),
                });
            }
        }
        self
    }

    /// The highest severity of each day for a service, oldest day first, the last one that
    /// of `now`. Days are in UTC.
    #[must_use]
    pub fn days(&self, service: &str, now: DateTime<Utc>) -> Vec<Option<Severity>> {
        let today = now.date_naive();
        let of_service = |episode: &&Episode| episode.service == service;
        (0..DAYS)
            .rev()
            .map(|ago| {
                let day = today - Days::new(ago);
                let on_day = |episode: &&Episode| {
                    let last = episode.to.unwrap_or(now).date_naive();
                    (episode.from.date_naive()..=last).contains(&day)
                };
                self.episodes
                    .iter()
                    .filter(of_service)
                    .filter(on_day)
                    .map(|episode| episode.severity)
                    .min()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn episode(severity: Severity, from: &str, to: Option<&str>) -> Episode {
        Episode {
            service: "mysql".into(),
            severity,
            from: at(from),
            to: to.map(at),
        }
    }

    #[test]
    fn a_day_has_its_highest_severity() {
        let now = at("2026-11-30T00:30:00Z");
        let history = History {
            episodes: vec![
                episode(
                    Severity::Sev3,
                    "2026-11-27T23:59:00Z",
                    Some("2026-11-29T00:00:00Z"),
                ),
                episode(
                    Severity::Sev1,
                    "2026-11-28T12:00:00Z",
                    Some("2026-11-28T13:00:00Z"),
                ),
                episode(Severity::Sev2, "2026-11-30T00:10:00Z", None),
                episode(
                    Severity::Sev1,
                    "2026-10-01T00:00:00Z",
                    Some("2026-11-01T10:00:00Z"),
                ),
            ],
        };
        let days = history.days("mysql", now);
        assert_eq!(days.len(), 30);
        assert_eq!(days[0], Some(Severity::Sev1), "the last day of an old one");
        assert!(days[1..26].iter().all(Option::is_none));
        assert_eq!(
            days[26..],
            [
                Some(Severity::Sev3),
                Some(Severity::Sev1),
                Some(Severity::Sev3),
                Some(Severity::Sev2)
            ]
        );
        assert!(history.days("other", now).iter().all(Option::is_none));
    }
}
