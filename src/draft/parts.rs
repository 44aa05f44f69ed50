//! Which workloads are one service: those of an Argo CD Application, a Flux object or a Helm
//! release, else each by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, Source};
use crate::cluster::types::{Application, ObjectMeta};
use crate::detect::{ClusterIndex, is_ours};
use crate::redact::redact;

/// Pods that K3s starts for Services of type `LoadBalancer`.
const LOAD_BALANCER: &str = "svclb-";
/// Kinds of Argo CD itself. An Application of these only is the root of others.
const ARGO_KINDS: &[&str] = &["Application", "ApplicationSet", "AppProject"];
/// Endings that say nothing.
const ENDINGS: &[&str] = &["-application", "-app", "-helm", "-chart"];

/// A workload or cron job.
struct Member<'a> {
    kind: &'a str,
    name: &'a str,
    meta: &'a ObjectMeta,
}

/// What one group of members has in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Index of the Application.
    Application(usize),
    /// Kind and name of the Flux object.
    Flux(&'static str, String),
    /// Name of the Helm release.
    Release(String),
    /// A name of its own.
    Own(String),
}

/// The services with their names, namespaces, sources and workloads.
pub fn collect(index: &ClusterIndex) -> Vec<Draft> {
    let applications = &index.snapshot.objects.applications;
    let members = members(index);
    let mut groups: BTreeMap<(String, Group), Vec<&Member>> = BTreeMap::new();
    let mut rest = Vec::new();
    for member in &members {
        let namespace = member.meta.namespace.to_string();
        match declared(applications, member) {
            Some(group) => groups.entry((namespace, group)).or_default().push(member),
            None => rest.push(member),
        }
    }
    for member in rest {
        let namespace = member.meta.namespace.to_string();
        let group = by_destination(applications, &groups, &members, member)
            .unwrap_or_else(|| by_label(&members, member));
        groups.entry((namespace, group)).or_default().push(member);
    }
    let mut drafts = Vec::new();
    for ((namespace, group), members) in &groups {
        for (root, members) in split(group, namespace, applications, members) {
            drafts.push(draft(namespace, group, &root, applications, &members));
        }
    }
    drafts.extend(without_workloads(applications, &groups));
    drafts.retain(|draft| is_name(&draft.name) && is_name(&draft.namespace));
    make_unique(&mut drafts);
    drafts.sort_by(|a, b| a.name.cmp(&b.name));
    drafts
}

fn members<'v>(index: &'v ClusterIndex<'_>) -> Vec<Member<'v>> {
    let workloads = index.workloads.iter().filter(|workload| {
        let is_system_pod = workload.kind == "Pod" && workload.meta.namespace == "kube-system";
        workload.service.is_none() && !is_system_pod && !workload.name.starts_with(LOAD_BALANCER)
    });
    let workloads = workloads.map(|workload| Member {
        kind: workload.kind,
        name: workload.name,
        meta: workload.meta,
    });
    let crons = index.snapshot.objects.cron_jobs.iter().map(|cron| Member {
        kind: "CronJob",
        name: &cron.metadata.name,
        meta: &cron.metadata,
    });
    let mut members: Vec<_> = workloads
        .chain(crons)
        .filter(|member| !is_ours(member.meta))
        .collect();
    let key = |member: &Member| {
        let meta = member.meta;
        (
            meta.namespace.to_string(),
            member.kind.to_owned(),
            member.name.to_owned(),
        )
    };
    members.sort_by_key(key);
    members
}

/// The group that an object itself names, or that names the object.
fn declared(applications: &[Application], member: &Member) -> Option<Group> {
    let named = member.meta.label("argocd.argoproj.io/instance");
    let application = applications.iter().position(|app| {
        let mut managed = app.status.resources.iter();
        let manages = managed.any(|object| {
            object.kind == member.kind
                && object.name == member.name
                && object.namespace == member.meta.namespace
        });
        manages || named.is_some_and(|name| app.metadata.name == name)
    });
    if let Some(at) = application {
        return Some(Group::Application(at));
    }
    let label = |key| member.meta.label(key).filter(|value| !value.is_empty());
    let flux = [
        ("HelmRelease", "helm.toolkit.fluxcd.io/name"),
        ("Kustomization", "kustomize.toolkit.fluxcd.io/name"),
    ];
    flux.into_iter()
        .find_map(|(kind, key)| Some(Group::Flux(kind, label(key)?.to_owned())))
}

