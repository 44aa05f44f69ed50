//! GitHub: the token, its rate limit, and whether it can list the commits of the repository
//! that Argo CD deploys.

use std::time::Instant;

use serde_json::Value;

use crate::config::{Config, Repository};
use crate::inventory::Inventory;
use crate::model::text::clean;
use crate::net::url::encode_component;
use crate::net::{Http, HttpError, Peer, Request, Response, Retry};

use super::line::Check;

const NAME: &str = "github";
const REPOSITORY: &str = "github repository";
/// The most requests of one cycle.
const PER_CYCLE: u64 = 12;
const RIGHTS: &str = "use a fine-grained token with read-only Contents and Pull requests on that \
                      repository";

/// The answers of GitHub.
pub struct GithubFacts {
    /// `GET /rate_limit`.
    pub rate: Result<GithubAnswer, HttpError>,
    /// The repository, its branch, and `GET /repos/O/R/commits` of it.
    pub commits: Option<(Repository, String, Result<GithubAnswer, HttpError>)>,
}

/// The relevant parts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GithubAnswer {
    /// The status.
    pub status: u16,
    /// GitHub's error message.
    pub message: String,
    /// Remaining requests, and the limit.
    pub rate: Option<(u64, u64)>,
    /// Scopes of a classic token.
    pub scopes: Vec<String>,
}

/// The repository of the configuration, else of the services file.
#[must_use]
pub fn repository(config: &Config, inventory: Option<&Inventory>) -> Option<Repository> {
    let named = config.github.repository.clone();
    named.or_else(|| inventory?.repository_slug()?.parse().ok())
}

/// Asks GitHub, if there is a token.
pub fn ask(
    config: &Config,
    repository: Option<&Repository>,
    http: &Http,
    deadline: Instant,
) -> Option<GithubFacts> {
    let token = config.keys.github.as_ref()?;
    let base = &config.endpoints.github;
    let get = |path: &str| {
        let url = format!("{base}{path}");
        let request = Request::get(Peer::Github, &url)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .bearer(token);
        let answer = http.send(&request, &Retry::READ, deadline)?;
        Ok(read(&answer))
    };
    let rate: Result<GithubAnswer, HttpError> = get("/rate_limit");
    let is_good = rate.as_ref().is_ok_and(|answer| answer.status == 200);
    let commits = repository.filter(|_| is_good).map(|repository| {
        let branch = config.github.branch.clone();
        let sha = encode_component(&branch);
        let path = format!("/repos/{repository}/commits?sha={sha}&per_page=1");
        (repository.clone(), branch, get(&path))
    });
    Some(GithubFacts { rate, commits })
}

fn read(answer: &Response) -> GithubAnswer {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let core = &body["resources"]["core"];
    let scopes = answer.header("x-oauth-scopes").unwrap_or_default();
    GithubAnswer {
        status: answer.status,
        message: clean(body["message"].as_str().unwrap_or_default()),
        rate: core["remaining"].as_u64().zip(core["limit"].as_u64()),
        scopes: scopes
            .split(',')
            .map(clean)
            .filter(|scope| !scope.is_empty())
            .collect(),
    }
}

/// One check for the token, and one for the repository.
#[must_use]
pub fn checks(facts: Option<&GithubFacts>) -> Vec<Check> {
    let Some(facts) = facts else {
        return vec![Check::off(
            NAME,
            "GITHUB_TOKEN is not set: only public repositories, at 60 requests per hour",
            "set GITHUB_TOKEN to a fine-grained token with read-only Contents and Pull requests",
        )];
    };
    let token = token(&facts.rate);
    let is_answered = facts.rate.as_ref().is_ok_and(|answer| answer.status == 200);
    let commits = match &facts.commits {
        Some((repository, branch, answer)) => Some(commits(repository, branch, answer)),
        None if is_answered => Some(Check::off(
            REPOSITORY,
            "not configured: incidents are not traced to commits",
            "set Repo in the services file or github.repository in the configuration",
        )),
        None => None,
    };
    std::iter::once(token).chain(commits).collect()
}

