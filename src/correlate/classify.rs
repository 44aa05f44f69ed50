//! What each key of a manifest configures, as tables. A new key goes into the row of its kind in
//! [`UNDER`] or [`KEYS`].

use super::yaml_keys::ManifestKey;
use crate::model::ChangeKind;
use crate::redact::redact;

/// Objects whose keys are all of one kind.
#[rustfmt::skip]
const OBJECTS: &[(&str, ChangeKind)] = &[
    ("Secret", ChangeKind::Secret),
    ("SealedSecret", ChangeKind::Secret),
    ("ConfigMap", ChangeKind::Config),
    ("ExternalSecret", ChangeKind::SecretReference),
    ("ClusterExternalSecret", ChangeKind::SecretReference),
    ("SecretStore", ChangeKind::SecretReference),
    ("ClusterSecretStore", ChangeKind::SecretReference),
    ("Ingress", ChangeKind::Ingress),
    ("IngressRoute", ChangeKind::Ingress),
    ("HTTPRoute", ChangeKind::Ingress),
    ("Gateway", ChangeKind::Ingress),
    ("PersistentVolumeClaim", ChangeKind::Storage),
    ("PersistentVolume", ChangeKind::Storage),
    ("StorageClass", ChangeKind::Storage),
    ("NetworkPolicy", ChangeKind::Policy),
    ("ClusterPolicy", ChangeKind::Policy),
    ("Policy", ChangeKind::Policy),
    ("ResourceQuota", ChangeKind::Quota),
    ("LimitRange", ChangeKind::Quota),
    ("HorizontalPodAutoscaler", ChangeKind::Autoscaler),
    ("Certificate", ChangeKind::Certificate),
    ("Issuer", ChangeKind::Certificate),
    ("ClusterIssuer", ChangeKind::Certificate),
    ("ServiceAccount", ChangeKind::ServiceAccount),
    ("Role", ChangeKind::ServiceAccount),
    ("RoleBinding", ChangeKind::ServiceAccount),
    ("ClusterRole", ChangeKind::ServiceAccount),
    ("ClusterRoleBinding", ChangeKind::ServiceAccount),
    ("Service", ChangeKind::Selector),
];

/// Kinds by a key above. The innermost key decides, then the first row.
#[rustfmt::skip]
const UNDER: &[(ChangeKind, &[&str])] = &[
    (ChangeKind::LivenessProbe, &["livenessProbe"]),
    (ChangeKind::ReadinessProbe, &["readinessProbe"]),
    (ChangeKind::StartupProbe, &["startupProbe"]),
    (ChangeKind::SecretReference, &["secretKeyRef", "secretRef", "imagePullSecrets", "secretStoreRef", "remoteRef", "dataFrom", "externalSecret", "existingSecret"]),
    (ChangeKind::Config, &["configMapKeyRef", "configMapRef", "configMapGenerator"]),
    (ChangeKind::Env, &["env", "envFrom", "extraEnv", "extraEnvVars", "environment"]),
    (ChangeKind::Command, &["command", "args", "lifecycle", "entrypoint", "extraArgs"]),
    (ChangeKind::Security, &["securityContext", "podSecurityContext", "containerSecurityContext", "capabilities"]),
    (ChangeKind::Scheduling, &["nodeSelector", "affinity", "tolerations", "topologySpreadConstraints"]),
    (ChangeKind::Storage, &["volumeClaimTemplates", "persistence", "accessModes"]),
    (ChangeKind::Volume, &["volumes", "volumeMounts", "extraVolumes", "extraVolumeMounts", "hostPath", "configMap"]),
    (ChangeKind::Autoscaler, &["autoscaling"]),
    (ChangeKind::Ingress, &["ingress", "rules", "tls"]),
    (ChangeKind::Metadata, &["annotations", "labels", "commonLabels", "commonAnnotations"]),
    (ChangeKind::Selector, &["selector", "matchLabels", "matchExpressions"]),
    (ChangeKind::Secret, &["stringData", "encryptedData"]),
];

