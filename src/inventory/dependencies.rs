//! Turns the names under `Dependencies` and `Dependents` into services.

use std::collections::HashMap;

use super::diagnostic::{Sink, did_you_mean, quote};
use super::fields::{Draft, Link};
use super::model::Dependency;
use super::suggest::Nearest;
use super::values;

/// Entries that names standing for many services may make in one file, and
/// names compared in search of misspelt ones: bounds for absurd files.
const MOST_ENTRIES: usize = 20_000;
const MOST_COMPARISONS: usize = 400_000;

/// Resolves every link of every draft.
pub(super) fn resolve(drafts: &mut [Draft], sink: &mut Sink<'_, '_>) {
    let mut resolver = Resolver::new(drafts);
    let mut results = Vec::with_capacity(drafts.len());
    for (own, draft) in drafts.iter().enumerate() {
        let mut result = Resolved::default();
        for link in &draft.links {
            resolver.resolve(own, link, &mut result, sink);
        }
        results.push(result);
    }
    for (draft, result) in drafts.iter_mut().zip(results) {
        draft.service.dependencies = result.up;
        draft.service.dependents = result.down;
        draft.service.dependents_all = result.all;
    }
}

#[derive(Default)]
struct Resolved {
    up: Vec<Dependency>,
    down: Vec<Dependency>,
    all: bool,
}

struct Resolver {
    /// Names as written, in the order of the file.
    names: Vec<String>,
    with_ingress: Vec<usize>,
    /// Names and aliases in lower case; a name wins over an alias.
    index: HashMap<String, usize>,
    /// The same, sorted, to find all that begin alike.
    sorted: Vec<(String, usize)>,
    entries_left: usize,
    comparisons_left: usize,
}

impl Resolver {
    fn new(drafts: &[Draft]) -> Self {
        let mut index = HashMap::new();
        for (place, draft) in drafts.iter().enumerate() {
            index.insert(draft.service.name.to_ascii_lowercase(), place);
        }
        for (place, draft) in drafts.iter().enumerate() {
            for alias in &draft.service.aliases {
                index.entry(alias.to_ascii_lowercase()).or_insert(place);
            }
        }
        let mut sorted: Vec<(String, usize)> = index
            .iter()
            .map(|(name, place)| (name.clone(), *place))
            .collect();
        sorted.sort_unstable();
        Self {
            names: drafts
                .iter()
                .map(|draft| draft.service.name.clone())
                .collect(),
            with_ingress: (0..drafts.len())
                .filter(|place| !drafts[*place].service.ingress.is_empty())
                .collect(),
            index,
            sorted,
            entries_left: MOST_ENTRIES,
            comparisons_left: MOST_COMPARISONS,
        }
    }

    fn resolve(&mut self, own: usize, link: &Link, result: &mut Resolved, sink: &mut Sink<'_, '_>) {
        let list = if link.up {
            &mut result.up
        } else {
            &mut result.down
        };
        let mut entry = Dependency {
            name: link.name.clone(),
            note: link.note.clone(),
            service: None,
            sweeping: false,
        };
        let meant = if is_sweeping(&link.name) && !link.up {
            let (meant, by_name) = self.swept(link);
            result.all |= meant.is_empty();
            entry.sweeping = !by_name;
            // The names in its bracket are the answer, no remark on it.
            entry.note = entry.note.filter(|_| !by_name);
            meant
        } else {
            let meant = self.meant(&link.name);
            match meant.as_slice() {
                [] => self.warn_if_misspelt(own, link, sink),
                [one] if *one == own => {
                    let message = format!("{} lists itself", quote(&self.names[own]));
                    sink.warn(sink.place(link.line, &link.name), message, None);
                }
                _ => {}
            }
            meant
        };
        let before = list.len();
        for place in meant
            .into_iter()
            .filter(|place| *place != own)
            .take(self.entries_left)
        {
            list.push(Dependency {
                service: Some(self.names[place].clone()),
                ..entry.clone()
            });
        }
        self.entries_left -= list.len() - before;
        if list.len() == before {
            list.push(entry);
        }
    }

    /// The services that a name stands for: the one so called; else the one
    /// that its first word calls (`vault UI`); else all that begin with it up
    /// to a dash, if they are several (`chores-tracker`). A single one that
    /// begins so may be quite another thing (`redis` and `redis-exporter`).
    fn meant(&self, name: &str) -> Vec<usize> {
        let name = name.to_ascii_lowercase();
        let word = values::word(&name);
        let joined = name.split_whitespace().collect::<Vec<_>>().join("-");
        for candidate in [name.as_str(), joined.as_str(), word] {
            if let Some(place) = self.index.get(candidate) {
                return vec![*place];
            }
        }
        for candidate in [joined.as_str(), word] {
            let alike = self.beginning_with(candidate);
            if alike.len() > 1 {
                return alike;
            }
        }
        Vec::new()
    }

    fn beginning_with(&self, name: &str) -> Vec<usize> {
        if name.is_empty() || name.len() > 253 {
            return Vec::new();
        }
        let prefix = format!("{name}-");
        let start = self.sorted.partition_point(|(other, _)| *other < prefix);
        let mut places: Vec<usize> = self.sorted[start..]
            .iter()
            .take_while(|(other, _)| other.starts_with(&prefix))
            .take(self.entries_left)
            .map(|(_, place)| *place)
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// What a sweeping phrase means, and whether its bracket says so by name:
    /// `All services using ECR images (chores-tracker, oncall-agent)`. `All
    /// HTTPS services` are those with an `Ingress`. Else it means every other
    /// service, which an empty answer stands for.
    fn swept(&self, link: &Link) -> (Vec<usize>, bool) {
        let listed = link.note.iter().flat_map(|note| values::split_list(note));
        let named: Vec<usize> = listed
            .flat_map(|part| self.meant(part))
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

    fn warn_if_misspelt(&mut self, own: usize, link: &Link, sink: &mut Sink<'_, '_>) {
        if self.comparisons_left < self.sorted.len() || !sink.may_suggest() {
            return;
        }
        self.comparisons_left -= self.sorted.len();
        let lower = link.name.to_ascii_lowercase();
        let alike = self
            .beginning_with(&lower)
            .first()
            .map(|place| self.names[*place].clone());
        let near = alike.or_else(|| {
            let mut nearest = Nearest::to(&lower);
            let others = self.sorted.iter().filter(|(_, place)| *place != own);
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
            sink.warn(
                sink.place(link.line, &link.name),
                format!("{} is no listed service", quote(&link.name)),
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
