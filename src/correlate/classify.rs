//! Which key of a manifest is about what, as tables. To teach it a key, add it
//! to the row of its kind in [`UNDER`] or [`KEYS`].

use super::yaml_keys::ManifestKey;
use crate::model::ChangeKind;
use crate::redact::redact;

/// Kinds of objects all of whose keys are about one thing.
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

/// What is under these keys, whatever its own key. The innermost decides;
/// rows further up go first.
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

/// Keys that say by themselves what they are about.
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

/// What a changed key is about.
#[must_use]
pub fn kind_of(leaf: &ManifestKey) -> ChangeKind {
    let object = leaf.object.as_deref().unwrap_or_default();
    let whole = kind_of_object(object);
    if whole == Some(ChangeKind::Secret) || leaf.is_under(&["stringData", "encryptedData"]) {
        return ChangeKind::Secret;
    }
    if leaf.key == "kind" || leaf.key == "apiVersion" || leaf.is_under(&["annotations"]) {
        return ChangeKind::Metadata;
    }
    match whole {
        None => of_workload(leaf),
        Some(ChangeKind::Selector) => of_service(leaf),
        Some(_) if leaf.is_under(&["metadata"]) => ChangeKind::Metadata,
        Some(kind) => kind,
    }
}

/// A workload, values of a chart, an Application, or what cannot be told.
fn of_workload(leaf: &ManifestKey) -> ChangeKind {
    resource(leaf)
        .or_else(|| source(leaf))
        .or_else(|| under(leaf))
        .or_else(|| row(KEYS, &leaf.key))
        .unwrap_or_else(|| rest(leaf))
}

fn resource(leaf: &ManifestKey) -> Option<ChangeKind> {
    let is_request = leaf.is_under(&["requests"]);
    match leaf.key.as_str() {
        "memory" if is_request => Some(ChangeKind::MemoryRequest),
        "memory" => Some(ChangeKind::MemoryLimit),
        "cpu" if is_request => Some(ChangeKind::CpuRequest),
        "cpu" => Some(ChangeKind::CpuLimit),
        _ => None,
    }
}

/// What Argo CD deploys, and from where.
fn source(leaf: &ManifestKey) -> Option<ChangeKind> {
    let is_application = leaf.object.as_deref() == Some("Application");
    match leaf.key.as_str() {
        "targetRevision" | "chart" => Some(ChangeKind::Chart),
        "version" if leaf.is_under(&["dependencies"]) => Some(ChangeKind::Chart),
        "path" if is_application || leaf.path.last().is_some_and(|k| k == "source") => {
            Some(ChangeKind::Source)
        }
        _ => None,
    }
}

/// The innermost key above that says what it is about.
fn under(leaf: &ManifestKey) -> Option<ChangeKind> {
    leaf.path.iter().rev().find_map(|key| row(UNDER, key))
}

fn row(table: &[(ChangeKind, &[&str])], key: &str) -> Option<ChangeKind> {
    let row = table.iter().find(|(_, keys)| keys.contains(&key));
    row.map(|(kind, _)| *kind)
}

fn rest(leaf: &ManifestKey) -> ChangeKind {
    match leaf.key.as_str() {
        "repository" | "registry" if leaf.is_under(&["image"]) => ChangeKind::Image,
        "port" | "protocol" if leaf.is_under(&["ports", "service"]) => ChangeKind::ServicePort,
        _ if leaf.is_under(&["data", "binaryData"]) || leaf.key == "data" => ChangeKind::Config,
        _ => ChangeKind::Other,
    }
}

fn of_service(leaf: &ManifestKey) -> ChangeKind {
    if leaf.is_under(&["metadata"]) {
        ChangeKind::Metadata
    } else if leaf.is_under(&["selector"]) {
        ChangeKind::Selector
    } else if leaf.is_under(&["ports"]) || leaf.key == "type" {
        ChangeKind::ServicePort
    } else {
        row(KEYS, &leaf.key).unwrap_or(ChangeKind::Other)
    }
}

/// What an object as a whole is about; none for workloads.
#[must_use]
pub fn kind_of_object(object: &str) -> Option<ChangeKind> {
    let row = OBJECTS.iter().find(|(name, _)| *name == object);
    row.map(|(_, kind)| *kind)
}

/// Words in names of files, by the kind of object that they announce. The
/// first that fits decides.
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

