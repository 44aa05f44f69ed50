//! Resolves the names under `Dependencies` and `Dependents` to services.

use std::collections::HashMap;

use super::diagnostic::{Diagnostics, did_you_mean, quote};
use super::fields::{Draft, Link};
use super::model::Dependency;
use super::suggest::Nearest;
use super::values;

/// Limits that keep the time for absurd files linear: entries that names for several services may
/// add, and comparisons in search of misspelled names.
const MAX_ENTRIES: usize = 20_000;
const MAX_COMPARISONS: usize = 400_000;

/// Resolves every link of every draft.
pub(super) fn resolve(drafts: &mut [Draft], diagnostics: &mut Diagnostics<'_, '_>) {
    let mut resolver = Resolver::new(drafts);
    let mut results = Vec::with_capacity(drafts.len());
    for (own, draft) in drafts.iter().enumerate() {
        let mut result = Resolved::default();
        for link in &draft.links {
            resolver.resolve(own, link, &mut result, diagnostics);
        }
        results.push(result);
    }
    for (draft, result) in drafts.iter_mut().zip(results) {
        draft.service.dependencies = result.dependencies;
        draft.service.dependents = result.dependents;
        draft.service.dependents_all = result.all;
    }
}

#[derive(Default)]
struct Resolved {
    dependencies: Vec<Dependency>,
    dependents: Vec<Dependency>,
    all: bool,
}

struct Resolver {
    /// Names as written, in file order.
    names: Vec<String>,
    with_ingress: Vec<usize>,
    /// Indices by name and alias in lower case. A name takes precedence over an alias.
    by_name: HashMap<String, usize>,
    /// The same, sorted, to find all names with a prefix.
    sorted: Vec<(String, usize)>,
    entries_left: usize,
    comparisons_left: usize,
}

