//! What a commit changes in a file, described without secrets.
//!
//! Values are shown only for keys whose values are numbers, names or images, never for environment
//! variables, ConfigMaps, arguments or Secrets.

use serde::{Deserialize, Serialize};

use super::classify;
use super::patch::{self, Difference};
use crate::cluster::quantity;
use crate::model::{ChangeKind, Direction};
use crate::redact::{is_secret_name, redact};

/// Changes kept per file.
const MAX_CHANGES: usize = 12;
/// Longer values are not shown, in bytes.
const MAX_VALUE_LENGTH: usize = 120;

/// One thing that a commit changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed.
    pub kind: ChangeKind,
    /// The direction.
    #[serde(rename = "way")]
    pub direction: Direction,
    /// A description, with the verb first: `lowers the memory limit from 2Gi to 256Mi`.
    pub text: String,
}

/// A file of a commit, as the repository's host describes it.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The path.
    pub path: &'a str,
    /// The path before a rename.
    pub previous: Option<&'a str>,
    /// GitHub's status: `added`, `modified`, `removed`, `renamed` and others.
    pub status: &'a str,
    /// The patch; `None` for files that are binary or too large.
    pub patch: Option<&'a str>,
}

/// The changes of a file. Documentation and comments are none.
#[must_use]
pub fn of_file(file: &File) -> Vec<Change> {
    if classify::is_documentation(file.path) {
        return Vec::new();
    }
    let is_manifest = classify::is_manifest(file.path);
    match (file.status, file.patch) {
        ("removed", patch) if is_manifest => whole_objects(file.path, patch, Direction::Removed),
        ("added", Some(patch)) if is_manifest => {
            whole_objects(file.path, Some(patch), Direction::Added)
        }
        // Argo CD applies the same objects.
        ("renamed", None) => Vec::new(),
        (_, Some(patch)) if is_manifest => keys(file.path, patch),
        (_, Some(_)) => vec![other_file(file.path)],
        (_, None) => vec![Change {
            kind: ChangeKind::Unread,
            direction: Direction::Changed,
            text: format!("changes {}, which has no readable patch", name(file.path)),
        }],
    }
}

/// A file that is moved into or out of the folder that Argo CD applies.
#[must_use]
pub fn moved(file: &File, is_out: bool) -> Change {
    let (kind, direction, preposition) = if is_out {
        (ChangeKind::Removed, Direction::Removed, "out of")
    } else {
        (ChangeKind::Added, Direction::Added, "into")
    };
    let path = if is_out {
        file.previous.unwrap_or(file.path)
    } else {
        file.path
    };
    Change {
        kind,
        direction,
        text: format!(
            "moves {} {preposition} the folder that Argo CD applies",
            name(path)
        ),
    }
}

fn name(path: &str) -> String {
    redact(path.rsplit('/').next().unwrap_or(path)).into_owned()
}

/// A file that is not a manifest. It may be mounted from a generated ConfigMap.
fn other_file(path: &str) -> Change {
    let is_secret = classify::object_of(path) == Some("Secret") || is_secret_name(&name(path));
    let (kind, what) = if is_secret {
        (ChangeKind::Secret, "a file with secrets".to_owned())
    } else {
        (ChangeKind::Config, format!("the file {}", name(path)))
    };
    Change {
        kind,
        direction: Direction::Changed,
        text: format!("changes {what}"),
    }
}

/// The objects of a file that is added or removed.
fn whole_objects(path: &str, patch: Option<&str>, direction: Direction) -> Vec<Change> {
    let mut kinds = patch.map(patch::kinds).unwrap_or_default();
    if kinds.is_empty() {
        kinds.extend(classify::object_of(path).map(str::to_owned));
    }
    let verb = if direction == Direction::Removed {
        "removes"
    } else {
        "adds"
    };
    let change = |object: &str| {
        let known = classify::kind_of_object(object);
        let kind = match (known, direction) {
            (Some(kind), _) if !matches!(kind, ChangeKind::Selector) => kind,
            (_, Direction::Removed) => ChangeKind::Removed,
            _ => ChangeKind::Added,
        };
        let what = if object.is_empty() {
            format!("the file {}", name(path))
        } else {
            let article = if object.starts_with(['A', 'E', 'I', 'O']) {
                "an"
            } else {
                "a"
            };
            format!("{article} {}", redact(object))
        };
        Change {
            kind,
            direction,
            text: format!("{verb} {what}"),
        }
    };
    if kinds.is_empty() {
        kinds.push(String::new());
    }
    kinds
        .iter()
        .take(MAX_CHANGES)
        .map(|object| change(object))
        .collect()
}

/// The changed keys of a file, without duplicates.
fn keys(path: &str, patch: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for difference in patch::differences(patch, classify::object_of(path)) {
        let change = of_key(&difference);
        if changes.len() < MAX_CHANGES && !changes.contains(&change) {
            changes.push(change);
        }
    }
    changes
}

