//! The edge to GitHub's REST API: three questions, few requests, no surprises.
//!
//! Answers are reduced before they are kept: no patch, no message beyond its
//! first line. A commit never changes, so one that is kept is not asked for
//! again; lists are asked for with their `ETag`, which costs nothing of the
//! rate limit when nothing changed.

mod cache;
mod trouble;
// For `fuzz/`, which has no GitHub.
#[doc(hidden)]
pub mod wire;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use super::REQUESTS;
use super::repository::{
    CommitDetail, CommitSummary, Listing, PullRequest, Repository, RepositoryError,
};
use crate::config::{self, Config};
use crate::model::Time;
use crate::model::secret::Secret;
use crate::net::url::encode_path;
use crate::net::{Http, Peer, Request, Response, Retry};
use crate::state::Cached;
use cache::Cache;

/// GitHub's own API.
pub const PUBLIC: &str = "https://api.github.com";

/// GitHub as a whole may take no longer; the rest of the cycle matters more.
const PATIENCE: Duration = Duration::from_secs(20);
/// Nor may one answer.
const ATTEMPT: Duration = Duration::from_secs(8);
/// Patches of a hundred files fit.
const BODY: u64 = 8 * 1024 * 1024;
/// What GitHub gives on a page at most.
const PAGE: usize = 100;
/// Pages of a list, where pages are smaller than asked for.
const LISTS: usize = 3;
/// Pages of one commit's files.
const FILES: usize = 5;

/// GitHub, for one cycle.
pub struct GitHub<'a> {
    http: &'a Http,
    base: &'a str,
    token: Option<&'a Secret>,
    cache: Cache<'a>,
    deadline: Instant,
    /// Attempts that were made before this cycle's first.
    before: u32,
    /// Why nothing more is asked.
    down: Option<String>,
}

/// An answer with its body, or the one that is kept.
enum Reply {
    New(Response),
    Kept(serde_json::Value),
}

impl<'a> GitHub<'a> {
    /// Sets it up; nothing is asked yet. It ends before the deadline, and
    /// `cache` keeps what is worth it, dated `now`.
    #[must_use]
    pub fn new(
        config: &'a Config,
        http: &'a Http,
        cache: &'a mut BTreeMap<String, Cached>,
        now: Time,
        deadline: Instant,
    ) -> Self {
        let start = http.clock().now();
        // Half of what is left, as others have to be asked and people told.
        let left = deadline.saturating_duration_since(start) / 2;
        Self {
            http,
            base: &config.endpoints.github,
            token: config.keys.github.as_ref(),
            cache: Cache::new(cache, now),
            deadline: start + PATIENCE.min(left),
            before: http.attempts(Peer::Github),
            down: None,
        }
    }

    /// Asks for a path with its query, relative to the API.
    fn ask(&mut self, address: &str, etag: Option<&str>) -> Result<Response, RepositoryError> {
        if let Some(why) = &self.down {
            return Err(RepositoryError::Down(why.clone()));
        }
        let left = self.left();
        if left == 0 {
            return Err(RepositoryError::Spent);
        }
        let url = format!("{}{address}", self.base);
        let mut request = Request::get(Peer::Github, &url)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        request.timeout = ATTEMPT;
        request.limit = BODY;
        if let Some(token) = self.token {
            request = request.bearer(token);
        }
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        // A second try must be one of the cycle's requests too.
        let again = u32::from(left > 1);
        let retry = Retry {
            unsent: again,
            unsure: again,
            limited: 0,
            ..Retry::READ
        };
        let outcome = self.http.send(&request, &retry, self.deadline);
        let answer = outcome.map_err(|error| trouble::of_error(&error));
        let judged = answer.and_then(|answer| trouble::judge(answer, self.token.is_some()));
        match judged {
            Ok(answer) => {
                self.down = trouble::exhausted(&answer, self.token.is_some());
                Ok(answer)
            }
            Err(trouble) => {
                if let RepositoryError::Down(why) = &trouble {
                    self.down = Some(why.clone());
                }
                Err(trouble)
            }
        }
    }

    /// Asks with the `ETag` of what is kept.
    fn ask_again(&mut self, address: &str) -> Result<Reply, RepositoryError> {
        let kept = self.cache.conditional(address);
        let etag = kept.as_ref().map(|(etag, _)| etag.as_str());
        let answer = self.ask(address, etag)?;
        match (answer.status, kept) {
            (304, Some((_, value))) => {
                self.cache.touch(address);
                Ok(Reply::Kept(value))
            }
            (304, None) => Err(RepositoryError::Unreadable(
                "GitHub says that nothing changed since it was never asked".to_owned(),
            )),
            _ => Ok(Reply::New(answer)),
        }
    }

