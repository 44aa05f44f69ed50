//! What is news of an incident that is known.

use crate::state::ChangeKey;

/// What is different from what was said, in words. A cause that is no longer
/// known is no news.
pub fn change(said: &ChangeKey, facts: &ChangeKey) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(cause) = facts
        .cause
        .as_ref()
        .filter(|c| said.cause.as_ref() != Some(c))
    {
        parts.push(format!("the cause is {cause}"));
    }
    let missing = |of: &ChangeKey, from: &ChangeKey| -> Vec<String> {
        let new = of.affects.iter().filter(|s| !from.affects.contains(s));
        new.cloned().collect()
    };
    let (more, fewer) = (missing(facts, said), missing(said, facts));
    if !more.is_empty() {
        parts.push(format!("now also affected: {}", more.join(", ")));
    }
    if !fewer.is_empty() {
        parts.push(format!("no longer affected: {}", fewer.join(", ")));
    }
    if facts.objects != said.objects {
        parts.push(format!("{} objects, were {}", facts.objects, said.objects));
    }
    if facts.pods != said.pods {
        parts.push(format!("{} failing pods, were {}", facts.pods, said.pods));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
