//! Any commits: they are read, classified and scored, no secret of them is shown, and the result is
//! consistent.

#![no_main]

use chrono::TimeDelta;
use k8s_monitor::assess::{Incident, Rule};
use k8s_monitor::cluster::Snapshot;
use k8s_monitor::config::{self, Config, Environment};
use k8s_monitor::correlate::github::wire;
use k8s_monitor::correlate::{
    CommitDetail, CommitQuery, CommitSummary, CorrelateInput, IncidentCorrelation, PullRequest,
    Repository, RepositoryError, correlate,
};
use k8s_monitor::inventory;
use k8s_monitor::model::{
    Cause, Confidence, Effect, Finding, ObjectRef, Reason, Severity, Tier, Time,
};
use k8s_monitor_fuzz::{hostile, json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value, json};

const WEB: &str = "https://github.com/arigsela/kubernetes";
const SECRET: &str = "ghp_q7ZxK29vB41mN8q7ZxK29vB41mN8q7ZxK29vB4";
const WORDS: &[&str] = &[
    "base-apps/mysql/statefulset.yaml",
    "base-apps/mysql.yaml",
    "base-apps/mysql/secret.yaml",
    "@@ -1,2 +1,2 @@ spec:\n",
    "-            memory: 2Gi\n+            memory: 256Mi\n",
    "-        image: mysql:8\n+        image: mysql:9\n",
    "+            readinessProbe: {httpGet: {port: 8080}}\n",
    "+kind: Secret\n+stringData:\n+  password: hunter2\n",
    "renamed",
    "removed",
];

fn seed() -> Value {
    let sha = "1f0c2a9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b";
    let patch = "@@ -30,7 +30,7 @@ spec:\n           limits:\n             cpu: 1\n-            memory: 2Gi\n+            memory: 256Mi\n         ports:";
    json!({
        "cause": 20,
        "commits": [{ "sha": sha, "html_url": format!("{WEB}/commit/{sha}"), "parents": [{}],
            "commit": { "message": "less memory\n\ndetails", "committer": { "date": "2026-11-23T06:37:00Z" } } }],
        "commit": { "files": [
            { "filename": "base-apps/mysql/statefulset.yaml", "status": "modified", "patch": patch },
            { "filename": "base-apps/mysql/new.yaml", "previous_filename": "base-apps/mysql/old.yaml", "status": "renamed" },
        ] },
        "pulls": [{ "number": 7, "html_url": format!("{WEB}/pull/7"), "merged_at": "2026-11-23T06:38:00Z",
            "merge_commit_sha": sha, "base": { "ref": "main" } }],
    })
}

fuzz_mutator!(
    |data: &mut [u8], size: usize, max_size: usize, random: u32| {
        json::mutate(
            data,
            size,
            max_size,
            random,
            &[hostile::TEXTS, WORDS].concat(),
            seed,
        )
    }
);