fn token(answer: &Result<GithubAnswer, HttpError>) -> Check {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Check::unanswered(NAME, error, "GITHUB_API_URL"),
    };
    match (answer.status, answer.rate) {
        (200, Some((left, limit))) if left < PER_CYCLE => Check::warn(
            NAME,
            &format!("{left} of {limit} requests are left this hour; a cycle may need {PER_CYCLE}"),
            "wait until the next hour, or use a token of its own",
        ),
        (200, Some((left, limit))) if answer.scopes.iter().any(|scope| scope == "repo") => {
            let message = format!(
                "the token is valid ({left} of {limit} requests left), but may write: it is a \
                 classic token with the scope repo"
            );
            Check::warn(NAME, &message, RIGHTS)
        }
        (200, Some((left, limit))) => Check::ok(
            NAME,
            &format!("the token is valid; {left} of {limit} requests are left this hour"),
        ),
        (401, _) => Check::red(
            NAME,
            &format!("the token is rejected (401: {})", answer.message),
            "it is expired or revoked: create a new one and set GITHUB_TOKEN",
        ),
        (403 | 429, _) => Check::warn(
            NAME,
            &format!(
                "GitHub limits the requests ({}: {})",
                answer.status, answer.message
            ),
            "wait until the limit ends; until then, incidents have no commits",
        ),
        (500.., _) => Check::warn(
            NAME,
            &format!("GitHub has a problem ({})", answer.status),
            "run doctor again later; until then, incidents have no commits",
        ),
        (status, _) => Check::red(
            NAME,
            &format!("the answer does not come from GitHub (status {status})"),
            "check GITHUB_API_URL: https://api.github.com, or https://HOST/api/v3",
        ),
    }
}

fn commits(
    repository: &Repository,
    branch: &str,
    answer: &Result<GithubAnswer, HttpError>,
) -> Check {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Check::unanswered(REPOSITORY, error, "GITHUB_API_URL"),
    };
    let detail = format!("{}: {}", answer.status, answer.message);
    match answer.status {
        200 => Check::ok(
            REPOSITORY,
            &format!("commits of {repository}, branch {branch}, can be listed"),
        ),
        404 => Check::red(
            REPOSITORY,
            &format!(
                "{repository} has no branch {branch}, or the token has no access to it ({detail})"
            ),
            &format!("correct github.repository and github.branch, or {RIGHTS}"),
        ),
        403 => Check::red(
            REPOSITORY,
            &format!("the token may not list the commits of {repository} ({detail})"),
            RIGHTS,
        ),
        409 => Check::warn(
            REPOSITORY,
            &format!("{repository} is empty"),
            "push the manifests that Argo CD deploys",
        ),
        429 | 500.. => Check::warn(
            REPOSITORY,
            &format!("the commits of {repository} could not be listed ({detail})"),
            "run doctor again later",
        ),
        _ => Check::red(
            REPOSITORY,
            &format!("unexpected answer about {repository} ({detail})"),
            "check GITHUB_API_URL",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{self, Ok as Green, Red, Warn};

    fn answer(status: u16, rate: Option<(u64, u64)>, scopes: &[&str]) -> GithubAnswer {
        GithubAnswer {
            status,
            message: "message".into(),
            rate,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        }
    }

    #[test]
    fn the_answer_decides_the_check_of_the_token() {
        for (status, rate, scopes, expected) in [
            (200, Some((4_990, 5_000)), &[][..], Green),
            (200, Some((3, 5_000)), &[], Warn),
            (200, Some((4_990, 5_000)), &["repo"], Warn),
            (200, None, &[], Red),
            (401, None, &[], Red),
            (403, None, &[], Warn),
            (502, None, &[], Warn),
            (404, None, &[], Red),
        ] {
            let check = token(&Ok(answer(status, rate, scopes)));
            assert_eq!(check.status, expected, "{check:?}");
            assert_eq!(check.status == Green, check.remedy.is_none(), "{check:?}");
        }
    }

    #[test]
    fn the_answer_decides_the_check_of_the_repository() {
        let repository: Repository = "o/r".parse().unwrap();
        let cases: [(u16, Status); 6] = [
            (200, Green),
            (404, Red),
            (403, Red),
            (409, Warn),
            (503, Warn),
            (302, Red),
        ];
        for (status, expected) in cases {
            let check = commits(&repository, "main", &Ok(answer(status, None, &[])));
            assert_eq!(check.status, expected, "{check:?}");
        }
    }
}