/// Kinds by the key itself.
#[rustfmt::skip]
const KEYS: &[(ChangeKind, &[&str])] = &[
    (ChangeKind::Image, &["image", "tag", "newTag", "newName", "digest", "imagePullPolicy", "imageTag"]),
    (ChangeKind::Replicas, &["replicas", "replicaCount"]),
    (ChangeKind::Autoscaler, &["minReplicas", "maxReplicas", "averageUtilization"]),
    (ChangeKind::Probe, &["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"]),
    (ChangeKind::SecretReference, &["secretName", "secretStoreRef", "imagePullSecret", "existingSecret"]),
    (ChangeKind::Storage, &["storage", "storageClassName", "storageClass", "accessModes"]),
    (ChangeKind::Volume, &["claimName", "mountPath", "subPath", "hostPath", "emptyDir", "volumeName"]),
    (ChangeKind::ContainerPort, &["containerPort", "hostPort"]),
    (ChangeKind::ServicePort, &["targetPort", "nodePort"]),
    (ChangeKind::Command, &["command", "args", "workingDir", "terminationGracePeriodSeconds"]),
    (ChangeKind::Security, &["runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup", "privileged", "readOnlyRootFilesystem", "allowPrivilegeEscalation"]),
    (ChangeKind::Scheduling, &["nodeName", "priorityClassName", "schedulerName", "nodeSelector", "affinity", "tolerations"]),
    (ChangeKind::ServiceAccount, &["serviceAccountName", "serviceAccount", "automountServiceAccountToken"]),
    (ChangeKind::Schedule, &["schedule", "suspend", "concurrencyPolicy", "startingDeadlineSeconds", "backoffLimit", "activeDeadlineSeconds", "timeZone"]),
    (ChangeKind::Ingress, &["host", "ingressClassName", "pathType"]),
    (ChangeKind::Source, &["repoURL"]),
];

/// The kind of a changed key.
#[must_use]
pub fn kind_of(key: &ManifestKey) -> ChangeKind {
    let object = key.object_kind.as_deref().unwrap_or_default();
    let whole = kind_of_object(object);
    if whole == Some(ChangeKind::Secret) || key.is_under(&["stringData", "encryptedData"]) {
        return ChangeKind::Secret;
    }
    if key.name == "kind" || key.name == "apiVersion" || key.is_under(&["annotations"]) {
        return ChangeKind::Metadata;
    }
    match whole {
        None => of_workload(key),
        Some(ChangeKind::Selector) => of_service(key),
        Some(_) if key.is_under(&["metadata"]) => ChangeKind::Metadata,
        Some(kind) => kind,
    }
}

/// A workload, the values of a chart, an Application, or an unknown object.
fn of_workload(key: &ManifestKey) -> ChangeKind {
    resource(key)
        .or_else(|| source(key))
        .or_else(|| under(key))
        .or_else(|| row(KEYS, &key.name))
        .unwrap_or_else(|| by_context(key))
}

fn resource(key: &ManifestKey) -> Option<ChangeKind> {
    let is_request = key.is_under(&["requests"]);
    match key.name.as_str() {
        "memory" if is_request => Some(ChangeKind::MemoryRequest),
        "memory" => Some(ChangeKind::MemoryLimit),
        "cpu" if is_request => Some(ChangeKind::CpuRequest),
        "cpu" => Some(ChangeKind::CpuLimit),
        _ => None,
    }
}

/// The source of an Application or the dependencies of a chart.
fn source(key: &ManifestKey) -> Option<ChangeKind> {
    let is_application = key.object_kind.as_deref() == Some("Application");
    match key.name.as_str() {
        "targetRevision" | "chart" => Some(ChangeKind::Chart),
        "version" if key.is_under(&["dependencies"]) => Some(ChangeKind::Chart),
        "path" if is_application || key.parents.last().is_some_and(|k| k == "source") => {
            Some(ChangeKind::Source)
        }
        _ => None,
    }
}

