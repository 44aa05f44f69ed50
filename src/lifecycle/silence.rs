//! Which silence hides an incident.

use super::timing;
use crate::config::Config;
use crate::model::Time;
use crate::state::{ActiveSilence, IncidentRecord, Silence, SilenceTarget, State};

/// Notes the silences that hide incidents by the clock `here`, and at `now`
/// which have ended.
pub fn note(state: &mut State, config: &Config, here: Time, now: Time) {
    for remembered in &mut state.incidents {
        let found = silence_of(remembered, &state.silences, config, here);
        if remembered.silenced.is_some() && found.is_none() {
            remembered.unsilenced_at = Some(now);
        }
        remembered.silenced = found;
    }
}

/// The silence that ends last, of all that hide the incident.
fn silence_of(
    remembered: &IncidentRecord,
    silences: &[Silence],
    config: &Config,
    now: Time,
) -> Option<ActiveSilence> {
    let is_service = |name: &str| {
        (remembered.service.as_deref()).is_some_and(|service| service.eq_ignore_ascii_case(name))
    };
    let by_hand = silences
        .iter()
        .filter(|silence| now < silence.until)
        .filter(|silence| match &silence.target {
            SilenceTarget::Service(name) => is_service(name),
            SilenceTarget::ReasonCode(code) => {
                let root = &remembered.root;
                let cause = root.cause.as_deref().unwrap_or_default();
                root.reason.eq_ignore_ascii_case(code) || cause.eq_ignore_ascii_case(code)
            }
            SilenceTarget::Incident(id) => remembered.id.eq_ignore_ascii_case(id),
        })
        .map(|silence| ActiveSilence {
            by: silence.id.clone(),
            until: silence.until,
            reason: silence.reason.clone(),
        });
    let by_calendar = config
        .silences
        .iter()
        .filter(|silence| is_service(&silence.service))
        .filter_map(|silence| {
            Some(ActiveSilence {
                by: "calendar".to_owned(),
                until: silence.until(now)?,
                reason: silence.reason.clone(),
            })
        });
    by_hand.chain(by_calendar).max_by_key(|hush| hush.until)
}

/// A silence in words, after "while".
pub fn words(hush: &ActiveSilence) -> String {
    let ActiveSilence { by, until, reason } = hush;
    format!(
        "silenced until {} by {by}: {reason}",
        timing::moment(*until)
    )
}