/// The kind of object that a file's name announces. Only `Secret` is believed
/// whatever else the name says.
#[must_use]
pub fn object_of(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if file.starts_with(".env") || file.rsplit_once('.').is_some_and(|(_, end)| end == "env") {
        return Some("Secret");
    }
    let stem = file.split('.').next().unwrap_or_default();
    let letters: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
    let fits = |word: &str| {
        if word.contains("secret") {
            letters.contains(word)
        } else {
            letters == word || letters == format!("{word}s")
        }
    };
    let named = NAMES
        .iter()
        .find(|(word, _)| fits(word))
        .map(|(_, object)| *object);
    // `mysql-deployment.yaml`, `deployment-api.yaml`: the word stands at an edge.
    named.or_else(|| {
        let at_edge = |word: &str| letters.starts_with(word) || letters.ends_with(word);
        NAMES
            .iter()
            .find(|(word, _)| at_edge(word))
            .map(|(_, object)| *object)
    })
}

/// Whether a file is read as keys and values.
#[must_use]
pub fn is_manifest(path: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Whether nobody but people reads it.
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

/// What is changed, in words.
#[must_use]
pub fn label(kind: ChangeKind, leaf: &ManifestKey) -> String {
    let item = leaf.item.as_deref().map(word).unwrap_or_default();
    let of = if item.is_empty() {
        String::new()
    } else {
        format!(" of {item}")
    };
    let key = word(&leaf.key);
    match kind {
        ChangeKind::Image => format!("the image{of}"),
        ChangeKind::MemoryLimit => format!("the memory limit{of}"),
        ChangeKind::MemoryRequest => format!("the memory request{of}"),
        ChangeKind::CpuLimit => format!("the CPU limit{of}"),
        ChangeKind::CpuRequest => format!("the CPU request{of}"),
        ChangeKind::LivenessProbe => format!("the liveness probe{of} ({key})"),
        ChangeKind::ReadinessProbe => format!("the readiness probe{of} ({key})"),
        ChangeKind::StartupProbe => format!("the startup probe{of} ({key})"),
        ChangeKind::Probe => format!("a probe{of} ({key})"),
        ChangeKind::Replicas => "the number of replicas".to_owned(),
        ChangeKind::Env if item.is_empty() => "the environment".to_owned(),
        ChangeKind::Env => format!("the environment variable {item}"),
        ChangeKind::Config if is_configuration(leaf) => format!("{key} of the configuration"),
        ChangeKind::Config => "the configuration".to_owned(),
        ChangeKind::Volume => format!("the volumes ({key})"),
        ChangeKind::Storage => format!("the storage ({key})"),
        ChangeKind::ServicePort => format!("the Service's port ({key})"),
        ChangeKind::ContainerPort => format!("the container's port{of}"),
        ChangeKind::Selector => format!("the selector ({key})"),
        ChangeKind::Ingress => format!("the ingress ({key})"),
        ChangeKind::Chart => "the chart's version".to_owned(),
        ChangeKind::Source => format!("where Argo CD looks ({key})"),
        ChangeKind::SecretReference => "the reference to a Secret".to_owned(),
        ChangeKind::Secret => "a Secret (its contents are not read out)".to_owned(),
        ChangeKind::Command => format!("the command{of} ({key})"),
        ChangeKind::Security => format!("the security context ({key})"),
        ChangeKind::Scheduling => format!("the scheduling ({key})"),
        ChangeKind::ServiceAccount => format!("the service account ({key})"),
        ChangeKind::Schedule => format!("the schedule ({key})"),
        ChangeKind::Quota => format!("a quota ({key})"),
        ChangeKind::Autoscaler => format!("the autoscaler ({key})"),
        ChangeKind::Policy => format!("a policy ({key})"),
        ChangeKind::Certificate => format!("a certificate ({key})"),
        ChangeKind::Metadata => "labels or annotations".to_owned(),
        _ if key.is_empty() => "the manifest".to_owned(),
        ChangeKind::Added | ChangeKind::Removed | ChangeKind::Other | ChangeKind::Unread => key,
    }
}

/// Whether the object is known to be a ConfigMap: the keys of what may be a
/// Secret are not told.
fn is_configuration(leaf: &ManifestKey) -> bool {
    leaf.object.as_deref() == Some("ConfigMap") && !leaf.key.is_empty() && leaf.key != "data"
}

/// A name as it can stand in a sentence.
fn word(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let fits = name.len() <= 60 && name.chars().all(is_plain) && redact(name) == name;
    if fits { name.to_owned() } else { String::new() }
}
