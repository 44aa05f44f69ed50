//! RBAC: the access rules that the monitor needs, and those that it should not have. Pure.

use crate::cluster::api::AccessRule;
use crate::cluster::{Read, Snapshot};
use crate::model::{CUSTOM_KINDS, KINDS, Resource, ResourceInfo, ResourceScope};

use super::line::{Check, listed};

/// Access rules with the server's answer: whether it grants them.
pub type Granted = Vec<(AccessRule, Result<bool, String>)>;

/// Namespace and name of the `ConfigMap` with the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMap {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl StateMap {
    /// Parses a location in the syntax of `--state`.
    #[must_use]
    pub fn of(location: &str) -> Option<Self> {
        let (namespace, name) = location.strip_prefix("configmap:")?.split_once('/')?;
        Some(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// The access rules of `deploy/rights/rbac.yaml`, from the table of kinds.
#[must_use]
pub fn to_read() -> Vec<AccessRule> {
    KINDS.iter().flat_map(rules_to_read).collect()
}

/// The access rules of the custom kinds that the table names. A cluster without them answers nothing
/// about them, so that `doctor` goes by what was read.
#[must_use]
pub fn to_read_custom() -> Vec<AccessRule> {
    let kinds = CUSTOM_KINDS.iter();
    kinds
        .flat_map(|row| {
            ["get", "list"].map(|verb| AccessRule {
                verb,
                group: row.group,
                resource: row.plural,
                namespace: String::new(),
                name: String::new(),
            })
        })
        .collect()
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

/// The access rules of `deploy/rights/state-rbac.yaml`.
#[must_use]
pub fn to_store(state: &StateMap) -> Vec<AccessRule> {
    let rule = |verb, name: &str| AccessRule {
        verb,
        group: "",
        resource: "configmaps",
        namespace: state.namespace.clone(),
        name: name.to_owned(),
    };
    let named = ["get", "update", "patch"].map(|verb| rule(verb, &state.name));
    [vec![rule("create", "")], named.into()].concat()
}

/// Access rules that an account for monitoring should not have.
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

/// One check for each access rule, and one for excessive rights.
#[must_use]
pub fn checks(needed: &Granted, excess: &Granted, snapshot: Option<&Snapshot>) -> Vec<Check> {
    let failed: Vec<&str> = needed
        .iter()
        .filter_map(|(_, answer)| answer.as_ref().err().map(String::as_str))
        .collect();
    let mut checks: Vec<_> = needed
        .iter()
        .filter_map(|(right, answer)| Some(line(right, *answer.as_ref().ok()?, snapshot)))
        .collect();
    if let Some(why) = failed.first() {
        let message = format!(
            "{} of {} rights could not be checked: {why}",
            failed.len(),
            needed.len()
        );
        let remedy = "run doctor again; every account may create selfsubjectaccessreviews, unless \
                      the ClusterRole system:basic-user was changed";
        checks.push(Check::warn("rbac", &message, remedy));
    }
    checks.extend(excess_check(excess));
    checks
}

fn line(right: &AccessRule, granted: bool, snapshot: Option<&Snapshot>) -> Check {
    const ALL: &str = "kubectl apply --server-side -f deploy/rights/rbac.yaml";
    const OF_THE_STATE: &str = "kubectl apply --server-side -f deploy/rights/state-rbac.yaml";
    let name = format!("rbac {}", rule_text(right));
    if granted {
        return Check::ok(name, "granted");
    }
    if snapshot.is_some_and(|snapshot| is_absent(right, snapshot)) {
        let message = "not granted and not needed: the cluster does not have this kind";
        return Check::off(name, message, "");
    }
    let (command, consequence) = match (right.resource, right.verb) {
        ("configmaps", _) => (
            OF_THE_STATE,
            "the state is not saved, and notifications are sent again",
        ),
        ("pods/log", _) => (ALL, "causes that only logs show are not found"),
        (_, "list") => (ALL, "what depends on this kind is reported as unknown"),
        _ => (ALL, "single objects cannot be read"),
    };
    let message = format!("not granted: {consequence}");
    let remedy = format!("{command}, or grant {}", rule_text(right));
    Check::red(name, &message, &remedy)
}

/// `list certificates.cert-manager.io`, `update configmaps/state in k8s-monitor`.
fn rule_text(right: &AccessRule) -> String {
    let mut text = format!("{} {}", right.verb, right.resource);
    if !right.group.is_empty() && right.group != "*" {
        text += &format!(".{}", right.group);
    }
    if !right.name.is_empty() {
        text += &format!("/{}", right.name);
    }
    if !right.namespace.is_empty() {
        text += &format!(" in {}", right.namespace);
    }
    text
}

fn is_absent(right: &AccessRule, snapshot: &Snapshot) -> bool {
    KINDS
        .iter()
        .filter(|info| info.group == right.group && info.plural == right.resource)
        .any(|info| snapshot.reads.get(&info.resource) == Some(&Read::Absent))
}

fn excess_check(excess: &Granted) -> Option<Check> {
    const NAME: &str = "rbac excess";
    let held: Vec<_> = excess
        .iter()
        .filter(|(_, answer)| *answer == Ok(true))
        .map(|(right, _)| match right.verb {
            "*" => "everything else".to_owned(),
            _ => rule_text(right),
        })
        .collect();
    if !held.is_empty() {
        let message = format!(
            "the account may also {}, which the monitor does not need",
            listed(&held)
        );
        let remedy = "run scheduled cycles with the ServiceAccount of deploy/rights/rbac.yaml";
        return Some(Check::warn(NAME, &message, remedy));
    }
    let answered = excess.iter().any(|(_, answer)| answer.is_ok());
    let message = "none: no access to Secrets, no delete, no exec, no changes of workloads";
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
    fn each_access_rule_has_its_check() {
        let state = StateMap::of("configmap:a/b").unwrap();
        let update = to_store(&state).remove(2);
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
            let found = check.remedy.unwrap_or_default();
            assert!(found.contains(remedy), "{found}");
        }
    }

    #[test]
    fn rules_that_could_not_be_checked_share_a_check() {
        let failed = |verb| (right(verb, "", "pods"), Err("no answer".to_owned()));
        let checks = checks(&vec![failed("get"), failed("list")], &Vec::new(), None);
        assert_eq!(checks.len(), 1, "{checks:?}");
        assert_eq!(checks[0].status, Warn);
        assert!(checks[0].message.contains("2 of 2"), "{checks:?}");
    }

    #[test]
    fn excess_rights_are_a_warning() {
        let asked = |granted: &[usize]| -> Granted {
            let rights = excess().into_iter().enumerate();
            rights
                .map(|(at, right)| (right, Ok(granted.contains(&at))))
                .collect()
        };
        assert_eq!(excess_check(&asked(&[])).unwrap().status, Green);
        let note = excess_check(&asked(&[0, 5])).unwrap();
        assert_eq!(note.status, Warn);
        assert!(
            note.message.contains("get secrets, everything else"),
            "{note:?}"
        );
        assert_eq!(excess_check(&Vec::new()), None);
    }

    #[test]
    fn only_a_config_map_has_a_name() {
        assert_eq!(StateMap::of("dir:/a/b"), None);
        assert_eq!(StateMap::of("none"), None);
        assert_eq!(StateMap::of("configmap:a/b").unwrap().name, "b");
    }
}
