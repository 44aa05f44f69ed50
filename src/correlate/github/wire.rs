//! Reads GitHub's responses and reduces them to what is needed. Pure.

use chrono::Datelike as _;
use serde::Deserialize;

use crate::correlate::change::{self, File};
use crate::correlate::manifest_source::is_under;
use crate::correlate::repository::{
    CommitDetail, CommitSummary, FileChange, PullRequest, RepositoryError,
};
use crate::model::Time;
use crate::model::text::clean;
use crate::redact::redact;

/// Characters of a commit's title.
const MAX_TITLE_LENGTH: usize = 100;
/// Files kept per page of a commit.
const MAX_FILES: usize = 40;

#[derive(Deserialize)]
struct Commit {
    sha: String,
    #[serde(default)]
    html_url: String,
    #[serde(rename = "commit")]
    data: CommitData,
    #[serde(default)]
    parents: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct CommitData {
    #[serde(default)]
    message: String,
    committer: Committer,
}

#[derive(Deserialize)]
struct Committer {
    date: Time,
}

#[derive(Deserialize)]
struct CommitFiles {
    files: Vec<CommitFile>,
}

#[derive(Deserialize)]
struct CommitFile {
    filename: String,
    #[serde(default)]
    previous_filename: Option<String>,
    status: String,
    #[serde(default)]
    patch: Option<String>,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    merged_at: Option<Time>,
    #[serde(default)]
    merge_commit_sha: Option<String>,
    #[serde(default)]
    base: Base,
}

#[derive(Default, Deserialize)]
struct Base {
    #[serde(rename = "ref", default)]
    name: String,
}

/// A page of a commit's files.
pub struct FilePage {
    /// The files under the requested paths.
    pub files: Vec<FileChange>,
    /// Whether no later page has such files: files are sorted, and the last one is behind them.
    pub is_past: bool,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, RepositoryError> {
    serde_json::from_slice(body).map_err(|_| {
        RepositoryError::Unavailable(
            "the response is not from GitHub's API: check GITHUB_API_URL and the proxy settings"
                .to_owned(),
        )
    })
}

/// Reads a list of commits.
pub fn commits(body: &[u8], web: &str) -> Result<Vec<CommitSummary>, RepositoryError> {
    let commits: Vec<Commit> = parse(body)?;
    let is_valid = |c: &Commit| is_sha(&c.sha) && is_plausible(c.data.committer.date);
    let commits = commits.into_iter().filter(is_valid);
    Ok(commits
        .map(|commit| CommitSummary {
            url: page_url(&commit.html_url, web, &format!("/commit/{}", commit.sha)),
            title: title(&commit.data.message),
            at: commit.data.committer.date,
            is_merge: commit.parents.len() > 1,
            sha: commit.sha,
        })
        .collect())
}

fn is_sha(sha: &str) -> bool {
    (7..=64).contains(&sha.len())
        && sha
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Whether a date is safe to calculate with.
fn is_plausible(at: Time) -> bool {
    (1970..10_000).contains(&at.year())
}

/// The URL of a page as GitHub gives it, if it is a plain https URL of that page; otherwise built.
fn page_url(given: &str, web: &str, end: &str) -> String {
    let is_plain = given
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-._~:/".contains(c));
    if given.starts_with("https://") && given.ends_with(end) && is_plain {
        given.to_owned()
    } else {
        format!("{web}{end}")
    }
}

fn title(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let title = clean(&redact(first));
    let short: String = title.chars().take(MAX_TITLE_LENGTH).collect();
    if short.len() < title.len() {
        short + "…"
    } else {
        short
    }
}

/// Reads a page of a commit's files under these paths, each reduced to its changes.
pub fn files(body: &[u8], paths: &[String]) -> Result<FilePage, RepositoryError> {
    let commit: CommitFiles = parse(body)
        .map_err(|_| RepositoryError::Unreadable("a commit cannot be read".to_owned()))?;
    let files = &commit.files;
    let is_sorted = files.is_sorted_by(|a, b| a.filename <= b.filename);
    let last = files.last().map(|file| file.filename.as_str());
    // No path below a folder sorts after the folder with the highest character.
    let is_past = is_sorted
        && last.is_some_and(|last| {
            paths
                .iter()
                .all(|path| last > format!("{path}/\u{10ffff}").as_str())
        });
    let is_requested = |file: &&CommitFile| {
        let previous = file.previous_filename.as_deref();
        is_under(&file.filename, paths) || previous.is_some_and(|p| is_under(p, paths))
    };
    let files = commit
        .files
        .iter()
        .filter(is_requested)
        .take(MAX_FILES)
        .map(reduce);
    Ok(FilePage {
        files: files.collect(),
        is_past,
    })
}

fn reduce(file: &CommitFile) -> FileChange {
    FileChange {
        path: file.filename.clone(),
        previous: file.previous_filename.clone(),
        changes: change::of_file(&File {
            path: &file.filename,
            previous: file.previous_filename.as_deref(),
            status: &file.status,
            patch: file.patch.as_deref(),
        }),
    }
}

/// Reads the pull requests of a commit: the first merged one, preferably into this branch.
pub fn pull_request(
    body: &[u8],
    branch: &str,
    web: &str,
) -> Result<Option<PullRequest>, RepositoryError> {
    let pulls: Vec<Pull> = parse(body).map_err(|_| {
        RepositoryError::Unreadable("the pull requests of a commit cannot be read".to_owned())
    })?;
    let merged = pulls
        .into_iter()
        .filter(|pull| pull.merged_at.is_some_and(is_plausible));
    let best = merged.min_by_key(|pull| (pull.base.name != branch, pull.merged_at));
    Ok(best.map(|pull| PullRequest {
        number: pull.number,
        url: page_url(&pull.html_url, web, &format!("/pull/{}", pull.number)),
        merged_at: pull.merged_at,
        merge_sha: pull.merge_commit_sha.filter(|sha| is_sha(sha)),
    }))
}

/// The next page, relative to the API. A page on another host is ignored: it would get the token.
#[must_use]
pub fn next(link: Option<&str>, base: &str) -> Option<String> {
    let next = link?.split(',').find(|part| {
        let rel = part.split(';').skip(1).map(str::trim);
        rel.into_iter()
            .any(|p| p == "rel=\"next\"" || p == "rel=next")
    })?;
    let url = next
        .split(';')
        .next()?
        .trim()
        .strip_prefix('<')?
        .strip_suffix('>')?;
    let address = url.strip_prefix(base)?;
    let is_plain = address.chars().all(|c| c.is_ascii_graphic());
    (address.starts_with('/') && is_plain).then(|| address.to_owned())
}

/// A cached commit with the paths for which it was read.
#[derive(Debug, Clone, serde::Serialize, Deserialize)]
pub struct CachedCommit {
    /// The paths.
    pub paths: Vec<String>,
    /// The commit.
    #[serde(rename = "opened")]
    pub detail: CommitDetail,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://github.com/o/r";

    #[test]
    fn a_next_page_on_another_host_is_ignored() {
        const BASE: &str = "https://api.github.com";
        for (link, expected) in [
            (
                "<https://api.github.com/repositories/1/commits?page=2>; rel=\"next\", <https://api.github.com/x>; rel=\"last\"",
                Some("/repositories/1/commits?page=2"),
            ),
            ("<https://api.github.com/x>; rel=\"prev\"", None),
            (
                "<https://api.github.com.evil.example/x>; rel=\"next\"",
                None,
            ),
            ("<https://evil.example/x>; rel=\"next\"", None),
            ("</x>; rel=\"next\"", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(next(Some(link), BASE).as_deref(), expected, "{link}");
        }
        assert_eq!(next(None, BASE), None);
    }

    #[test]
    fn a_page_url_is_https_and_ends_with_its_path() {
        let sha = "a".repeat(40);
        let end = format!("/commit/{sha}");
        let own = format!("https://github.example.com/o/r{end}");
        for (given, expected) in [
            (own.as_str(), own.clone()),
            ("javascript:alert(1)", format!("{WEB}{end}")),
            ("https://evil.example/", format!("{WEB}{end}")),
            ("", format!("{WEB}{end}")),
        ] {
            assert_eq!(page_url(given, WEB, &end), expected, "{given}");
        }
    }

    #[test]
    fn a_title_is_one_line_without_secrets() {
        for (message, expected) in [
            ("raise limits\n\ndetails", "raise limits"),
            (
                "use token=ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2",
                "use token=[redacted:",
            ),
            ("\u{1b}[31mred", "red"),
            ("", ""),
        ] {
            assert!(title(message).starts_with(expected), "{}", title(message));
            assert!(!title(message).contains("a1B2"));
        }
        assert_eq!(
            title(&"x".repeat(500)).chars().count(),
            MAX_TITLE_LENGTH + 1
        );
    }

    #[test]
    fn a_merged_pull_request_into_the_branch_comes_first() {
        let body = br#"[
            {"number":1,"html_url":"https://github.com/o/r/pull/1","merged_at":null,"base":{"ref":"main"}},
            {"number":2,"html_url":"https://github.com/o/r/pull/2","merged_at":"2026-01-01T00:00:00Z","base":{"ref":"next"}},
            {"number":3,"html_url":"https://github.com/o/r/pull/3","merged_at":"2026-01-02T00:00:00Z","base":{"ref":"main"}}]"#;
        assert_eq!(pull_request(body, "main", WEB).unwrap().unwrap().number, 3);
        assert_eq!(pull_request(b"[]", "main", WEB).unwrap(), None);
        let beyond =
            br#"[{"number":1,"merged_at":"+262142-12-31T23:59:59Z","base":{"ref":"main"}}]"#;
        assert_eq!(pull_request(beyond, "main", WEB).unwrap(), None);
        assert!(pull_request(b"{}", "main", WEB).is_err());
    }
}
