//! References to objects.

use std::borrow::Cow;

use super::custom_kind::{full_name, is_shared_name};

/// An object by kind, namespace and name. Cluster-scoped objects have an empty namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Kind as in manifests: `Deployment`.
    pub kind: String,
    /// Namespace, or empty.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// API group of a custom resource; empty for the kinds that every cycle reads.
    pub group: String,
}

impl ObjectRef {
    /// A reference to an object of a kind that every cycle reads.
    #[must_use]
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self::custom("", kind, namespace, name)
    }

    /// A reference to a custom resource.
    #[must_use]
    pub fn custom(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            group: group.to_owned(),
        }
    }

    /// Whether it is of this kind, and not of a custom one with the same name: Longhorn has a `Node`
    /// too.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.group.is_empty() && self.kind == kind
    }

    /// The kind for kubectl. Of a custom resource with its group, which another kind may share its name
    /// with.
    #[must_use]
    pub fn kubectl_kind(&self) -> Cow<'_, str> {
        if self.group.is_empty() {
            Cow::Borrowed(&self.kind)
        } else {
            Cow::Owned(full_name(&self.group, &self.kind))
        }
    }

    /// The kind for readers: with its group where several kinds have that name.
    #[must_use]
    pub fn shown_kind(&self) -> Cow<'_, str> {
        if !self.group.is_empty() && is_shared_name(&self.group, &self.kind) {
            self.kubectl_kind()
        } else {
            Cow::Borrowed(&self.kind)
        }
    }
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.shown_kind())?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_whose_name_others_have_is_named_with_its_group() {
        for (group, kind, shown, kubectl) in [
            ("", "Node", "Node", "Node"),
            (
                "longhorn.io",
                "Node",
                "nodes.longhorn.io",
                "nodes.longhorn.io",
            ),
            (
                "velero.io",
                "Backup",
                "backups.velero.io",
                "backups.velero.io",
            ),
            (
                "serving.knative.dev",
                "Service",
                "service.serving.knative.dev",
                "service.serving.knative.dev",
            ),
            (
                "notification.toolkit.fluxcd.io",
                "Provider",
                "provider.notification.toolkit.fluxcd.io",
                "provider.notification.toolkit.fluxcd.io",
            ),
            (
                "postgresql.cnpg.io",
                "Cluster",
                "clusters.postgresql.cnpg.io",
                "clusters.postgresql.cnpg.io",
            ),
            (
                "helm.cattle.io",
                "HelmChart",
                "helmcharts.helm.cattle.io",
                "helmcharts.helm.cattle.io",
            ),
            ("keda.sh", "ScaledJob", "ScaledJob", "scaledjobs.keda.sh"),
        ] {
            let object = ObjectRef::custom(group, kind, "", "x");
            assert_eq!(object.to_string(), format!("{shown} x"));
            assert_eq!(object.kubectl_kind(), kubectl);
            assert_eq!(object.is(kind), group.is_empty());
        }
    }
}