impl Resolver {
    fn new(drafts: &[Draft]) -> Self {
        let mut by_name = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            by_name.insert(draft.service.name.to_ascii_lowercase(), index);
        }
        for (index, draft) in drafts.iter().enumerate() {
            for alias in &draft.service.aliases {
                by_name.entry(alias.to_ascii_lowercase()).or_insert(index);
            }
        }
        let mut sorted: Vec<(String, usize)> = by_name
            .iter()
            .map(|(name, index)| (name.clone(), *index))
            .collect();
        sorted.sort_unstable();
        Self {
            names: drafts
                .iter()
                .map(|draft| draft.service.name.clone())
                .collect(),
            with_ingress: (0..drafts.len())
                .filter(|index| !drafts[*index].service.ingress.is_empty())
                .collect(),
            by_name,
            sorted,
            entries_left: MAX_ENTRIES,
            comparisons_left: MAX_COMPARISONS,
        }
    }

    fn resolve(
        &mut self,
        own: usize,
        link: &Link,
        result: &mut Resolved,
        diagnostics: &mut Diagnostics<'_, '_>,
    ) {
        let list = if link.is_dependency {
            &mut result.dependencies
        } else {
            &mut result.dependents
        };
        let mut entry = Dependency {
            name: link.name.clone(),
            note: link.note.clone(),
            service: None,
            sweeping: false,
        };
        let services = if is_sweeping(&link.name) && !link.is_dependency {
            let (services, by_name) = self.resolve_sweeping(link);
            result.all |= services.is_empty();
            entry.sweeping = !by_name;
            // The names in its brackets are the services, not a note.
            entry.note = entry.note.filter(|_| !by_name);
            services
        } else {
            let services = self.services_named(&link.name);
            match services.as_slice() {
                [] => self.warn_if_misspelled(own, link, diagnostics),
                [one] if *one == own => {
                    let message =
                        format!("{} lists itself as a dependency", quote(&self.names[own]));
                    diagnostics.warn(diagnostics.span(link.line, &link.name), message, None);
                }
                _ => {}
            }
            services
        };
        let before = list.len();
        for index in services
            .into_iter()
            .filter(|index| *index != own)
            .take(self.entries_left)
        {
            list.push(Dependency {
                service: Some(self.names[index].clone()),
                ..entry.clone()
            });
        }
        self.entries_left -= list.len() - before;
        if list.len() == before {
            list.push(entry);
        }
    }

    /// The services that a name refers to: the one with that name, else the one named by its first
    /// word (`vault UI`), else all whose names begin with it and a dash (`chores-tracker`), if they
    /// are several. A single one may be something else (`redis` and `redis-exporter`).
    fn services_named(&self, name: &str) -> Vec<usize> {
        let name = name.to_ascii_lowercase();
        let word = values::word(&name);
        let joined = name.split_whitespace().collect::<Vec<_>>().join("-");
        for candidate in [name.as_str(), joined.as_str(), word] {
            if let Some(index) = self.by_name.get(candidate) {
                return vec![*index];
            }
        }
        for candidate in [joined.as_str(), word] {
            let matches = self.with_prefix(candidate);
            if matches.len() > 1 {
                return matches;
            }
        }
        Vec::new()
    }

    fn with_prefix(&self, name: &str) -> Vec<usize> {
        if name.is_empty() || name.len() > 253 {
            return Vec::new();
        }
        let prefix = format!("{name}-");
        let start = self.sorted.partition_point(|(other, _)| *other < prefix);
        let mut found: Vec<usize> = self.sorted[start..]
            .iter()
            .take_while(|(other, _)| other.starts_with(&prefix))
            .take(self.entries_left)
            .map(|(_, index)| *index)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The services of a sweeping phrase, and whether its brackets name them: `All services using
    /// ECR images (chores-tracker, oncall-agent)`. `All HTTPS services` are those with an `Ingress`.
    /// An empty result means every other service.
    fn resolve_sweeping(&self, link: &Link) -> (Vec<usize>, bool) {
        let listed = link.note.iter().flat_map(|note| values::split_list(note));
        let named: Vec<usize> = listed
            .flat_map(|part| self.services_named(part))
            .take(self.entries_left)
            .collect();
        if !named.is_empty() {
            return (named, true);
        }
        let about_https = link.name.split(|c: char| !c.is_alphanumeric()).any(|word| {
            ["https", "tls", "ingress"]
                .iter()
                .any(|it| word.eq_ignore_ascii_case(it))
        });
        (
            if about_https {
                self.with_ingress.clone()
            } else {
                Vec::new()
            },
            false,
        )
    }

    fn warn_if_misspelled(
        &mut self,
        own: usize,
        link: &Link,
        diagnostics: &mut Diagnostics<'_, '_>,
    ) {
        if self.comparisons_left < self.sorted.len() || !diagnostics.may_suggest() {
            return;
        }
        self.comparisons_left -= self.sorted.len();
        let lower = link.name.to_ascii_lowercase();
        let longer = self
            .with_prefix(&lower)
            .first()
            .map(|index| self.names[*index].clone());
        let near = longer.or_else(|| {
            let mut nearest = Nearest::to(&lower);
            let others = self.sorted.iter().filter(|(_, index)| *index != own);
            others.clone().for_each(|(name, _)| nearest.consider(name));
            let by_name = nearest.found();
            let by_word = by_name.or_else(|| {
                let mut nearest = Nearest::to(values::word(&lower));
                others.for_each(|(name, _)| nearest.consider(name));
                nearest.found()
            });
            by_word.map(str::to_owned)
        });
        if let Some(near) = near {
            diagnostics.warn(
                diagnostics.span(link.line, &link.name),
                format!("{} is not a listed service", quote(&link.name)),
                Some(did_you_mean(&near)),
            );
        }
    }
}

/// `ALL services via x`, `every service`, `everything`.
fn is_sweeping(name: &str) -> bool {
    let first = name.split_whitespace().next().unwrap_or_default();
    ["all", "every", "everything", "everyone"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
}
