//! A stub of GitHub's REST API over a real repository, as strict as GitHub's documentation.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use serde_json::{Value, json};

use super::history::run;
use super::stub::{Answer, HttpRequest};

pub const REPOSITORY: &str = "/repos/arigsela/kubernetes";

/// How the server behaves.
#[derive(Clone, Default)]
pub struct ServerOptions {
    /// The token that requests must have.
    pub token: Option<String>,
    /// The size of a page, whatever is requested.
    pub page_cap: Option<usize>,
    /// Pull requests by the SHA of their commits.
    pub pulls: BTreeMap<String, Value>,
    /// Every list links to itself as the next page.
    pub link_loop: bool,
    /// The host of the next page, if it is another one.
    pub link_elsewhere: Option<String>,
}

pub struct Server {
    dir: PathBuf,
    options: ServerOptions,
    /// The server's URL, for links.
    pub base: Arc<Mutex<String>>,
    /// Requests that GitHub would reject, or that break a rule.
    pub violations: Arc<Mutex<Vec<String>>>,
}

type Query = BTreeMap<String, String>;

impl Server {
    pub fn new(dir: &Path, options: ServerOptions) -> Self {
        Self {
            dir: dir.to_owned(),
            options,
            base: Arc::default(),
            violations: Arc::default(),
        }
    }

    pub fn answer(&self, request: &HttpRequest) -> Answer {
        self.check(request);
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let query = self.query(query);
        let Some(rest) = path.strip_prefix(REPOSITORY) else {
            return not_found();
        };
        let answer = match rest.split('/').collect::<Vec<_>>().as_slice() {
            ["", "commits"] => self.list(&query),
            ["", "commits", sha] => self.commit(sha, &query),
            ["", "commits", sha, "pulls"] => Ok(self.pulls(sha, &query)),
            _ => return not_found(),
        };
        let (body, more) = match answer {
            Ok(answer) => answer,
            Err(error) => return error,
        };
        let mut hasher = DefaultHasher::new();
        body.to_string().hash(&mut hasher);
        let etag = format!("W/\"{:x}\"", hasher.finish());
        if request.header("if-none-match") == etag {
            return Answer {
                headers: vec![("etag", etag)],
                ..Answer::status(304, "")
            };
        }
        let mut answer = Answer::json(&body);
        answer.headers.push(("etag", etag));
        if let Some(link) = self.link(&request.path, &query, more) {
            answer.headers.push(("link", link));
        }
        answer
    }

    fn report(&self, violation: impl Into<String>) {
        self.violations.lock().unwrap().push(violation.into());
    }

    fn check(&self, request: &HttpRequest) {
        if request.method != "GET" {
            self.report(format!("{} is not a read request", request.method));
        }
        if !request.header("user-agent").starts_with("k8s-monitor/") {
            self.report("no User-Agent");
        }
        if request.header("accept") != "application/vnd.github+json" {
            self.report(format!("Accept is {}", request.header("accept")));
        }
        if request.header("x-github-api-version") != "2022-11-28" {
            self.report("no API version");
        }
        let wanted = self
            .options
            .token
            .as_ref()
            .map(|token| format!("Bearer {token}"));
        if request.header("authorization") != wanted.unwrap_or_default() {
            self.report("the token is wrong, or sent although none is configured");
        }
    }