/// The Application that deploys into the namespace: the one that is called like the workload, else
/// the only one, else the one with workloads.
fn by_destination(
    applications: &[Application],
    groups: &BTreeMap<(String, Group), Vec<&Member>>,
    members: &[Member],
    member: &Member,
) -> Option<Group> {
    let namespace = &member.meta.namespace;
    let here: Vec<usize> = (0..applications.len())
        .filter(|at| applications[*at].spec.destination.namespace == *namespace)
        .collect();
    let of_name = |name: &str| {
        let named = here.iter().copied().filter(|at| {
            let application = &applications[*at];
            names(application).iter().any(|own| extends(name, own))
        });
        named.max_by_key(|at| names(&applications[*at]).iter().map(String::len).max())
    };
    if let [only] = here.as_slice() {
        return Some(Group::Application(*only));
    }
    let others = || {
        let mut there = members.iter().filter(|m| m.meta.namespace == *namespace);
        there.find_map(|m| of_name(m.name)).or_else(|| {
            let mut known = groups
                .keys()
                .filter(|(place, _)| *namespace == place.as_str());
            known.find_map(|(_, group)| match group {
                Group::Application(at) => Some(*at),
                Group::Flux(..) | Group::Release(_) | Group::Own(_) => None,
            })
        })
    };
    let found = of_name(member.name).or_else(others);
    found.filter(|_| !here.is_empty()).map(Group::Application)
}

/// The names of an Application: its own, and the directory of its manifests.
fn names(application: &Application) -> Vec<String> {
    let own = application.metadata.name.to_string();
    let short = ENDINGS.iter().find_map(|ending| own.strip_suffix(ending));
    let short = short.map(str::to_owned);
    let directory = directory(application);
    [Some(own), short, directory]
        .into_iter()
        .flatten()
        .collect()
}

/// The last part of the path of the manifests.
fn directory(application: &Application) -> Option<String> {
    let path = manifests(application)?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    is_name(last).then(|| last.to_owned())
}

fn manifests(application: &Application) -> Option<&str> {
    let sources = application
        .spec
        .source
        .iter()
        .chain(&application.spec.sources);
    let mut paths = sources.map(|source| &*source.path);
    paths.find(|path| !path.is_empty())
}

