//! Which key of a manifest is about what, as tables. To teach it a key, add it
//! to the row of its kind in [`UNDER`] or [`KEYS`].

use super::change::Kind;
use super::leaves::Leaf;
use crate::redact::redact;

/// Kinds of objects all of whose keys are about one thing.
#[rustfmt::skip]
const OBJECTS: &[(&str, Kind)] = &[
    ("Secret", Kind::Secret),
    ("SealedSecret", Kind::Secret),
    ("ConfigMap", Kind::Config),
    ("ExternalSecret", Kind::SecretReference),
    ("ClusterExternalSecret", Kind::SecretReference),
    ("SecretStore", Kind::SecretReference),
    ("ClusterSecretStore", Kind::SecretReference),
    ("Ingress", Kind::Ingress),
    ("IngressRoute", Kind::Ingress),
    ("HTTPRoute", Kind::Ingress),
    ("Gateway", Kind::Ingress),
    ("PersistentVolumeClaim", Kind::Storage),
    ("PersistentVolume", Kind::Storage),
    ("StorageClass", Kind::Storage),
    ("NetworkPolicy", Kind::Policy),
    ("ClusterPolicy", Kind::Policy),
    ("Policy", Kind::Policy),
    ("ResourceQuota", Kind::Quota),
    ("LimitRange", Kind::Quota),
    ("HorizontalPodAutoscaler", Kind::Autoscaler),
    ("Certificate", Kind::Certificate),
    ("Issuer", Kind::Certificate),
    ("ClusterIssuer", Kind::Certificate),
    ("ServiceAccount", Kind::ServiceAccount),
    ("Role", Kind::ServiceAccount),
    ("RoleBinding", Kind::ServiceAccount),
    ("ClusterRole", Kind::ServiceAccount),
    ("ClusterRoleBinding", Kind::ServiceAccount),
    ("Service", Kind::Selector),
];

/// What is under these keys, whatever its own key. The innermost decides;
/// rows further up go first.
#[rustfmt::skip]
const UNDER: &[(Kind, &[&str])] = &[
    (Kind::LivenessProbe, &["livenessProbe"]),
    (Kind::ReadinessProbe, &["readinessProbe"]),
    (Kind::StartupProbe, &["startupProbe"]),
    (Kind::SecretReference, &["secretKeyRef", "secretRef", "imagePullSecrets", "secretStoreRef", "remoteRef", "dataFrom", "externalSecret", "existingSecret"]),
    (Kind::Config, &["configMapKeyRef", "configMapRef", "configMapGenerator"]),
    (Kind::Env, &["env", "envFrom", "extraEnv", "extraEnvVars", "environment"]),
    (Kind::Command, &["command", "args", "lifecycle", "entrypoint", "extraArgs"]),
    (Kind::Security, &["securityContext", "podSecurityContext", "containerSecurityContext", "capabilities"]),
    (Kind::Scheduling, &["nodeSelector", "affinity", "tolerations", "topologySpreadConstraints"]),
    (Kind::Storage, &["volumeClaimTemplates", "persistence", "accessModes"]),
    (Kind::Volume, &["volumes", "volumeMounts", "extraVolumes", "extraVolumeMounts", "hostPath", "configMap"]),
    (Kind::Autoscaler, &["autoscaling"]),
    (Kind::Ingress, &["ingress", "rules", "tls"]),
    (Kind::Metadata, &["annotations", "labels", "commonLabels", "commonAnnotations"]),
    (Kind::Selector, &["selector", "matchLabels", "matchExpressions"]),
    (Kind::Secret, &["stringData", "encryptedData"]),
];

