//! The list of one kind, page by page.

use std::cell::RefCell;

use super::failure::Failure;
use super::page::PageReader;
use super::transport::{Get, Transport};
use crate::cluster::{DamagedItem, Interner, ObjectList};
use crate::net::url::encode_component;

/// Objects a page. The server holds a whole page in memory, and so may a proxy.
const PAGE_SIZE: usize = 500;
/// Half a million objects of one kind. A server with more is taken for one that repeats itself.
const MAX_PAGES: usize = 1000;

/// What is requested.
pub(super) struct Listing {
    /// Path, without query.
    pub path: String,
    /// An encoded field selector; empty for all objects.
    pub field_selector: &'static str,
    /// Whether an aggregated API serves the kind: its 503 says that no server is behind it, and is
    /// not retried.
    pub is_aggregated: bool,
}

/// Reads all pages into `list`, which stays empty when one of them fails. Returns the objects that
/// could not be decoded as a whole.
pub(super) async fn read_list(
    transport: &Transport<'_>,
    interner: &RefCell<Interner>,
    listing: &Listing,
    list: &mut dyn ObjectList,
) -> Result<Vec<DamagedItem>, Failure> {
    let mut result = read_pages(transport, interner, listing, list).await;
    let code = result.as_ref().err().and_then(Failure::code);
    if code == Some(410) {
        // The continue token expired: the link is slow, or etcd was compacted.
        log::debug!(
            "{}: the continue token expired; the list is read again",
            listing.path
        );
        list.truncate(0);
        result = read_pages(transport, interner, listing, list).await;
    }
    match result {
        Ok(_) => list.bound(),
        Err(_) => list.truncate(0),
    }
    list.shrink();
    result
}

async fn read_pages(
    transport: &Transport<'_>,
    interner: &RefCell<Interner>,
    listing: &Listing,
    list: &mut dyn ObjectList,
) -> Result<Vec<DamagedItem>, Failure> {
    let mut token = String::new();
    let mut damaged = Vec::new();
    let mut room = PAGE_SIZE;
    for _ in 0..MAX_PAGES {
        let mut get = Get::json(listing.url(&token));
        get.final_status = listing.is_aggregated.then_some(503);
        let mut page = PageReader::new(interner, list);
        transport.get(&get, &mut page).await?;
        let (page, items) = page.finish()?;
        damaged.extend(items);
        if list.len() >= room {
            list.bound();
            room = 2 * list.len() + PAGE_SIZE;
        }
        let remaining = page.remaining_item_count.unwrap_or(0);
        list.reserve(remaining.min(MAX_PAGES * PAGE_SIZE));
        match page.r#continue {
            None => return Ok(damaged),
            Some(next) if next.is_empty() => return Ok(damaged),
            Some(next) if next == token => {
                let message = "the server returned the same continue token twice";
                return Err(Failure::Malformed(message.to_owned()));
            }
            Some(next) => token = next,
        }
    }
    Err(Failure::Malformed(format!(
        "the list has more than {MAX_PAGES} pages of {PAGE_SIZE} objects"
    )))
}

impl Listing {
    fn url(&self, token: &str) -> String {
        let mut url = format!("{}?limit={PAGE_SIZE}", self.path);
        if !self.field_selector.is_empty() {
            url += "&fieldSelector=";
            url += self.field_selector;
        }
        if !token.is_empty() {
            url += "&continue=";
            url += &encode_component(token);
        }
        url
    }
}
