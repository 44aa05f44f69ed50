//! What changed in an incident since its last message.

use crate::state::ChangeKey;

/// The changes as a sentence. A cause that is no longer known is not a change.
pub fn diff(notified: &ChangeKey, current: &ChangeKey) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(cause) = current
        .cause
        .as_ref()
        .filter(|c| notified.cause.as_ref() != Some(c))
    {
        parts.push(format!("the cause is {cause}"));
    }
    let missing = |of: &ChangeKey, from: &ChangeKey| -> Vec<String> {
        let new = of.affects.iter().filter(|s| !from.affects.contains(s));
        new.cloned().collect()
    };
    let (more, fewer) = (missing(current, notified), missing(notified, current));
    if !more.is_empty() {
        parts.push(format!("now also affected: {}", more.join(", ")));
    }
    if !fewer.is_empty() {
        parts.push(format!("no longer affected: {}", fewer.join(", ")));
    }
    let count = |current: usize, previous: usize, what: &str| {
        (current != previous).then(|| format!("{current} {what}, previously {previous}"))
    };
    parts.extend(count(current.objects, notified.objects, "affected objects"));
    parts.extend(count(current.pods, notified.pods, "failing pods"));
    (!parts.is_empty()).then(|| parts.join("; "))
}
