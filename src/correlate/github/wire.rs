//! GitHub's answers, read and reduced to what is needed. Pure.

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

/// Of a message's first line.
const TITLE: usize = 100;
/// Files of one commit that are told apart.
const FILES: usize = 40;

#[derive(Deserialize)]
struct Commit {
    sha: String,
    #[serde(default)]
    html_url: String,
    #[serde(rename = "commit")]
    inner: Inner,
    #[serde(default)]
    parents: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(default)]
    message: String,
    committer: Person,
}

#[derive(Deserialize)]
struct Person {
    date: Time,
}

#[derive(Deserialize)]
struct Single {
    files: Vec<RawFile>,
}

#[derive(Deserialize)]
struct RawFile {
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
pub struct Files {
    /// Those that count.
    pub files: Vec<FileChange>,
    /// Files are sorted by path and the last one is beyond all that count.
    pub is_past: bool,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, RepositoryError> {
    serde_json::from_slice(body).map_err(|_| {
        RepositoryError::Down(
            "what answers in GitHub's place is not GitHub: check GITHUB_API_URL and proxies"
                .to_owned(),
        )
    })
}

/// A list of commits.
pub fn listed(body: &[u8], web: &str) -> Result<Vec<CommitSummary>, RepositoryError> {
    let commits: Vec<Commit> = parse(body)?;
    let is_read = |c: &Commit| is_sha(&c.sha) && is_moment(c.inner.committer.date);
    let commits = commits.into_iter().filter(is_read);
    Ok(commits
        .map(|commit| CommitSummary {
            url: page(&commit.html_url, web, &format!("/commit/{}", commit.sha)),
            title: title(&commit.inner.message),
            at: commit.inner.committer.date,
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

/// Whether time can be counted from there; GitHub is younger than all of it.
fn is_moment(at: Time) -> bool {
    (1970..10_000).contains(&at.year())
}

/// GitHub's own address of a page, if it is one of the web and of that page.
fn page(given: &str, web: &str, end: &str) -> String {
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
    let short: String = title.chars().take(TITLE).collect();
    if short.len() < title.len() {
        short + "…"
    } else {
        short
    }
}

/// One page of a commit's files under these paths, each reduced to what it
/// changes.
pub fn files(body: &[u8], paths: &[String]) -> Result<Files, RepositoryError> {
    // A commit that cannot be read says nothing about the others.
    let single: Single = parse(body)
        .map_err(|_| RepositoryError::Unreadable("one commit could not be read".to_owned()))?;
    let files = &single.files;
    let is_sorted = files.is_sorted_by(|a, b| a.filename <= b.filename);
    let last = files.last().map(|file| file.filename.as_str());
    // Nothing under a path sorts after the path with the largest character.
    let is_past = is_sorted
        && last.is_some_and(|last| {
            paths
                .iter()
                .all(|path| last > format!("{path}/\u{10ffff}").as_str())
        });
    let counts = |file: &&RawFile| {
        let previous = file.previous_filename.as_deref();
        is_under(&file.filename, paths) || previous.is_some_and(|p| is_under(p, paths))
    };
    let files = single.files.iter().filter(counts).take(FILES).map(reduce);
    Ok(Files {
        files: files.collect(),
        is_past,
    })
}

fn reduce(raw: &RawFile) -> FileChange {
    let file = File {
        path: &raw.filename,
        previous: raw.previous_filename.as_deref(),
        status: &raw.status,
        patch: raw.patch.as_deref(),
    };
    FileChange {
        path: raw.filename.clone(),
        previous: raw.previous_filename.clone(),
        changes: change::of_file(&file),
    }
}

/// The merged pull request among those that hold a commit; one into the
/// branch before any other.
pub fn pull_request(
    body: &[u8],
    branch: &str,
    web: &str,
) -> Result<Option<PullRequest>, RepositoryError> {
    let pulls: Vec<Pull> = parse(body).map_err(|_| {
        RepositoryError::Unreadable("its pull request could not be read".to_owned())
    })?;
    let merged = pulls
        .into_iter()
        .filter(|pull| pull.merged_at.is_some_and(is_moment));
    let best = merged.min_by_key(|pull| (pull.base.name != branch, pull.merged_at));
    Ok(best.map(|pull| PullRequest {
        number: pull.number,
        url: page(&pull.html_url, web, &format!("/pull/{}", pull.number)),
        merged_at: pull.merged_at,
        merge_sha: pull.merge_commit_sha.filter(|sha| is_sha(sha)),
    }))
}

/// Where the next page is, relative to the API: never another host, which
/// would get the token.
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

/// What is kept of an opened commit, by the paths that it was opened for.
#[derive(Debug, Clone, serde::Serialize, Deserialize)]
pub struct Kept {
    /// The paths.
    pub paths: Vec<String>,
    /// The commit.
    pub opened: CommitDetail,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://github.com/o/r";

    #[test]
    fn links_lead_to_the_next_page_of_the_same_api_only() {
        const BASE: &str = "https://api.github.com";
        for (link, wanted) in [
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
            assert_eq!(next(Some(link), BASE).as_deref(), wanted, "{link}");
        }
        assert_eq!(next(None, BASE), None);
    }

    #[test]
    fn pages_are_those_of_the_repository() {
        let sha = "a".repeat(40);
        let end = format!("/commit/{sha}");
        let own = format!("https://github.example.com/o/r{end}");
        for (given, wanted) in [
            (own.as_str(), own.clone()),
            ("javascript:alert(1)", format!("{WEB}{end}")),
            ("https://evil.example/", format!("{WEB}{end}")),
            ("", format!("{WEB}{end}")),
        ] {
            assert_eq!(page(given, WEB, &end), wanted, "{given}");
        }
    }

    #[test]
    fn a_title_is_one_clean_line() {
        for (message, wanted) in [
            ("raise limits\n\nlong story", "raise limits"),
            (
                "use token=ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2",
                "use token=[redacted:",
            ),
            ("\u{1b}[31mred", "red"),
            ("", ""),
        ] {
            assert!(title(message).starts_with(wanted), "{}", title(message));
            assert!(!title(message).contains("a1B2"));
        }
        assert_eq!(title(&"x".repeat(500)).chars().count(), TITLE + 1);
    }

    #[test]
    fn pull_requests_into_the_branch_come_first() {
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