/// Keys that say by themselves what they are about.
#[rustfmt::skip]
const KEYS: &[(Kind, &[&str])] = &[
    (Kind::Image, &["image", "tag", "newTag", "newName", "digest", "imagePullPolicy", "imageTag"]),
    (Kind::Replicas, &["replicas", "replicaCount"]),
    (Kind::Autoscaler, &["minReplicas", "maxReplicas", "averageUtilization"]),
    (Kind::Probe, &["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"]),
    (Kind::SecretReference, &["secretName", "secretStoreRef", "imagePullSecret", "existingSecret"]),
    (Kind::Storage, &["storage", "storageClassName", "storageClass", "accessModes"]),
    (Kind::Volume, &["claimName", "mountPath", "subPath", "hostPath", "emptyDir", "volumeName"]),
    (Kind::ContainerPort, &["containerPort", "hostPort"]),
    (Kind::ServicePort, &["targetPort", "nodePort"]),
    (Kind::Command, &["command", "args", "workingDir", "terminationGracePeriodSeconds"]),
    (Kind::Security, &["runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup", "privileged", "readOnlyRootFilesystem", "allowPrivilegeEscalation"]),
    (Kind::Scheduling, &["nodeName", "priorityClassName", "schedulerName", "nodeSelector", "affinity", "tolerations"]),
    (Kind::ServiceAccount, &["serviceAccountName", "serviceAccount", "automountServiceAccountToken"]),
    (Kind::Schedule, &["schedule", "suspend", "concurrencyPolicy", "startingDeadlineSeconds", "backoffLimit", "activeDeadlineSeconds", "timeZone"]),
    (Kind::Ingress, &["host", "ingressClassName", "pathType"]),
    (Kind::Source, &["repoURL"]),
];

/// What a changed key is about.
#[must_use]
pub fn kind_of(leaf: &Leaf) -> Kind {
    let object = leaf.object.as_deref().unwrap_or_default();
    let whole = kind_of_object(object);
    if whole == Some(Kind::Secret) || leaf.is_under(&["stringData", "encryptedData"]) {
        return Kind::Secret;
    }
    if leaf.key == "kind" || leaf.key == "apiVersion" || leaf.is_under(&["annotations"]) {
        return Kind::Metadata;
    }
    match whole {
        None => of_workload(leaf),
        Some(Kind::Selector) => of_service(leaf),
        Some(_) if leaf.is_under(&["metadata"]) => Kind::Metadata,
        Some(kind) => kind,
    }
}

/// A workload, values of a chart, an Application, or what cannot be told.
fn of_workload(leaf: &Leaf) -> Kind {
    resource(leaf)
        .or_else(|| source(leaf))
        .or_else(|| under(leaf))
        .or_else(|| row(KEYS, &leaf.key))
        .unwrap_or_else(|| rest(leaf))
}

fn resource(leaf: &Leaf) -> Option<Kind> {
    let is_request = leaf.is_under(&["requests"]);
    match leaf.key.as_str() {
        "memory" if is_request => Some(Kind::MemoryRequest),
        "memory" => Some(Kind::MemoryLimit),
        "cpu" if is_request => Some(Kind::CpuRequest),
        "cpu" => Some(Kind::CpuLimit),
        _ => None,
    }
}

/// What Argo CD deploys, and from where.
fn source(leaf: &Leaf) -> Option<Kind> {
    let is_application = leaf.object.as_deref() == Some("Application");
    match leaf.key.as_str() {
        "targetRevision" | "chart" => Some(Kind::Chart),
        "version" if leaf.is_under(&["dependencies"]) => Some(Kind::Chart),
        "path" if is_application || leaf.path.last().is_some_and(|k| k == "source") => {
            Some(Kind::Source)
        }
        _ => None,
    }
}

/// The innermost key above that says what it is about.
fn under(leaf: &Leaf) -> Option<Kind> {
    leaf.path.iter().rev().find_map(|key| row(UNDER, key))
}

fn row(table: &[(Kind, &[&str])], key: &str) -> Option<Kind> {
    let row = table.iter().find(|(_, keys)| keys.contains(&key));
    row.map(|(kind, _)| *kind)
}