    fn query(&self, text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let query: Query = pairs
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (key.to_owned(), decode(value))
            })
            .collect();
        for (key, value) in &query {
            let is_number = |most| {
                value
                    .parse::<usize>()
                    .is_ok_and(|n| (1..=most).contains(&n))
            };
            let is_valid = match key.as_str() {
                "per_page" => is_number(100),
                "page" => is_number(10_000),
                "since" | "until" => {
                    value.len() == 20 && DateTime::parse_from_rfc3339(value).is_ok()
                }
                "path" => !value.starts_with('/') && !value.is_empty(),
                "sha" => !value.is_empty(),
                _ => false,
            };
            if !is_valid {
                self.report(format!("{key}={value}"));
            }
        }
        query
    }

    fn git(&self, arguments: &[&str]) -> Result<String, String> {
        run(&self.dir, arguments, None)
    }

    fn list(&self, query: &Query) -> Result<(Value, bool), Answer> {
        if self.git(&["rev-parse", "HEAD"]).is_err() {
            return Err(Answer::status(
                409,
                "{\"message\":\"Git Repository is empty.\"}",
            ));
        }
        let branch = query.get("sha").map_or("HEAD", String::as_str);
        let mut arguments = vec![
            "log".to_owned(),
            "--format=%H%x00%P%x00%cI%x00%aI%x00%s%x01".to_owned(),
        ];
        arguments.extend(
            query
                .get("since")
                .map(|since| format!("--since-as-filter={since}")),
        );
        arguments.extend(query.get("until").map(|until| format!("--until={until}")));
        arguments.extend([branch.to_owned(), "--".to_owned()]);
        arguments.extend(query.get("path").cloned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = self.git(&arguments).map_err(|_| not_found())?;
        let all: Vec<Value> = log.split('\u{1}').filter_map(summary).collect();
        Ok(self.page(&all, query, 30))
    }

    /// One page, and whether there are more.
    fn page(&self, all: &[Value], query: &Query, default_size: usize) -> (Value, bool) {
        let size = number(query, "per_page").unwrap_or(default_size);
        let size = size.min(self.options.page_cap.unwrap_or(100.max(default_size)));
        let start = (number(query, "page").unwrap_or(1) - 1) * size;
        let page: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
        (json!(page), start + size < all.len())
    }

    fn commit(&self, sha: &str, query: &Query) -> Result<(Value, bool), Answer> {
        let format = "--format=%H%x00%P%x00%cI%x00%aI%x00%s%x01";
        let log = self
            .git(&["log", "-1", format, sha])
            .map_err(|_| not_found())?;
        let mut commit = log.split('\u{1}').find_map(summary).ok_or_else(not_found)?;
        let parent = commit["parents"][0]["sha"]
            .as_str()
            .unwrap_or("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        let diff = self
            .git(&["diff", "-M", "--no-color", parent, sha])
            .map_err(|_| not_found())?;
        let diff = format!("\n{diff}");
        let files: Vec<Value> = diff.split("\ndiff --git ").skip(1).map(file).collect();
        let (page, more) = self.page(&files, query, 300);
        commit["files"] = page;
        Ok((commit, more))
    }

    fn pulls(&self, sha: &str, query: &Query) -> (Value, bool) {
        let pulls: Vec<Value> = self.options.pulls.get(sha).cloned().into_iter().collect();
        self.page(&pulls, query, 30)
    }

    fn link(&self, path: &str, query: &Query, more: bool) -> Option<String> {
        let base = self.base.lock().unwrap().clone();
        if let Some(elsewhere) = &self.options.link_elsewhere {
            return Some(format!("<{elsewhere}{path}>; rel=\"next\""));
        }
        if self.options.link_loop {
            return Some(format!("<{base}{path}>; rel=\"next\""));
        }
        let page = number(query, "page").unwrap_or(1) + 1;
        let bare = path.split("&page=").next().unwrap();
        more.then(|| {
            format!(
                "<{base}{bare}&page={page}>; rel=\"next\", <{base}{bare}&page=99>; rel=\"last\""
            )
        })
    }
}

fn not_found() -> Answer {
    Answer::status(404, "{\"message\":\"Not Found\"}")
}

fn number(query: &Query, key: &str) -> Option<usize> {
    query.get(key)?.parse().ok()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn summary(record: &str) -> Option<Value> {
    let fields: Vec<&str> = record.trim_start().split('\0').collect();
    let [sha, parents, committed, written, subject] = fields[..] else {
        return None;
    };
    let parents: Vec<Value> = parents
        .split_whitespace()
        .map(|sha| json!({ "sha": sha }))
        .collect();
    Some(json!({
        "sha": sha,
        "html_url": format!("https://github.com/arigsela/kubernetes/commit/{sha}"),
        "commit": {
            "message": subject,
            "author": { "name": "Ari", "date": written },
            "committer": { "name": "Ari", "date": committed },
        },
        "author": null,
        "committer": null,
        "parents": parents,
    }))
}

/// One file of a diff as GitHub describes it: binary files have no patch.
fn file(diff: &str) -> Value {
    let line = |start: &str| diff.lines().find_map(|line| line.strip_prefix(start));
    let first = diff.lines().next().unwrap();
    let name = first.split(" b/").last().unwrap();
    let status = if line("new file").is_some() {
        "added"
    } else if line("deleted file").is_some() {
        "removed"
    } else if line("rename from").is_some() {
        "renamed"
    } else {
        "modified"
    };
    let mut file =
        json!({ "sha": "x", "filename": name, "status": status, "additions": 1, "changes": 1 });
    if let Some(from) = line("rename from ") {
        file["previous_filename"] = json!(from);
    }
    if let Some(at) = diff.find("\n@@ ") {
        file["patch"] = json!(diff[at + 1..].trim_end_matches('\n'));
    }
    file
}
