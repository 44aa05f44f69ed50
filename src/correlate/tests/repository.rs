//! A repository built from a table of commits, and incidents to correlate with it.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::assess::{Incident, Rule};
use crate::config;
use crate::correlate::change::{self, File};
use crate::correlate::*;
use crate::inventory::Service;
use crate::model::{Cause, Confidence, Effect, Finding, ObjectRef, Reason, Severity, Tier, Time};
use crate::report::{self, Action};

pub fn onset() -> Time {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

pub fn before(minutes: i64) -> Time {
    onset() - TimeDelta::minutes(minutes)
}

/// A commit: files with their patches.
pub struct Entry {
    pub summary: CommitSummary,
    pub files: Vec<(&'static str, &'static str)>,
    pub pull_request: Option<PullRequest>,
}

pub fn entry(sha: char, minutes: i64, files: &[(&'static str, &'static str)]) -> Entry {
    let sha: String = std::iter::repeat_n(sha, 40).collect();
    Entry {
        summary: CommitSummary {
            url: format!("https://github.com/o/r/commit/{sha}"),
            title: "a change".to_owned(),
            at: before(minutes),
            is_merge: false,
            sha,
        },
        files: files.to_vec(),
        pull_request: None,
    }
}

pub fn merged(mut entry: Entry, minutes: i64) -> Entry {
    entry.pull_request = Some(PullRequest {
        number: 7,
        url: "https://github.com/o/r/pull/7".to_owned(),
        merged_at: Some(before(minutes)),
        merge_sha: None,
    });
    entry
}

#[derive(Default)]
pub struct TestRepository {
    pub entries: Vec<Entry>,
    /// Commits that a list by path does not show.
    pub merges: Vec<Entry>,
    /// The requests so far.
    pub requests: Vec<String>,
    /// The errors by the number of the request.
    pub errors: BTreeMap<usize, RepositoryError>,
}

impl TestRepository {
    fn request(&mut self, what: String) -> Result<(), RepositoryError> {
        let error = self.errors.get(&self.requests.len()).cloned();
        self.requests.push(what);
        error.map_or(Ok(()), Err)
    }

    fn find(&self, sha: &str) -> &Entry {
        let mut all = self.entries.iter().chain(&self.merges);
        all.find(|e| e.summary.sha == sha).unwrap()
    }
}

impl Repository for TestRepository {
    fn commits(&mut self, query: &CommitQuery) -> Result<Vec<CommitSummary>, RepositoryError> {
        self.request(format!("list {}", query.path.unwrap_or("*")))?;
        let is_match = |e: &&Entry| {
            let paths = query.path.map(|path| vec![path.to_owned()]);
            paths.is_none_or(|paths| {
                e.files
                    .iter()
                    .any(|(f, _)| manifest_source::is_under(f, &paths))
            })
        };
        let merges = self.merges.iter().filter(|_| query.path.is_none());
        let found = self.entries.iter().chain(merges).filter(is_match);
        let found = found.filter(|e| e.summary.at >= query.since);
        Ok(found.map(|e| e.summary.clone()).take(query.limit).collect())
    }

    fn commit(
        &mut self,
        _: &config::Repository,
        sha: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError> {
        self.request(format!("read {}", &sha[..1]))?;
        let files = self.find(sha).files.iter();
        let files = files.filter(|(path, _)| manifest_source::is_under(path, paths));
        let changed = files.map(|(path, patch)| FileChange {
            path: (*path).to_owned(),
            previous: None,
            changes: change::of_file(&File {
                path,
                previous: None,
                status: "modified",
                patch: Some(patch),
            }),
        });
        Ok(CommitDetail {
            files: changed.collect(),
            is_partial: false,
        })
    }

    fn pull_request(
        &mut self,
        _: &config::Repository,
        _: &str,
        sha: &str,
    ) -> Result<Option<PullRequest>, RepositoryError> {
        self.request(format!("pull {}", &sha[..1]))?;
        Ok(self.find(sha).pull_request.clone())
    }

    fn requests_left(&self) -> u32 {
        MAX_REQUESTS.saturating_sub(u32::try_from(self.requests.len()).unwrap())
    }
}

pub fn incident(cause: Option<Cause>, severity: Severity) -> Incident {
    let mut finding = Finding::new(
        Reason::CrashLoopBackOff,
        ObjectRef::new("StatefulSet", "mysql", "mysql"),
        onset(),
        Effect::Unavailable,
    );
    finding.cause = cause;
    finding.service = Some("mysql".to_owned());
    finding.message = "container mysql is killed at its limit".to_owned();
    Incident {
        fingerprint: "x".to_owned(),
        title: "mysql is unavailable".to_owned(),
        service: Some("mysql".to_owned()),
        tier: Some(Tier::P0),
        severity,
        rule: Rule::ALL[0],
        since: onset(),
        affects: vec!["api".to_owned()],
        findings: vec![finding],
    }
}

pub fn monitored() -> Vec<Service> {
    let service = |name: &str| {
        let mut service = Service::new(name, Tier::P0);
        service.namespace = Some(name.to_owned());
        service.gitops.app_file = Some(format!("base-apps/{name}.yaml"));
        service.gitops.manifests = Some(format!("base-apps/{name}/"));
        service.gitops.repo = Some("https://github.com/o/r".to_owned());
        service.gitops.app_name = Some(format!("{name}-application"));
        service
    };
    let mut mysql = service("mysql");
    mysql.startup_grace = Some(std::time::Duration::from_secs(360));
    vec![mysql, service("api"), Service::new("bare", Tier::P1)]
}

pub fn report_of(actions: Vec<Action>) -> report::Incident {
    report::Incident {
        id: String::new(),
        fingerprint: String::new(),
        state: report::IncidentState::New,
        severity: Severity::Sev1,
        rule: String::new(),
        title: String::new(),
        service: None,
        tier: None,
        since: onset(),
        end: None,
        affects: Vec::new(),
        root_cause: report::RootCause::default(),
        findings: Vec::new(),
        correlation: None,
        analysis: report::Analysis {
            source: report::AnalysisSource::Rules,
            hypothesis: String::new(),
            confidence: Confidence::None,
            business_impact: String::new(),
            dissent: None,
        },
        actions,
        silenced_until: None,
        notification: report::Notification {
            decision: report::Decision::Log,
            channel: None,
            why: String::new(),
            delivered: None,
        },
    }
}
