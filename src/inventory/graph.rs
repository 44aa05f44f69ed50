//! The inventory: look-up of services and the graph of their dependencies.
//!
//! A service X depends on Y when X lists Y under `Dependencies` or Y lists X under `Dependents`. The
//! file needs to list a dependency only once.

use std::collections::HashSet;

use serde::Serialize;

use super::diagnostic::Diagnostic;
use super::model::{ContextSection, Dependency, Service};
use super::suggest::Nearest;

/// The content of the services file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// In file order.
    pub services: Vec<Service>,
    /// The problems of the file, in the order of its lines.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
    /// URL of the `GitOps` repository: the first `Repo` of a service, else the
    /// `Repository` line of the prose.
    pub repository: Option<String>,
    /// Prose sections, as context for the model.
    pub context: Vec<ContextSection>,
}

/// How one service depends on another.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Edge {
    /// One of the two lists the other by name.
    Named,
    /// A phrase for many services (`Dependents: ALL services`, `All HTTPS services`): weak evidence
    /// for a root cause.
    Sweeping,
}

impl Inventory {
    /// The service with this name, else with this alias. Ignores case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Service> {
        let name = name.trim();
        self.services
            .iter()
            .find(|service| service.name.eq_ignore_ascii_case(name))
            .or_else(|| self.services.iter().find(|service| service.is_called(name)))
    }

    /// The listed name or alias that is most similar to `name`.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let mut nearest = Nearest::to(name.trim());
        for service in &self.services {
            nearest.consider(&service.name);
            service
                .aliases
                .iter()
                .for_each(|alias| nearest.consider(alias));
        }
        nearest.found()
    }

    /// `owner/name` of the `GitOps` repository on GitHub.
    #[must_use]
    pub fn repository_slug(&self) -> Option<String> {
        let url = self.repository.as_deref()?;
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = path.strip_prefix("git@").unwrap_or(path);
        let mut parts = path
            .split(['/', ':'])
            .filter(|part| !part.is_empty())
            .skip(1);
        let (owner, name) = (parts.next()?, parts.next()?);
        Some(format!(
            "{owner}/{}",
            name.strip_suffix(".git").unwrap_or(name)
        ))
    }

    /// The listed services that `name` depends on: first those listed by name, then those of a
    /// sweeping phrase, each group in file order.
    #[must_use]
    pub fn dependencies_of(&self, name: &str) -> Vec<&Service> {
        self.get(name)
            .map(|service| self.ranked(|other| self.edge(service, other)))
            .unwrap_or_default()
    }

    /// The listed services that depend on `name`, ordered as in
    /// [`Self::dependencies_of`].
    #[must_use]
    pub fn dependents_of(&self, name: &str) -> Vec<&Service> {
        self.get(name)
            .map(|service| self.ranked(|other| self.edge(other, service)))
            .unwrap_or_default()
    }

    /// Whether and how `name` depends on `on`.
    #[must_use]
    pub fn depends_on(&self, name: &str, on: &str) -> Option<Edge> {
        self.edge(self.get(name)?, self.get(on)?)
    }

    fn ranked<'a>(&'a self, edge: impl Fn(&'a Service) -> Option<Edge>) -> Vec<&'a Service> {
        let edges: Vec<_> = self
            .services
            .iter()
            .map(|other| (other, edge(other)))
            .collect();
        [Edge::Named, Edge::Sweeping]
            .into_iter()
            .flat_map(|wanted| {
                edges
                    .iter()
                    .filter(move |(_, edge)| *edge == Some(wanted))
                    .map(|(other, _)| *other)
            })
            .collect()
    }

    fn edge(&self, service: &Service, on: &Service) -> Option<Edge> {
        if service.name == on.name {
            None
        } else if is_listed(service, on, false) {
            Some(Edge::Named)
        } else if (on.dependents_all || is_listed(service, on, true))
            && self.applies_to(service, on)
        {
            Some(Edge::Sweeping)
        } else {
            None
        }
    }

    /// Whether a sweeping phrase of `on` includes `service`. It does not include the services that K3s
    /// ships, what `on` itself depends on, or a service that declares no dependencies. Such a service
    /// still depends on the cluster's DNS.
    fn applies_to(&self, service: &Service, on: &Service) -> bool {
        if service.builtin.is_some() {
            return false;
        }
        if service.declares_no_dependencies && on.builtin.is_none() {
            return false;
        }
        !self.upstream(on).contains(service.name.as_str())
    }

    /// Every service that `start` depends on by name, directly or indirectly.
    fn upstream<'a>(&'a self, start: &'a Service) -> HashSet<&'a str> {
        let mut seen = HashSet::new();
        let mut open = vec![start];
        while let Some(service) = open.pop() {
            for other in &self.services {
                if other.name != service.name
                    && is_listed(service, other, false)
                    && seen.insert(other.name.as_str())
                {
                    open.push(other);
                }
            }
        }
        seen
    }
}

