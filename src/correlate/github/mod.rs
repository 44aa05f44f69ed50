//! The client of GitHub's REST API.
//!
//! Responses are reduced before they are cached: no patches, of messages the first line only. A
//! cached commit is not requested again, since commits never change. Cached lists are requested
//! with their `ETag`: a 304 does not count against the rate limit.

mod cache;
mod errors;
// Public for the fuzz targets.
#[doc(hidden)]
pub mod wire;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use super::repository::{
    CommitDetail, CommitQuery, CommitSummary, MAX_REQUESTS, PullRequest, Repository,
    RepositoryError,
};
use crate::config::{self, Config};
use crate::model::Time;
use crate::model::secret::Secret;
use crate::net::url::encode_path;
use crate::net::{Http, Peer, Request, Response, Retry};
use crate::state::Cached;
use cache::Cache;

/// The time for all requests of a cycle.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);
/// The time for one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);
/// The size of a response, in bytes: enough for the patches of a hundred files.
const MAX_BODY: u64 = 8 * 1024 * 1024;
/// GitHub's limit for `per_page`.
const MAX_PER_PAGE: usize = 100;
/// Pages of a list. More than one is needed only if the server's pages are smaller than requested.
const MAX_LIST_PAGES: usize = 3;
/// Pages of one commit's files.
const MAX_FILE_PAGES: usize = 5;

/// The client for one cycle.
pub struct GitHub<'a> {
    http: &'a Http,
    base: &'a str,
    token: Option<&'a Secret>,
    cache: Cache<'a>,
    deadline: Instant,
    /// The client's attempts before this cycle.
    attempts_before: u32,
    /// Why no more requests are sent.
    unavailable: Option<String>,
}

/// A new response, or the cached data that is still current.
enum Reply {
    New(Response),
    Cached(serde_json::Value),
}

impl<'a> GitHub<'a> {
    /// A client that stops before the deadline. Cache entries that it uses are dated `now`.
    #[must_use]
    pub fn new(
        config: &'a Config,
        http: &'a Http,
        cache: &'a mut BTreeMap<String, Cached>,
        now: Time,
        deadline: Instant,
    ) -> Self {
        let start = http.clock().now();
        // The other half of the time is for the model and for notifications.
        let left = deadline.saturating_duration_since(start) / 2;
        Self {
            http,
            base: &config.endpoints.github,
            token: config.keys.github.as_ref(),
            cache: Cache::new(cache, now),
            deadline: start + TOTAL_TIMEOUT.min(left),
            attempts_before: http.attempts(Peer::Github),
            unavailable: None,
        }
    }

    /// Sends a GET for a path with its query, relative to the API.
    fn get(&mut self, address: &str, etag: Option<&str>) -> Result<Response, RepositoryError> {
        if let Some(reason) = &self.unavailable {
            return Err(RepositoryError::Unavailable(reason.clone()));
        }
        let left = self.requests_left();
        if left == 0 {
            return Err(RepositoryError::LimitReached);
        }
        let url = format!("{}{address}", self.base);
        let mut request = Request::get(Peer::Github, &url)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        request.timeout = REQUEST_TIMEOUT;
        request.limit = MAX_BODY;
        if let Some(token) = self.token {
            request = request.bearer(token);
        }
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        // A retry counts as one of the cycle's requests.
        let retries = u32::from(left > 1);
        let retry = Retry {
            unsent: retries,
            unsure: retries,
            limited: 0,
            ..Retry::READ
        };
        let has_token = self.token.is_some();
        let response = self.http.send(&request, &retry, self.deadline);
        let result = response
            .map_err(|error| errors::of_transport(&error))
            .and_then(|response| errors::check_status(response, has_token));
        match &result {
            Ok(response) => self.unavailable = errors::rate_limited(response, has_token),
            Err(error) => self.stop_after(error),
        }
        result
    }

    /// Sends no more requests if the error will repeat.
    fn stop_after(&mut self, error: &RepositoryError) {
        if let RepositoryError::Unavailable(reason) = error {
            self.unavailable = Some(reason.clone());
        }
    }

    /// Sends a GET with the `ETag` of the cache.
    fn get_conditional(&mut self, address: &str) -> Result<Reply, RepositoryError> {
        let cached = self.cache.conditional(address);
        let etag = cached.as_ref().map(|(etag, _)| etag.as_str());
        let response = self.get(address, etag)?;
        match (response.status, cached) {
            (304, Some((_, value))) => {
                self.cache.touch(address);
                Ok(Reply::Cached(value))
            }
            (304, None) => Err(RepositoryError::Unreadable(
                "GitHub answered 304 (not modified) to a request without an ETag".to_owned(),
            )),
            _ => Ok(Reply::New(response)),
        }
    }

