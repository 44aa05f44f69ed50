//! Secrets, ConfigMaps and their keys that the kubelet reports as missing.

use super::text::{between, name_after};
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::{PodSpec, Volume};
use crate::model::{Cause, FactKind, Reason};

/// Missing objects count before failures of the runtime.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::SecretMissing, |c| missing(c, Kind::Secret)),
    Rule::new(Cause::ConfigMapMissing, |c| missing(c, Kind::ConfigMap)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secret,
    ConfigMap,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }

    /// The word of the kubelet for a key of a volume: `references non-existent config key`.
    fn word_of_key(self) -> &'static str {
        match self {
            Self::Secret => "secret key",
            Self::ConfigMap => "config key",
        }
    }
}

/// What the kubelet reports as missing.
struct Missing {
    /// The name of the Secret or `ConfigMap`, where it is known.
    name: Option<String>,
    /// The key, where the object exists and lacks it.
    key: Option<String>,
    /// The volume that mounts it.
    volume: Option<String>,
}

/// The Secret or `ConfigMap` that the kubelet reports as missing: for environments
/// in the waiting message, for volumes in an event.
fn missing(context: &RuleContext, kind: Kind) -> Option<Proof> {
    let waiting = context
        .waiting()
        .filter(|(_, reason, _)| *reason == "CreateContainerConfigError")
        .map(|(_, _, message)| (FactKind::Object, message));
    let mounts = context
        .waiting()
        .any(|(_, reason, _)| is_being_created(reason))
        || context.is(&[Reason::ContainerCreating, Reason::FailedMount]);
    let events = context
        .events_of(&["FailedMount", "Failed"])
        .into_iter()
        .filter(|_| mounts)
        .map(|e| (FactKind::Event, e.message.as_str()));
    let (from, text, found) = waiting.chain(events).find_map(|(from, text)| {
        let found = of_message(text, kind, context.spec())?;
        Some((from, text, found))
    })?;
    let object = kind.name();
    let named = match (&found.name, &found.volume) {
        (Some(name), _) => format!("{object} {name}"),
        (None, Some(volume)) => format!("the {object} of volume {volume}"),
        (None, None) => format!("a {object}"),
    };
    let mounted = match (&found.volume, &found.key) {
        (Some(volume), Some(_)) => format!(", which volume {volume} mounts,"),
        _ => String::new(),
    };
    let what = match &found.key {
        Some(key) => format!("key {key} of {named}{mounted} does not exist"),
        None => format!(
            "{named} does not exist in namespace {}",
            context.namespace()
        ),
    };
    let effect = if context.is(&[Reason::FailedMount]) {
        "the next start will fail"
    } else {
        "no container can start"
    };
    let proof = Proof::of(from, text).message(format!("{effect}: {what}"));
    Some(match (kind, &found.name) {
        (Kind::Secret, Some(name)) => {
            super::secrets::group_with_external_secret(context, name, proof)
        }
        _ => proof,
    })
}

/// Whether a container with this reason has not been created yet.
pub fn is_being_created(reason: &str) -> bool {
    matches!(
        reason,
        "ContainerCreating" | "PodInitializing" | "CreateContainerConfigError"
    )
}

/// What a message says: `secret "x" not found`, `couldn't find key k in Secret ns/x`, or
/// `volume "v" : references non-existent secret key: k`, where `v` is not the Secret.
fn of_message(text: &str, kind: Kind, spec: Option<&PodSpec>) -> Option<Missing> {
    let volume = between(text, "volume \"", "\"").map(ToOwned::to_owned);
    if let Some(name) = not_found(text, kind) {
        return Some(Missing {
            name: Some(name),
            key: None,
            volume,
        });
    }
    let lower = text.to_lowercase();
    let in_kind = format!(" in {} ", kind.name().to_lowercase());
    if let Some(at) = lower.find(&in_kind)
        && let Some(key) = text.get(..at).and_then(|t| t.split_once("find key "))
    {
        let rest = text.get(at + in_kind.len()..).unwrap_or_default();
        let name = rest.split([' ', ',', '"', ';']).next().unwrap_or_default();
        return Some(Missing {
            name: Some(name.rsplit('/').next().unwrap_or(name).to_owned()),
            key: Some(key.1.trim_matches('"').to_owned()),
            volume,
        });
    }
    let mark = format!("non-existent {}", kind.word_of_key());
    let rest = text.split_once(&mark)?.1;
    let key = name_after(rest, ":").or_else(|| name_after(rest, " "));
    let mounted = volume.as_deref().zip(spec).and_then(|(name, spec)| {
        let own = spec.volumes.iter().find(|v| v.name == *name)?;
        source(own, kind, key)
    });
    Some(Missing {
        name: mounted,
        key: Some(key.unwrap_or("of its items").to_owned()),
        volume,
    })
}

/// The name in `secret "x" not found`; older kubelets write `secrets "x" not found`.
fn not_found(text: &str, kind: Kind) -> Option<String> {
    let word = kind.name().to_lowercase();
    let lower = text.to_lowercase();
    let marks = [format!("{word} \""), format!("{word}s \"")];
    let mut candidates = marks.iter().flat_map(|mark| lower.match_indices(mark));
    candidates.find_map(|(at, mark)| {
        let (name, rest) = lower.get(at + mark.len()..)?.split_once('"')?;
        rest.trim_start()
            .starts_with("not found")
            .then(|| name.to_owned())
    })
}

/// The Secret or `ConfigMap` of a volume; of a projected volume the one whose items name
/// the key.
fn source(volume: &Volume, kind: Kind, key: Option<&str>) -> Option<String> {
    let direct = match kind {
        Kind::ConfigMap => volume.config_map.as_ref().map(|c| &c.name),
        Kind::Secret => volume.secret.as_ref().map(|s| &s.secret_name),
    };
    if let Some(name) = direct {
        return Some(name.to_string());
    }
    let sources = volume.projected.iter().flat_map(|p| &p.sources);
    let of_kind: Vec<_> = sources
        .filter_map(|s| match kind {
            Kind::ConfigMap => s.config_map.as_ref(),
            Kind::Secret => s.secret.as_ref(),
        })
        .collect();
    let has_key = |s: &&&crate::cluster::types::ProjectedObject| {
        s.items.iter().any(|i| Some(i.key.as_str()) == key)
    };
    let named = of_kind.iter().find(has_key);
    let only = || of_kind.first().filter(|_| of_kind.len() == 1);
    named.or_else(only).map(|s| s.name.to_string())
}
