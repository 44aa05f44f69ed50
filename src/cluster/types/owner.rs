//! Owner references. An owner counts by its group and kind: other groups have kinds of the same
//! names, and the API server does not check that an owner exists.

use serde::{Deserialize, Serialize};

use super::{Intern, SharedStr, StrInterner, read_as_is, slim};
use crate::model::KINDS;

/// One entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "OwnerFields", into = "OwnerFields")]
pub struct OwnerReference {
    /// Group and version, or empty: snapshots of earlier versions have none.
    pub api_version: SharedStr,
    /// The kind. With the group where it has the name of a kind that is read and is of another
    /// group: `ReplicaSet.example.org`. So a kind without a group is what rules take it for.
    pub kind: SharedStr,
    /// The name.
    pub name: SharedStr,
    /// Whether this owner manages the object.
    pub controller: bool,
}

slim! {
    /// An owner as written.
    pub struct OwnerFields {
        pub api_version: SharedStr,
        pub kind: SharedStr,
        pub name: SharedStr,
        pub controller: bool,
    }
}

impl From<OwnerFields> for OwnerReference {
    fn from(fields: OwnerFields) -> Self {
        let kind = match foreign_group(&fields) {
            Some(group) => format!("{}.{}", fields.kind, shown(group)).into(),
            None => fields.kind,
        };
        Self {
            api_version: fields.api_version,
            kind,
            name: fields.name,
            controller: fields.controller,
        }
    }
}

impl From<OwnerReference> for OwnerFields {
    fn from(owner: OwnerReference) -> Self {
        let group = shown(group(&owner.api_version));
        let bare = owner.kind.strip_suffix(group);
        let bare = bare.and_then(|kind| kind.strip_suffix('.'));
        let kind = bare.map_or_else(|| owner.kind.clone(), SharedStr::from);
        Self {
            api_version: owner.api_version,
            kind,
            name: owner.name,
            controller: owner.controller,
        }
    }
}

read_as_is! { OwnerReference }

impl Intern for OwnerReference {
    fn share(&mut self, interner: &mut StrInterner) {
        self.api_version.share(interner);
        self.kind.share(interner);
        self.name.share(interner);
    }
}

/// The group of an API version; empty for the core group.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// The core group has no name.
fn shown(group: &str) -> &str {
    if group.is_empty() { "core" } else { group }
}

/// The group of a kind that only has the name of one that is read.
fn foreign_group(fields: &OwnerFields) -> Option<&str> {
    if fields.api_version.is_empty() {
        return None;
    }
    let group = group(&fields.api_version);
    let mut namesakes = KINDS
        .iter()
        .filter(|info| info.kind == fields.kind.as_str());
    let first = namesakes.next()?;
    let is_own = first.group == group || namesakes.any(|info| info.group == group);
    (!is_own).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json, to_value};

    #[test]
    fn a_kind_of_another_group_is_another_kind() {
        for (api_version, kind, read) in [
            ("apps/v1", "ReplicaSet", "ReplicaSet"),
            ("batch/v1beta1", "CronJob", "CronJob"),
            ("v1", "Node", "Node"),
            ("", "ReplicaSet", "ReplicaSet"),
            ("argoproj.io/v1alpha1", "Rollout", "Rollout"),
            ("evil.io/v1", "ReplicaSet", "ReplicaSet.evil.io"),
            ("batch.volcano.sh/v1alpha1", "Job", "Job.batch.volcano.sh"),
            ("evil.io/v1", "Node", "Node.evil.io"),
            ("v1", "StatefulSet", "StatefulSet.core"),
            ("core/v1", "Node", "Node.core"),
            ("apps/v1", "Job", "Job.apps"),
            ("x; id/v1", "Job", "Job.x; id"),
        ] {
            let written = |api_version: &str| match api_version {
                "" => json!({ "kind": kind, "name": "a", "controller": true }),
                _ => json!({ "apiVersion": api_version, "kind": kind, "name": "a" }),
            };
            let written: Value = written(api_version);
            let owner: OwnerReference = from_value(written.clone()).unwrap();
            assert_eq!(&*owner.kind, read, "{api_version}");
            assert_eq!(to_value(owner).unwrap(), written, "{api_version}");
        }
    }
}
