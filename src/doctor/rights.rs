//! RBAC, verb by verb: what the monitor needs, and what it should not have. Pure.

use crate::cluster::api::AccessRule;
use crate::cluster::{Read, Snapshot};
use crate::model::{KINDS, Resource, ResourceInfo, ResourceScope};

use super::line::{Check, listed};

/// What the server said of each right.
pub type Granted = Vec<(AccessRule, Result<bool, String>)>;

/// Namespace and name of a state that is a `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMap {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl StateMap {
    /// Reads a place as `--state` spells it.
    #[must_use]
    pub fn of(place: &str) -> Option<Self> {
        let (namespace, name) = place.strip_prefix("configmap:")?.split_once('/')?;
        Some(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// Exactly what `deploy/rights/rbac.yaml` grants, by the table that a fetch goes by.
#[must_use]
pub fn to_read() -> Vec<AccessRule> {
    KINDS.iter().flat_map(rules_to_read).collect()
}

fn rules_to_read(info: &ResourceInfo) -> Vec<AccessRule> {
    // A subresource has no list.
    let verbs: &[_] = if info.resource == Resource::PodLogs {
        &["get"]
    } else {
        &["get", "list"]
    };
    let namespace = match info.scope {
        ResourceScope::Cluster | ResourceScope::Namespaced => "",
        ResourceScope::Namespace(namespace) => namespace,
    };
    let rule = |verb: &&'static str| AccessRule {
        verb,
        group: info.group,
        resource: info.plural,
        namespace: namespace.to_owned(),
        name: String::new(),
    };
    verbs.iter().map(rule).collect()
}

/// What `deploy/rights/state-rbac.yaml` grants.
#[must_use]
pub fn to_remember(state: &StateMap) -> Vec<AccessRule> {
    let right = |verb, name: &str| AccessRule {
        verb,
        group: "",
        resource: "configmaps",
        namespace: state.namespace.clone(),
        name: name.to_owned(),
    };
    let on_its_own = ["get", "update", "patch"].map(|verb| right(verb, &state.name));
    [vec![right("create", "")], on_its_own.into()].concat()
}

/// What nobody who only looks should be able to do.
#[must_use]
pub fn excess() -> Vec<AccessRule> {
    let right = |verb, group, resource| AccessRule {
        verb,
        group,
        resource,
        namespace: String::new(),
        name: String::new(),
    };
    vec![
        right("get", "", "secrets"),
        right("list", "", "secrets"),
        right("delete", "", "pods"),
        right("create", "", "pods/exec"),
        right("patch", "apps", "deployments"),
        right("*", "*", "*"),
    ]
}

/// A line for each right, and one for what is too much.
#[must_use]
pub fn checks(needed: &Granted, excess: &Granted, snapshot: Option<&Snapshot>) -> Vec<Check> {
    let unasked: Vec<&str> = needed
        .iter()
        .filter_map(|(_, answer)| answer.as_ref().err().map(String::as_str))
        .collect();
    let mut checks: Vec<_> = needed
        .iter()
        .filter_map(|(right, answer)| Some(line(right, *answer.as_ref().ok()?, snapshot)))
        .collect();
    if let Some(why) = unasked.first() {
        let message = format!(
            "{} of {} rights could not be asked for: {why}",
            unasked.len(),
            needed.len()
        );
        let remedy = "look again; every account may create selfsubjectaccessreviews unless the \
                      ClusterRole system:basic-user was changed";
        checks.push(Check::warn("rbac", &message, remedy));
    }
    checks.extend(too_much(excess));
    checks
}

fn line(right: &AccessRule, granted: bool, snapshot: Option<&Snapshot>) -> Check {
    let name = format!("rbac {}", words(right));
    if granted {
        return Check::ok(name, "granted");
    }
    if snapshot.is_some_and(|snapshot| is_absent(right, snapshot)) {
        let message = "not granted, and not needed: the cluster does not have this kind";
        return Check::off(name, message, "");
    }
    let (file, consequence) = match (right.resource, right.verb) {
        ("configmaps", _) => (
            "deploy/rights/state-rbac.yaml",
            "what was said is not remembered, and is said again",
        ),
        ("pods/log", _) => (
            "deploy/rights/rbac.yaml",
            "causes that only logs tell stay unnamed",
        ),
        (_, "list") => (
            "deploy/rights/rbac.yaml",
            "what depends on it is reported as unknown",
        ),
        _ => (
            "deploy/rights/rbac.yaml",
            "a single object cannot be looked up",
        ),
    };
    let message = format!("not granted: {consequence}");
    let remedy = format!(
        "kubectl apply --server-side -f {file}, or grant {} yourself",
        words(right)
    );
    Check::red(name, &message, &remedy)
}

/// `list certificates.cert-manager.io`, `update configmaps/state in k8s-monitor`.
fn words(right: &AccessRule) -> String {
    let mut words = format!("{} {}", right.verb, right.resource);
    if !right.group.is_empty() && right.group != "*" {
        words += &format!(".{}", right.group);
    }
    if !right.name.is_empty() {
        words += &format!("/{}", right.name);
    }
    if !right.namespace.is_empty() {
        words += &format!(" in {}", right.namespace);
    }
    words
}

fn is_absent(right: &AccessRule, snapshot: &Snapshot) -> bool {
    KINDS
        .iter()
        .filter(|info| info.group == right.group && info.plural == right.resource)
        .any(|info| snapshot.reads.get(&info.resource) == Some(&Read::Absent))
}

fn too_much(excess: &Granted) -> Option<Check> {
    const NAME: &str = "rbac excess";
    let held: Vec<_> = excess
        .iter()
        .filter(|(_, answer)| *answer == Ok(true))
        .map(|(right, _)| match right.verb {
            "*" => "everything else".to_owned(),
            _ => words(right),
        })
        .collect();
    if !held.is_empty() {
        let message = format!(
            "the account may also {}; the monitor never does",
            listed(&held)
        );
        let remedy = "by the clock, run it as the ServiceAccount of deploy/rights/rbac.yaml";
        return Some(Check::warn(NAME, &message, remedy));
    }
    let answered = excess.iter().any(|(_, answer)| answer.is_ok());
    let message = "no Secrets, no deletion, no exec, no change of workloads";
    answered.then(|| Check::ok(NAME, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{self, Off, Ok as Green, Red, Warn};

    fn right(verb: &'static str, group: &'static str, resource: &'static str) -> AccessRule {
        AccessRule {
            verb,
            group,
            resource,
            namespace: String::new(),
            name: String::new(),
        }
    }

    fn one(right: AccessRule, answer: Result<bool, String>, absent: &[Resource]) -> Check {
        let snapshot = Snapshot {
            reads: absent.iter().map(|kind| (*kind, Read::Absent)).collect(),
            ..Snapshot::default()
        };
        let mut checks = checks(&vec![(right, answer)], &Vec::new(), Some(&snapshot));
        assert_eq!(checks.len(), 1, "{checks:?}");
        checks.remove(0)
    }

    /// A right, whether it is granted, what is absent; status, name and remedy.
    type Case<'a> = (AccessRule, bool, &'a [Resource], Status, &'a str, &'a str);

    #[test]
    fn each_right_has_its_line() {
        let state = StateMap::of("configmap:a/b").unwrap();
        let update = to_remember(&state).remove(2);
        let gateways = || right("list", "gateway.networking.k8s.io", "gateways");
        let absent = &[Resource::Gateways][..];
        let cases: [Case; 7] = [
            (
                right("list", "", "pods"),
                true,
                &[],
                Green,
                "rbac list pods",
                "",
            ),
            (
                right("list", "", "nodes"),
                false,
                &[],
                Red,
                "rbac list nodes",
                "deploy/rights/rbac.yaml",
            ),
            (
                right("get", "", "pods/log"),
                false,
                &[],
                Red,
                "rbac get pods/log",
                "deploy/rights/rbac.yaml",
            ),
            (
                gateways(),
                false,
                &[],
                Red,
                "rbac list gateways.gateway.networking.k8s.io",
                "grant",
            ),
            (
                gateways(),
                false,
                absent,
                Off,
                "rbac list gateways.gateway.networking.k8s.io",
                "",
            ),
            (
                gateways(),
                true,
                absent,
                Green,
                "rbac list gateways.gateway.networking.k8s.io",
                "",
            ),
            (
                update,
                false,
                &[],
                Red,
                "rbac update configmaps/b in a",
                "deploy/rights/state-rbac.yaml",
            ),
        ];
        for (right, granted, absent, status, name, remedy) in cases {
            let check = one(right, Ok(granted), absent);
            assert_eq!(
                (check.status, check.name.as_str()),
                (status, name),
                "{check:?}"
            );
            let said = check.remedy.unwrap_or_default();
            assert!(said.contains(remedy), "{said}");
        }
    }

    #[test]
    fn rights_that_could_not_be_asked_for_share_a_line() {
        let silent = |verb| (right(verb, "", "pods"), Err("no answer".to_owned()));
        let checks = checks(&vec![silent("get"), silent("list")], &Vec::new(), None);
        assert_eq!(checks.len(), 1, "{checks:?}");
        assert_eq!(checks[0].status, Warn);
        assert!(checks[0].message.contains("2 of 2"), "{checks:?}");
    }

    #[test]
    fn too_many_rights_are_a_note() {
        let asked = |granted: &[usize]| -> Granted {
            let rights = excess().into_iter().enumerate();
            rights
                .map(|(at, right)| (right, Ok(granted.contains(&at))))
                .collect()
        };
        assert_eq!(too_much(&asked(&[])).unwrap().status, Green);
        let note = too_much(&asked(&[0, 5])).unwrap();
        assert_eq!(note.status, Warn);
        assert!(
            note.message.contains("get secrets, everything else"),
            "{note:?}"
        );
        assert_eq!(too_much(&Vec::new()), None);
    }

    #[test]
    fn only_a_config_map_has_a_name() {
        assert_eq!(StateMap::of("dir:/a/b"), None);
        assert_eq!(StateMap::of("none"), None);
        assert_eq!(StateMap::of("configmap:a/b").unwrap().name, "b");
    }
}
