//! The known keys and their spellings.

use super::suggest::Nearest;

#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Purpose,
    Namespace,
    GitOps,
    ArgoApp,
    Manifests,
    Chart,
    Repo,
    Dependencies,
    Dependents,
    MaxDowntime,
    KnownIssues,
    Quirks,
    HealthCheck,
    Replicas,
    Image,
    Ingress,
    Resources,
    Tier,
    Aliases,
    Workloads,
    CustomResources,
    StartupGrace,
    BackupMaxAge,
    DataLayer,
}

/// The canonical spelling first, then the others. To add a key: a variant above, a row here, its
/// field in `fields`.
const SPELLINGS: &[(Key, &[&str])] = &[
    (Key::Purpose, &["Purpose", "Description"]),
    (Key::Namespace, &["Namespace"]),
    (Key::GitOps, &["GitOps"]),
    (
        Key::ArgoApp,
        &[
            "ArgoCD App",
            "Argo CD App",
            "ArgoCD Application",
            "Argo CD Application",
            "ArgoCD",
        ],
    ),
    (Key::Manifests, &["Manifests", "Manifest"]),
    (Key::Chart, &["Chart", "Helm Chart"]),
    (Key::Repo, &["Repo", "Repository"]),
    (
        Key::Dependencies,
        &["Dependencies", "Dependency", "Depends On"],
    ),
    (Key::Dependents, &["Dependents", "Dependent"]),
    (Key::MaxDowntime, &["Max Downtime", "Maximum Downtime"]),
    (Key::KnownIssues, &["Known Issues", "Known Issue"]),
    (Key::Quirks, &["Quirks", "Quirk"]),
    (
        Key::HealthCheck,
        &["Health Check", "Health Checks", "Healthcheck"],
    ),
    (Key::Replicas, &["Replicas"]),
    (Key::Image, &["Image"]),
    (Key::Ingress, &["Ingress", "Ingresses"]),
    (Key::Resources, &["Resources"]),
    (Key::Tier, &["Tier"]),
    (Key::Aliases, &["Aliases", "Alias"]),
    (Key::Workloads, &["Workloads", "Workload"]),
    (
        Key::CustomResources,
        &["Custom Resources", "Custom Resource"],
    ),
    (Key::StartupGrace, &["Startup Grace"]),
    (Key::BackupMaxAge, &["Backup Max Age"]),
    (Key::DataLayer, &["Data Layer"]),
];

/// Words of others for what a key says, with that key. They are no spellings: what they say about
/// it may differ, so the operator decides.
const OTHER_WORDS: &[(Key, &[&str])] = &[
    (
        Key::MaxDowntime,
        &[
            "Downtime",
            "Tolerance",
            "Downtime Tolerance",
            "Tolerated Downtime",
            "Allowed Downtime",
            "Acceptable Downtime",
            "Max Outage",
            "Max Down Time",
            "RTO",
        ],
    ),
    (
        Key::Dependencies,
        &[
            "Requires",
            "Required",
            "Requirements",
            "Needs",
            "Depends",
            "Relies On",
            "Upstream",
        ],
    ),
    (Key::Dependents, &["Required By", "Needed By", "Downstream"]),
    (
        Key::Tier,
        &["Priority", "Criticality", "Severity", "Importance", "Level"],
    ),
    (
        Key::Ingress,
        &["Host", "Hosts", "Hostname", "URL", "URLs", "Domain"],
    ),
    (Key::Namespace, &["NS", "Namespaces"]),
    (
        Key::HealthCheck,
        &["Health", "Probe", "Probes", "Check URL", "Health Endpoint"],
    ),
    (
        Key::StartupGrace,
        &[
            "Grace",
            "Grace Period",
            "Startup",
            "Startup Time",
            "Start Time",
        ],
    ),
    (Key::KnownIssues, &["Issues", "Known Problems"]),
    (Key::Aliases, &["Also Known As", "Other Names"]),
    (Key::Image, &["Images"]),
    (Key::Replicas, &["Replica", "Instances"]),
    (Key::BackupMaxAge, &["Backup Age", "Max Backup Age"]),
    (
        Key::ArgoApp,
        &["Application", "Argo App", "Argo Application"],
    ),
];

impl Key {
    /// The key with this spelling. Case, dashes and repeated blanks do not matter.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = normal(text)?;
        SPELLINGS
            .iter()
            .find(|(_, names)| names.iter().any(|name| name.eq_ignore_ascii_case(&text)))
            .map(|(key, _)| *key)
    }

    /// The known key that is most similar to an unknown one.
    pub(super) fn near(text: &str) -> Option<&'static str> {
        let text = normal(text)?;
        let is_word = |names: &&[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(&text));
        if let Some((key, _)) = OTHER_WORDS.iter().find(|(_, names)| is_word(names)) {
            return Some(key.label());
        }
        if text.to_ascii_lowercase().contains("downtime") && Self::of(&text).is_none() {
            return Some(Self::MaxDowntime.label());
        }
        let mut nearest = Nearest::to(&text);
        for name in SPELLINGS.iter().flat_map(|(_, names)| *names) {
            nearest.consider(name);
        }
        let found = nearest.found()?;
        SPELLINGS
            .iter()
            .find(|(_, names)| names.contains(&found))
            .map(|(_, names)| names[0])
    }

    pub(super) fn label(self) -> &'static str {
        SPELLINGS
            .iter()
            .find(|(key, _)| *key == self)
            .map_or("", |(_, names)| names[0])
    }

    /// Keys whose value is a list.
    pub(super) fn is_list(self) -> bool {
        matches!(
            self,
            Self::Dependencies
                | Self::Dependents
                | Self::KnownIssues
                | Self::Quirks
                | Self::Ingress
                | Self::Aliases
                | Self::Workloads
                | Self::CustomResources
        )
    }

    /// Keys that prose rarely has, so that they identify a service. Keys with the same number count
    /// once.
    pub(super) fn evidence(self) -> Option<u8> {
        match self {
            Self::Namespace => Some(0),
            Self::MaxDowntime => Some(1),
            Self::GitOps | Self::ArgoApp => Some(2),
            Self::Tier => Some(3),
            Self::Workloads => Some(4),
            _ => None,
        }
    }
}

fn normal(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '-' || c == '_')
        .filter(|word| !word.is_empty())
        .collect();
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, key) in [
            ("max downtime", Some(Key::MaxDowntime)),
            ("MAX-DOWNTIME", Some(Key::MaxDowntime)),
            ("argocd  app", Some(Key::ArgoApp)),
            ("Quirk", Some(Key::Quirks)),
            ("ArgoCD Applications", None),
            ("Used By", None),
        ] {
            assert_eq!(Key::of(text), key, "{text}");
        }
    }

    #[test]
    fn near_misses() {
        for (text, near) in [
            ("Max Downtme", Some("Max Downtime")),
            ("Namspace", Some("Namespace")),
            ("Dependancies", Some("Dependencies")),
            ("Depends Om", Some("Dependencies")),
            ("Downtime", Some("Max Downtime")),
            ("tolerance", Some("Max Downtime")),
            ("Requires", Some("Dependencies")),
            ("Required By", Some("Dependents")),
            ("Priority", Some("Tier")),
            ("URL", Some("Ingress")),
            ("Used By", None),
            ("Provisions", None),
            ("Pattern", None),
            ("Owner", None),
        ] {
            assert_eq!(Key::near(text), near, "{text}");
        }
    }
}
