//! The lists of kinds that other projects add: those of the table, those that the configuration
//! names, and those that Crossplane generates.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::discover::Discovered;
use super::list::{Listing, read_list};
use super::outcome::Outcome;
use super::transport::Transport;
use crate::cluster::types::CustomObject;
use crate::cluster::{DamagedKind, DamagedObject, Interner, Read, Unread, UnreadReason};
use crate::model::{CUSTOM_KINDS, CustomKind, GENERATED_CATEGORIES, GroupKind, Resource};

/// Kinds that are found by their category. A provider may add a thousand.
const MAX_GENERATED: usize = 12;
/// Kinds in all. One list each; the rest is named as unread.
const MAX_KINDS: usize = 60;

/// Whether each custom kind could be read.
pub(super) type CustomReads = BTreeMap<CustomKind, Read>;

/// What is read besides the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Kinds that the configuration names.
    pub kinds: &'a [GroupKind],
}

/// The kinds to read, and those for which there is no room.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub read: Vec<CustomKind>,
    left_out: Vec<CustomKind>,
}

/// The kinds of the configuration and of the table, then the generated ones.
pub(super) fn select(found: &Discovered, wanted: Wanted) -> Selected {
    let mut named = Vec::new();
    let mut of_table = Vec::new();
    let mut generated = Vec::new();
    for served in found.lists() {
        let kind = &served.kind;
        let version = format!("{}/{}", kind.group, kind.version);
        let is_known = Resource::of_object(&version, &kind.kind).is_some();
        let is_same = |other: &CustomKind| other.group == kind.group && other.plural == kind.plural;
        let mut selected = named.iter().chain(&of_table).chain(&generated);
        if is_known || selected.any(is_same) {
            continue;
        }
        let is_generated = |category: &String| GENERATED_CATEGORIES.contains(&category.as_str());
        if wanted.names(kind) {
            named.push(kind.clone());
        } else if is_in_table(kind) {
            of_table.push(kind.clone());
        } else if served.categories.iter().any(is_generated) {
            generated.push(kind.clone());
        }
    }
    let mut left_out = generated.split_off(generated.len().min(MAX_GENERATED));
    let mut read = [named, of_table, generated].concat();
    left_out.extend(read.split_off(read.len().min(MAX_KINDS)));
    Selected { read, left_out }
}

fn is_in_table(kind: &CustomKind) -> bool {
    let mut rows = CUSTOM_KINDS.iter();
    rows.any(|row| row.group == kind.group && row.plural == kind.plural)
}

impl Wanted<'_> {
    fn names(self, kind: &CustomKind) -> bool {
        let is_it = |named: &GroupKind| {
            named.group == kind.group && named.kind.eq_ignore_ascii_case(&kind.kind)
        };
        self.kinds.iter().any(is_it)
    }
}

/// The kinds that are served, or may be, and are not read: there is no room for them, or the kinds of
/// their group are unknown.
pub(super) fn unread(found: &Discovered, wanted: Wanted) -> CustomReads {
    let left_out = select(found, wanted).left_out.into_iter().map(|kind| {
        let message = format!(
            "{}: a cycle reads {MAX_KINDS} custom kinds, of those that Crossplane generates \
             {MAX_GENERATED}; name it under resources to read it before others",
            kind.name()
        );
        let unread = Unread {
            reason: UnreadReason::Limit,
            message,
        };
        (kind, Read::Unread(unread))
    });
    let failed = found.failed().flat_map(|(group, version, failure)| {
        let of_group = CUSTOM_KINDS.iter().filter(move |row| row.group == group);
        of_group.map(move |row| {
            let kind = CustomKind {
                group: group.to_owned(),
                version: version.to_owned(),
                plural: row.plural.to_owned(),
                kind: row.kind.to_owned(),
            };
            let unread = Read::Unread(failure.unread_custom(&kind));
            (kind, unread)
        })
    });
    left_out.chain(failed).collect()
}

/// Reads the lists of these kinds side by side.
pub(super) async fn read(
    transport: &Transport<'_>,
    interner: &RefCell<Interner>,
    kinds: Vec<CustomKind>,
    objects: &mut Vec<CustomObject>,
    damaged: &RefCell<Vec<DamagedObject>>,
) -> CustomReads {
    let lists = kinds.into_iter().map(|kind| async move {
        let listing = Listing {
            path: format!("/apis/{}/{}/{}", kind.group, kind.version, kind.plural),
            field_selector: "",
            is_aggregated: false,
        };
        let mut list: Vec<CustomObject> = Vec::new();
        let outcome = match read_list(transport, interner, &listing, &mut list).await {
            Ok(items) => {
                let of_kind = |item| DamagedObject {
                    kind: DamagedKind::Custom(kind.kind.clone()),
                    item,
                };
                damaged.borrow_mut().extend(items.into_iter().map(of_kind));
                Outcome::Complete
            }
            Err(failure) => Outcome::Failed(failure),
        };
        (kind, list, outcome)
    });
    let mut reads = BTreeMap::new();
    for (kind, list, outcome) in join_all(lists).await {
        let version = format!("{}/{}", kind.group, kind.version);
        objects.extend(list.into_iter().map(|object| CustomObject {
            api_version: version.as_str().into(),
            kind: kind.kind.as_str().into(),
            ..object
        }));
        let read = outcome.read_custom(&kind);
        reads.insert(kind, read);
    }
    reads
}
