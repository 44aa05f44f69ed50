//! The kind that a file of a dump is named after.

use crate::model::{KINDS, Resource};

/// The kind that a file or its folder is named after: `pods.json`,
/// `cluster-resources/pods/default.json`, `certificates.cert-manager.io.json`. Kinds of
/// add-ons count by their full name only, because two of them may have the same plural.
pub(super) fn kind(path: &str) -> Option<Resource> {
    let path = path.to_ascii_lowercase();
    path.rsplit('/').take(2).find_map(|part| {
        let stem = part
            .split_once('.')
            .map_or(part, |(stem, _)| stem)
            .replace('-', "");
        let is_named = |name: &str| {
            let rest = part.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        KINDS
            .iter()
            .find(|info| {
                if info.is_core() {
                    info.plural == stem || info.kind.eq_ignore_ascii_case(&stem)
                } else {
                    is_named(&info.resource.name())
                }
            })
            .map(|info| info.resource)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_name_their_kind() {
        for (path, expected) in [
            ("pods.json", Some(Resource::Pods)),
            ("a/pods/default.json", Some(Resource::Pods)),
            ("daemon-sets.yaml", Some(Resource::DaemonSets)),
            (
                "certificates.cert-manager.io.json",
                Some(Resource::Certificates),
            ),
            ("gateways.json", None),
            ("all.json", None),
            ("x/values.yaml", None),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }
}