fn of_key(difference: &Difference) -> Change {
    let key = &difference.key;
    let kind = classify::kind_of(key);
    let old = difference.old.as_deref().and_then(|v| shown(kind, v));
    let new = difference.new.as_deref().and_then(|v| shown(kind, v));
    let direction = match (&difference.old, &difference.new) {
        (None, _) => Direction::Added,
        (_, None) => Direction::Removed,
        (Some(old), Some(new)) => direction(kind, old, new),
    };
    let what = classify::label(kind, key);
    let text = match (direction, old, new) {
        (Direction::Raised, Some(old), Some(new)) => format!("raises {what} from {old} to {new}"),
        (Direction::Lowered, Some(old), Some(new)) => format!("lowers {what} from {old} to {new}"),
        (Direction::Added, _, Some(new)) => format!("sets {what} to {new}"),
        (Direction::Added, ..) => format!("adds {what}"),
        (Direction::Removed, Some(old), _) => format!("removes {what}, which was {old}"),
        (Direction::Removed, ..) => format!("removes {what}"),
        (_, Some(old), Some(new)) => format!("changes {what} from {old} to {new}"),
        _ => format!("changes {what}"),
    };
    Change {
        kind,
        direction,
        text,
    }
}

/// A value that may be shown: of a kind without secrets, and plain.
fn shown(kind: ChangeKind, value: &str) -> Option<&str> {
    let is_public = matches!(
        kind,
        ChangeKind::Image
            | ChangeKind::MemoryLimit
            | ChangeKind::MemoryRequest
            | ChangeKind::CpuLimit
            | ChangeKind::CpuRequest
            | ChangeKind::LivenessProbe
            | ChangeKind::ReadinessProbe
            | ChangeKind::StartupProbe
            | ChangeKind::Probe
            | ChangeKind::Replicas
            | ChangeKind::ServicePort
            | ChangeKind::ContainerPort
            | ChangeKind::Chart
            | ChangeKind::Storage
            | ChangeKind::Selector
    );
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+".contains(c);
    let fits = !value.is_empty() && value.len() <= MAX_VALUE_LENGTH && value.chars().all(is_plain);
    (is_public && fits && redact(value) == value).then_some(value)
}

