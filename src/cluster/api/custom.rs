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
use crate::cluster::{DamagedKind, DamagedObject, Interner, Read};
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

/// The kinds to read: those of the table and the configuration, then the generated ones.
pub(super) fn select(found: &Discovered, wanted: Wanted) -> Vec<CustomKind> {
    let mut selected = Vec::new();
    let mut generated = Vec::new();
    for served in found.lists() {
        let version = format!("{}/{}", served.kind.group, served.kind.version);
        let is_known = Resource::of_object(&version, &served.kind.kind).is_some();
        let is_same = |kind: &CustomKind| {
            kind.group == served.kind.group && kind.plural == served.kind.plural
        };
        if is_known || selected.iter().chain(&generated).any(is_same) {
            continue;
        }
        let is_in_table = CUSTOM_KINDS
            .iter()
            .any(|row| row.group == served.kind.group && row.plural == served.kind.plural);
        let is_configured = wanted
            .kinds
            .iter()
            .any(|kind| kind.group == served.kind.group && kind.kind == served.kind.kind);
        let is_generated = served
            .categories
            .iter()
            .any(|category| GENERATED_CATEGORIES.contains(&category.as_str()));
        if is_in_table || is_configured {
            selected.push(served.kind.clone());
        } else if is_generated {
            generated.push(served.kind.clone());
        }
    }
    generated.truncate(MAX_GENERATED);
    selected.extend(generated);
    selected.truncate(MAX_KINDS);
    selected
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
