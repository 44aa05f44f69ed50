//! The order in which logs are read where more containers fail than are read.

use std::collections::HashMap;

use super::evaluate::Verdict;
use crate::cluster::log_targets::LogTarget;
use crate::model::{Severity, Tier, Time};

/// Sorts by the tier of the service, the severity of the incident, and its age, the oldest first
/// as in a report. Containers of one incident keep their order. What no finding is about comes
/// last.
pub fn sort_logs(verdict: &Verdict, targets: &mut [LogTarget]) {
    let by_pod = importance(verdict);
    targets.sort_by_key(|target| {
        let known = by_pod.get(&(target.namespace.as_str(), target.pod.as_str()));
        known.map_or((1, None), |key| (0, Some(*key)))
    });
}

type Importance = (Tier, Severity, Time);

fn importance(verdict: &Verdict) -> HashMap<(&str, &str), Importance> {
    let services = verdict.services.iter();
    let tiers: HashMap<&str, Tier> = services.map(|s| (s.name.as_str(), s.tier)).collect();
    let mut by_pod = HashMap::new();
    for incident in &verdict.incidents {
        for finding in &incident.findings {
            let of_service = finding
                .service
                .as_deref()
                .and_then(|s| tiers.get(s).copied());
            let tier = of_service.or(incident.tier).unwrap_or(Tier::P3);
            let key = (tier, incident.severity, incident.since);
            for pod in &finding.pods {
                let known = by_pod
                    .entry((pod.namespace.as_str(), pod.name.as_str()))
                    .or_insert(key);
                *known = key.min(*known);
            }
        }
    }
    by_pod
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Incident, Rule, Unlisted};
    use crate::model::{Effect, Finding, ObjectRef, PodRef, Reason};

    fn incident(name: &str, tier: Tier, severity: Severity, minute: i64) -> Incident {
        let since = Time::UNIX_EPOCH + chrono::TimeDelta::minutes(minute);
        let resource = ObjectRef::new("Deployment", "a", name);
        let mut finding = Finding::new(Reason::CrashLoopBackOff, resource, since, Effect::Degraded);
        finding.pods = vec![PodRef {
            namespace: "a".to_owned(),
            name: name.to_owned(),
            node: String::new(),
        }];
        Incident {
            fingerprint: name.to_owned(),
            title: String::new(),
            service: None,
            tier: Some(tier),
            severity,
            rule: Rule::Support,
            since,
            affects: Vec::new(),
            findings: vec![finding],
        }
    }

    #[test]
    fn tier_comes_before_severity_and_severity_before_age() {
        let verdict = Verdict {
            unlisted: Unlisted {
                tier: Tier::P3,
                matched: 0,
                down: Vec::new(),
            },
            monitored: Vec::new(),
            services: Vec::new(),
            incidents: vec![
                incident("support", Tier::P3, Severity::Sev4, 1),
                incident("late", Tier::P0, Severity::Sev1, 9),
                incident("early", Tier::P0, Severity::Sev1, 5),
                incident("risk", Tier::P0, Severity::Sev2, 2),
                incident("other", Tier::P1, Severity::Sev2, 1),
            ],
            recoveries: Vec::new(),
        };
        let target = |pod: &str| LogTarget {
            namespace: "a".to_owned(),
            pod: pod.to_owned(),
            container: "c".to_owned(),
            previous: true,
            current: false,
        };
        let mut targets: Vec<_> = ["nobody", "support", "other", "risk", "late", "early"]
            .into_iter()
            .map(target)
            .collect();
        sort_logs(&verdict, &mut targets);
        let names: Vec<_> = targets.iter().map(|t| t.pod.as_str()).collect();
        assert_eq!(
            names,
            ["early", "late", "risk", "other", "support", "nobody"]
        );
    }
}