fn direction(kind: ChangeKind, old: &str, new: &str) -> Direction {
    let is_amount = matches!(
        kind,
        ChangeKind::MemoryLimit
            | ChangeKind::MemoryRequest
            | ChangeKind::CpuLimit
            | ChangeKind::CpuRequest
            | ChangeKind::Replicas
            | ChangeKind::Storage
            | ChangeKind::Autoscaler
    );
    match (quantity::parse(old), quantity::parse(new)) {
        (Some(old), Some(new)) if is_amount && new > old => Direction::Raised,
        (Some(old), Some(new)) if is_amount && new < old => Direction::Lowered,
        _ => Direction::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, patch: &str) -> Vec<(ChangeKind, Direction, String)> {
        let file = File {
            path,
            previous: None,
            status: "modified",
            patch: Some(patch),
        };
        let changes = of_file(&file).into_iter();
        changes.map(|c| (c.kind, c.direction, c.text)).collect()
    }

    #[test]
    #[rustfmt::skip]
    fn a_change_is_described() {
        for (path, patch, kind, direction, text) in [
            ("m/deployment.yaml", "@@ -9,5 +9,5 @@\n         - name: api\n           resources:\n             limits:\n-              memory: 2Gi\n+              memory: 256Mi",
             ChangeKind::MemoryLimit, Direction::Lowered, "lowers the memory limit of api from 2Gi to 256Mi"),
            ("m/values.yaml", "@@ -1,4 +1,4 @@\n resources:\n   requests:\n-    cpu: 250m\n+    cpu: \"4\"",
             ChangeKind::CpuRequest, Direction::Raised, "raises the CPU request from 250m to 4"),
            ("m/deployment.yaml", "@@ -9,3 +9,3 @@\n       - name: api\n-        image: repo/api:5.8.0\n+        image: repo/api:5.9.0",
             ChangeKind::Image, Direction::Changed, "changes the image of api from repo/api:5.8.0 to repo/api:5.9.0"),
            ("m/kustomization.yaml", "@@ -1,4 +1,4 @@\n images:\n   - name: repo/api\n-    newTag: v1\n+    newTag: v2",
             ChangeKind::Image, Direction::Changed, "changes the image of repo/api from v1 to v2"),
            ("m/d.yaml", "@@ -1,5 +1,5 @@\n           readinessProbe:\n             httpGet:\n               path: /health\n-              port: 8000\n+              port: 8080",
             ChangeKind::ReadinessProbe, Direction::Changed, "changes the readiness probe (port) from 8000 to 8080"),
            ("m/d.yaml", "@@ -1,3 +1,3 @@ spec:\n-  replicas: 2\n+  replicas: 0", ChangeKind::Replicas, Direction::Lowered, "lowers the number of replicas from 2 to 0"),
            ("m/d.yaml", "@@ -1,4 +1,4 @@\n         env:\n         - name: DB_PASSWORD\n-          value: hunter2\n+          value: hunter3",
             ChangeKind::Env, Direction::Changed, "changes the environment variable DB_PASSWORD"),
            ("m/configmap.yaml", "@@ -1,4 +1,4 @@\n kind: ConfigMap\n data:\n-  LOG: a\n+  LOG: b", ChangeKind::Config, Direction::Changed, "changes the ConfigMap key LOG"),
            ("m/s.yaml", "@@ -1,4 +1,4 @@\n kind: Secret\n stringData:\n-  PIN: a1\n+  PIN: b1", ChangeKind::Secret, Direction::Changed, "changes a Secret (its contents are not shown)"),
            ("m/sealed-secret.yaml", "@@ -9,2 +9,2 @@\n-  PIN: AgBy3i4OJSWK\n+  PIN: AgBy3i4OJSWL", ChangeKind::Secret, Direction::Changed, "changes a Secret (its contents are not shown)"),
            ("m/d.yaml", "@@ -1,4 +1,4 @@\n     secretKeyRef:\n-      name: a\n+      name: b", ChangeKind::SecretReference, Direction::Changed, "changes the reference to a Secret"),
            ("m/service.yaml", "@@ -1,4 +1,4 @@\n kind: Service\n spec:\n   selector:\n-    app: api\n+    app: web", ChangeKind::Selector, Direction::Changed, "changes the selector (app) from api to web"),
            ("m/service.yaml", "@@ -1,4 +1,4 @@\n   ports:\n   - name: http\n-    targetPort: 8000\n+    targetPort: 80", ChangeKind::ServicePort, Direction::Changed, "changes the Service's port (targetPort) from 8000 to 80"),
            ("apps/cert-manager.yaml", "@@ -1,5 +1,5 @@\n kind: Application\n   source:\n     chart: cert-manager\n-    targetRevision: v1.18.2\n+    targetRevision: v1.19.0", ChangeKind::Chart, Direction::Changed, "changes the chart's version from v1.18.2 to v1.19.0"),
            ("m/pvc.yaml", "@@ -1,4 +1,4 @@\n   resources:\n     requests:\n-      storage: 10Gi\n+      storage: 5Gi", ChangeKind::Storage, Direction::Lowered, "lowers the storage (storage) from 10Gi to 5Gi"),
            ("m/ingress.yaml", "@@ -1,4 +1,4 @@\n   rules:\n-  - host: a.example.com\n+  - host: b.example.com", ChangeKind::Ingress, Direction::Changed, "changes the ingress (host)"),
            ("m/my.cnf", "@@ -1 +1 @@\n-innodb_buffer_pool_size=1G\n+innodb_buffer_pool_size=4G", ChangeKind::Config, Direction::Changed, "changes the file my.cnf"),
        ] {
            assert_eq!(of(path, patch), [(kind, direction, text.to_owned())], "{path}\n{patch}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let patches = [
            (
                "m/secret.yaml",
                "@@ -1,3 +1,3 @@\n data:\n-  a: QUJDREVGRw==\n+  a: SFVOVEVSMg==",
            ),
            (
                "m/d.yaml",
                "@@ -1,3 +1,3 @@\n args:\n-  - --password=hunter1\n+  - --password=hunter2",
            ),
            (
                "m/d.yaml",
                "@@ -1,3 +1,3 @@\n image:\n-  tag: ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2\n+  tag: v1",
            ),
            (
                "m/values.yaml",
                "@@ -1,3 +1,3 @@\n auth:\n-  rootPassword: hunter1\n+  rootPassword: hunter2",
            ),
            ("m/.env", "@@ -1 +1 @@\n-PIN=hunter1\n+PIN=hunter2"),
        ];
        for (path, patch) in patches {
            let shown = format!("{:?}", of(path, patch));
            for secret in ["hunter", "QUJD", "SFVO", "a1B2"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }

    #[test]
    fn documentation_comments_and_renames_are_no_changes() {
        let file = |path, status, patch| {
            of_file(&File {
                path,
                previous: None,
                status,
                patch,
            })
        };
        assert_eq!(
            file("m/README.md", "modified", Some("@@ -1 +1 @@\n-a\n+b")),
            []
        );
        assert_eq!(
            file("m/d.yaml", "modified", Some("@@ -1 +1 @@\n-# a\n+# b")),
            []
        );
        assert_eq!(file("m/logo.png", "modified", None), []);
        assert_eq!(file("m/d.yaml", "renamed", None), []);
        assert_eq!(
            file("m/d.yaml", "modified", None)[0].kind,
            ChangeKind::Unread
        );
    }

    #[test]
    fn added_and_removed_objects_are_named() {
        let file = |status, patch| {
            let file = File {
                path: "m/x.yaml",
                previous: None,
                status,
                patch: Some(patch),
            };
            of_file(&file)
                .into_iter()
                .map(|c| (c.kind, c.text))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            file("removed", "@@ -1,2 +0,0 @@\n-kind: Deployment\n-x: 1"),
            [(ChangeKind::Removed, "removes a Deployment".to_owned())]
        );
        assert_eq!(
            file("added", "@@ -0,0 +1,2 @@\n+kind: NetworkPolicy\n+x: 1"),
            [(ChangeKind::Policy, "adds a NetworkPolicy".to_owned())]
        );
    }
}
