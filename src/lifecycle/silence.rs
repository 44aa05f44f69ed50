//! Which silence or mute time interval hides an incident.

use super::timing;
use crate::config::Config;
use crate::model::Time;
use crate::state::{ActiveSilence, IncidentRecord, Silence, SilenceTarget, State};

/// Sets the silence of each incident. Silences go by this machine's clock, `local_now`; `now` is
/// the time of the cycle.
pub fn apply(state: &mut State, config: &Config, local_now: Time, now: Time) {
    for record in &mut state.incidents {
        let active = active_silence(record, &state.silences, config, local_now);
        if record.silenced.is_some() && active.is_none() {
            record.unsilenced_at = Some(now);
        }
        record.silenced = active;
    }
}

/// Of all silences that hide the incident, the one that ends last.
fn active_silence(
    record: &IncidentRecord,
    silences: &[Silence],
    config: &Config,
    now: Time,
) -> Option<ActiveSilence> {
    let is_service = |name: &str| {
        (record.service.as_deref()).is_some_and(|service| service.eq_ignore_ascii_case(name))
    };
    let silences = silences
        .iter()
        .filter(|silence| now < silence.until)
        .filter(|silence| match &silence.target {
            SilenceTarget::Service(name) => is_service(name),
            SilenceTarget::ReasonCode(code) => {
                let root = &record.root;
                let cause = root.cause.as_deref().unwrap_or_default();
                root.reason.eq_ignore_ascii_case(code) || cause.eq_ignore_ascii_case(code)
            }
            SilenceTarget::Incident(id) => record.id.eq_ignore_ascii_case(id),
        })
        .map(|silence| ActiveSilence {
            by: silence.id.clone(),
            until: silence.until,
            reason: silence.reason.clone(),
        });
    let intervals = config
        .silences
        .iter()
        .filter(|interval| is_service(&interval.service))
        .filter_map(|interval| {
            Some(ActiveSilence {
                by: "calendar".to_owned(),
                until: interval.until(now)?,
                reason: interval.reason.clone(),
            })
        });
    silences.chain(intervals).max_by_key(|active| active.until)
}

/// A silence as part of a sentence: "silenced until 2026-11-02 09:00 UTC by s-1a2b: upgrade".
pub fn describe(silence: &ActiveSilence) -> String {
    let ActiveSilence { by, until, reason } = silence;
    format!(
        "silenced until {} by {by}: {reason}",
        timing::format(*until)
    )
}