fn rest(leaf: &Leaf) -> Kind {
    match leaf.key.as_str() {
        "repository" | "registry" if leaf.is_under(&["image"]) => Kind::Image,
        "port" | "protocol" if leaf.is_under(&["ports", "service"]) => Kind::ServicePort,
        _ if leaf.is_under(&["data", "binaryData"]) || leaf.key == "data" => Kind::Config,
        _ => Kind::Other,
    }
}

fn of_service(leaf: &Leaf) -> Kind {
    if leaf.is_under(&["metadata"]) {
        Kind::Metadata
    } else if leaf.is_under(&["selector"]) {
        Kind::Selector
    } else if leaf.is_under(&["ports"]) || leaf.key == "type" {
        Kind::ServicePort
    } else {
        row(KEYS, &leaf.key).unwrap_or(Kind::Other)
    }
}

/// What an object as a whole is about; none for workloads.
#[must_use]
pub fn kind_of_object(object: &str) -> Option<Kind> {
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
pub fn label(kind: Kind, leaf: &Leaf) -> String {
    let item = leaf.item.as_deref().map(word).unwrap_or_default();
    let of = if item.is_empty() {
        String::new()
    } else {
        format!(" of {item}")
    };
    let key = word(&leaf.key);
    match kind {
        Kind::Image => format!("the image{of}"),
        Kind::MemoryLimit => format!("the memory limit{of}"),
        Kind::MemoryRequest => format!("the memory request{of}"),
        Kind::CpuLimit => format!("the CPU limit{of}"),
        Kind::CpuRequest => format!("the CPU request{of}"),
        Kind::LivenessProbe => format!("the liveness probe{of} ({key})"),
        Kind::ReadinessProbe => format!("the readiness probe{of} ({key})"),
        Kind::StartupProbe => format!("the startup probe{of} ({key})"),
        Kind::Probe => format!("a probe{of} ({key})"),
        Kind::Replicas => "the number of replicas".to_owned(),
        Kind::Env if item.is_empty() => "the environment".to_owned(),
        Kind::Env => format!("the environment variable {item}"),
        Kind::Config if is_configuration(leaf) => format!("{key} of the configuration"),
        Kind::Config => "the configuration".to_owned(),
        Kind::Volume => format!("the volumes ({key})"),
        Kind::Storage => format!("the storage ({key})"),
        Kind::ServicePort => format!("the Service's port ({key})"),
        Kind::ContainerPort => format!("the container's port{of}"),
        Kind::Selector => format!("the selector ({key})"),
        Kind::Ingress => format!("the ingress ({key})"),
        Kind::Chart => "the chart's version".to_owned(),
        Kind::Source => format!("where Argo CD looks ({key})"),
        Kind::SecretReference => "the reference to a Secret".to_owned(),
        Kind::Secret => "a Secret (its contents are not read out)".to_owned(),
        Kind::Command => format!("the command{of} ({key})"),
        Kind::Security => format!("the security context ({key})"),
        Kind::Scheduling => format!("the scheduling ({key})"),
        Kind::ServiceAccount => format!("the service account ({key})"),
        Kind::Schedule => format!("the schedule ({key})"),
        Kind::Quota => format!("a quota ({key})"),
        Kind::Autoscaler => format!("the autoscaler ({key})"),
        Kind::Policy => format!("a policy ({key})"),
        Kind::Certificate => format!("a certificate ({key})"),
        Kind::Metadata => "labels or annotations".to_owned(),
        _ if key.is_empty() => "the manifest".to_owned(),
        Kind::Added | Kind::Removed | Kind::Other | Kind::Unread => key,
    }
}

/// Whether the object is known to be a ConfigMap: the keys of what may be a
/// Secret are not told.
fn is_configuration(leaf: &Leaf) -> bool {
    leaf.object.as_deref() == Some("ConfigMap") && !leaf.key.is_empty() && leaf.key != "data"
}

/// A name as it can stand in a sentence.
fn word(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let fits = name.len() <= 60 && name.chars().all(is_plain) && redact(name) == name;
    if fits { name.to_owned() } else { String::new() }
}