/// The kind by the innermost key above.
fn under(key: &ManifestKey) -> Option<ChangeKind> {
    key.parents
        .iter()
        .rev()
        .find_map(|parent| row(UNDER, parent))
}

fn row(table: &[(ChangeKind, &[&str])], key: &str) -> Option<ChangeKind> {
    let row = table.iter().find(|(_, keys)| keys.contains(&key));
    row.map(|(kind, _)| *kind)
}

fn by_context(key: &ManifestKey) -> ChangeKind {
    match key.name.as_str() {
        "repository" | "registry" if key.is_under(&["image"]) => ChangeKind::Image,
        "port" | "protocol" if key.is_under(&["ports", "service"]) => ChangeKind::ServicePort,
        _ if key.is_under(&["data", "binaryData"]) || key.name == "data" => ChangeKind::Config,
        _ => ChangeKind::Other,
    }
}

fn of_service(key: &ManifestKey) -> ChangeKind {
    if key.is_under(&["metadata"]) {
        ChangeKind::Metadata
    } else if key.is_under(&["selector"]) {
        ChangeKind::Selector
    } else if key.is_under(&["ports"]) || key.name == "type" {
        ChangeKind::ServicePort
    } else {
        row(KEYS, &key.name).unwrap_or(ChangeKind::Other)
    }
}

/// The kind of all keys of an object; `None` for workloads.
#[must_use]
pub fn kind_of_object(object: &str) -> Option<ChangeKind> {
    let row = OBJECTS.iter().find(|(name, _)| *name == object);
    row.map(|(_, kind)| *kind)
}

/// File names and the kind of object in them. The first match decides.
#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("externalsecret", "ExternalSecret"), ("secretstore", "SecretStore"),
    ("secretproviderclass", "SecretStore"), ("secret", "Secret"),
    ("configmap", "ConfigMap"), ("networkpolic", "NetworkPolicy"),
    ("serviceaccount", "ServiceAccount"), ("rbac", "Role"), ("ingress", "Ingress"),
    ("httproute", "HTTPRoute"), ("service", "Service"), ("svc", "Service"),
    ("pvc", "PersistentVolumeClaim"), ("persistentvolumeclaim", "PersistentVolumeClaim"),
    ("storageclass", "StorageClass"), ("quota", "ResourceQuota"), ("limitrange", "LimitRange"),
    ("hpa", "HorizontalPodAutoscaler"), ("certificate", "Certificate"), ("issuer", "ClusterIssuer"),
    ("deployment", "Deployment"), ("statefulset", "StatefulSet"), ("daemonset", "DaemonSet"),
    ("cronjob", "CronJob"),
];

/// The kind of object that a file's name suggests. `Secret` matches anywhere in the name.
#[must_use]
pub fn object_of(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if file.starts_with(".env") || file.rsplit_once('.').is_some_and(|(_, end)| end == "env") {
        return Some("Secret");
    }
    let stem = file.split('.').next().unwrap_or_default();
    let letters: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_match = |name: &str| {
        if name.contains("secret") {
            letters.contains(name)
        } else {
            letters == name || letters == format!("{name}s")
        }
    };
    let named = NAMES
        .iter()
        .find(|(name, _)| is_match(name))
        .map(|(_, object)| *object);
    // For example `mysql-deployment.yaml` or `deployment-api.yaml`.
    named.or_else(|| {
        let is_at_edge = |name: &str| letters.starts_with(name) || letters.ends_with(name);
        NAMES
            .iter()
            .find(|(name, _)| is_at_edge(name))
            .map(|(_, object)| *object)
    })
}