    /// A page, reduced; kept with its `ETag`.
    fn page<T: Serialize + for<'de> Deserialize<'de>>(
        &mut self,
        address: &str,
        read: impl Fn(&Response) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        match self.ask_again(address)? {
            Reply::Kept(value) => serde_json::from_value(value).map_err(|_| {
                RepositoryError::Unreadable("what was kept of GitHub cannot be read".to_owned())
            }),
            Reply::New(answer) => {
                let page = read(&answer).inspect_err(|trouble| {
                    // Whoever answers so is not GitHub.
                    if let RepositoryError::Down(why) = trouble {
                        self.down = Some(why.clone());
                    }
                })?;
                self.cache.keep(address, answer.header("etag"), &page);
                Ok(page)
            }
        }
    }
}

/// Commits of a page and where the next one is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Page {
    commits: Vec<CommitSummary>,
    next: Option<String>,
}

impl Repository for GitHub<'_> {
    fn commits(&mut self, listing: &Listing) -> Result<Vec<CommitSummary>, RepositoryError> {
        let time = |time: Time| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let most = listing.most.min(PAGE);
        let mut address = format!(
            "/repos/{}/commits?sha={}&since={}&until={}&per_page={most}",
            listing.repository,
            encode_path(listing.branch),
            time(listing.since),
            time(listing.until),
        );
        if let Some(path) = listing.path {
            address.push_str("&path=");
            address.push_str(&encode_path(path));
        }
        let (base, web) = (self.base.to_owned(), web(self.base, listing.repository));
        let mut commits: Vec<CommitSummary> = Vec::new();
        let mut seen = vec![address.clone()];
        loop {
            let page = self.page(&address, |answer| {
                Ok(Page {
                    commits: wire::listed(&answer.body, &web)?,
                    next: wire::next(answer.header("link"), &base),
                })
            });
            let page = match page {
                // What is listed so far is worth more than nothing.
                Err(_) if !commits.is_empty() => break,
                page => page?,
            };
            commits.extend(page.commits);
            match page.next {
                Some(next)
                    if commits.len() < most && seen.len() < LISTS && !seen.contains(&next) =>
                {
                    seen.push(next.clone());
                    address = next;
                }
                _ => break,
            }
        }
        commits.truncate(most);
        Ok(commits)
    }

    fn open(
        &mut self,
        repository: &config::Repository,
        sha: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError> {
        let name = format!("/repos/{repository}/commits/{sha}");
        if let Some(kept) = self.cache.opened(&name, paths) {
            return Ok(kept);
        }
        let mut address = format!("{name}?per_page={PAGE}");
        let mut opened = CommitDetail {
            files: Vec::new(),
            is_partial: false,
        };
        let mut seen = vec![address.clone()];
        loop {
            let answer = match self.ask(&address, None) {
                Err(trouble) if seen.len() == 1 => return Err(trouble),
                Err(_) => {
                    opened.is_partial = true;
                    return Ok(opened);
                }
                Ok(answer) => answer,
            };
            let page = wire::files(&answer.body, paths)?;
            opened.files.extend(page.files);
            let next = wire::next(answer.header("link"), self.base);
            let Some(next) = next.filter(|next| !page.is_past && !seen.contains(next)) else {
                break;
            };
            if seen.len() >= FILES || self.left() <= 1 {
                opened.is_partial = true;
                break;
            }
            seen.push(next.clone());
            address = next;
        }
        self.cache.keep_opened(&name, paths, &opened);
        Ok(opened)
    }

    fn pull_request(
        &mut self,
        repository: &config::Repository,
        branch: &str,
        sha: &str,
    ) -> Result<Option<PullRequest>, RepositoryError> {
        let address = format!("/repos/{repository}/commits/{sha}/pulls?per_page=10");
        let web = web(self.base, repository);
        self.page(&address, |answer| {
            wire::pull_request(&answer.body, branch, &web)
        })
    }

    fn left(&self) -> u32 {
        if self.down.is_some() {
            return 0;
        }
        REQUESTS.saturating_sub(self.http.attempts(Peer::Github) - self.before)
    }
}

/// The repository's page for people.
fn web(base: &str, repository: &config::Repository) -> String {
    let enterprise = base.strip_suffix("/api/v3");
    let host = enterprise.unwrap_or("https://github.com");
    format!("{host}/{repository}")
}
