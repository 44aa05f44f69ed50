//! Names of custom resources in the services file: `bucket.s3.aws.upbound.io/loki-*`.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Inventory;
use crate::model::GroupKind;

/// The custom resources of one kind whose name fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePattern {
    /// The kind in lower case, a dot, and the group.
    kind: String,
    /// The name. A `*` stands for any text.
    name: String,
}

impl ResourcePattern {
    /// Parses `kind.group/name`. None for any other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.trim().split_once('/')?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let is_kind = kind.contains('.') && kind.len() <= 253 && kind.chars().all(is_word);
        let is_name = |c: char| is_word(c) || matches!(c, '*' | ':' | '_');
        let is_valid =
            is_kind && !name.is_empty() && name.len() <= 253 && name.chars().all(is_name);
        is_valid.then(|| Self {
            kind: kind.to_ascii_lowercase(),
            name: name.to_owned(),
        })
    }

    /// The kind, in lower case.
    fn group_kind(&self) -> Option<GroupKind> {
        let (kind, group) = self.kind.split_once('.')?;
        Some(GroupKind {
            group: group.to_owned(),
            kind: kind.to_owned(),
        })
    }

    /// Whether an object is one of them.
    #[must_use]
    pub fn matches(&self, kind: &str, group: &str, name: &str) -> bool {
        let own = self.kind.split_once('.');
        let is_kind = own.is_some_and(|(own_kind, own_group)| {
            own_kind.eq_ignore_ascii_case(kind) && own_group == group
        });
        is_kind && fits(&self.name, name)
    }
}

/// The custom kinds that the configuration and the services file name.
#[must_use]
pub fn wanted_kinds(resources: &[GroupKind], inventory: Option<&Inventory>) -> Vec<GroupKind> {
    let services = inventory.iter().flat_map(|inventory| &inventory.services);
    let patterns = services.flat_map(|service| &service.custom_resources);
    let mut kinds = resources.to_vec();
    kinds.extend(patterns.filter_map(ResourcePattern::group_kind));
    kinds
}

/// Whether a text fits a pattern with `*`.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for ResourcePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_kind_group_and_name() {
        let matches = |pattern: &str, name: &str| {
            let pattern = ResourcePattern::parse(pattern).unwrap();
            pattern.matches("Bucket", "s3.aws.upbound.io", name)
        };
        assert!(matches("bucket.s3.aws.upbound.io/loki-*", "loki-chunks"));
        assert!(matches("Bucket.s3.aws.upbound.io/*", "anything"));
        assert!(matches("bucket.s3.aws.upbound.io/a*b*c", "a-b-b-c"));
        assert!(!matches("bucket.s3.aws.upbound.io/loki", "loki-chunks"));
        assert!(!matches("bucket.s3.aws.upbound.io/a*b", "a-b-c"));
        assert!(!matches("queue.s3.aws.upbound.io/*", "loki"));
        assert!(!matches("bucket.upbound.io/*", "loki"));
        for wrong in [
            "bucket/loki",
            "bucket.s3",
            "a.b/",
            "a.b/x y",
            "$(a).b/x",
            "",
        ] {
            assert_eq!(ResourcePattern::parse(wrong), None, "{wrong}");
        }
    }
}