/// Whether one of the two lists the other, by name or by a phrase.
fn is_listed(service: &Service, on: &Service, sweeping: bool) -> bool {
    let lists = |list: &[Dependency], wanted: &str| {
        list.iter()
            .any(|entry| entry.sweeping == sweeping && entry.service.as_deref() == Some(wanted))
    };
    lists(&service.dependencies, &on.name) || lists(&on.dependents, &service.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{builtin, parse};

    fn names(services: Vec<&Service>) -> Vec<&str> {
        services
            .into_iter()
            .map(|service| service.name.as_str())
            .collect()
    }

    fn inventory() -> Inventory {
        parse(
            b"1. Core (P0)\n\n1.1 db\n- Namespace: db\n- Dependencies: secrets\n\n\
              1.2 web (site)\n- Namespace: web\n- Dependencies: db\n\n\
              1.3 edge\n- Namespace: edge\n- Dependencies: None\n- Dependents: web\n\n\
              2. More (P1)\n\n2.1 secrets\n- Namespace: secrets\n- Dependents: ALL services via sync\n\n\
              2.2 sync\n- Namespace: sync\n- Dependencies: secrets\n- Dependents: ALL application services\n",
        )
    }

    #[test]
    fn dependencies_and_dependents_are_both_edges() {
        let inventory = inventory();
        assert_eq!(
            names(inventory.dependencies_of("WEB")),
            ["db", "edge", "secrets", "sync"]
        );
        assert_eq!(names(inventory.dependents_of("edge")), ["web"]);
        assert_eq!(inventory.depends_on("site", "edge"), Some(Edge::Named));
        assert_eq!(inventory.depends_on("web", "secrets"), Some(Edge::Sweeping));
        assert!(inventory.dependencies_of("nobody").is_empty());
    }

    #[test]
    fn a_sweeping_phrase_excludes_upstream_services_and_those_without_dependencies() {
        let inventory = inventory();
        assert_eq!(
            names(inventory.dependents_of("secrets")),
            ["db", "sync", "web"]
        );
        assert_eq!(names(inventory.dependents_of("sync")), ["db", "web"]);
        assert!(inventory.dependencies_of("edge").is_empty());
    }

    #[test]
    fn everything_depends_on_the_cluster_dns() {
        let mut inventory = inventory();
        inventory.services.extend(builtin());
        assert_eq!(names(inventory.dependencies_of("edge")), ["coredns"]);
        assert!(inventory.dependencies_of("coredns").is_empty());
    }

    #[test]
    fn the_repository_is_cut_to_owner_and_name() {
        for (url, slug) in [
            ("https://github.com/owner/repo", Some("owner/repo")),
            ("https://github.com/owner/repo.git/", Some("owner/repo")),
            ("git@github.com:owner/repo.git", Some("owner/repo")),
            ("github.com/owner/repo/tree/main", Some("owner/repo")),
            ("https://github.com/owner", None),
        ] {
            let inventory = Inventory {
                repository: Some(url.into()),
                ..Inventory::default()
            };
            assert_eq!(inventory.repository_slug().as_deref(), slug, "{url}");
        }
    }

    #[test]
    fn a_misspelled_name_has_a_suggestion() {
        let inventory = inventory();
        assert_eq!(inventory.nearest("secrts"), Some("secrets"));
        assert_eq!(inventory.nearest("Datadog"), None);
    }
}