/// Whether a name is another one, or begins with it and a dash.
fn extends(name: &str, root: &str) -> bool {
    name.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The Helm release, else the workload whose name begins this one's.
fn by_label(members: &[Member], member: &Member) -> Group {
    let managed_by_helm = member.meta.label("app.kubernetes.io/managed-by") == Some("Helm");
    let instance = member.meta.label("app.kubernetes.io/instance");
    if let Some(instance) = instance.filter(|name| managed_by_helm || !name.is_empty()) {
        return Group::Release(instance.to_owned());
    }
    let here = members
        .iter()
        .filter(|other| other.meta.namespace == member.meta.namespace);
    let roots = here.filter(|other| extends(member.name, other.name));
    let root = roots.map(|other| other.name).min_by_key(|name| name.len());
    Group::Own(root.unwrap_or(member.name).to_owned())
}

/// One group may be many services: an Application or Kustomization of a whole namespace. It is one
/// where something in it is called like the group or the namespace.
fn split<'m, 'a>(
    group: &Group,
    namespace: &str,
    applications: &[Application],
    members: &[&'m Member<'a>],
) -> BTreeMap<String, Vec<&'m Member<'a>>> {
    let group_names = match group {
        Group::Application(at) => names(&applications[*at]),
        Group::Flux(_, name) | Group::Release(name) | Group::Own(name) => vec![name.clone()],
    };
    let roots: BTreeSet<&str> = members
        .iter()
        .map(|member| {
            let shorter = members
                .iter()
                .filter(|other| extends(member.name, other.name));
            let root = shorter
                .map(|other| other.name)
                .min_by_key(|name| name.len());
            root.unwrap_or(member.name)
        })
        .collect();
    let belongs = |root: &&str| {
        let mut names = group_names.iter().map(String::as_str);
        names.any(|name| extends(root, name) || extends(name, root)) || extends(root, namespace)
    };
    let is_one = match group {
        Group::Release(_) | Group::Own(_) => true,
        Group::Application(_) | Group::Flux(..) => roots.len() == 1 || roots.iter().any(belongs),
    };
    if is_one {
        return BTreeMap::from([(String::new(), members.to_vec())]);
    }
    let mut parts: BTreeMap<String, Vec<&Member>> = BTreeMap::new();
    for member in members {
        let release = member.meta.label("app.kubernetes.io/instance");
        let root = roots.iter().find(|root| extends(member.name, root));
        let name = release.or(root.copied()).unwrap_or(member.name);
        parts.entry(name.to_owned()).or_default().push(member);
    }
    parts
}

fn draft(
    namespace: &str,
    group: &Group,
    part: &str,
    applications: &[Application],
    members: &[&Member],
) -> Draft {
    let mut draft = Draft {
        namespace: namespace.to_owned(),
        workloads: members
            .iter()
            .map(|member| (member.kind.to_owned(), member.name.to_owned()))
            .collect(),
        ..Draft::default()
    };
    match group {
        Group::Application(at) => name_by(&mut draft, &applications[*at], members),
        Group::Flux(kind, name) => {
            draft.name.clone_from(name);
            draft.source.flux = Some(format!("{kind} {name}"));
        }
        Group::Release(name) | Group::Own(name) => draft.name.clone_from(name),
    }
    if !part.is_empty() {
        draft.aliases.clear();
        part.clone_into(&mut draft.name);
    }
    draft
}

/// The name of an Application's service: the directory of its manifests where namespace or
/// workload has that name too, else the Application's.
fn name_by(draft: &mut Draft, application: &Application, members: &[&Member]) {
    let is_known =
        |name: &str| draft.namespace == name || members.iter().any(|member| member.name == name);
    let all = names(application);
    let own = application.metadata.name.to_string();
    let name = if members.iter().any(|member| member.name == own) && draft.namespace != own {
        all.iter().find(|name| draft.namespace == **name)
    } else {
        all.iter().find(|name| is_known(name))
    };
    let name = name.unwrap_or(&own).clone();
    draft.aliases = all.into_iter().filter(|other| *other != name).collect();
    draft.name = name;
    draft.source = source(application);
}

fn source(application: &Application) -> Source {
    let spec = &application.spec;
    let sources = || spec.source.iter().chain(&spec.sources);
    let text = |text: &str| (!text.is_empty()).then(|| redact(text).into_owned());
    Source {
        application: Some(application.metadata.name.to_string()),
        manifests: manifests(application).and_then(text),
        chart: sources().find_map(|source| text(&source.chart)),
        repository: sources().find_map(|source| text(&source.repo_url)),
        flux: None,
    }
}

/// Applications that deploy objects of other kinds only.
fn without_workloads<'a>(
    applications: &'a [Application],
    groups: &'a BTreeMap<(String, Group), Vec<&Member>>,
) -> impl Iterator<Item = Draft> + 'a {
    let has_workloads = |at: usize| {
        let mut found = groups.keys();
        found.any(|(_, group)| *group == Group::Application(at))
    };
    let is_root = |application: &Application| {
        let managed = &application.status.resources;
        !managed.is_empty() && managed.iter().all(|o| ARGO_KINDS.contains(&&*o.kind))
    };
    let rest = applications.iter().enumerate();
    let rest = rest.filter(move |(at, app)| !has_workloads(*at) && !is_root(app));
    rest.map(|(_, application)| {
        let mut draft = Draft {
            namespace: application.spec.destination.namespace.to_string(),
            ..Draft::default()
        };
        name_by(&mut draft, application, &[]);
        draft
    })
}

/// Two services of one name get their namespace in front, except the one that is called like it.
fn make_unique(drafts: &mut [Draft]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for draft in drafts.iter() {
        *counts.entry(draft.name.clone()).or_default() += 1;
    }
    let mut seen = BTreeSet::new();
    for draft in drafts.iter_mut() {
        if counts[&draft.name] > 1 && draft.name != draft.namespace {
            draft.name = format!("{}-{}", draft.namespace, draft.name);
        }
        let base = draft.name.clone();
        let mut number = 2;
        while !seen.insert(draft.name.clone()) {
            draft.name = format!("{base}-{number}");
            number += 1;
        }
    }
    let names: BTreeSet<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    let mut used = names.clone();
    for draft in drafts {
        let own = std::mem::take(&mut draft.aliases);
        draft.aliases = own
            .into_iter()
            .filter(|alias| used.insert(alias.clone()))
            .collect();
    }
}

/// Whether a text can be a name of Kubernetes. Others cannot be written into a heading.
fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    (1..=253).contains(&text.len())
        && text.chars().all(inner)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}
