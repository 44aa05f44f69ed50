//! GitHub: the token, what is left of its rate, and whether the commits of the
//! repository that Argo CD follows can be listed.

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
/// What one cycle asks for at most.
const A_CYCLE: u64 = 12;
const RIGHTS: &str = "give it a fine-grained token with Contents and Pull requests: read-only on \
                      that repository";

/// What GitHub said.
pub struct GithubFacts {
    /// `GET /rate_limit`.
    pub rate: Result<GithubAnswer, HttpError>,
    /// The repository, its branch, and `GET /repos/O/R/commits` of it.
    pub commits: Option<(Repository, String, Result<GithubAnswer, HttpError>)>,
}

/// What counts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GithubAnswer {
    /// The status.
    pub status: u16,
    /// GitHub's words, of an error.
    pub message: String,
    /// Requests left, and of how many.
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

/// Asks, where there is a token.
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

/// A line for the token, and one for the repository.
#[must_use]
pub fn checks(facts: Option<&GithubFacts>) -> Vec<Check> {
    let Some(facts) = facts else {
        return vec![Check::off(
            NAME,
            "GITHUB_TOKEN is not set: only public repositories can be read, 60 requests an hour",
            "set GITHUB_TOKEN to a fine-grained token, Contents and Pull requests: read-only",
        )];
    };
    let token = token(&facts.rate);
    let is_answered = facts.rate.as_ref().is_ok_and(|answer| answer.status == 200);
    let commits = match &facts.commits {
        Some((repository, branch, answer)) => Some(commits(repository, branch, answer)),
        None if is_answered => Some(Check::off(
            REPOSITORY,
            "none is named, so no incident is traced to a commit",
            "write Repo in the services file, or github.repository in the configuration",
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
        (200, Some((left, limit))) if left < A_CYCLE => Check::warn(
            NAME,
            &format!(
                "{left} of {limit} requests are left this hour, and a cycle may need {A_CYCLE}"
            ),
            "wait for the hour to pass, or use a token that nothing else uses",
        ),
        (200, Some((left, limit))) if answer.scopes.iter().any(|scope| scope == "repo") => {
            let message = format!(
                "the token is good ({left} of {limit} requests left), and may write: it is a \
                 classic one with the scope repo"
            );
            Check::warn(NAME, &message, RIGHTS)
        }
        (200, Some((left, limit))) => Check::ok(
            NAME,
            &format!("the token is good; {left} of {limit} requests are left this hour"),
        ),
        (401, _) => Check::red(
            NAME,
            &format!("the token is refused (401: {})", answer.message),
            "it is expired or revoked: make another and set GITHUB_TOKEN",
        ),
        (403 | 429, _) => Check::warn(
            NAME,
            &format!("GitHub holds back ({}: {})", answer.status, answer.message),
            "wait for the limit to pass; until then incidents name no commits",
        ),
        (500.., _) => Check::warn(
            NAME,
            &format!("GitHub is in trouble ({})", answer.status),
            "look again later; until then incidents name no commits",
        ),
        (status, _) => Check::red(
            NAME,
            &format!("the answer is none of GitHub's (status {status})"),
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
    let said = format!("{}: {}", answer.status, answer.message);
    match answer.status {
        200 => Check::ok(
            REPOSITORY,
            &format!("the commits of {repository}, branch {branch}, can be listed"),
        ),
        404 => Check::red(
            REPOSITORY,
            &format!("{repository} has no branch {branch}, or the token does not see it ({said})"),
            &format!("correct github.repository and github.branch, or {RIGHTS}"),
        ),
        403 => Check::red(
            REPOSITORY,
            &format!("the token may not list the commits of {repository} ({said})"),
            RIGHTS,
        ),
        409 => Check::warn(
            REPOSITORY,
            &format!("{repository} is empty"),
            "push to it what Argo CD is to follow",
        ),
        429 | 500.. => Check::warn(
            REPOSITORY,
            &format!("{repository} could not be asked for ({said})"),
            "look again later",
        ),
        _ => Check::red(
            REPOSITORY,
            &format!("unexpected answer about {repository} ({said})"),
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
            message: "words".into(),
            rate,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        }
    }

    #[test]
    fn the_token_by_the_answer() {
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
    fn the_repository_by_the_answer() {
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