    /// Reads a page and caches it with its `ETag`.
    fn page<T: Serialize + for<'de> Deserialize<'de>>(
        &mut self,
        address: &str,
        read: impl Fn(&Response) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        match self.get_conditional(address)? {
            Reply::Cached(value) => serde_json::from_value(value).map_err(|_| {
                RepositoryError::Unreadable("a cached GitHub response cannot be read".to_owned())
            }),
            Reply::New(response) => {
                let page = read(&response).inspect_err(|error| self.stop_after(error))?;
                self.cache.keep(address, response.header("etag"), &page);
                Ok(page)
            }
        }
    }
}

/// The commits of a page, and the address of the next page.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Page {
    commits: Vec<CommitSummary>,
    next: Option<String>,
}

impl Repository for GitHub<'_> {
    fn commits(&mut self, query: &CommitQuery) -> Result<Vec<CommitSummary>, RepositoryError> {
        let time = |time: Time| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let limit = query.limit.min(MAX_PER_PAGE);
        let mut address = format!(
            "/repos/{}/commits?sha={}&since={}&until={}&per_page={limit}",
            query.repository,
            encode_path(query.branch),
            time(query.since),
            time(query.until),
        );
        if let Some(path) = query.path {
            address.push_str("&path=");
            address.push_str(&encode_path(path));
        }
        let (base, web) = (self.base.to_owned(), web_url(self.base, query.repository));
        let mut commits: Vec<CommitSummary> = Vec::new();
        let mut seen = vec![address.clone()];
        loop {
            let page = self.page(&address, |response| {
                Ok(Page {
                    commits: wire::commits(&response.body, &web)?,
                    next: wire::next(response.header("link"), &base),
                })
            });
            let page = match page {
                // A partial list is better than none.
                Err(_) if !commits.is_empty() => break,
                page => page?,
            };
            commits.extend(page.commits);
            match page.next {
                Some(next)
                    if commits.len() < limit
                        && seen.len() < MAX_LIST_PAGES
                        && !seen.contains(&next) =>
                {
                    seen.push(next.clone());
                    address = next;
                }
                _ => break,
            }
        }
        commits.truncate(limit);
        Ok(commits)
    }

    fn commit(
        &mut self,
        repository: &config::Repository,
        sha: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError> {
        let name = format!("/repos/{repository}/commits/{sha}");
        if let Some(cached) = self.cache.commit(&name, paths) {
            return Ok(cached);
        }
        let mut address = format!("{name}?per_page={MAX_PER_PAGE}");
        let mut detail = CommitDetail {
            files: Vec::new(),
            is_partial: false,
        };
        let mut seen = vec![address.clone()];
        loop {
            let response = match self.get(&address, None) {
                Err(error) if seen.len() == 1 => return Err(error),
                Err(_) => {
                    detail.is_partial = true;
                    return Ok(detail);
                }
                Ok(response) => response,
            };
            let page = wire::files(&response.body, paths)?;
            detail.files.extend(page.files);
            let next = wire::next(response.header("link"), self.base);
            let Some(next) = next.filter(|next| !page.is_past && !seen.contains(next)) else {
                break;
            };
            if seen.len() >= MAX_FILE_PAGES || self.requests_left() <= 1 {
                detail.is_partial = true;
                break;
            }
            seen.push(next.clone());
            address = next;
        }
        self.cache.keep_commit(&name, paths, &detail);
        Ok(detail)
    }

    fn pull_request(
        &mut self,
        repository: &config::Repository,
        branch: &str,
        sha: &str,
    ) -> Result<Option<PullRequest>, RepositoryError> {
        let address = format!("/repos/{repository}/commits/{sha}/pulls?per_page=10");
        let web = web_url(self.base, repository);
        self.page(&address, |response| {
            wire::pull_request(&response.body, branch, &web)
        })
    }

    fn requests_left(&self) -> u32 {
        if self.unavailable.is_some() {
            return 0;
        }
        let attempts = self.http.attempts(Peer::Github) - self.attempts_before;
        MAX_REQUESTS.saturating_sub(attempts)
    }
}

/// The repository's web page.
fn web_url(base: &str, repository: &config::Repository) -> String {
    let enterprise = base.strip_suffix("/api/v3");
    let host = enterprise.unwrap_or("https://github.com");
    format!("{host}/{repository}")
}
