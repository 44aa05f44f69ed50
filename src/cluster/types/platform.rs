//! Argo CD, cert-manager and External Secrets: kinds that a cluster may lack.

use super::{Condition, Intern, ObjectMeta, SharedStr, SmallMap, StrInterner, read_as_is, slim};
use crate::model::Time;

slim! {
    /// An Argo CD application.
    pub struct Application {
        pub metadata: ObjectMeta,
        pub spec: ApplicationSpec,
        pub status: ApplicationStatus,
    }

    /// `spec` of an application: its sources and destination.
    pub struct ApplicationSpec {
        pub source: Option<ApplicationSource>,
        pub sources: Vec<ApplicationSource>,
        pub destination: ApplicationDestination,
    }

    /// A path in a Git repository, or a Helm chart.
    pub struct ApplicationSource {
        #[serde(rename = "repoURL")]
        pub repo_url: SharedStr,
        pub path: SharedStr,
        pub chart: SharedStr,
        pub target_revision: SharedStr,
    }

    /// The namespace of the deployed objects.
    pub struct ApplicationDestination {
        pub namespace: SharedStr,
    }

    /// `status` of an application.
    pub struct ApplicationStatus {
        pub health: ApplicationHealth,
        pub sync: ApplicationSync,
        pub operation_state: Option<OperationState>,
        pub history: Vec<ApplicationRevision>,
        pub conditions: Vec<Condition>,
        pub reconciled_at: Option<Time>,
        pub resources: Vec<ApplicationResource>,
    }

    /// An object that an application manages. Its health may be kept elsewhere.
    pub struct ApplicationResource {
        pub group: SharedStr,
        pub kind: SharedStr,
        pub namespace: SharedStr,
        pub name: SharedStr,
        pub health: ApplicationHealth,
    }

    /// The health that Argo CD reports.
    pub struct ApplicationHealth {
        pub status: SharedStr,
        pub message: SharedStr,
        pub last_transition_time: Option<Time>,
    }

    /// Whether the cluster matches the repository.
    pub struct ApplicationSync {
        pub status: SharedStr,
        pub revision: SharedStr,
    }

    /// The last sync operation.
    pub struct OperationState {
        pub phase: SharedStr,
        pub message: SharedStr,
        pub started_at: Option<Time>,
        pub finished_at: Option<Time>,
        pub sync_result: Option<SyncResult>,
    }

    /// The revision that was synced.
    pub struct SyncResult {
        pub revision: SharedStr,
    }

    /// One entry of the sync history.
    pub struct ApplicationRevision {
        pub revision: SharedStr,
        pub deployed_at: Option<Time>,
    }

    /// A cert-manager certificate.
    pub struct Certificate {
        pub metadata: ObjectMeta,
        pub spec: CertificateSpec,
        pub status: CertificateStatus,
    }

    /// `spec` of a certificate.
    pub struct CertificateSpec {
        pub secret_name: SharedStr,
        pub dns_names: Vec<SharedStr>,
        pub common_name: SharedStr,
        pub issuer_ref: IssuerReference,
    }

    /// The issuer of a certificate.
    pub struct IssuerReference {
        pub kind: SharedStr,
        pub name: SharedStr,
    }

    /// `status` of a certificate.
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

    /// A status that only has conditions.
    pub struct Conditions {
        pub conditions: Vec<Condition>,
    }

    /// An External Secret.
    pub struct ExternalSecret {
        pub metadata: ObjectMeta,
        pub spec: ExternalSecretSpec,
        pub status: ExternalSecretStatus,
    }

    /// `spec` of an external secret.
    pub struct ExternalSecretSpec {
        pub secret_store_ref: StoreReference,
        pub target: SecretTarget,
        pub refresh_interval: SharedStr,
        pub refresh_policy: SharedStr,
    }

    /// The secret store of an external secret.
    pub struct StoreReference {
        pub kind: SharedStr,
        pub name: SharedStr,
    }

    /// The Secret that is created.
    pub struct SecretTarget {
        pub name: SharedStr,
    }

    /// `status` of an external secret.
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

    /// `spec` of a secret store. Only the name of the provider is kept.
    pub struct SecretStoreSpec {
        pub provider: SmallMap<Discarded>,
    }
}

/// A value that is skipped while reading and written as an empty object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Discarded {}

read_as_is! { Discarded }

impl Intern for Discarded {
    fn share(&mut self, _: &mut StrInterner) {}
}

impl<'de> serde::Deserialize<'de> for Discarded {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self {})
    }
}
