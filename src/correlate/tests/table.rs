//! A repository that is a table, and incidents to ask it about.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::super::change::{self, File};
use super::super::*;
use crate::assess::Rule;
use crate::config;
use crate::model::{Cause, Effect, Finding, ObjectRef, Reason, Tier, Time};

pub fn onset() -> Time {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

pub fn before(minutes: i64) -> Time {
    onset() - TimeDelta::minutes(minutes)
}

/// A commit of the table: files with their patches.
pub struct Entry {
    pub listed: CommitSummary,
    pub files: Vec<(&'static str, &'static str)>,
    pub pull: Option<PullRequest>,
}

pub fn entry(sha: char, minutes: i64, files: &[(&'static str, &'static str)]) -> Entry {
    let sha: String = std::iter::repeat_n(sha, 40).collect();
    Entry {
        listed: CommitSummary {
            url: format!("https://github.com/o/r/commit/{sha}"),
            title: "a change".to_owned(),
            at: before(minutes),
            is_merge: false,
            sha,
        },
        files: files.to_vec(),
        pull: None,
    }
}

pub fn merged(mut entry: Entry, minutes: i64) -> Entry {
    entry.pull = Some(PullRequest {
        number: 7,
        url: "https://github.com/o/r/pull/7".to_owned(),
        merged_at: Some(before(minutes)),
        merge_sha: None,
    });
    entry
}

#[derive(Default)]
pub struct Table {
    pub entries: Vec<Entry>,
    /// A list by path does not show merges.
    pub merges: Vec<Entry>,
    pub asked: Vec<String>,
    /// What the n-th question is answered with.
    pub troubles: BTreeMap<usize, RepositoryError>,
}

impl Table {
    fn ask(&mut self, what: String) -> Result<(), RepositoryError> {
        let trouble = self.troubles.get(&self.asked.len()).cloned();
        self.asked.push(what);
        trouble.map_or(Ok(()), Err)
    }

    fn find(&self, sha: &str) -> &Entry {
        let mut all = self.entries.iter().chain(&self.merges);
        all.find(|e| e.listed.sha == sha).unwrap()
    }
}

impl Repository for Table {
    fn commits(&mut self, listing: &Listing) -> Result<Vec<CommitSummary>, RepositoryError> {
        self.ask(format!("list {}", listing.path.unwrap_or("*")))?;
        let touches = |e: &&Entry| {
            let paths = listing.path.map(|path| vec![path.to_owned()]);
            paths.is_none_or(|paths| {
                e.files
                    .iter()
                    .any(|(f, _)| manifest_source::is_under(f, &paths))
            })
        };
        let merges = self.merges.iter().filter(|_| listing.path.is_none());
        let found = self.entries.iter().chain(merges).filter(touches);
        let found = found.filter(|e| e.listed.at >= listing.since);
        Ok(found.map(|e| e.listed.clone()).take(listing.most).collect())
    }

    fn open(
        &mut self,
        _: &config::Repository,
        sha: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError> {
        self.ask(format!("open {}", &sha[..1]))?;
        let files = self.find(sha).files.iter();
        let files = files.filter(|(path, _)| manifest_source::is_under(path, paths));
        let touched = files.map(|(path, patch)| FileChange {
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
            files: touched.collect(),
            is_partial: false,
        })
    }

    fn pull_request(
        &mut self,
        _: &config::Repository,
        _: &str,
        sha: &str,
    ) -> Result<Option<PullRequest>, RepositoryError> {
        self.ask(format!("pull {}", &sha[..1]))?;
        Ok(self.find(sha).pull.clone())
    }

    fn left(&self) -> u32 {
        REQUESTS.saturating_sub(u32::try_from(self.asked.len()).unwrap())
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

pub fn roster() -> Vec<Service> {
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