fuzz_target!(|data: &[u8]| {
    let Some(input) = json::read(data).filter(Value::is_object) else {
        return;
    };
    let cause = input["cause"]
        .as_u64()
        .and_then(|at| usize::try_from(at).ok())
        .unwrap_or(0);
    let cause = Cause::ALL[cause % Cause::ALL.len()];
    let incident = incident(cause);
    let inventory = inventory::parse(include_bytes!("../../docs/reference/services.txt"));
    let config = Config::load(None, &Environment::new())
        .expect("defaults")
        .config;
    let correlate_input = CorrelateInput {
        monitored: &inventory.services,
        repository: inventory.repository.as_deref(),
        snapshot: &Snapshot::default(),
        config: &config,
    };
    let mut repository = FakeRepository {
        input: &input,
        left: 12,
    };
    let answers = correlate(&[&incident], &correlate_input, &mut repository);
    let answer = answers[0].as_ref().expect("a SEV-1 incident is searched");
    is_consistent(answer);
    let shown = format!("{answer:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(!shown.contains("hunter2q7Z"), "{shown}");
});

fn onset() -> Time {
    "2026-11-23T06:49:00Z".parse().expect("a moment")
}

fn is_consistent(answer: &IncidentCorrelation) {
    let correlation = &answer.correlation;
    let is_none = correlation.confidence == Confidence::None;
    assert_eq!(is_none, correlation.commits.is_empty());
    assert_eq!(correlation.commits.len(), answer.candidates.len());
    for (commit, candidate) in correlation.commits.iter().zip(&answer.candidates) {
        assert_eq!(commit.sha, candidate.sha);
        let window = TimeDelta::hours(24).num_seconds();
        assert!((0..=window).contains(&commit.lag_seconds), "{commit:?}");
        assert!(commit.committed_at <= onset(), "{commit:?}");
        assert!(commit.url.starts_with("https://") && commit.url.ends_with(&commit.sha));
        assert!(commit.sha.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(!commit.reasons.is_empty());
        assert!(
            candidate.confidence >= correlation.confidence,
            "the first has the highest confidence"
        );
    }
    assert!(correlation.timeline.is_sorted_by_key(|event| event.at));
    let known = |command: &str| correlation.commits.iter().any(|c| command.contains(&c.sha));
    for command in answer
        .rollback()
        .iter()
        .filter_map(|step| step.command.as_deref())
    {
        assert!(
            !command.contains('\n') && !command.contains('`'),
            "{command}"
        );
        assert!(
            !command.starts_with("git revert") || known(command),
            "{command}"
        );
    }
}

/// Answers every request with the input, read as a response of GitHub.
struct FakeRepository<'a> {
    input: &'a Value,
    left: u32,
}

impl FakeRepository<'_> {
    fn body(&mut self, key: &str) -> Result<Vec<u8>, RepositoryError> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(RepositoryError::LimitReached)?;
        Ok(self.input[key].to_string().into_bytes())
    }
}

impl Repository for FakeRepository<'_> {
    fn commits(&mut self, _: &CommitQuery) -> Result<Vec<CommitSummary>, RepositoryError> {
        wire::commits(&self.body("commits")?, WEB)
    }

    fn commit(
        &mut self,
        _: &config::Repository,
        _: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError> {
        let mut commit: Value = serde_json::from_slice(&self.body("commit")?).unwrap_or_default();
        if let Some(files) = commit.get_mut("files").and_then(Value::as_array_mut) {
            files.extend(secrets());
        }
        let files = wire::files(commit.to_string().as_bytes(), paths)?.files;
        Ok(CommitDetail {
            files,
            is_partial: false,
        })
    }

    fn pull_request(
        &mut self,
        _: &config::Repository,
        branch: &str,
        _: &str,
    ) -> Result<Option<PullRequest>, RepositoryError> {
        wire::pull_request(&self.body("pulls")?, branch, WEB)
    }

    fn requests_left(&self) -> u32 {
        self.left
    }
}

/// Files with credentials.
fn secrets() -> [Value; 2] {
    let manifest = "@@ -1,4 +1,4 @@\n kind: Secret\n stringData:\n-  password: hunter2q7Zold\n+  password: hunter2q7Znew";
    let plain = format!(
        "@@ -3,2 +3,2 @@ env:\n     - name: TOKEN\n-      value: {SECRET}\n+      value: {SECRET}A"
    );
    [("secret", manifest), ("values", plain.as_str())].map(|(name, patch)| {
        json!({ "filename": format!("base-apps/mysql/{name}.yaml"), "status": "modified", "patch": patch })
    })
}

fn incident(cause: Cause) -> Incident {
    let mut finding = Finding::new(
        Reason::CrashLoopBackOff,
        ObjectRef::new("StatefulSet", "mysql", "mysql"),
        onset(),
        Effect::Unavailable,
    );
    finding.cause = Some(cause);
    finding.service = Some("mysql".to_owned());
    Incident {
        fingerprint: "mysql".to_owned(),
        title: "mysql is unavailable".to_owned(),
        service: Some("mysql".to_owned()),
        tier: Some(Tier::P0),
        severity: Severity::Sev1,
        rule: Rule::DataLayerDown,
        since: onset(),
        affects: vec!["chores-tracker-backend".to_owned()],
        findings: vec![finding],
    }
}
