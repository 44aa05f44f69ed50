//! Argo CD, cert-manager and External Secrets: kinds that a cluster may lack.

use super::{Condition, ObjectMeta, Share, SmallMap, Time, Word, Words, slim};

slim! {
    /// An Argo CD application.
    pub struct Application {
        pub metadata: ObjectMeta,
        pub spec: ApplicationSpec,
        pub status: ApplicationStatus,
    }

    /// What is synchronised, and to where.
    pub struct ApplicationSpec {
        pub source: Option<ApplicationSource>,
        pub sources: Vec<ApplicationSource>,
        pub destination: ApplicationDestination,
    }

    /// A path of a repository, or a chart.
    pub struct ApplicationSource {
        #[serde(rename = "repoURL")]
        pub repo_url: Word,
        pub path: Word,
        pub chart: Word,
        pub target_revision: Word,
    }

    /// The namespace that is written to.
    pub struct ApplicationDestination {
        pub namespace: Word,
    }

    /// What is.
    pub struct ApplicationStatus {
        pub health: ApplicationHealth,
        pub sync: ApplicationSync,
        pub operation_state: Option<OperationState>,
        pub history: Vec<ApplicationRevision>,
        pub conditions: Vec<Condition>,
        pub reconciled_at: Option<Time>,
    }

    /// Health as Argo CD judges it.
    pub struct ApplicationHealth {
        pub status: Word,
        pub message: Word,
        pub last_transition_time: Option<Time>,
    }

    /// Whether the cluster matches the repository.
    pub struct ApplicationSync {
        pub status: Word,
        pub revision: Word,
    }

    /// The last synchronisation.
    pub struct OperationState {
        pub phase: Word,
        pub message: Word,
        pub started_at: Option<Time>,
        pub finished_at: Option<Time>,
        pub sync_result: Option<SyncResult>,
    }

    /// What was synchronised.
    pub struct SyncResult {
        pub revision: Word,
    }

    /// One past synchronisation.
    pub struct ApplicationRevision {
        pub revision: Word,
        pub deployed_at: Option<Time>,
    }

    /// A cert-manager certificate.
    pub struct Certificate {
        pub metadata: ObjectMeta,
        pub spec: CertificateSpec,
        pub status: CertificateStatus,
    }

    /// What was asked for.
    pub struct CertificateSpec {
        pub secret_name: Word,
        pub dns_names: Vec<Word>,
        pub common_name: Word,
        pub issuer_ref: IssuerReference,
    }

    /// Who issues it.
    pub struct IssuerReference {
        pub kind: Word,
        pub name: Word,
    }

    /// What is.
    pub struct CertificateStatus {
        pub conditions: Vec<Condition>,
        pub not_before: Option<Time>,
        pub not_after: Option<Time>,
        pub renewal_time: Option<Time>,
        pub last_failure_time: Option<Time>,
    }

    /// A cert-manager issuer, of a namespace or of the cluster.
    pub struct Issuer {
        pub metadata: ObjectMeta,
        pub status: Conditions,
    }

    /// A status of nothing but conditions.
    pub struct Conditions {
        pub conditions: Vec<Condition>,
    }

    /// An External Secret.
    pub struct ExternalSecret {
        pub metadata: ObjectMeta,
        pub spec: ExternalSecretSpec,
        pub status: ExternalSecretStatus,
    }

    /// What was asked for.
    pub struct ExternalSecretSpec {
        pub secret_store_ref: StoreReference,
        pub target: SecretTarget,
    }

    /// The store that holds the value.
    pub struct StoreReference {
        pub kind: Word,
        pub name: Word,
    }

    /// The Secret that is made.
    pub struct SecretTarget {
        pub name: Word,
    }

    /// What is.
    pub struct ExternalSecretStatus {
        pub conditions: Vec<Condition>,
        pub refresh_time: Option<Time>,
    }

    /// A secret store, of a namespace or of the cluster.
    pub struct SecretStore {
        pub metadata: ObjectMeta,
        pub spec: SecretStoreSpec,
        pub status: Conditions,
    }

    /// What backs the store; only the provider's name is kept.
    pub struct SecretStoreSpec {
        pub provider: SmallMap<Discarded>,
    }
}

/// A value that is read and thrown away; written as an empty object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Discarded {}

impl Share for Discarded {
    fn share(&mut self, _: &mut Words) {}
}

impl<'de> serde::Deserialize<'de> for Discarded {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self {})
    }
}
