//! One kind, page by page.

use std::cell::RefCell;

use super::failure::Failure;
use super::page::{Items, PageReader};
use super::transport::{Get, Transport};
use crate::cluster::Interner;
use crate::net::url::encode_component;

/// Objects a page. The server builds a page in one go and so do we: this
/// bounds the memory of both.
const LIMIT: usize = 500;
/// Half a million objects of one kind: a server that has more never ends.
const MAX_PAGES: usize = 1000;

/// What is asked for.
pub(super) struct Listing {
    /// Path, without query.
    pub path: String,
    /// An encoded selector, or nothing.
    pub selector: &'static str,
    /// Whether a 503 is an answer.
    pub accept_503: bool,
}

/// Reads all pages into `items`, which stay empty when one of them fails.
pub(super) async fn list(
    transport: &Transport<'_>,
    pool: &RefCell<Interner>,
    listing: &Listing,
    items: &mut dyn Items,
) -> Result<(), Failure> {
    let mut result = pages(transport, pool, listing, items).await;
    if result
        .as_ref()
        .is_err_and(|failure| failure.code() == Some(410))
    {
        // The continue token expired, on a slow link or after a compaction.
        log::debug!("{}: the list expired and is read again", listing.path);
        items.truncate(0);
        result = pages(transport, pool, listing, items).await;
    }
    if result.is_err() {
        items.truncate(0);
    }
    items.settle();
    result
}

async fn pages(
    transport: &Transport<'_>,
    pool: &RefCell<Interner>,
    listing: &Listing,
    items: &mut dyn Items,
) -> Result<(), Failure> {
    let mut token = String::new();
    for _ in 0..MAX_PAGES {
        let mut get = Get::json(listing.query(&token));
        get.settled = listing.accept_503.then_some(503);
        let mut page = PageReader::new(pool, items);
        transport.get(&get, &mut page).await?;
        let page = page.finish()?;
        items.expect(
            page.remaining_item_count
                .unwrap_or(0)
                .min(MAX_PAGES * LIMIT),
        );
        match page.r#continue {
            None => return Ok(()),
            Some(next) if next.is_empty() => return Ok(()),
            Some(next) if next == token => {
                return Err(Failure::Malformed("the pages repeat themselves".to_owned()));
            }
            Some(next) => token = next,
        }
    }
    Err(Failure::Malformed(format!(
        "more than {MAX_PAGES} pages of {LIMIT} objects"
    )))
}

impl Listing {
    fn query(&self, token: &str) -> String {
        let mut query = format!("{}?limit={LIMIT}", self.path);
        if !self.selector.is_empty() {
            query += "&fieldSelector=";
            query += self.selector;
        }
        if !token.is_empty() {
            query += "&continue=";
            query += &encode_component(token);
        }
        query
    }
}