/// Whether a file is YAML or JSON.
#[must_use]
pub fn is_manifest(path: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Whether a file has no effect on the cluster.
#[must_use]
pub fn is_documentation(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let file = path.rsplit('/').next().unwrap_or_default();
    let is_named = [
        "readme",
        "license",
        "changelog",
        "codeowners",
        ".gitignore",
        ".gitattributes",
        ".editorconfig",
    ]
    .iter()
    .any(|name| file.starts_with(name));
    is_named
        || [
            ".md", ".rst", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".drawio",
        ]
        .iter()
        .any(|end| file.ends_with(end))
}

/// A description of what is changed.
#[must_use]
pub fn label(kind: ChangeKind, key: &ManifestKey) -> String {
    let item = key.item.as_deref().map(shown_name).unwrap_or_default();
    let of = if item.is_empty() {
        String::new()
    } else {
        format!(" of {item}")
    };
    let name = shown_name(&key.name);
    match kind {
        ChangeKind::Image => format!("the image{of}"),
        ChangeKind::MemoryLimit => format!("the memory limit{of}"),
        ChangeKind::MemoryRequest => format!("the memory request{of}"),
        ChangeKind::CpuLimit => format!("the CPU limit{of}"),
        ChangeKind::CpuRequest => format!("the CPU request{of}"),
        ChangeKind::LivenessProbe => format!("the liveness probe{of} ({name})"),
        ChangeKind::ReadinessProbe => format!("the readiness probe{of} ({name})"),
        ChangeKind::StartupProbe => format!("the startup probe{of} ({name})"),
        ChangeKind::Probe => format!("a probe{of} ({name})"),
        ChangeKind::Replicas => "the number of replicas".to_owned(),
        ChangeKind::Env if item.is_empty() => "the environment".to_owned(),
        ChangeKind::Env => format!("the environment variable {item}"),
        ChangeKind::Config if is_config_map_key(key) => format!("the ConfigMap key {name}"),
        ChangeKind::Config => "the configuration".to_owned(),
        ChangeKind::Volume => format!("the volumes ({name})"),
        ChangeKind::Storage => format!("the storage ({name})"),
        ChangeKind::ServicePort => format!("the Service's port ({name})"),
        ChangeKind::ContainerPort => format!("the container's port{of}"),
        ChangeKind::Selector => format!("the selector ({name})"),
        ChangeKind::Ingress => format!("the ingress ({name})"),
        ChangeKind::Chart => "the chart's version".to_owned(),
        ChangeKind::Source => format!("the Argo CD source ({name})"),
        ChangeKind::SecretReference => "the reference to a Secret".to_owned(),
        ChangeKind::Secret => "a Secret (its contents are not shown)".to_owned(),
        ChangeKind::Command => format!("the command{of} ({name})"),
        ChangeKind::Security => format!("the security context ({name})"),
        ChangeKind::Scheduling => format!("the scheduling ({name})"),
        ChangeKind::ServiceAccount => format!("the service account ({name})"),
        ChangeKind::Schedule => format!("the schedule ({name})"),
        ChangeKind::Quota => format!("a quota ({name})"),
        ChangeKind::Autoscaler => format!("the autoscaler ({name})"),
        ChangeKind::Policy => format!("a policy ({name})"),
        ChangeKind::Certificate => format!("a certificate ({name})"),
        ChangeKind::Metadata => "labels or annotations".to_owned(),
        _ if name.is_empty() => "the manifest".to_owned(),
        ChangeKind::Added | ChangeKind::Removed | ChangeKind::Other | ChangeKind::Unread => name,
    }
}

/// Whether the object is known to be a ConfigMap. The keys of an object that may be a Secret are
/// not shown.
fn is_config_map_key(key: &ManifestKey) -> bool {
    key.object_kind.as_deref() == Some("ConfigMap") && !key.name.is_empty() && key.name != "data"
}

/// A name that can be shown; empty if it cannot.
fn shown_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let fits = name.len() <= 60 && name.chars().all(is_plain) && redact(name) == name;
    if fits { name.to_owned() } else { String::new() }
}
